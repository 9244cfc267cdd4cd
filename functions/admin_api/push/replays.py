"""Replays of many logs: counted, started, watched, stopped. The reconciler works them off, and compares platforms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from admin_api.api import Api, Router
from admin_api.ids import decode_id
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.moments import EARLIEST, at, parse_range, to_utc
from admin_api.problems import not_found
from admin_api.requests import Wanted
from admin_api.setup.platforms import task_centers
from admin_api.views import show
from taskbridge.events import ID_CHARS
from taskbridge.push.jobs import DEFAULT_RATE_PER_S, MAX_RATE_PER_S, JobKind, JobStatus, PushJob, matches
from taskbridge.push.logs import LogStatus
from taskbridge.tables.push_log_items import status_shards
from taskbridge.tables.push_logs import PushLogTable

COUNTED_A_CALL = 1000
CAUSE_CHARS = 2000
NARROWING = ("app_id", "sess_id", "task_id", "errcode", "cause")
COUNT_CALLS = 24  # some 24,000 logs
Id = Annotated[str, Field(min_length=1, max_length=ID_CHARS)]
Moment = Annotated[str, Field(max_length=40)]
router = Router("replays")


class ReplayWanted(Wanted):
    """Which logs to replay: those received between `from` and `to`. `dry_run` only counts them."""

    status: Literal["failed", "retrying"] = "failed"
    platform_id: Id | None = None
    app_id: Id | None = None
    sess_id: Id | None = None
    task_id: Id | None = None
    errcode: Id | None = None
    cause: Annotated[str, Field(max_length=CAUSE_CHARS)] | None = None
    from_: Moment | None = Field(default=None, alias="from")
    to: Moment | None = None
    rate_per_s: Annotated[float, Field(gt=0.1, le=MAX_RATE_PER_S)] | None = None
    dry_run: bool = False
    reason: Annotated[str, Field(max_length=500)] = ""


@dataclass(frozen=True, slots=True)
class Replay:
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
    sess_id: str | None
    task_id: str | None
    errcode: str | None
    cause: str | None
    from_: Annotated[str | None, Field(serialization_alias="from")]
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
    reason: str


@router.post("/v1/replays", summary="Replay what failed", status_code=202)
def start_replay(api: Api, body: ReplayWanted) -> Replay:
    """Begins within a minute, at `rate_per_s`, and goes on after a crash. With `dry_run` it only counts."""
    job = _plan(api, body)
    count_logs(job, api.services.push_logs)
    if not body.dry_run:
        api.services.jobs.add(job, api.services.clock())
    return _show(job, is_dry_run=body.dry_run)


@router.get("/v1/replays", summary="Replays, the newest first")
def list_replays(api: Api, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[Replay]:
    """Each with who started it, what it is to do, and how far it is; also the comparisons. Kept for 30 days."""
    page = api.services.jobs.newest(api.open_cursor(cursor), limit)
    return api.listed(list(map(_show, page.items)), page.next)


@router.get("/v1/replays/{id}", summary="How far a replay is")
def get_replay(api: Api, id: str) -> Replay:
    """Also of the comparison of a platform."""
    return _show(_known(api.services.jobs.read(decode_id(id))))


@router.delete("/v1/replays/{id}", summary="Stop a replay")
def stop_replay(api: Api, id: str) -> Replay:
    """What is in the queue already is still sent. One that has ended stays as it is."""
    return _show(_known(api.services.jobs.stop(decode_id(id))))


def build_job(
    kind: JobKind,
    platform_ids: tuple[str, ...],
    asked_by: str,
    now: float,
    spare: str,
    *,
    log_status: LogStatus = LogStatus.FAILED,
    start: str = "",
    end: str = "",
    rate_per_s: float | None = None,
    reason: str = "",
    **narrowed: Any,
) -> PushJob:
    """A job that has not begun, `narrowed` to an app_id, sess_id, task_id, errcode, cause.

    Its id begins with the time, so that jobs run in the order that they were asked for.
    """
    asked_at = at(now)
    return PushJob(
        id=f"{int(now * 1000):012x}-{spare}",
        kind=kind,
        asked_by=asked_by,
        asked_at=asked_at,
        platform_ids=platform_ids,
        start=start or EARLIEST,
        end=min(end or asked_at, asked_at),
        log_status=log_status,
        rate_per_s=rate_per_s or DEFAULT_RATE_PER_S,
        updated_at=asked_at,
        reason=reason,
        **narrowed,
    )


def count_logs(job: PushJob, logs: PushLogTable) -> None:
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
            job.total += sum(matches(job, each.log) for each in listed)
            after, calls = listed[-1].place if listed else (), calls + 1
    job.total_is_exact = True


def _plan(api: Api, body: ReplayWanted) -> PushJob:
    services, now = api.services, api.services.clock()
    start, end = parse_range(body.from_, body.to, now, where="body")
    return build_job(
        JobKind.REPLAY,
        task_centers(services.configuration.current(), body.platform_id, where="body"),
        api.caller.uid,
        now,
        services.new_id(),
        log_status=LogStatus(body.status),
        start=start,
        end=end,
        rate_per_s=body.rate_per_s,
        reason=body.reason,
        **{name: getattr(body, name) or "" for name in NARROWING},
    )


def _known(job: PushJob | None) -> PushJob:
    if job is None:
        raise not_found("replay")
    return job


def _show(job: PushJob, *, is_dry_run: bool = False) -> Replay:
    is_replay = job.kind is JobKind.REPLAY
    log_status: Literal["failed", "retrying"] = "failed" if job.log_status is LogStatus.FAILED else "retrying"
    return show(
        Replay,
        job,
        id=None if is_dry_run else job.id,
        status="dry_run" if is_dry_run else job.status,
        platform_ids=list(job.platform_ids),
        log_status=log_status if is_replay else None,
        **{name: getattr(job, name) or None for name in NARROWING},
        from_=to_utc(job.start),
        to=to_utc(job.end),
        count=job.total if is_replay else None,
        count_is_exact=job.total_is_exact,
        created_by=job.asked_by,
        created_at=to_utc(job.asked_at),
        updated_at=to_utc(job.updated_at),
        finished_at=to_utc(job.finished_at),
    )
