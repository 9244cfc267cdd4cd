"""Asking for an analysis: by an event, or by the person whose task it is. The same question is asked once."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from taskbridge.ai.messages import AnalyseMessage
from taskbridge.ai.rulebook import RuleBook, Standing
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState
from taskbridge.errors import StoreError

if TYPE_CHECKING:
    from taskbridge.ai.queue import AiQueue
    from taskbridge.tables.ai_tasks import TaskTable

_UNDER_WAY = (AnalysisStatus.PENDING, AnalysisStatus.RUNNING)
TRIES = 8
SENT_TOGETHER = 10  # a call of SQS


class RequestedBy(StrEnum):
    """Who asked. FORCED: the person wants a new answer although there is one."""

    AUTO = "auto"
    MANUAL = "manual"
    FORCED = "forced"


@dataclass(frozen=True, slots=True)
class RequestPorts:
    """Everything outside. `outbox` is the analysis queue; `standing` resolves the rule of a seat.

    `now` gives RFC 3339 in UTC, `new_id` a short id never given before. `admit` raises where no new analysis of a seat
    may be asked for now.
    """

    seats: TaskTable
    outbox: AiQueue
    standing: Callable[[Seat], Standing | None]
    now: Callable[[], str]
    new_id: Callable[[], str]
    admit: Callable[[Seat], None] = lambda _: None


def request_analysis(seat: Seat, standing: Standing | None, by: RequestedBy, ports: RequestPorts) -> Analysis | None:
    """The analysis that this seat has from now on: the one that exists, or a new one that is under way.

    None where the task is no longer open, has no form, or no rule is in force for it. Raises StoreError where a table
    or the queue fails: asking again is harmless.
    """
    analysis, messages = _take_up(seat, standing, by, ports)
    _send(messages, ports)
    return analysis


def wanted_automatically(seats: Iterable[Seat], book: RuleBook) -> list[tuple[Seat, Standing]]:
    """The seats that need an analysis without anybody asking, in their order.

    What is pending is among them, whatever the rule says by now: whoever began it may have died before it was sent.
    """
    open_seats = [seat for seat in seats if seat.state is SeatState.OPEN and seat.form_hash]
    standings = book.standings(open_seats)
    found = [(seat, standings[key]) for seat in open_seats if (key := (seat.uid, seat.task_id)) in standings]
    return [(seat, standing) for seat, standing in found if standing.is_automatic or is_pending(seat)]


def request_each(
    wanted: Sequence[tuple[Seat, Standing]], ports: RequestPorts, step: Callable[[], None] = lambda: None
) -> int:
    """Ask for these analyses, sent ten together; returns how many are under way, or there.

    `step` is called before each; what it raises leaves this one and those behind it to be asked for later.
    """
    parts = (wanted[start : start + SENT_TOGETHER] for start in range(0, len(wanted), SENT_TOGETHER))
    return sum(_request_together(part, ports, step) for part in parts)


def _request_together(wanted: Sequence[tuple[Seat, Standing]], ports: RequestPorts, step: Callable[[], None]) -> int:
    messages: list[AnalyseMessage] = []
    requested = 0
    try:
        for seat, standing in wanted:
            step()
            analysis, more = _take_up(seat, standing, RequestedBy.AUTO, ports)
            requested += analysis is not None
            messages += more
    except Exception:
        _send(messages, ports)  # they were begun
        raise
    _send(messages, ports)
    return requested


def is_pending(seat: Seat) -> bool:
    """Whether an analysis was begun that no worker has taken up yet."""
    return seat.analysis is not None and seat.analysis.status is AnalysisStatus.PENDING


def _take_up(
    seat: Seat, standing: Standing | None, by: RequestedBy, ports: RequestPorts
) -> tuple[Analysis | None, list[AnalyseMessage]]:
    """See request_analysis; with the message that has to be sent."""
    is_raced = False
    for _ in range(TRIES):
        if standing is None or seat.state is not SeatState.OPEN or not seat.form_hash:
            return None, []
        existing = seat.analysis
        if existing is not None and not _is_new(existing, standing, by, is_raced=is_raced):
            # Whoever began it may have died before it was sent.
            again = existing.status in _UNDER_WAY
            return existing, [_message(seat, existing)] if again else []
        ports.admit(seat)
        begun = _begin(seat, standing, by, ports)
        if begun is not None:
            return begun, [_message(seat, begun)]
        found = ports.seats.get(seat.uid, seat.task_id)
        if found is None:
            return None, []
        seat, standing, is_raced = found, ports.standing(found), True
    raise StoreError(f"analysis of {seat.task_id}: too many at the same time")


def _is_new(existing: Analysis, standing: Standing, by: RequestedBy, *, is_raced: bool) -> bool:
    """Whether another answer is wanted than the one that exists or is under way.

    `is_raced`: it was begun while this one was asked for; a new answer is on its way then, and serves all who want one.
    """
    if existing.basis != standing.basis:
        return True
    if by is RequestedBy.FORCED:
        return not (is_raced and existing.requested_by == RequestedBy.FORCED)
    # What failed after all its attempts is not tried again by the next event, but by the person who wants it.
    return existing.status is AnalysisStatus.FAILED and by is RequestedBy.MANUAL


def _begin(seat: Seat, standing: Standing, by: RequestedBy, ports: RequestPorts) -> Analysis | None:
    analysis = Analysis(
        id=f"{encode_task_id(seat.task_id)}.{ports.new_id()}",
        basis=standing.basis,
        status=AnalysisStatus.PENDING,
        rule_version=standing.rule.version,
        created_at=ports.now(),
        requested_by=by,
    )
    replaces = seat.analysis.id if seat.analysis else ""
    return analysis if ports.seats.begin(seat.uid, seat.task_id, analysis, replaces) else None


def _message(seat: Seat, analysis: Analysis) -> AnalyseMessage:
    return AnalyseMessage(seat.uid, seat.task_id, analysis.id, app_id=seat.app_id)


def _send(messages: Sequence[AnalyseMessage], ports: RequestPorts) -> None:
    if messages and ports.outbox.send(messages):
        raise StoreError("the analysis queue did not take the message")


def encode_task_id(task_id: str) -> str:
    """A task's id as the first part of the ids of its analyses: so that these lead to the task."""
    return base64.urlsafe_b64encode(task_id.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def task_id_of(analysis_id: str) -> str | None:
    """The task that an analysis belongs to; None where that is no id of an analysis."""
    encoded, dot, _ = analysis_id.partition(".")
    if not dot:
        return None
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        return None
