"""What waits for a platform: work that is parked, and messages that may be in the push queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from taskbridge.tables.instances import InstanceTable
from taskbridge.tables.push_log_pages import PushLogPageTable

PARKED_LIMIT = 100
# Longer than a message stays invisible between two tries: who is not worked on for so long has none.
QUIET_S = 900.0
_FOR_EVER = 1e11


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a platform."""

    parked: int  # process instances, up to PARKED_LIMIT
    queued: bool

    def __bool__(self) -> bool:
        return bool(self.parked or self.queued)

    def describe(self) -> str:
        """In words."""
        more = " or more" if self.parked == PARKED_LIMIT else ""
        queued = "; the push queue may hold messages of it" if self.queued else ""
        return f"{self.parked}{more} instances have parked work{queued}"


def find_waiting(
    platform_id: str, instances: InstanceTable, pages: PushLogPageTable, depth: Callable[[], int], now: float
) -> Waiting:
    """What waits for a platform. Raises StoreError.

    `depth` is that of the push queue, which does not tell whose its messages are: where it is not empty, it counts for
    a platform that a batch has worked on in the last quarter of an hour.
    """
    parked = instances.due(platform_id, _FOR_EVER, PARKED_LIMIT)
    return Waiting(len(parked), depth() > 0 and bool(pages.between(platform_id, now - QUIET_S, now + 1, 1)))
