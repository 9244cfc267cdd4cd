"""What waits for a platform: work that is parked, and messages that may be in the push queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from taskbridge.tables.push_log_pages import Page

PARKED_LIMIT = 100
# Longer than a message stays invisible between two tries: who is not worked on for so long has none.
QUIET_S = 900.0
_FOR_EVER = 1e11


class Parked(Protocol):
    """Work that is parked; see InstanceTable."""

    def due(self, platform_id: str, before: float, limit: int) -> list[tuple[str, str]]:
        """Instances of a platform that are due before a time."""


class Worked(Protocol):
    """What batches worked on; see PushLogPageTable."""

    def between(self, platform_id: str, start: float, end: float, limit: int) -> list[Page]:
        """Pages of a platform in [start, end)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a platform. `parked` counts instances, up to PARKED_LIMIT."""

    parked: int
    queued: bool

    def __bool__(self) -> bool:
        return bool(self.parked or self.queued)

    def describe(self) -> str:
        """In words."""
        more = " or more" if self.parked == PARKED_LIMIT else ""
        queued = "; the push queue may hold messages of it" if self.queued else ""
        return f"{self.parked}{more} instances have parked work{queued}"


@dataclass(frozen=True, slots=True)
class Work:
    """Looks for what waits. `depth` is that of the push queue, which does not tell whose its messages are.

    So a queue that is not empty counts for a platform that a batch has worked on in the last quarter of an hour.
    """

    parked: Parked
    worked: Worked
    depth: Callable[[], int]
    clock: Callable[[], float]

    def of(self, platform_id: str) -> Waiting:
        """What waits for a platform. Raises StoreError."""
        parked = self.parked.due(platform_id, _FOR_EVER, PARKED_LIMIT)
        return Waiting(len(parked), self.depth() > 0 and bool(self._recent(platform_id)))

    def _recent(self, platform_id: str) -> Sequence[Page]:
        now = self.clock()
        return self.worked.between(platform_id, now - QUIET_S, now + 1, 1)
