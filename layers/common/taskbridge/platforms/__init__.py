"""The platforms by class name. A new one is a module beside these and one line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from taskbridge.errors import ConfigurationError
from taskbridge.platforms.base import Platform
from taskbridge.platforms.settings import parse_settings

_MODULES = {
    "JinZhiTaskCenter": "jinzhi",
    "JinZhiTaskCenterApp": "taskcenterapp",
    "InMemoryTaskCenter": "memory",
}


class _Registry(Mapping[str, type[Platform]]):
    """Imports a platform's module when it is first asked for: a function that pushes to one pays for one."""

    def __getitem__(self, class_name: str) -> type[Platform]:
        module = import_module(f"{__name__}.{_MODULES[class_name]}")
        kind: type[Platform] = getattr(module, class_name)
        return kind

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


REGISTRY: Mapping[str, type[Platform]] = _Registry()


def build_platform(platform_id: str, class_name: str, settings: Mapping[str, Any]) -> Platform:
    """A configured platform from its stored settings. Raises ConfigurationError that names what is wrong."""
    kind = REGISTRY.get(class_name)
    if kind is None:
        known = ", ".join(REGISTRY)
        raise ConfigurationError("class_name", f"unknown platform {class_name!r}: known are {known}")
    return kind(platform_id, parse_settings(kind.Settings, settings))
