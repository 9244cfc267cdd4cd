"""How it stands: queues, platforms of both kinds, and what became of the events of the last hour and day.

Nothing counts events as they go by, since a counter would cost a write for each. What is no success stands in an index,
and the pages of the push log name all there were; successes are the rest. The count of calls does not depend on how
many there are: where a partition holds more than one call reads, the counts are lower bounds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from admin_api.ai.platform_states import AiPlatformState, read_states
from admin_api.api import Api, Router
from admin_api.moments import at, seconds, to_utc
from admin_api.push.breakers import Breaker, show_breaker
from admin_api.push.queues import Queue, read_queues
from admin_api.setup.platforms import task_centers
from admin_api.setup.trigger_rules import Gaps, gaps_of
from admin_api.wiring import Services
from taskbridge.ai.caps import day_of, find_reached
from taskbridge.moments import DAY_S
from taskbridge.push.logs import LogStatus, PushLog
from taskbridge.tables.configuration import PlatformConfig
from taskbridge.tables.coordination import BreakerState, CoordinationTable
from taskbridge.tables.events import STATUS_SHARDS, EventTable
from taskbridge.tables.push_log_items import status_shards
from taskbridge.tables.push_log_pages import LogPage, PushLogPageTable, page_time
from taskbridge.tables.push_logs import PushLogTable

HOUR_S = 3600.0
LOOKED_AT = 20  # batches in which the last success is looked for
UNROUTED_COUNTED = 1000  # of each shard
INDEXED = (LogStatus.FAILED, LogStatus.RETRYING, LogStatus.SUPERSEDED, LogStatus.SKIPPED)
router = Router("operations")


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """Events by what became of them. Where they are not `is_exact`, there are at least so many."""

    succeeded: int
    failed: int
    retrying: int
    superseded: int
    skipped: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class PlatformSummary:
    """How one task center stands."""

    id: str
    name: str
    enabled: bool
    unreadable: str
    breaker: Breaker
    last_success_at: str | None
    last_hour: StatusCounts
    last_day: StatusCounts


@dataclass(frozen=True, slots=True)
class RejectedCount:
    """Events of the last day that could not be read, also those sent in again. Not `is_exact`: at least so many."""

    count: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class SkippedCount:
    """Events of the last day that were meant for nobody. Not `is_exact`: at least so many."""

    count: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class AiQuestions:
    """What was asked of AI platforms today (Asia/Shanghai). `limit` and `cost_limit` are the caps of all; 0: none."""

    day: str
    asked: int
    cost: float
    limit: int
    cost_limit: float
    reached: str


@dataclass(frozen=True, slots=True)
class Summary:
    """How everything stands. The counts are those of all task centers together."""

    at: str
    queues: list[Queue]
    dead_letters: int
    rule_gaps: Gaps
    platforms: list[PlatformSummary]
    ai_platforms: list[AiPlatformState]
    last_hour: StatusCounts
    last_day: StatusCounts
    rejected_events: RejectedCount
    skipped_events: SkippedCount
    ai_questions: AiQuestions


@router.get("/v1/ops/summary", summary="How everything stands")
def get_summary(api: Api) -> Summary:
    """Queues, dead letters, task centers, AI platforms, and events by status for the last hour and day."""
    services, configured = api.services, api.services.configuration.current()
    overview = Overview(services.push_logs, services.pages, services.coordination, services.clock())
    platforms = [
        overview.of_platform(configured.platforms[each]) for each in task_centers(configured, None, where="query")
    ]
    queues = read_queues(services.queues, services.sqs, services.cloudwatch, services.clock())
    return Summary(
        at=services.now(),
        queues=queues,
        dead_letters=sum(each.waiting for each in queues if each.is_dead_letters),
        rule_gaps=gaps_of(configured),
        platforms=platforms,
        ai_platforms=read_states(services),
        last_hour=_add(each.last_hour for each in platforms),
        last_day=_add(each.last_day for each in platforms),
        rejected_events=RejectedCount(*_count_unrouted("rejected", services.events, services.clock())),
        skipped_events=SkippedCount(*_count_unrouted("skipped", services.events, services.clock())),
        ai_questions=_asked_today(services),
    )


@dataclass(frozen=True, slots=True)
class Overview:
    """Looks at platforms."""

    logs: PushLogTable
    batches: PushLogPageTable
    breakers: CoordinationTable
    now: float

    def of_platform(self, config: PlatformConfig) -> PlatformSummary:
        """How a platform stands. Raises StoreError."""
        batches, is_whole = self.worked_on(config.id, self.now - DAY_S)
        received = self.received(config.id, self.now - DAY_S)
        breaker = self.breakers.read_breaker(config.id)
        hour, day = (_count(batches, received, self.now - width, is_whole=is_whole) for width in (HOUR_S, DAY_S))
        return PlatformSummary(
            id=config.id,
            name=config.name,
            enabled=config.enabled,
            unreadable=config.unreadable,
            breaker=show_breaker(breaker, self.now),
            last_success_at=to_utc(self._last_success(config.id, batches, breaker)),
            last_hour=hour,
            last_day=day,
        )

    def worked_on(self, platform_id: str, since: float) -> tuple[list[LogPage], bool]:
        """The batches of at most a day, the newest first, and whether these are all."""
        first, last = page_time(since), page_time(self.now + 1)
        found: list[LogPage] = []
        is_whole = True
        for day in dict.fromkeys((last[:10], first[:10])):
            batches, reached = self.batches.of_day(platform_id, day, first, last)
            found += batches
            is_whole = is_whole and not reached
        return sorted(found, key=lambda batch: batch.name, reverse=True), is_whole

    def received(self, platform_id: str, since: float) -> dict[LogStatus, tuple[list[float], bool]]:
        """When the events that did not succeed were received, by status, and whether these are all."""
        found: dict[LogStatus, tuple[list[float], bool]] = {}
        for status in INDEXED:
            shards = [
                self.logs.received(each, at(since), at(self.now + 1)) for each in status_shards(platform_id, status)
            ]
            moments = [seconds(each) for listed, _ in shards for each in listed]
            found[status] = (moments, all(is_all for _, is_all in shards))
        return found

    def _last_success(self, platform_id: str, batches: list[LogPage], breaker: BreakerState) -> str:
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
    batches: Iterable[LogPage],
    received: dict[LogStatus, tuple[list[float], bool]],
    since: float,
    *,
    is_whole: bool,
) -> StatusCounts:
    found = {status.value: sum(moment >= since for moment in moments) for status, (moments, _) in received.items()}
    worked_on = {event_id for batch in batches if batch.at >= since for event_id in batch.events}
    is_exact = is_whole and all(is_all for _, is_all in received.values())
    return StatusCounts(max(0, len(worked_on) - sum(found.values())), **found, is_exact=is_exact)


def _add(counts: Iterable[StatusCounts]) -> StatusCounts:
    each = list(counts)
    sums = {status.value: sum(getattr(one, status.value) for one in each) for status in LogStatus}
    return StatusCounts(**sums, is_exact=all(one.is_exact for one in each))


def _count_unrouted(status: str, events: EventTable, now: float) -> tuple[int, bool]:
    shards = [
        events.count(status, shard, at(now - DAY_S), at(now + 1), UNROUTED_COUNTED) for shard in range(STATUS_SHARDS)
    ]
    return sum(count for count, _ in shards), all(is_all for _, is_all in shards)


def _asked_today(services: Services) -> AiQuestions:
    now, settings = services.clock(), services.switches().settings
    asked = services.questions.today(now)
    return AiQuestions(
        day=day_of(now),
        asked=asked.total,
        cost=asked.cost,
        limit=settings.daily_total,
        cost_limit=settings.daily_cost,
        reached=find_reached(settings, asked),
    )
