"""The platforms by class name. A new one is a module beside these and one line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from taskbridge.errors import ConfigurationError

if TYPE_CHECKING:
    from taskbridge.platforms.ai_platform import AiPlatform
    from taskbridge.platforms.base import Platform, TaskCenter

Category: TypeAlias = Literal["task_center", "ai"]

_MODULES: Mapping[str, tuple[str, Category]] = {
    "JinZhiTaskCenter": ("jinzhi", "task_center"),
    "JinZhiTaskCenterApp": ("taskcenterapp", "task_center"),
    "InMemoryTaskCenter": ("memory", "task_center"),
    "Aigc": ("aigc", "ai"),
    "OpenAICompatible": ("openai_compatible", "ai"),
}
# They reach nobody: what is pushed to them is pushed nowhere.
ONLY_FOR_TESTS = frozenset({"InMemoryTaskCenter"})


class _Registry(Mapping[str, "type[Platform]"]):
    """Imports a platform's module when it is first asked for: a function that pushes to one pays for one."""

    def __getitem__(self, class_name: str) -> type[Platform]:
        module = import_module(f"{__name__}.{_MODULES[class_name][0]}")
        kind: type[Platform] = getattr(module, class_name)
        return kind

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


REGISTRY: Mapping[str, type[Platform]] = _Registry()


def category_of(class_name: str) -> Category | None:
    """What kind of platform a class is, without importing it; None for a class that nobody knows."""
    known = _MODULES.get(class_name)
    return known[1] if known else None


def build_platform(platform_id: str, class_name: str, settings: Mapping[str, Any]) -> Platform:
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
