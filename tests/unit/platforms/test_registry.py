from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import taskbridge
from taskbridge.errors import ConfigurationError
from taskbridge.platforms import REGISTRY, build_ai_platform, build_platform, build_task_center
from taskbridge.registry import category_of
from tests.unit.platforms.ai_builders import AIGC
from tests.unit.platforms.builders import JINZHI


def test_every_platform_is_registered_under_its_own_name() -> None:
    assert {name: kind.class_name for name, kind in REGISTRY.items()} == {name: name for name in REGISTRY}


def test_every_platform_is_of_the_category_that_is_known_without_importing_it() -> None:
    assert {name: kind.category for name, kind in REGISTRY.items()} == {name: category_of(name) for name in REGISTRY}
    assert category_of("Jinzhi") is None


def test_the_category_of_a_platform_costs_no_import_of_it() -> None:
    code = (
        "import sys, taskbridge.tables.configuration as c; print(sorted(m for m in sys.modules if '.platforms.' in m))"
    )
    path = {"PYTHONPATH": str(Path(taskbridge.__file__).parents[1])}
    shown = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("build", "class_name", "settings", "words"),
    [
        (build_task_center, "Aigc", AIGC, "expected a task center, got Aigc"),
        (build_ai_platform, "JinZhiTaskCenter", JINZHI, "expected an AI platform, got JinZhiTaskCenter"),
    ],
)
def test_a_platform_of_the_other_category_is_refused(
    build: Callable[..., object], class_name: str, settings: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        build("p", class_name, settings)


def test_an_unknown_platform_is_named_with_those_that_are_known() -> None:
    with pytest.raises(ConfigurationError, match=r"^class_name: unknown platform 'Jinzhi': known are JinZhi"):
        build_platform("p", "Jinzhi", {})
