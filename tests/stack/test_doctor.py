"""`taskbridge doctor` at a stack on one machine: every function, queue and table answers it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from local.settings import ROOT
from tests.stack.harness import RunningStack


def examine(stack: RunningStack, person: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit status of the command, and what it found."""
    outputs = str(stack.settings.outputs_file)
    command = [sys.executable, "-m", "cli", "doctor", "--outputs", outputs, "--as", person, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def test_the_doctor_finds_nothing_wrong_and_says_what_it_could_not_ask(stack: RunningStack) -> None:
    # when
    status, findings = examine(stack, "admin")

    # then
    unsaid = {finding["area"] for finding in findings if finding["state"] == "not asked"}
    wrong = [finding for finding in findings if finding["state"] not in {"ok", "look", "not asked"}]
    assert (status, wrong) == (0, [])
    assert unsaid == {"alarms", "quotas", "issuer"}
    asked = {finding["name"] for finding in findings if finding["area"] == "functions"}
    assert asked == {name.removesuffix("FunctionName") for name in stack.outputs if name.endswith("FunctionName")}
