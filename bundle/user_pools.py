"""The built template for a region without user pools, which refuses their types even where no condition asks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

POOL = "OwnPool"


def without_pool(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template for a region without user pools: nothing of the stack's own pool, and nothing that refers to it."""
    kept = {
        section: {id_: each for id_, each in template[section].items() if not _is_of_pool(each)}
        for section in ("Resources", "Outputs")
    }
    return dict(_decided({**template, **kept}))


def _is_of_pool(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("Condition") == POOL


def _decided(part: Any) -> Any:
    """A part without choices that depend on the pool: there is none."""
    match part:
        case {"Fn::If": [str(condition), _, otherwise]} if condition == POOL:
            return _decided(otherwise)
        case dict():
            return {name: _decided(each) for name, each in part.items()}
        case list():
            return [_decided(each) for each in part]
    return part
