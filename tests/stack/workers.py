"""The processes that the functions of a stack run in."""

from __future__ import annotations

from pathlib import Path

from local.emulator import emulator_pid
from tests.stack.harness import RunningStack


def push_workers(stack: RunningStack) -> list[int]:
    """Processes of the push function: children of the emulator, told by the folder they run in."""
    parent = emulator_pid(stack.settings)
    name = stack.outputs["PushTaskFunctionName"]
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _parent(entry) == parent and name in _command(entry)
    ]


def _parent(process: Path) -> int:
    try:
        return int(process.joinpath("stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _command(process: Path) -> str:
    try:
        return process.joinpath("cmdline").read_text()
    except OSError:
        return ""
