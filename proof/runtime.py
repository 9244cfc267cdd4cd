"""The bundles under the Python that Lambda runs: `python -m bundle.runtime_check`."""

from __future__ import annotations

import subprocess
import sys

from local.settings import ROOT
from proof.record import Data, Options, Say


def run(options: Options, say: Say) -> Data:
    """What the check says of each function. Raises AssertionError where one does not run."""
    say("runtime: python -m bundle.runtime_check")
    command = [sys.executable, "-m", "bundle.runtime_check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-1000:]
    return {"said": done.stdout.strip().splitlines()}
