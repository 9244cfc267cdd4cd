"""Who changed what: each change of a platform, a rule or a setting goes onto the trail, secrets masked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from taskbridge.tables.changes import Change

MASK = "********"


class ChangeStore(Protocol):
    """Where the trail is kept."""

    def record(self, change: Change) -> bool:
        """Add a change."""


@dataclass(frozen=True, slots=True)
class Trail:
    """Records changes."""

    store: ChangeStore
    now: Callable[[], str]
    new_id: Callable[[], str]

    def record(
        self,
        who: str,
        what: tuple[str, ...],
        before: Any,
        after: Any,
        secrets: Collection[str] = (),
    ) -> str:
        """Record a change of `what`, such as ("platform", "jinzhi"): None is before it was, or after it was deleted.

        `before` and `after` are mappings, or what is stored and becomes one.

        Values of fields named in `secrets`, at any depth, are masked. Returns its id. Raises StoreError.
        """
        hidden = frozenset(secrets)
        change = Change(self.new_id(), self.now(), who, what, _masked(before, hidden), _masked(after, hidden))
        self.store.record(change)
        return change.id


def mask_secrets(value: Any, secrets: Collection[str]) -> Any:
    """The value with what stands under the names of secrets masked; what is empty stays visibly empty."""
    if isinstance(value, Mapping):
        return {name: MASK if name in secrets and each else mask_secrets(each, secrets) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [mask_secrets(each, secrets) for each in value]
    return value


def _masked(value: Any, secrets: Collection[str]) -> dict[str, Any] | None:
    return None if value is None else dict(mask_secrets(msgspec.to_builtins(value), secrets))
