"""Bulk work of operators: replays of what failed, and comparisons of a platform with its logs. Pure.

The API writes such a job down, the reconciler works it off in slices. A slice may happen twice, where the worker dies
between sending and saving: its messages are the same then, to the letter, so that the queue takes them once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from taskbridge.push.causes import has_cause
from taskbridge.push.logs import LogStatus, PushLog
from taskbridge.push.messages import SyncMessage

DEFAULT_RATE_PER_S = 50.0
MAX_RATE_PER_S = 1000.0


class JobKind(StrEnum):
    """What a job does."""

    REPLAY = "replay"  # logs of one status: try again
    COMPARISON = "comparison"  # every instance of a platform: send again what its logs do not prove


class JobStatus(StrEnum):
    """Where a job stands."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


class PushJob(msgspec.Struct, omit_defaults=True):
    """Bulk work with its progress. Times are RFC 3339 in UTC, `next_at` epoch seconds.

    `partition` and `position` say how far it is: the partition of an index or the day, and the last place looked at.
    `total` is how many logs there were when it was asked for, at least: `total_is_exact`.
    """

    id: str
    kind: JobKind
    asked_by: str
    asked_at: str
    platform_ids: tuple[str, ...]
    start: str
    end: str
    log_status: LogStatus = LogStatus.FAILED
    app_id: str = ""
    sess_id: str = ""
    task_id: str = ""
    errcode: str = ""
    cause: str = ""  # a plain reason
    rate_per_s: float = DEFAULT_RATE_PER_S
    total: int = 0
    total_is_exact: bool = False
    status: JobStatus = JobStatus.RUNNING
    partition: int = 0
    position: tuple[str, ...] = ()
    looked_at: int = 0
    sent: int = 0
    left_out: int = 0
    next_at: float = 0.0
    updated_at: str = ""
    finished_at: str = ""
    reason: str = ""  # why somebody asked for it, in their own words


def wants(job: PushJob, log: PushLog) -> bool:
    """Whether a replay sends this log again.

    What was tried since the replay was asked for is left out: the replay itself may have done that, before its worker
    died.
    """
    is_of_status = log.status is job.log_status
    return is_of_status and matches(job, log) and _moment(log.updated_at) <= _moment(job.asked_at)


def matches(job: PushJob, log: PushLog) -> bool:
    """Whether a log is one of those that a replay was asked for, by all but its status and time."""
    return (
        (not job.app_id or log.app_id == job.app_id)
        and (not job.sess_id or log.sess_id == job.sess_id)
        and (not job.task_id or job.task_id in log.entries)
        and has_cause(log, job.errcode, job.cause)
    )


def build_messages(job: PushJob, instances: Iterable[tuple[str, str]]) -> list[SyncMessage]:
    """A message for each instance, (platform id, session id). The same job makes the same message for it always."""
    return [
        SyncMessage(platform_id, sess_id, reason=f"{job.kind}:{job.id}", requested_at=job.asked_at, replay=True)
        for platform_id, sess_id in dict.fromkeys(instances)
    ]


def note_slice(job: PushJob, *, looked_at: int, sent: int, now: float, stamp: str) -> None:
    """Count a slice, and set the time of the next so that the job keeps its rate, over crashes too."""
    job.looked_at += looked_at
    job.sent += sent
    job.left_out += looked_at - sent
    job.next_at = max(job.next_at, now) + sent / job.rate_per_s
    job.updated_at = stamp


def finish(job: PushJob, stamp: str) -> None:
    """Nothing is left to look at."""
    job.status, job.finished_at, job.updated_at = JobStatus.DONE, stamp, stamp


def _moment(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp() if stamp else 0.0
