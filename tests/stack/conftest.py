"""Stacks that tests share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from local.settings import StackSettings
from local.stack import down
from tests.stack.harness import RunningStack, new_settings, running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """One stack for all tests that only add to it: use ids of your own."""
    settings = new_settings(tmp_path_factory.mktemp("stack"))
    try:
        with running(settings) as running_stack:
            yield running_stack
    finally:
        down(settings, lambda _: None)


@pytest.fixture(scope="module")
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackSettings]:
    """Settings of a stack that the tests of one file may start and stop as they like."""
    settings = new_settings(tmp_path_factory.mktemp("own-stack"))
    try:
        yield settings
    finally:
        down(replace(settings, jinzhi_host="", aigc_host=""), lambda _: None)
