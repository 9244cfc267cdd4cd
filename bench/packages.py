"""Packages that only a measurement needs, by uv, into folders that nothing else uses."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from bench.errors import BenchError


class CannotInstall(BenchError):
    """Packages are not here and cannot be fetched."""


def run_uv(*arguments: str) -> None:
    """Run uv. Raises CannotInstall with its last words."""
    uv = shutil.which(Path(sys.executable).with_name("uv")) or "uv"
    try:
        done = subprocess.run([uv, *arguments], capture_output=True, text=True, check=False)
    except OSError as error:
        raise CannotInstall(f"{uv}: {error}") from None
    if done.returncode:
        raise CannotInstall(" / ".join(done.stderr.strip().splitlines()[-2:]) or f"uv {arguments[0]} failed")
