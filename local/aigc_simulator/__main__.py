"""`python -m local.aigc_simulator`: see local.simulating.command_line."""

from __future__ import annotations

import sys

from local.aigc_simulator.model import AiPlatform
from local.simulating.command_line import main

if __name__ == "__main__":
    sys.exit(main(AiPlatform))
