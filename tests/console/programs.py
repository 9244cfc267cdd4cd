"""The programs of the machine that tests of the console need: Node with the console's packages, and a Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from bundle.console_files import CONSOLE, find_node, install_packages

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def find_prepared_node() -> Path:
    """A Node with the packages of the console."""
    found = find_node()
    install_packages(found)
    return found


def run_tool(node: Path, tool: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program of console/node_modules."""
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


def find_chromium() -> str:
    """The Chromium of this machine, installed where it is Debian's to install; empty where there is none."""
    found = _look_for_chromium()
    if not found and shutil.which("apt-get") and os.geteuid() == 0:
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium-headless-shell"]):
            subprocess.run(command, capture_output=True, check=False)
        found = _look_for_chromium()
    return found


@pytest.fixture(scope="session")
def node() -> Path:
    """A Node with the packages of the console."""
    return find_prepared_node()


@pytest.fixture(scope="session")
def run(node: Path) -> Run:
    """Runs a program of console/node_modules."""
    return partial(run_tool, node)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The Chromium of this machine; without one the tests are skipped, and fail in CI."""
    found = find_chromium()
    if found:
        return found
    words = "There is no Chromium here: name one in CHROMIUM, or install Debian's package chromium-headless-shell."
    if os.environ.get("CI"):
        pytest.fail(words)
    pytest.skip(words)


def _look_for_chromium() -> str:
    # The first draws pages alone: with the window around them, as the others do without showing it, a fifth more work.
    names = (os.environ.get("CHROMIUM", ""), "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), "")
