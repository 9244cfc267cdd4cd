"""One trigger event: into the process document, then into the seats, then the analyses that these need.

Each step may be repeated, and a message is only deleted after the last: a worker that dies anywhere leaves an event
that comes again and goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from taskbridge.ai.processes import Folded, Process, build_seats, fold, form_hash
from taskbridge.ai.requests import RequestPorts, request_automatic
from taskbridge.ai.rulebook import RuleBook, SeatKey
from taskbridge.ai.seats import Seat, SeatState
from taskbridge.errors import StaleVersion
from taskbridge.events import Session, TriggerEvent
from taskbridge.tables.ai_processes import StoredProcess

TRIES = 8


class Processes(Protocol):
    """Process documents; see ProcessTable."""

    def load(self, sess_id: str) -> StoredProcess:
        """The document, a new one where there is none."""

    def save(self, stored: StoredProcess) -> bool:
        """Write it, unless somebody else did since it was read."""


class Forms(Protocol):
    """Forms by task and hash; see FormTable."""

    def put(self, task_id: str, form_hash: str, body: bytes) -> None:
        """Keep a form."""

    def delete(self, task_id: str, form_hash: str) -> None:
        """Delete a form at once."""

    def expire(self, task_id: str, form_hash: str, at: float) -> None:
        """Let a form go at `at`, epoch seconds."""


class Seats(Protocol):
    """Seats; see TaskTable."""

    def get_many(self, keys: Iterable[SeatKey]) -> Mapping[SeatKey, Seat]:
        """The seats that there are."""

    def project(self, seat: Seat, before: Seat | None) -> bool:
        """Write what the document implies, if `before` still stands there and the document is no older."""


@dataclass(frozen=True, slots=True)
class TrackPorts:
    """Everything outside. `clock` gives epoch seconds, `form_retention_s` how long a form outlives its task."""

    processes: Processes
    forms: Forms
    seats: Seats
    book: RuleBook
    requests: RequestPorts
    clock: Callable[[], float]
    form_retention_s: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Tracked:
    """What came of an event: whether it told anything new, and how many analyses are under way because of it."""

    is_superseded: bool
    requested: int


def track_event(event: TriggerEvent, ports: TrackPorts) -> Tracked:
    """Take an event in. Raises StoreError where it has to come again."""
    _keep_forms(event, ports.forms)
    stored, folded = _fold_in(event, ports.processes)
    seats = [_project(seat, ports) for seat in build_seats(stored.process, stored.version, folded.task_ids)]
    if stored.process.is_deleted:
        _delete_forms(stored.process, ports.forms)
    requested = request_automatic([seat for seat in seats if seat is not None], ports.book, ports.requests)
    return Tracked(is_superseded=not folded.changed and not folded.is_known, requested=requested)


def _keep_forms(event: TriggerEvent, forms: Forms) -> None:
    """Before the document names it, the form is there."""
    for task in event.tasks:
        if not isinstance(task.form, msgspec.UnsetType) and task.node_kind == "approve":
            forms.put(task.task_id, form_hash(task.form), msgspec.json.encode(task.form))


def _fold_in(event: TriggerEvent, processes: Processes) -> tuple[StoredProcess, Folded]:
    assert isinstance(event.session, Session)  # noqa: S101 - parse_event refuses the event otherwise
    for _ in range(TRIES):
        stored = processes.load(event.session.sess_id)
        folded = fold(stored.process, event)
        if not folded.changed or processes.save(stored):
            return stored, folded
    raise StaleVersion(f"process {event.session.sess_id}: too many at the same time")


def _project(seat: Seat, ports: TrackPorts) -> Seat | None:
    """Write a seat; returns it as it stands now, or None where a newer document has been there."""
    key = (seat.uid, seat.task_id)
    for _ in range(TRIES):
        before = ports.seats.get_many([key]).get(key)
        if before is not None and before.version > seat.version:
            return None
        if ports.seats.project(seat, before):
            _let_forms_go(seat, before, ports)
            return msgspec.structs.replace(seat, analysis=before.analysis if before else None)
    raise StaleVersion(f"task {seat.task_id}: too many at the same time")


def _let_forms_go(seat: Seat, before: Seat | None, ports: TrackPorts) -> None:
    """A form outlives its task, or what it was replaced by, by the retention time.

    Never at once: another worker may be bringing the same form back just now.
    """
    over = {before.form_hash} - {seat.form_hash} if before is not None else set()
    if seat.state is SeatState.DONE:
        over.add(seat.form_hash)
    for form in filter(None, over):
        ports.forms.expire(seat.task_id, form, ports.clock() + ports.form_retention_s())


def _delete_forms(process: Process, forms: Forms) -> None:
    for task_id, task in process.tasks.items():
        if task.value("form"):
            forms.delete(task_id, task.value("form"))
