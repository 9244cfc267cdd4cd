"""Events over time: how many came in, were pushed and failed, and how many questions were asked of AI platforms.

The numbers are those of the summary, by time (docs/decisions/0061): nothing is counted as it goes by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.api import Api, Router
from admin_api.moments import at, seconds
from admin_api.push.summary import Overview
from admin_api.setup.platforms import task_centers
from admin_api.wiring import Services
from taskbridge.push.logs import LogStatus
from taskbridge.tables.push_log_pages import LogPage

STEPS = {"hour": (30, 120.0), "day": (48, 1800.0)}  # how many, and how many seconds each
Span = Annotated[Literal["hour", "day"], Query(description="the last hour, or the last day")]
router = Router("operations")


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """What happened from `at` on, for a step. What is neither pushed nor failed waits, or was needless."""

    at: str
    events: int
    succeeded: int
    failed: int
    asked: int


@dataclass(frozen=True, slots=True)
class History:
    """The last hour or day in steps of `step_s`, the oldest first. Where not `is_exact`, there are at least so many."""

    step_s: int
    steps: list[HistoryStep]
    is_exact: bool


class Clockwork:
    """Steps of time up to now, whole ones but for the last: a step does not change its bounds from look to look."""

    def __init__(self, count: int, width: float, now: float) -> None:
        self.start = (now // width - count + 1) * width
        self._count, self._width = count, width

    def count(self, moments: Iterable[float]) -> list[int]:
        """How many moments each step has."""
        found = Counter(int((moment - self.start) // self._width) for moment in moments)
        return [found[number] for number in range(self._count)]

    def bounds(self) -> list[float]:
        """Where each step begins."""
        return [self.start + number * self._width for number in range(self._count)]


@router.get("/v1/ops/history", summary="Events over time")
def get_history(api: Api, span: Span = "hour") -> History:
    """Events that came in, were pushed and failed, and questions asked: of all task centers, step by step."""
    return read_history(api.services, *STEPS[span])


def read_history(services: Services, count: int, width: float) -> History:
    """The same number of calls however many events there were. Raises StoreError."""
    now = services.clock()
    clockwork = Clockwork(count, width, now)
    overview = Overview(services.push_logs, services.pages, services.coordination, now)
    asked, is_exact = services.audit.moments(at(clockwork.start), at(now + 1))
    worked: list[float] = []
    unsettled: list[float] = []
    failed: list[float] = []
    for platform_id in task_centers(services.configuration.current(), None, where="query"):
        batches, is_whole = overview.worked_on(platform_id, clockwork.start)
        received = overview.received(platform_id, clockwork.start)
        worked += first_worked_on(batches)
        unsettled += [moment for moments, _ in received.values() for moment in moments]
        failed += received[LogStatus.FAILED][0]
        is_exact = is_exact and is_whole and all(is_all for _, is_all in received.values())
    counted = [clockwork.count(each) for each in (worked, unsettled, failed, map(seconds, asked))]
    steps = [
        HistoryStep(at(begins), events, max(0, events - others), failures, questions)
        for begins, events, others, failures, questions in zip(clockwork.bounds(), *counted, strict=True)
    ]
    return History(int(width), steps, is_exact)


def first_worked_on(batches: Iterable[LogPage]) -> list[float]:
    """When each event was worked on first; `batches` have the newest first."""
    return list({event_id: batch.at for batch in batches for event_id in batch.events}.values())
