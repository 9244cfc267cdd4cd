"""Stacks that tests share."""

from __future__ import annotations

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


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the functions as a stack packs them: each would pack the same."""
    folder = tmp_path_factory.mktemp("packed")
    pack_bundles(sorted(app.parent.name for app in (ROOT / "functions").glob("*/app.py")), folder)
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
