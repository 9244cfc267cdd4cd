"""What is kept, as it is shown: a view has the fields of what is kept by the same names, and what is told besides."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar, cast

T = TypeVar("T")


def show(view: type[T], kept: object, **told: Any) -> T:
    """The view (a dataclass) of what is kept. What is told goes before what is kept under the same name."""
    names = (field.name for field in fields(cast(Any, view)))
    same = {name: getattr(kept, name) for name in names if name not in told and hasattr(kept, name)}
    return view(**same, **told)
