"""What waits for a platform: work that is parked, and messages that may be in the push queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from taskbridge.tables.attributes import store_call
from taskbridge.tables.push_log_pages import Page

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.literals import QueueAttributeNameType

PARKED_LIMIT = 100
# Longer than a message stays invisible between two tries: who is not worked on for so long has none.
QUIET_S = 900.0
_FOR_EVER = 1e11
_DEPTHS: Sequence[QueueAttributeNameType] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


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


def queue_depth(sqs: SQSClient, url: str) -> int:
    """Messages in a queue, about: waiting, in work and delayed. Raises StoreError."""
    answer = store_call(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=list(_DEPTHS))
    return sum(int(answer["Attributes"].get(name, "0")) for name in _DEPTHS)


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
