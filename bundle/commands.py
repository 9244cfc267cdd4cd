"""Runs the programs that packing needs."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class BuildError(Exception):
    """Something that the build needs is not there; the message says what to do."""


def run(command: Sequence[str], cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    """What the program wrote. Raises BuildError with what it said where it fails."""
    done = execute(command, cwd, environment)
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def execute(
    command: Sequence[str],
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    said: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """What the program said, and its exit status; `said` is what it reads."""
    # No shell, and every word of the command is ours or the builder's own.
    return subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=False, cwd=cwd, env=environment, input=said
    )
