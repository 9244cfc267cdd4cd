"""What is known of one process instance and its tasks on approve nodes: who has which task, in what state.

Every fact is a last-writer-wins register keyed by the event's sequence, so that folding an event in is commutative and
idempotent; the document is stored as one item and written by compare-and-set. The seats (one task of one person) are
derived from it alone.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import Any

import msgspec

from taskbridge.commands import TaskStatus
from taskbridge.deflating import deflate
from taskbridge.errors import InvalidEvent, UnreadableDocument
from taskbridge.events import Action, EventForm, EventTask, Session, TriggerEvent, User, resolve_text
from taskbridge.moments import read_moment, utc_text
from taskbridge.reasons import build_reason

RECENT_EVENTS = 40
SCHEMA = 1  # a change that an older release would read wrongly needs a new number: it sets such documents aside
ERASED = "*"  # stands in the place of a person who was erased
MAX_TASKS = 10_000
MAX_PEOPLE = 10_000
MAX_SEATS = 100_000

# These end every task that the instance has by then, whether or not the event lists it.
ENDING_ACTIONS = frozenset(
    {
        Action.INSTANCE_COMPLETED,
        Action.INSTANCE_STARTED_AND_ENDED,
        Action.INSTANCE_TERMINATED,
        Action.INSTANCE_REVOKED,
        Action.INSTANCE_REJECTED,
    }
)

Facts = dict[str, tuple[int, Any]]  # name -> (sequence, value)


class TrackedTask(msgspec.Struct, omit_defaults=True):
    """A task. `seats`: everyone who ever had it. `first_seen`: the earliest time that an event named it."""

    facts: Facts = msgspec.field(default_factory=dict)
    seats: list[str] = msgspec.field(default_factory=list)
    first_seen: str = ""

    def value(self, name: str, default: Any = None) -> Any:
        """The newest known value of a fact."""
        return self.facts[name][1] if name in self.facts else default


class Process(msgspec.Struct, omit_defaults=True):
    """The document. `ended_sequence` is that of the newest event that ended the instance, -1 for none."""

    sess_id: str
    facts: Facts = msgspec.field(default_factory=dict)
    tasks: dict[str, TrackedTask] = msgspec.field(default_factory=dict)
    ended_sequence: int = -1
    ended_at: str = ""
    is_deleted: bool = False
    events: list[str] = msgspec.field(default_factory=list)  # newest last
    schema: int = SCHEMA

    @property
    def is_over(self) -> bool:
        """Whether the instance has ended, and nobody has an open task of it."""
        ended = self.is_deleted or self.ended_sequence >= 0
        return ended and not any(is_open(self, task) for task in self.tasks.values())


@dataclass(frozen=True, slots=True)
class Folded:
    """What an event did: the tasks whose seats it may have moved, and whether it told anything new.

    `is_known`: the very event was folded in before, by a worker that may have died since.
    """

    task_ids: tuple[str, ...]
    changed: bool
    is_known: bool


def concerns_ai(event: TriggerEvent) -> bool:
    """Whether an event can move anything here: a task on an approve node, an instance that ends, a published node."""
    if event.app.kind == "questionnaire":
        return False
    if event.action in ENDING_ACTIONS or event.action in (Action.INSTANCE_DELETED, Action.NODE_PUBLISHED):
        return True
    return event.action in frozenset(Action) and any(task.node_kind == "approve" for task in event.tasks)


def form_hash(form: EventForm) -> str:
    """The form as it came, in short."""
    return hashlib.sha256(msgspec.json.encode(form)).hexdigest()[:32]


def fold(process: Process, event: TriggerEvent) -> Folded:
    """Take an event into the document, in place. The event must carry a session, and not be `node_published`."""
    is_known = event.id in process.events
    process.events = [*(known for known in process.events if known != event.id), event.id][-RECENT_EVENTS:]
    if event.action == Action.INSTANCE_DELETED:
        changed = not process.is_deleted
        process.is_deleted = True
        return Folded(tuple(process.tasks), changed, is_known)
    changed = _fold_instance(process, event)
    if event.action in ENDING_ACTIONS and event.sequence > process.ended_sequence:
        process.ended_sequence, process.ended_at = event.sequence, utc_text(event.occurred_at)
        changed = True
    for task in event.tasks:
        changed |= _fold_task(process, task, event)
    touched = process.tasks if event.action in ENDING_ACTIONS else [task.task_id for task in event.tasks]
    return Folded(tuple(touched), changed, is_known)


def _fold_instance(process: Process, event: TriggerEvent) -> bool:
    session = event.session
    assert isinstance(session, Session)  # noqa: S101 - parse_event refuses the event otherwise
    facts = {
        "app_id": event.app.app_id,
        "app_name": resolve_text(event.app.name),
        "initiator": session.initiator.name or session.initiator.number,
        "subject": _set(session.subject, resolve_text),
    }
    return _write(process.facts, event.sequence, facts)


def _fold_task(process: Process, task: EventTask, event: TriggerEvent) -> bool:
    tracked = process.tasks.setdefault(task.task_id, TrackedTask())
    seen = utc_text(event.occurred_at)
    tracked.first_seen = min(given(tracked.first_seen) or seen, seen)
    facts = {
        "status": task.status.value,
        "settled_at": _set(task.finished_at, utc_text) or seen,
        "node": [task.node_id, task.node_key, _set(task.node_name, resolve_text) or "", task.node_kind],
        "priority": _set(task.priority, int),
        "assignees": _set(task.assignees, _uids),
        "created_at": _set(task.created_at, utc_text),
        "decision": _set(task.decision, str),
        "form": _set(task.form, form_hash),
    }
    if task.status is not TaskStatus.INIT:
        facts["decided_by"] = _set(event.operator, lambda user: user.uid) or ""
    changed = _write(tracked.facts, event.sequence, facts)
    if tracked.value("node")[3] == "approve":
        people = (uid for uid in tracked.value("assignees", []) if uid != ERASED)
        tracked.seats = list(dict.fromkeys([*tracked.seats, *people]))
    return changed


def _write(facts: Facts, sequence: int, values: dict[str, Any]) -> bool:
    """Set what is newer; tells whether anything was."""
    newer = {
        name: (sequence, value)
        for name, value in values.items()
        if value is not None and (name not in facts or facts[name][0] < sequence)
    }
    facts.update(newer)
    return bool(newer)


def forget_person(process: Process, uid: str) -> bool:
    """Take a person out of the document, in place; tells whether the person stood there.

    An event that names the person again brings the person back: it tells what is so.
    """
    found = [task for task in process.tasks.values() if _knows(task, uid)]
    for task in found:
        task.seats = [each for each in task.seats if each != uid]
        if "assignees" in task.facts:
            sequence, people = task.facts["assignees"]
            # How many there are decides what is said of the others.
            task.facts["assignees"] = (sequence, [ERASED if each == uid else each for each in people])
        if task.value("decided_by") == uid:
            task.facts["decided_by"] = (task.facts["decided_by"][0], ERASED)
    return bool(found)


def _knows(task: TrackedTask, uid: str) -> bool:
    return uid in task.seats or uid in task.value("assignees", []) or task.value("decided_by") == uid


def check_size(process: Process) -> None:
    """Raises InvalidEvent for a document beyond what is kept of one instance."""
    if len(process.tasks) > MAX_TASKS:
        raise InvalidEvent("tasks", build_reason("most_tasks", most=MAX_TASKS, got=len(process.tasks)))
    seats = sum(len(task.seats) for task in process.tasks.values())
    if seats > MAX_SEATS:
        raise InvalidEvent("tasks", build_reason("most_assignees", most=MAX_SEATS, got=seats))
    people = len({uid for task in process.tasks.values() for uid in task.seats}) if seats > MAX_PEOPLE else seats
    if people > MAX_PEOPLE:
        raise InvalidEvent("tasks", build_reason("most_people", most=MAX_PEOPLE, got=people))


def is_open(process: Process, task: TrackedTask) -> bool:
    is_ended = process.is_deleted or process.ended_sequence >= task.facts["status"][0]
    return not is_ended and task.value("node")[3] == "approve" and bool(task.value("status") == TaskStatus.INIT)


def _uids(users: list[User]) -> list[str]:
    """Who has a task, once each: a person without a uid cannot sign in."""
    return [uid for uid in dict.fromkeys(user.uid for user in users) if uid]


def given(text: str | None) -> str:
    """A stored time; empty where there is none, also where a document of before has kept one that means none."""
    return text if text and read_moment(text) else ""


def _set(value: Any, convert: Any) -> Any:
    """The converted value, or None where the event does not have it."""
    return None if value is msgspec.UNSET else convert(value)


class _Schema(msgspec.Struct):
    schema: int = SCHEMA


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Process)
_schema_decoder = msgspec.json.Decoder(_Schema)


def encode_process(process: Process) -> bytes:
    """The document as it is stored: deflated JSON."""
    return deflate(_encoder.encode(process), 6)


def decode_process(data: bytes) -> Process:
    """A stored document. Raises UnreadableDocument where these bytes are none, or one of another release."""
    try:
        text = zlib.decompress(data)
        schema = _schema_decoder.decode(text).schema
        if schema != SCHEMA:
            raise UnreadableDocument(f"process document: schema {schema} is not known to this release")
        return _decoder.decode(text)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableDocument(f"process document: {type(error).__name__}") from None
