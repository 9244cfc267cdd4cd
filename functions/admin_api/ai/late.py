"""Analyses that came after their approver: the person had opened, or decided, the task before there was a result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.ai.results import moment
from admin_api.api import Api, Router
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed, skip_empty
from admin_api.moments import EARLIEST, SKEW_S, at, parse_range
from admin_api.views import show
from taskbridge.ai.delays import Delay, delay_of
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState
from taskbridge.moments import utc_text
from taskbridge.tables.dynamo import Page

PAGES_A_CALL = 4
SHOWN_DAYS = 7  # where no time is given
_FROM = f"the person came at this time or later, RFC 3339. Without it: {SHOWN_DAYS} days ago"
From = Annotated[str | None, Query(alias="from", description=_FROM, max_length=40)]
To = Annotated[str | None, Query(description="the person came before, RFC 3339. Without it: now", max_length=40)]
HeldUp = Annotated[Delay | None, Query(description="what took most of its time", examples=["queue"])]
router = Router("AI administration")


@dataclass(frozen=True, slots=True, kw_only=True)
class LateAnalysis:
    """An analysis that nobody had to ask for, and that was not done when its approver was there.

    The seconds are those of turns that have ended. One that the person decided before never ends.
    """

    id: str
    uid: str
    task_id: str
    sess_id: str
    app_id: str
    app_name: str
    node_id: str
    node_name: str
    requested_at: datetime
    came: Literal["opened", "decided"]
    came_at: datetime
    status: AnalysisStatus
    finished_at: datetime | None
    late_s: float | None
    delay: Delay
    queue_s: float
    files_s: float
    platform_s: float
    retries_s: float
    platform_id: str
    model: str
    reason: str


@router.get("/v1/ai/late", summary="Analyses that came after their approver")
def list_late(
    api: Api,
    from_: From = None,
    to: To = None,
    delay: HeldUp = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listed[LateAnalysis]:
    """By when the person came, the latest first, with where the time went. A page may be short where there is a next.

    What is seen of a person: opening the task here, in the console or the panel, and deciding it anywhere.
    """
    now = api.services.clock()
    start, end = parse_range(from_, to, now)
    start = start or utc_text(datetime.fromtimestamp(now, UTC) - timedelta(days=SHOWN_DAYS))

    def read(position: str | None) -> Page[LateAnalysis]:
        page = api.services.seats.list_late(max(start, EARLIEST), end or at(now + SKEW_S), position, limit)
        found = [_show(seat, seat.analysis) for seat in page.items if seat.analysis and _came_at(seat, seat.analysis)]
        return Page([each for each in found if delay in (None, each.delay)], page.next)

    page = skip_empty(read, api.open_cursor(cursor), PAGES_A_CALL)
    return api.listed(page.items, page.next)


def _came_at(seat: Seat, analysis: Analysis) -> str:
    """When the person was first seen; empty where another analysis has taken the place of the late one."""
    return analysis.opened_at or (seat.finished_at if seat.state is SeatState.DONE else "")


def _show(seat: Seat, analysis: Analysis) -> LateAnalysis:
    came_at, finished_at = datetime.fromisoformat(_came_at(seat, analysis)), moment(analysis.finished_at)
    places = ("uid", "task_id", "sess_id", "app_id", "app_name", "node_id", "node_name")
    return show(
        LateAnalysis,
        analysis,
        **{name: getattr(seat, name) for name in places},
        requested_at=datetime.fromisoformat(analysis.created_at),
        came="opened" if analysis.opened_at else "decided",
        came_at=came_at,
        finished_at=finished_at,
        late_s=round((finished_at - came_at).total_seconds(), 1) if finished_at else None,
        delay=delay_of(analysis),
    )
