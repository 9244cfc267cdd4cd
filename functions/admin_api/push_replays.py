"""Replays: one log at once, many by a job that the reconciler works off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from admin_api.moments import EARLIEST, at
from taskbridge.errors import StoreError
from taskbridge.push.jobs import DEFAULT_RATE_PER_S, Job, JobKind
from taskbridge.push.logs import LogStatus, PushLog
from taskbridge.push.messages import SyncMessage
from taskbridge.tables.push_logs import Listed, status_shards

COUNTED_A_CALL = 1000
COUNT_CALLS = 24  # some 24,000 logs


class Outbox(Protocol):
    """The push queue."""

    def send(self, messages: Sequence[SyncMessage]) -> set[int]:
        """Send messages; returns the positions of those that did not get in."""


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


def replay_log(log: PushLog, outbox: Outbox, now: str) -> str:
    """Send again what the tasks of a log should be now, also those that were acknowledged; returns when. Raises
    StoreError where the queue does not take it.
    """
    message = SyncMessage(
        log.platform_id, log.sess_id, f"replay:{log.event_id}", now, replay=True, force=tuple(log.entries)
    )
    send_all([message], outbox)
    return now


def send_all(messages: Sequence[SyncMessage], outbox: Outbox) -> None:
    """Raises StoreError where the queue does not take one."""
    if messages and outbox.send(messages):
        raise StoreError("SendMessageBatch: refused")


def build_job(
    kind: JobKind,
    platform_ids: tuple[str, ...],
    asked_by: str,
    now: float,
    spare: str,
    *,
    log_status: LogStatus = LogStatus.FAILED,
    app_id: str = "",
    start: str = "",
    end: str = "",
    rate_per_s: float | None = None,
) -> Job:
    """A job that has not begun. Its id begins with the time, so that jobs run in the order that they were asked for."""
    asked_at = at(now)
    return Job(
        id=f"{int(now * 1000):012x}-{spare}",
        kind=kind,
        asked_by=asked_by,
        asked_at=asked_at,
        platform_ids=platform_ids,
        start=start or EARLIEST,
        end=min(end or asked_at, asked_at),
        log_status=log_status,
        app_id=app_id,
        rate_per_s=rate_per_s or DEFAULT_RATE_PER_S,
        updated_at=asked_at,
    )


def count_logs(job: Job, logs: Logs) -> None:
    """Note how many logs there are for it. Beyond `COUNT_CALLS` calls it is only known that there are more."""
    shards = [shard for each in job.platform_ids for shard in status_shards(each, job.log_status)]
    calls = 0
    for shard in shards:
        after: tuple[str, ...] = ()
        has_more = True
        while has_more:
            if calls == max(COUNT_CALLS, len(shards)):
                return
            listed, has_more = logs.by_status(shard, job.start, job.end, COUNTED_A_CALL, after=after)
            job.total += sum(1 for each in listed if not job.app_id or each.log.app_id == job.app_id)
            after, calls = listed[-1].place if listed else (), calls + 1
    job.total_is_exact = True
