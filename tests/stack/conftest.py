"""Stacks that tests share: those on the one that only gets more, beside those that start and stop one of their own."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from local.bundles import pack_bundles
from local.settings import ROOT, StackSettings
from local.stack import down
from tests.console.programs import chromium, node, run
from tests.stack.harness import RunningStack, new_settings, running

__all__ = ["chromium", "node", "own_settings", "packed", "run", "stack"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of one stack run after one another, in one process."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            names = getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group("shared stack" if "stack" in names else "own stack"))


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the functions as a stack packs them, for all processes of the tests: each would pack the same."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "packed"
    folder.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        names = sorted(app.parent.name for app in (ROOT / "functions").glob("*/app.py"))
        pack_bundles(names, folder, lambda _done, _doing: None)
    return folder


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, packed: Path) -> Iterator[RunningStack]:
    """One stack for all tests that only add to it: use ids of your own."""
    settings = new_settings(copytree(packed, tmp_path_factory.mktemp("stack"), dirs_exist_ok=True))
    try:
        with running(settings) as running_stack:
            yield running_stack
    finally:
        down(settings, lambda _: None)


@pytest.fixture(scope="module")
def own_settings(tmp_path_factory: pytest.TempPathFactory, packed: Path) -> Iterator[StackSettings]:
    """Settings of a stack that the tests of one file may start and stop as they like."""
    settings = new_settings(copytree(packed, tmp_path_factory.mktemp("own-stack"), dirs_exist_ok=True))
    try:
        yield settings
    finally:
        down(replace(settings, jinzhi_host="", aigc_host=""), lambda _: None)
