"""The platforms by class name: which module of taskbridge.platforms a class stands in, and of which category it is.

A new one is a module beside the others and one line here. Nothing here imports a platform.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

Category: TypeAlias = Literal["task_center", "ai"]

MODULES: Mapping[str, tuple[str, Category]] = {
    "JinZhiTaskCenter": ("jinzhi", "task_center"),
    "JinZhiTaskCenterApp": ("taskcenterapp", "task_center"),
    "InMemoryTaskCenter": ("memory", "task_center"),
    "Aigc": ("aigc", "ai"),
    "OpenAICompatible": ("openai_compatible", "ai"),
}
# They reach nobody: what is pushed to them is pushed nowhere.
ONLY_FOR_TESTS = frozenset({"InMemoryTaskCenter"})


def category_of(class_name: str) -> Category | None:
    """What kind of platform a class is, without importing it; None for a class that nobody knows."""
    known = MODULES.get(class_name)
    return known[1] if known else None
