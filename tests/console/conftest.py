"""The packed console, made once, and the programs of the machine that its tests need."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bundle.console_files import CONSOLE, build_console, find_node, install_packages

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def node() -> Path:
    """A Node with the packages of the console."""
    found = find_node()
    install_packages(found)
    return found


@pytest.fixture(scope="session")
def run(node: Path) -> Run:
    """Runs a program of console/node_modules."""

    def run_tool(tool: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command: Sequence[str] = [str(node), str(CONSOLE / "node_modules" / tool), *arguments]
        path = f"{node.parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            command,
            cwd=CONSOLE,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PATH": path, "NO_COLOR": "1", **environment},
        )

    return run_tool


@pytest.fixture(scope="session")
def packed(node: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the function serves."""
    assert node
    return build_console(tmp_path_factory.mktemp("console") / "files")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The Chromium of this machine, installed where it is Debian's to install; without one the tests are skipped."""
    found = _find_chromium()
    if not found and shutil.which("apt-get") and os.geteuid() == 0:
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
            subprocess.run(command, capture_output=True, check=False)
        found = _find_chromium()
    if found:
        return found
    words = "There is no Chromium on this machine: name one in CHROMIUM, or install Debian's package chromium."
    if os.environ.get("CI"):
        pytest.fail(words)
    pytest.skip(words)


def _find_chromium() -> str:
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), "")
