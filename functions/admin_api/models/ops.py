"""What operators see and ask for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from admin_api.dead_letters import Redriven
from admin_api.moments import at, to_utc
from admin_api.queue_depths import QueueDepth
from admin_api.requests import Wanted
from admin_api.setup.trigger_rules import Gaps
from admin_api.summary import Counts, PlatformState
from taskbridge.push.differences import Difference
from taskbridge.push.jobs import Job
from taskbridge.push.logs import LogStatus
from taskbridge.tables.configuration import PlatformConfig

Id = Annotated[str, Field(min_length=1, max_length=200)]


class Queue(BaseModel):
    """A queue, `oldest_age_s` null where nothing tells it."""

    name: str
    is_dead_letters: bool
    waiting: int
    in_flight: int
    delayed: int
    oldest_age_s: int | None


class StatusCounts(BaseModel):
    """Events by what became of them. Where they are not `is_exact`, there are at least so many."""

    succeeded: int
    failed: int
    retrying: int
    superseded: int
    skipped: int
    is_exact: bool


class Breaker(BaseModel):
    """Open while a platform does not answer: then its pushes wait."""

    state: Literal["open", "closed"]
    opened_at: str | None
    reason: str


class PlatformSummary(BaseModel):
    """How one task center stands."""

    id: str
    name: str
    enabled: bool
    unreadable: str = Field(description="why the stored platform cannot be read, empty where it can")
    breaker: Breaker
    last_success_at: str | None
    last_hour: StatusCounts
    last_day: StatusCounts


class AiQuestions(BaseModel):
    """What was asked of AI platforms today (Asia/Shanghai). `limit` and `cost_limit` are the caps of all; 0: none."""

    day: str
    asked: int
    cost: float
    limit: int
    cost_limit: float
    reached: str = Field(description="the cap that is reached, empty for none")


class Summary(BaseModel):
    """How everything stands. The counts are those of all task centers together."""

    at: str
    queues: list[Queue]
    dead_letters: int
    rule_gaps: Gaps
    platforms: list[PlatformSummary]
    last_hour: StatusCounts
    last_day: StatusCounts
    ai_questions: AiQuestions


class RedriveAnswer(BaseModel):
    """`waiting` dead letters, about, go back. `moved` is null while SQS moves them by itself."""

    queue: str
    destination: str
    waiting: int
    moved: int | None
    is_done: bool = Field(description="false: some are left, ask again")


class ReconcileWanted(Wanted):
    """Compare one instance, or the whole platform."""

    platform_id: Id
    sess_id: Id | None = None


class DifferenceFound(BaseModel):
    """A task (null: the instance itself) that is sent again, and why."""

    sess_id: str
    task_id: str | None
    reason: str


class ReconcileAnswer(BaseModel):
    """What differs of one instance; of a platform, the job that finds out: see `GET /v1/replays/{id}`."""

    platform_id: str
    job_id: str | None
    differences: list[DifferenceFound] | None


def show_queue(depth: QueueDepth) -> Queue:
    """A queue with its depth."""
    return Queue(
        name=depth.name,
        is_dead_letters=depth.name.endswith("-dead-letters"),
        waiting=depth.waiting,
        in_flight=depth.in_flight,
        delayed=depth.delayed,
        oldest_age_s=depth.oldest_age_s,
    )


def show_counts(counts: Counts) -> StatusCounts:
    """Counts by status."""
    named = {status.value: counts.by_status[status] for status in LogStatus}
    return StatusCounts.model_validate({**named, "is_exact": counts.is_exact})


def show_platform(state: PlatformState, config: PlatformConfig) -> PlatformSummary:
    """A task center."""
    breaker = state.breaker
    return PlatformSummary(
        id=state.platform_id,
        name=config.name,
        enabled=config.enabled,
        unreadable=config.unreadable,
        breaker=Breaker(
            state="open" if breaker.is_open else "closed",
            opened_at=at(breaker.opened_at) if breaker.is_open else None,
            reason=breaker.reason if breaker.is_open else "",
        ),
        last_success_at=to_utc(state.last_success),
        last_hour=show_counts(state.hour),
        last_day=show_counts(state.day),
    )


def show_redriven(redriven: Redriven) -> RedriveAnswer:
    """A redrive."""
    return RedriveAnswer(
        queue=redriven.queue,
        destination=redriven.destination,
        waiting=redriven.waiting,
        moved=redriven.moved,
        is_done=redriven.is_done,
    )


def show_differences(platform_id: str, differences: list[Difference]) -> ReconcileAnswer:
    """What differs of one instance."""
    found = [
        DifferenceFound(sess_id=each.sess_id, task_id=each.key or None, reason=each.reason) for each in differences
    ]
    return ReconcileAnswer(platform_id=platform_id, job_id=None, differences=found)


def show_comparison(platform_id: str, job: Job) -> ReconcileAnswer:
    """The comparison of a platform."""
    return ReconcileAnswer(platform_id=platform_id, job_id=job.id, differences=None)
