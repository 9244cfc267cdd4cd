"""`python -m proof [--seeds N] [--rows N] [step ...]`."""

from __future__ import annotations

import sys
from pathlib import Path

# The shared package and the functions, which Lambda has on its path and tests have by their settings.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "functions"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "layers" / "common"))

from proof.command_line import main

if __name__ == "__main__":
    sys.exit(main())
