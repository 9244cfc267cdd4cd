"""Makes the project's own environment, and says what it does. Needs nothing but Python 3.11 itself.

python3 -m local.environment python --uv 0.13.9           .venv, with what requirements/dev.txt locks
python3 -m local.environment python --uv 0.13.9 --port    the same, where a stack is to be started afterwards
.venv/bin/python -m local.environment console             what console/package-lock.json locks
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from local.errors import StackError
from local.processes import is_free
from local.settings import ROOT, read_settings
from local.steps import Steps, Told

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
REQUIREMENTS = ROOT / "requirements" / "dev.txt"
# The environment has 0.8 GB, the cache of its packages as much, Node's packages and the bundles the rest.
NEEDED_BYTES = 2_500_000_000
# Tests of packages, what is compiled to machine code, and what only installs: little of it is ever imported.
_COMPILED_WHERE_USED = r"/(tests|mypy|mypyc|pip|setuptools)/"
_POLL_S = 0.2


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what is named, unless it is there. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python3 -m local.environment", description=__doc__)
    parser.add_argument("part", choices=("python", "console"))
    parser.add_argument("--uv", metavar="VERSION", default="")
    parser.add_argument("--port", action="store_true", help="look first whether the port of the stack is free")
    options = parser.parse_args(arguments)
    try:
        if options.part == "python":
            check_machine(read_settings(os.environ).aws_port if options.port else 0)
            make_environment(options.uv, Steps(sys.stdout))
        else:
            with Steps(sys.stdout).step("Packages of the console (npm)"):
                _run([sys.executable, "-m", "bundle.console_files"], lambda: None)
    except StackError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: the same command goes on.", file=sys.stderr)
        return 130
    return 0


def check_machine(port: int, free_bytes: int | None = None) -> None:
    """Raises StackError where the machine has no room for the environment, or no port for the stack (0: none)."""
    free = shutil.disk_usage(ROOT).free if free_bytes is None else free_bytes
    if free < NEEDED_BYTES:
        raise StackError(
            f"{ROOT} has {free / 1e9:.1f} GB left, and {NEEDED_BYTES / 1e9:.1f} GB are needed: "
            "make room, or clone into another disk."
        )
    settings = read_settings(os.environ)
    if port and not is_free(port) and not (settings.state_dir / "aws.pid").exists():
        raise StackError(
            f"Port {port} is taken by another program. Stop that program, or choose another port: AWS_PORT={port + 1}"
        )


def make_environment(uv_version: str, steps: Steps) -> None:
    """What requirements/dev.txt locks, in .venv. What a run that was cut off left there is made good."""
    if not UV.exists():
        _make_venv(uv_version, steps)
    locked = sum("==" in line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines())
    with steps.step("Python packages", locked) as told:
        _install(told)
    _install_command()
    with steps.step("Python bytecode", sum(1 for _ in VENV.rglob("*.py"))) as told:
        _compile(told)


def _make_venv(uv_version: str, steps: Steps) -> None:
    """An environment with uv in it. Debian's Python without `python3-venv` leaves half of one behind: that goes."""
    try:
        with steps.step("Python environment in .venv"):
            _run([sys.executable, "-m", "venv", "--clear", str(VENV)], lambda: None)
        with steps.step("uv, which fetches packages"):
            pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            _run([*pip, f"uv=={uv_version}"], lambda: None)
    except StackError:
        shutil.rmtree(VENV, ignore_errors=True)
        raise


def _install(told: Told) -> None:
    """A package is fetched into uv's cache, then linked from there: whichever is further counts."""
    cache = Path(_run([str(UV), "cache", "dir"], lambda: None).strip()) / "archive-v0"
    before = _count(cache)

    def look() -> None:
        fetched, linked = _count(cache) - before, sum(1 for _ in VENV.glob("lib/*/site-packages/*.dist-info"))
        told(max(fetched, linked), "")

    install = [str(UV), "pip", "install", "--quiet", "--python", str(PYTHON), "--require-hashes"]
    _run([*install, "-r", str(REQUIREMENTS)], look)


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir()) if folder.exists() else 0


def _install_command() -> None:
    """The command `taskbridge`, which runs what stands in this folder."""
    command = VENV / "bin" / "taskbridge"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{PYTHON}" -m cli "$@"\n')
    command.chmod(0o755)


def _compile(told: Told) -> None:
    """Else every process of the tests, and each that they start, would compile each module anew."""

    def look() -> None:
        told(sum(1 for _ in VENV.rglob("*.pyc")), "")

    # Packages hold files that are no Python of this version, templates for one: they stay as they are.
    how = ["-qq", "-j", "0", "-x", _COMPILED_WHERE_USED]
    _run([str(PYTHON), "-m", "compileall", *how, str(VENV / "lib")], look, is_lenient=True)


def _run(command: Sequence[str], look: Callable[[], None], *, is_lenient: bool = False) -> str:
    """What the program said. Until it has ended there is a `look` again and again. Raises StackError."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        # No shell, and every word of the command is ours.
        with subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=ROOT) as program:
            while program.poll() is None:
                look()
                time.sleep(_POLL_S)
        said.seek(0)
        text = said.read()
    if program.returncode and not is_lenient:
        raise StackError(f"{' '.join(command)}\n{text.strip()}")
    return text


if __name__ == "__main__":
    sys.exit(main())
