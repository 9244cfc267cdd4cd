"""`python -m cli`: the command `taskbridge` without an installation."""

from __future__ import annotations

import sys
from pathlib import Path

# The shared package, which an installation brings along.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "layers" / "common"))

from cli.command_line import main

if __name__ == "__main__":
    sys.exit(main())
