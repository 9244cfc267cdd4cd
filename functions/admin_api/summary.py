"""How it stands: queues, platforms, and what became of the events of the last hour and day.

Nothing counts events as they go by, since a counter would cost a write for each. What is no success stands in an index,
and the pages of the push log name all there were; successes are the rest. The count of calls does not depend on how
many there are: where a partition holds more than one call reads, the counts are lower bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from admin_api.moments import at, seconds
from taskbridge.moments import DAY_S
from taskbridge.push.logs import LogStatus, PushLog
from taskbridge.tables.coordination import BreakerState
from taskbridge.tables.push_log_pages import Page as Batch
from taskbridge.tables.push_log_pages import page_time
from taskbridge.tables.push_logs import PushLogTable, status_shards

HOUR_S = 3600.0
LOOKED_AT = 20  # batches in which the last success is looked for
INDEXED = (LogStatus.FAILED, LogStatus.RETRYING, LogStatus.SUPERSEDED, LogStatus.SKIPPED)


class Batches(Protocol):
    """See PushLogPageTable."""

    def newest(self, platform_id: str, day: str, first: str, last: str, limit: int) -> list[Batch]:
        """See PushLogPageTable."""

    def of_day(self, platform_id: str, day: str, first: str, last: str) -> tuple[list[Batch], str]:
        """See PushLogPageTable."""


class Breakers(Protocol):
    """See CoordinationTable."""

    def read_breaker(self, platform_id: str) -> BreakerState:
        """See CoordinationTable."""


@dataclass(slots=True)
class Counts:
    """Events by what became of them. Not `is_exact`: at least so many."""

    by_status: dict[LogStatus, int] = field(default_factory=lambda: dict.fromkeys(LogStatus, 0))
    is_exact: bool = True

    def add(self, other: Counts) -> None:
        """Add those of another platform."""
        for status, count in other.by_status.items():
            self.by_status[status] += count
        self.is_exact = self.is_exact and other.is_exact


@dataclass(frozen=True, slots=True)
class PlatformState:
    """How one platform stands. `last_success` is RFC 3339, empty where none was found."""

    platform_id: str
    breaker: BreakerState
    last_success: str
    hour: Counts
    day: Counts


@dataclass(frozen=True, slots=True)
class Overview:
    """Looks at platforms."""

    logs: PushLogTable
    batches: Batches
    breakers: Breakers
    clock: Callable[[], float]

    def of_platform(self, platform_id: str) -> PlatformState:
        """How a platform stands. Raises StoreError."""
        now = self.clock()
        batches, is_whole = self._batches(platform_id, now)
        received = self._received(platform_id, now)
        breaker = self.breakers.read_breaker(platform_id)
        hour, day = (_count(batches, received, now - width, is_whole=is_whole) for width in (HOUR_S, DAY_S))
        return PlatformState(platform_id, breaker, self._last_success(platform_id, batches, breaker), hour, day)

    def _batches(self, platform_id: str, now: float) -> tuple[list[Batch], bool]:
        """The batches of the last day, the newest first, and whether these are all."""
        first, last = page_time(now - DAY_S), page_time(now + 1)
        found: list[Batch] = []
        is_whole = True
        for day in dict.fromkeys((last[:10], first[:10])):
            batches, reached = self.batches.of_day(platform_id, day, first, last)
            found += batches
            is_whole = is_whole and not reached
        return sorted(found, key=lambda batch: batch.name, reverse=True), is_whole

    def _received(self, platform_id: str, now: float) -> dict[LogStatus, tuple[list[float], bool]]:
        """When the events that did not succeed were received, by status, and whether these are all."""
        found: dict[LogStatus, tuple[list[float], bool]] = {}
        for status in INDEXED:
            shards = [
                self.logs.received(each, at(now - DAY_S), at(now + 1)) for each in status_shards(platform_id, status)
            ]
            moments = [seconds(each) for listed, _ in shards for each in listed]
            found[status] = (moments, all(is_all for _, is_all in shards))
        return found

    def _last_success(self, platform_id: str, batches: list[Batch], breaker: BreakerState) -> str:
        """Among the newest events; while the platform is down, among those before that."""
        newest = [batch for batch in batches if batch.events][:LOOKED_AT]
        if breaker.is_open:
            first, last = page_time(breaker.opened_at - DAY_S), page_time(breaker.opened_at)
            newest += self.batches.newest(platform_id, last[:10], max(first, last[:10]), last, LOOKED_AT)
        keys = [(event_id, platform_id) for batch in newest for event_id in batch.events]
        return max(map(_succeeded_at, self.logs.load(keys).values() if keys else ()), default="")


def _succeeded_at(log: PushLog) -> str:
    ended = (each.settled_at for each in log.entries.values() if each.status is LogStatus.SUCCEEDED)
    return max(ended, default="")


def _count(
    batches: Iterable[Batch],
    received: dict[LogStatus, tuple[list[float], bool]],
    since: float,
    *,
    is_whole: bool,
) -> Counts:
    counts = Counts(is_exact=is_whole and all(is_all for _, is_all in received.values()))
    for status, (moments, _) in received.items():
        counts.by_status[status] = sum(1 for moment in moments if moment >= since)
    worked_on = {event_id for batch in batches if batch.at >= since for event_id in batch.events}
    counts.by_status[LogStatus.SUCCEEDED] = max(0, len(worked_on) - sum(counts.by_status.values()))
    return counts
