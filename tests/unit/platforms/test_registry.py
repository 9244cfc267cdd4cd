from __future__ import annotations

import pytest

from taskbridge.errors import ConfigurationError
from taskbridge.platforms import REGISTRY, build_platform


def test_every_platform_is_registered_under_its_own_name() -> None:
    assert {name: kind.class_name for name, kind in REGISTRY.items()} == {name: name for name in REGISTRY}
    assert len(REGISTRY) == 3


def test_an_unknown_platform_is_named_with_those_that_are_known() -> None:
    with pytest.raises(ConfigurationError, match=r"^class_name: unknown platform 'Jinzhi': known are JinZhi"):
        build_platform("p", "Jinzhi", {})
