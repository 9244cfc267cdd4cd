"""Bulk replays, and comparisons of a platform."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from admin_api.moments import to_utc
from admin_api.requests import Wanted
from taskbridge.push.jobs import MAX_RATE_PER_S, Job, JobKind, JobStatus

Id = Annotated[str, Field(min_length=1, max_length=200)]
Moment = Annotated[str, Field(max_length=40)]


class ReplayWanted(Wanted):
    """Which logs to replay: those received between `from` and `to`. `dry_run` only counts them."""

    status: Literal["failed", "retrying"] = "failed"
    platform_id: Id | None = None
    app_id: Id | None = None
    from_: Moment | None = Field(default=None, alias="from")
    to: Moment | None = None
    rate_per_s: Annotated[float, Field(gt=0.1, le=MAX_RATE_PER_S)] | None = None
    dry_run: bool = False


class Replay(BaseModel):
    """A bulk replay, or the comparison of a platform.

    `count` is how many logs there were when it was asked for, at least: see `count_is_exact`. It is null for a
    comparison, which counts instances in `looked_at`. `left_out` were tried since, or show no difference. `id` is null
    for a dry run.
    """

    id: str | None
    kind: JobKind
    status: JobStatus | Literal["dry_run"]
    platform_ids: list[str]
    log_status: Literal["failed", "retrying"] | None
    app_id: str | None
    from_: str | None = Field(alias="from", serialization_alias="from")
    to: str | None
    rate_per_s: float
    count: int | None
    count_is_exact: bool
    looked_at: int
    sent: int
    left_out: int
    created_by: str
    created_at: str | None
    updated_at: str | None
    finished_at: str | None


def show_job(job: Job, *, is_dry_run: bool = False) -> Replay:
    """A job as it stands."""
    is_replay = job.kind is JobKind.REPLAY
    return Replay.model_validate(
        {
            "id": None if is_dry_run else job.id,
            "kind": job.kind,
            "status": "dry_run" if is_dry_run else job.status,
            "platform_ids": list(job.platform_ids),
            "log_status": job.log_status if is_replay else None,
            "app_id": job.app_id or None,
            "from": to_utc(job.start),
            "to": to_utc(job.end),
            "rate_per_s": job.rate_per_s,
            "count": job.total if is_replay else None,
            "count_is_exact": job.total_is_exact,
            "looked_at": job.looked_at,
            "sent": job.sent,
            "left_out": job.left_out,
            "created_by": job.asked_by,
            "created_at": to_utc(job.asked_at),
            "updated_at": to_utc(job.updated_at),
            "finished_at": to_utc(job.finished_at),
        }
    )
