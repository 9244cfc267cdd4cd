"""Lists beside very many rows: the tests that count calls of the push log, with as many logs as are asked for."""

from __future__ import annotations

import subprocess
import sys

from local.settings import ROOT
from proof.record import Data, Options, Say

TESTS = "tests/functional/test_api_push_logs.py"


def run(options: Options, say: Say) -> Data:
    """The tests with `options.rows` logs. Raises AssertionError where a list costs more than beside a few."""
    say(f"rows: {TESTS} beside {options.rows} logs; the emulator holds them in memory")
    command = [sys.executable, "-m", "pytest", TESTS, "-n", "0", "-q", "--logs", str(options.rows)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    last = done.stdout.strip().splitlines()[-1]
    assert done.returncode == 0, last
    return {"rows": options.rows, "tests": TESTS, "said": last}
