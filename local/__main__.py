"""`python -m local up | down | run | status`."""

from __future__ import annotations

import sys
from pathlib import Path

# The shared package, which Lambda has as a layer and tests have by their settings.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "layers" / "common"))

from local.command_line import main

if __name__ == "__main__":
    sys.exit(main())
