"""One analysis from its message to its result.

Every write is conditional: on the seat (still open, still this analysis, still this worker's), and on the answer (still
this worker's flight). Who loses a condition has been overtaken, and what it has goes to the audit log only.
"""

from __future__ import annotations

from ai_analyze.ends import Fate, TurnEnd
from ai_analyze.ports import AnalysisPorts
from ai_analyze.work import LEASE_S, AnalysisWork
from taskbridge.ai.delays import taken_up
from taskbridge.ai.messages import AnalyseMessage, SeatsMessage
from taskbridge.ai.requests import RequestedBy, is_pending, request_analysis
from taskbridge.ai.results import Review
from taskbridge.ai.rulebook import Standing
from taskbridge.ai.seats import AnalysisStatus, Seat, SeatState
from taskbridge.errors import (
    StoreError,
)


def analyse(message: AnalyseMessage, receives: int, ports: AnalysisPorts) -> tuple[TurnEnd, Review | None]:
    """Give a message its turn, its `receives`-th. Raises StoreError where a table fails: it comes again."""
    end, review = _take_turn(message, receives, ports)
    if end.fate in (Fate.OUTDATED, Fate.LATE):
        _look_after(message, ports, has_written=end.fate is Fate.LATE or receives > 1)
    return end, review


def _take_turn(message: AnalyseMessage, receives: int, ports: AnalysisPorts) -> tuple[TurnEnd, Review | None]:
    seat = ports.seats.get(message.uid, message.task_id)
    if seat is None or not _is_wanted(seat, message):
        return TurnEnd(Fate.OUTDATED), None
    standing = ports.standing(seat)
    if standing is None or standing.basis != seat.analysis.basis:  # type: ignore[union-attr]
        return _ask_anew(seat, standing, ports), None
    holder = ports.new_id()
    now = ports.clock()
    spent = taken_up(seat.analysis, now)  # type: ignore[arg-type]
    claimed = ports.seats.claim(seat.uid, seat.task_id, message.analysis_id, holder, now, now + LEASE_S, spent)
    if claimed is None:
        # This message may be that of a worker that died a moment ago: it stays until the analysis has ended.
        return TurnEnd(Fate.BUSY, LEASE_S), None
    work = AnalysisWork(seat, claimed, standing, holder, receives, ports)
    with ports.kept_alive(work.renew):
        return work.run()


def _is_wanted(seat: Seat, message: AnalyseMessage) -> bool:
    analysis = seat.analysis
    under_way = (AnalysisStatus.PENDING, AnalysisStatus.RUNNING)
    return (
        seat.state is SeatState.OPEN
        and analysis is not None
        and analysis.id == message.analysis_id
        and analysis.status in under_way
    )


def _look_after(message: AnalyseMessage, ports: AnalysisPorts, *, has_written: bool) -> None:
    """What is to be done for a seat whose analysis nobody wants. `has_written`: texts may stand because of it."""
    seat = ports.seats.get(message.uid, message.task_id)
    if seat is None:
        return
    if seat.state is SeatState.GONE and has_written:
        _delete_again(seat, ports)
    # Who put another analysis in the place of this one may have died before its message was sent.
    if seat.analysis is not None and is_pending(seat) and seat.analysis.id != message.analysis_id:
        request_analysis(seat, ports.standing(seat), RequestedBy.AUTO, ports.requests)


def _delete_again(seat: Seat, ports: AnalysisPorts) -> None:
    """Where its instance was deleted, that was before the answer, or its audit entry, was written here."""
    if ports.tracker.send([SeatsMessage(seat.sess_id, {seat.task_id: [seat.uid]})]):
        raise StoreError("the AI queue did not take what is to be deleted")


def _ask_anew(seat: Seat, standing: Standing | None, ports: AnalysisPorts) -> TurnEnd:
    """What was to be asked has changed since: ask what is to be asked now, if it still is."""
    analysis = seat.analysis
    assert analysis is not None  # noqa: S101 - _is_wanted saw it
    by = RequestedBy(analysis.requested_by)
    if standing is not None and (standing.is_automatic or by is not RequestedBy.AUTO):
        request_analysis(seat, standing, by, ports.requests)
    else:
        ports.seats.clear(seat.uid, seat.task_id, analysis.id)
    return TurnEnd(Fate.OUTDATED)
