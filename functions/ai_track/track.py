"""One trigger event: into the process document, then into the seats, then the analyses that these need.

Each step may be repeated, and a message is only deleted after the last: a worker that dies anywhere leaves an event
that comes again and goes on where it stopped. The seats of a large instance are worked on in pieces: see pieces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from ai_track.deletion import delete_answers, delete_contents
from ai_track.pace import Pace, request_in_time
from ai_track.pieces import SEATS_A_TURN, split, weight_of
from taskbridge.ai.delays import is_awaited
from taskbridge.ai.messages import SeatsMessage
from taskbridge.ai.people import is_decision
from taskbridge.ai.process_seats import Places, build_seats, places_of
from taskbridge.ai.processes import Folded, check_size, fold, form_hash
from taskbridge.ai.queue import AiQueue
from taskbridge.ai.requests import RequestPorts
from taskbridge.ai.rulebook import RuleBook
from taskbridge.ai.seats import Seat, SeatState
from taskbridge.errors import StaleVersion, StoreError
from taskbridge.events import Session, TriggerEvent
from taskbridge.tables.ai_answers import AnswerTable
from taskbridge.tables.ai_audit import AuditTable
from taskbridge.tables.ai_forms import FormTable
from taskbridge.tables.ai_processes import ProcessTable, StoredProcess
from taskbridge.tables.ai_tasks import TaskTable

TRIES = 8


@dataclass(frozen=True, slots=True)
class TrackPorts:
    """Everything outside. `clock` gives epoch seconds, `form_retention_s` how long a form outlives its task. `pieces`
    is the AI queue, where the pieces of what is large go.

    `audit` is where the texts of deleted instances are forgotten; None where they are kept.
    """

    processes: ProcessTable
    forms: FormTable
    seats: TaskTable
    book: RuleBook
    requests: RequestPorts
    pieces: AiQueue
    clock: Callable[[], float]
    form_retention_s: Callable[[], float]
    answers: AnswerTable
    audit: AuditTable | None = None


@dataclass(frozen=True, slots=True)
class Tracked:
    """What came of an event: whether it told anything new, and how many analyses are under way because of it.

    `pieces` is how many messages its seats were left to, if they were; `overtaken` how many analyses were under way
    when their people decided.
    """

    is_superseded: bool = False
    requested: int = 0
    pieces: int = 0
    overtaken: int = 0


def track_event(event: TriggerEvent, ports: TrackPorts, pace: Pace, turn: int = 0) -> Tracked:
    """Take an event in. Raises StoreError, or OutOfTime, where it has to come again, InvalidEvent where it never can.

    `turn` is that of its message.
    """
    stored, folded = _fold_in(event, ports)
    tracked = update_seats(stored, places_of(stored.process, folded.task_ids), ports, pace, turn)
    return replace(tracked, is_superseded=not folded.changed and not folded.is_known)


def update_seats(stored: StoredProcess, places: Places, ports: TrackPorts, pace: Pace, turn: int) -> Tracked:
    """Make these seats what the document implies, and ask for what they need; in pieces where they are many.

    Raises as track_event.
    """
    if weight_of(places) > SEATS_A_TURN:
        pieces = [SeatsMessage(stored.process.sess_id, piece, turn=turn + 1) for piece in split(places)]
        if ports.pieces.send(pieces):
            raise StoreError("the AI queue did not take a piece")
        return Tracked(pieces=len(pieces))
    seats, overtaken = _project_all(build_seats(stored.process, stored.version, places), ports, pace)
    if stored.process.is_deleted:
        delete_contents(stored.process, places, ports.forms, ports.audit)
        delete_answers(stored.process, places, ports.seats, ports.answers)
    return Tracked(requested=request_in_time(seats, ports.book, ports.requests, pace), overtaken=overtaken)


def _keep_forms(event: TriggerEvent, forms: FormTable) -> None:
    """Before the document names it, the form is there."""
    kept = {
        (task.task_id, form_hash(task.form)): msgspec.json.encode(task.form)
        for task in event.tasks
        if not isinstance(task.form, msgspec.UnsetType) and task.node_kind == "approve"
    }
    if kept:
        forms.put_many(kept)


def _fold_in(event: TriggerEvent, ports: TrackPorts) -> tuple[StoredProcess, Folded]:
    assert isinstance(event.session, Session)  # noqa: S101 - parse_event refuses the event otherwise
    _keep_forms(event, ports.forms)
    for _ in range(TRIES):
        stored = ports.processes.load(event.session.sess_id)
        folded = fold(stored.process, event)
        check_size(stored.process)
        if not folded.changed or ports.processes.save(stored):
            return stored, folded
    raise StaleVersion(f"process {event.session.sess_id}: too many at the same time")


def _project_all(seats: list[Seat], ports: TrackPorts, pace: Pace) -> tuple[list[Seat], int]:
    """Write seats; returns them as they stand now, without those where a newer document has been there.

    And how many analyses their people were faster than.
    """
    found = ports.seats.get_many([(seat.uid, seat.task_id) for seat in seats]) if seats else {}
    standing: list[Seat] = []
    let_go: set[tuple[str, str]] = set()
    overtaken = 0
    for seat in seats:
        pace.step()
        is_there, before = _project(seat, found.get((seat.uid, seat.task_id)), ports)
        if is_there:
            standing.append(msgspec.structs.replace(seat, analysis=before.analysis if before else None))
            _let_forms_go(_forms_over(seat, before) - let_go, ports)
            let_go |= _forms_over(seat, before)
            overtaken += is_decision(before, seat) and is_awaited(before)
    return standing, overtaken


def _let_forms_go(forms: set[tuple[str, str]], ports: TrackPorts) -> None:
    for task_id, form in sorted(forms):
        ports.forms.expire(task_id, form, ports.clock() + ports.form_retention_s())


def _project(seat: Seat, before: Seat | None, ports: TrackPorts) -> tuple[bool, Seat | None]:
    """Write a seat over `before`, or over what stands there by now; tells whether it stands, and what it replaced."""
    key = (seat.uid, seat.task_id)
    for _ in range(TRIES):
        if before is not None and before.version > seat.version:
            return False, before
        if before is not None and msgspec.structs.replace(before, analysis=None) == seat:
            return True, before  # a turn before this one wrote it
        if ports.seats.project(seat, before):
            return True, before
        before = ports.seats.get_many([key]).get(key)
    raise StaleVersion(f"task {seat.task_id}: too many at the same time")


def _forms_over(seat: Seat, before: Seat | None) -> set[tuple[str, str]]:
    """A form outlives its task, or what it was replaced by, by the retention time.

    Never at once: another worker may be bringing the same form back just now.
    """
    over = {before.form_hash} - {seat.form_hash} if before is not None else set()
    if seat.state is SeatState.DONE:
        over.add(seat.form_hash)
    return {(seat.task_id, form) for form in over if form}
