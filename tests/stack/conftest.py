"""Stacks that tests share: those on the one that only gets more, beside those that start and stop one of their own."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

import local.stack
from local.bundles import pack_bundles
from local.settings import ROOT, StackSettings
from local.simulators import BundledSimulator, aigc_simulator
from local.stack import down
from tests.console.programs import chromium, node, run
from tests.functional.aws import share_service_models
from tests.stack.harness import RunningStack, new_settings, running

__all__ = ["chromium", "node", "own_settings", "packed", "run", "stack"]


class OneProcessEach(LoadScopeScheduling):  # type: ignore[misc]  # xdist is not typed
    """The tests of one stack run after one another, in one process: a mark of theirs would not get here."""

    def _split_scope(self, nodeid: str) -> str:
        if not nodeid.startswith("tests/stack/"):
            return str(super()._split_scope(nodeid))
        return "own stack" if "/test_stack_commands.py::" in nodeid else "shared stack"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Where tests of a whole stack are asked for by the name of their folder or file, in several processes."""
    return OneProcessEach(config, log)


@pytest.fixture(scope="session", autouse=True)
def _service_models() -> Iterator[None]:
    """No client reads anew what botocore knows of a service."""
    with pytest.MonkeyPatch.context() as patched:
        share_service_models(patched)
        yield


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


def writes_fast(settings: StackSettings) -> BundledSimulator:
    """The AI platform, whose model needs a second for an answer in the place of four."""
    simulator = aigc_simulator(settings)
    return replace(simulator, arguments=(*simulator.arguments, "--piece-ms", "5"))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, packed: Path) -> Iterator[RunningStack]:
    """One stack for all tests that only add to it: use ids of your own."""
    settings = new_settings(copytree(packed, tmp_path_factory.mktemp("stack"), dirs_exist_ok=True))
    try:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(local.stack, "aigc_simulator", writes_fast)
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
