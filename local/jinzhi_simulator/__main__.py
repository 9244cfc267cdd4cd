"""`python -m local.jinzhi_simulator`: see local.simulating.command_line."""

from __future__ import annotations

import sys

from local.jinzhi_simulator.model import TaskCenter
from local.simulating.command_line import main

if __name__ == "__main__":
    sys.exit(main(TaskCenter))
