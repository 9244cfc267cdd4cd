"""The bundles under the Python that Lambda runs: `python -m bundle.runtime_check`."""

from __future__ import annotations

import subprocess
import sys

from bundle.runtime_check import NOT_CHECKED
from local.settings import ROOT
from proof.record import Data, Options, Say


def run(options: Options, say: Say) -> Data:
    """What the check says of each function, or that no such Python is here. Raises AssertionError where one fails."""
    say("runtime: python -m bundle.runtime_check")
    command = [sys.executable, "-m", "bundle.runtime_check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, NOT_CHECKED), (done.stdout + done.stderr)[-1000:]
    return {"said": (done.stdout + done.stderr).strip().splitlines()}
