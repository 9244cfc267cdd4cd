"""Why pushes failed: the failed logs of a time, grouped by platform, code and reason. Pure, but for the reading."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from admin_api.ids import log_id
from taskbridge.push.logs import LogStatus, PushLog
from taskbridge.tables.push_logs import Listed, status_shards

LOGS_A_CALL = 4000  # over all platforms: a log has some kilobytes
LEAST_A_SHARD = 50
SHOWN = 200
# What differs from failure to failure within a reason: ids, numbers, times.
_VARIABLE = re.compile(r"[0-9A-Fa-f]{8}[0-9A-Fa-f-]*|[A-Za-z_-]*[0-9][A-Za-z0-9_-]*")


class Logs(Protocol):
    """See PushLogTable."""

    def by_status(
        self,
        shard: str,
        start: str,
        end: str,
        limit: int,
        *,
        after: tuple[str, ...] = (),
        newest_first: bool = False,
    ) -> tuple[list[Listed], bool]:
        """See PushLogTable."""


@dataclass(slots=True)
class Cause:
    """Failures that have one cause. `first` and `last` are when their events were received."""

    platform_id: str
    errcode: str
    reason: str
    count: int
    first: str
    last: str
    example: str


def find_causes(logs: Logs, platform_ids: Iterable[str], start: str, end: str) -> tuple[list[Cause], bool]:
    """The causes, the most frequent first, and whether every failed log of the time was counted.

    One Query for each shard of a platform; where one has more, its newest logs count.
    """
    shards = [shard for each in platform_ids for shard in status_shards(each, LogStatus.FAILED)]
    room = max(LEAST_A_SHARD, LOGS_A_CALL // max(1, len(shards)))
    pieces = [logs.by_status(shard, start, end, room, newest_first=True) for shard in shards]
    found = group(listed.log for piece, _ in pieces for listed in piece)
    return found[:SHOWN], not any(has_more for _, has_more in pieces)


def group(logs: Iterable[PushLog]) -> list[Cause]:
    """The causes of failed logs, the most frequent first. A log counts once for each cause that it has."""
    causes: dict[tuple[str, str, str], Cause] = {}
    for log in logs:
        told = {
            (entry.errcode, plain(entry.reason)) for entry in log.entries.values() if entry.status is LogStatus.FAILED
        }
        for errcode, reason in told or {("", "")}:
            at = log.received_at or log.updated_at
            new = Cause(log.platform_id, errcode, reason, 0, at, at, log_id(log.key))
            cause = causes.setdefault((log.platform_id, errcode, reason), new)
            cause.count += 1
            cause.first = min(cause.first, at)
            if at > cause.last:
                cause.last, cause.example = at, log_id(log.key)
    return sorted(causes.values(), key=lambda each: (-each.count, each.platform_id, each.errcode, each.reason))


def plain(reason: str) -> str:
    """A reason without what differs from failure to failure."""
    return _VARIABLE.sub("…", reason)
