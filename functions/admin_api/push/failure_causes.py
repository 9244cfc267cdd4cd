"""Why pushes failed: the failed logs of a time, grouped by platform, code and reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from admin_api.api import Api, Router
from admin_api.ids import log_id
from admin_api.moments import at, parse_range, to_utc
from admin_api.push.logs import End, Id, Moment
from admin_api.setup.platforms import task_centers
from taskbridge.moments import DAY_S
from taskbridge.push.causes import plain
from taskbridge.push.logs import LogStatus, PushLog
from taskbridge.tables.push_log_items import status_shards
from taskbridge.tables.push_logs import PushLogTable

LOGS_A_CALL = 4000  # over all platforms: a log has some kilobytes
LEAST_A_SHARD = 50
SHOWN = 200
router = Router("push logs")


@dataclass(frozen=True, slots=True)
class FailureCause:
    """Failed logs that have one cause. `example` is the newest."""

    platform_id: str
    errcode: str
    reason: str
    count: int
    first: str | None
    last: str | None
    example: str


@dataclass(frozen=True, slots=True)
class FailureCauses:
    """Failures by cause, the most frequent first, all on one page. `is_exact`: every failed log of the time counts."""

    items: list[FailureCause]
    next_cursor: None
    is_exact: bool


@router.get("/v1/push-logs/causes", summary="Failures by cause")
def list_causes(api: Api, platform_id: Id = None, from_: Moment = None, to: End = None) -> FailureCauses:
    """Failed logs grouped by platform, code and reason, the most frequent first; of the last day without `from`."""
    services, now = api.services, api.services.clock()
    start, end = parse_range(from_, to, now)
    platforms = task_centers(services.configuration.current(), platform_id, where="query")
    return find_causes(services.push_logs, platforms, start or at(now - DAY_S), end or at(now + DAY_S))


def find_causes(logs: PushLogTable, platform_ids: Iterable[str], start: str, end: str) -> FailureCauses:
    """The causes of the failed logs in [start, end].

    One Query for each shard of a platform; where one has more, its newest logs count.
    """
    shards = [shard for each in platform_ids for shard in status_shards(each, LogStatus.FAILED)]
    room = max(LEAST_A_SHARD, LOGS_A_CALL // max(1, len(shards)))
    pieces = [logs.by_status(shard, start, end, room, newest_first=True) for shard in shards]
    found = group(listed.log for piece, _ in pieces for listed in piece)
    return FailureCauses(found[:SHOWN], None, not any(has_more for _, has_more in pieces))


def group(logs: Iterable[PushLog]) -> list[FailureCause]:
    """The causes of failed logs, the most frequent first. A log counts once for each cause that it has."""
    found: dict[tuple[str, str, str], list[PushLog]] = defaultdict(list)
    for log in logs:
        failed = [entry for entry in log.entries.values() if entry.status is LogStatus.FAILED]
        for errcode, reason in {(entry.errcode, plain(entry.reason)) for entry in failed} or {("", "")}:
            found[log.platform_id, errcode, reason].append(log)
    causes = [_build_cause(*told, failed) for told, failed in found.items()]
    return sorted(causes, key=lambda each: (-each.count, each.platform_id, each.errcode, each.reason))


def _build_cause(platform_id: str, errcode: str, reason: str, logs: list[PushLog]) -> FailureCause:
    first, last = min(logs, key=_received), max(logs, key=_received)
    times = (to_utc(_received(first)), to_utc(_received(last)))
    return FailureCause(platform_id, errcode, reason, len(logs), *times, log_id(last.key))


def _received(log: PushLog) -> str:
    return log.received_at or log.updated_at
