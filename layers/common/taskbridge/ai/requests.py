"""Asking for an analysis: by an event, or by the person whose task it is. The same question is asked once."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from taskbridge.ai.messages import AnalyseMessage, AnalysisMessage
from taskbridge.ai.rulebook import RuleBook, Standing
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState
from taskbridge.errors import StoreError

_UNDER_WAY = (AnalysisStatus.PENDING, AnalysisStatus.RUNNING)
TRIES = 3


class RequestedBy(StrEnum):
    """Who asked. FORCED: the person wants a new answer although there is one."""

    AUTO = "auto"
    MANUAL = "manual"
    FORCED = "forced"


class SeatStore(Protocol):
    """Where seats stand; see TaskTable."""

    def get(self, uid: str, task_id: str) -> Seat | None:
        """The seat, as it is now."""

    def begin(self, uid: str, task_id: str, analysis: Analysis, replaces: str) -> bool:
        """Put the analysis in place of the one with id `replaces`, if that still stands there and the task is open."""


class AnalysisOutbox(Protocol):
    """The analysis queue."""

    def send(self, messages: Sequence[AnalysisMessage]) -> set[int]:
        """Send messages; returns the positions of those that did not get in."""


@dataclass(frozen=True, slots=True)
class RequestPorts:
    """Everything outside. `standing` resolves the rule of a seat.

    `now` gives RFC 3339 in UTC, `new_id` a short id never given before.
    """

    seats: SeatStore
    outbox: AnalysisOutbox
    standing: Callable[[Seat], Standing | None]
    now: Callable[[], str]
    new_id: Callable[[], str]


def request_analysis(seat: Seat, standing: Standing | None, by: RequestedBy, ports: RequestPorts) -> Analysis | None:
    """The analysis that this seat has from now on: the one that exists, or a new one that is under way.

    None where the task is no longer open, has no form, or no rule is in force for it. Raises StoreError where a table
    or the queue fails: asking again is harmless.
    """
    for _ in range(TRIES):
        if standing is None or seat.state is not SeatState.OPEN or not seat.form_hash:
            return None
        existing = seat.analysis
        if existing is not None and not _is_new(existing, standing, by):
            if existing.status in _UNDER_WAY:
                _send(seat, existing, ports)  # whoever began it may have died before it was sent
            return existing
        begun = _begin(seat, standing, by, ports)
        if begun is not None:
            _send(seat, begun, ports)
            return begun
        found = ports.seats.get(seat.uid, seat.task_id)
        if found is None:
            return None
        seat, standing = found, ports.standing(found)
    raise StoreError(f"analysis of {seat.task_id}: too many at the same time")


def request_automatic(seats: Iterable[Seat], book: RuleBook, ports: RequestPorts) -> int:
    """Ask for the analyses that open seats need without anybody asking; returns how many are under way, or there.

    What is pending is sent again, whatever the rule says by now: whoever began it may have died before it was sent.
    """
    open_seats = [seat for seat in seats if seat.state is SeatState.OPEN and seat.form_hash]
    standings = book.standings(open_seats)
    requested = 0
    for seat in open_seats:
        standing = standings.get((seat.uid, seat.task_id))
        if standing is not None and (standing.is_automatic or is_pending(seat)):
            requested += request_analysis(seat, standing, RequestedBy.AUTO, ports) is not None
    return requested


def is_pending(seat: Seat) -> bool:
    """Whether an analysis was begun that no worker has taken up yet."""
    return seat.analysis is not None and seat.analysis.status is AnalysisStatus.PENDING


def _is_new(existing: Analysis, standing: Standing, by: RequestedBy) -> bool:
    """Whether another answer is wanted than the one that exists or is under way."""
    if existing.basis != standing.basis or by is RequestedBy.FORCED:
        return True
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


def _send(seat: Seat, analysis: Analysis, ports: RequestPorts) -> None:
    if ports.outbox.send([AnalyseMessage(seat.uid, seat.task_id, analysis.id)]):
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
