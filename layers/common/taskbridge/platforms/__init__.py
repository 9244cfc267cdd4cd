"""The platforms by class name (see taskbridge.registry): imported when they are first asked for, and built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from taskbridge.errors import ConfigurationError
from taskbridge.registry import MODULES

if TYPE_CHECKING:
    from taskbridge.platforms.ai_platform import AiPlatform
    from taskbridge.platforms.base import PlatformAdapter, TaskCenter


class _Registry(Mapping[str, "type[PlatformAdapter]"]):
    """Imports a platform's module when it is first asked for: a function that pushes to one pays for one."""

    def __getitem__(self, class_name: str) -> type[PlatformAdapter]:
        module = import_module(f"{__name__}.{MODULES[class_name][0]}")
        kind: type[PlatformAdapter] = getattr(module, class_name)
        return kind

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


REGISTRY: Mapping[str, type[PlatformAdapter]] = _Registry()


def build_platform(platform_id: str, class_name: str, settings: Mapping[str, Any]) -> PlatformAdapter:
    """A configured platform from its stored settings. Raises ConfigurationError that names what is wrong."""
    from taskbridge.platforms.settings import parse_settings

    kind = REGISTRY.get(class_name)
    if kind is None:
        known = ", ".join(REGISTRY)
        raise ConfigurationError("class_name", f"unknown platform {class_name!r}: known are {known}")
    return kind(platform_id, parse_settings(kind.Settings, settings))


def build_task_center(platform_id: str, class_name: str, settings: Mapping[str, Any]) -> TaskCenter:
    """As `build_platform`, and it has to be one that tasks are pushed to."""
    from taskbridge.platforms.base import TaskCenter

    platform = build_platform(platform_id, class_name, settings)
    if not isinstance(platform, TaskCenter):
        raise ConfigurationError("class_name", f"expected a task center, got {class_name}")
    return platform


def build_ai_platform(platform_id: str, class_name: str, settings: Mapping[str, Any]) -> AiPlatform:
    """As `build_platform`, and it has to be one that answers questions."""
    from taskbridge.platforms.ai_platform import AiPlatform

    platform = build_platform(platform_id, class_name, settings)
    if not isinstance(platform, AiPlatform):
        raise ConfigurationError("class_name", f"expected an AI platform, got {class_name}")
    return platform
