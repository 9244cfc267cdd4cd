"""What taskbridge knows of one process instance on one platform: wanted state, acknowledged state, work left; and how
that is stored.

An instance and its tasks are one document, stored as one item with a version: a compare-and-set of it is atomic
over everything that a message can touch.

Every fact in it is a last-writer-wins register keyed by the event's sequence (see `event_order`). What has to be sent
follows from the document alone.
"""

from __future__ import annotations

import zlib
from enum import StrEnum
from typing import Any

import msgspec

from taskbridge.commands import SessionStatus, TaskStatus
from taskbridge.deflating import deflate
from taskbridge.errors import UnreadableDocument
from taskbridge.reasons import build_reason

ENDED = frozenset(
    {SessionStatus.COMPLETED, SessionStatus.ABORTED, SessionStatus.REVOKED, SessionStatus.REJECTED}
)  # no status comes after these
SCHEMA = 1  # of an ordinary document: every field of Instance, but for `people`
SCHEMA_PEOPLE_APART = 2  # `people` lists everybody once, assignees are their positions there
SEATS_IN_PLACE = 10_000  # more of them, and people stand apart
_TASK_STATUSES = frozenset(TaskStatus)
_SESSION_STATUSES = frozenset(SessionStatus)
INSTANCE = ""  # the key under which an instance itself stands beside its tasks


class Presence(StrEnum):
    """Whether the task center has the item, as far as its answers prove."""

    ABSENT = "absent"
    UNKNOWN = "unknown"  # an insert was sent, its answer never came
    PRESENT = "present"
    GONE = "gone"


class Work(StrEnum):
    """What is left to do for an item."""

    NONE = "none"
    PENDING = "pending"
    FAILED = "failed"  # refused for good: only a newer event or a person's replay tries again


class Search(StrEnum):
    """Whether a todo is there whose insert was never answered, where a refusal leaves that open: an update tells."""

    NONE = ""
    WANTED = "wanted"  # the next call is that update
    FOUND = "found"  # it was taken: the todo is there
    MISSING = "missing"  # it was refused: the todo never was there


class Item(msgspec.Struct, omit_defaults=True):
    """A task, or the instance itself."""

    facts: dict[str, tuple[int, Any]] = msgspec.field(default_factory=dict)  # name -> (sequence, value)
    sequence: int = -1  # of the newest event that named it
    event_id: str = ""  # that event: its log tells what became of the item
    action: str = ""
    revision: int = 0  # grows whenever what has to be sent may have changed
    presence: Presence = Presence.ABSENT
    work: Work = Work.NONE
    attempts: int = 0  # since the work became pending
    failing_since: float = 0.0  # epoch seconds of the first failure since then, 0 for none
    reason: str = ""  # why it failed, or what it waits for
    search: Search = Search.NONE

    def value(self, name: str, default: Any = None) -> Any:
        """The newest known value of a fact."""
        return self.facts[name][1] if name in self.facts else default

    def fact_sequence(self, name: str) -> int:
        """The sequence that a fact stems from, -1 where nothing is known."""
        return self.facts[name][0] if name in self.facts else -1

    def want(self) -> None:
        """Something has to be sent: start afresh with the attempts."""
        self.revision += 1
        self.work, self.attempts, self.failing_since, self.reason = Work.PENDING, 0, 0.0, ""
        self.search = Search.NONE


class Instance(msgspec.Struct, omit_defaults=True):
    """The document. Times are epoch seconds, 0 for none."""

    platform_id: str
    sess_id: str
    item: Item = msgspec.field(default_factory=Item)
    tasks: dict[str, Item] = msgspec.field(default_factory=dict)
    pushed: bool = False  # something of it was sent, so that the task center may know it
    deleted_sequence: int = -1
    ended_sequence: int = -1  # of "started and ended at once"
    carried_sequence: int = -1  # of the newest instance status that an acknowledged call carried
    carried_status: str = "running"
    events: list[str] = msgspec.field(default_factory=list)  # newest last
    attempt_started_at: float = 0.0  # a worker is at it since, or died
    due_at: float = 0.0  # when the reconciler has to look again
    overtaken: list[tuple[str, str]] = msgspec.field(default_factory=list)  # (event, key) whose log does not know yet
    schema: int = 1  # how the stored document has to be read; see encode_instance
    people: list[list[str]] = msgspec.field(default_factory=list)  # only as it is stored

    @property
    def is_deleted(self) -> bool:
        """A deleted instance never comes back."""
        return self.deleted_sequence >= 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more is expected of it, and nothing is left to send."""
        ended = self.is_deleted or self.ended_sequence >= 0 or self.item.value("status") in ENDED
        return ended and not self.has_work

    @property
    def has_work(self) -> bool:
        """Whether something has to be sent."""
        return self.item.work is Work.PENDING or any(task.work is Work.PENDING for task in self.tasks.values())

    def items(self) -> dict[str, Item]:
        """Every task by its id, and the instance under INSTANCE."""
        return {**self.tasks, INSTANCE: self.item}

    def get(self, key: str) -> Item:
        """The task with this id, or the instance for INSTANCE."""
        return self.tasks[key] if key else self.item

    def find(self, key: str) -> Item | None:
        """As get; None where there is no such task."""
        return self.tasks.get(key) if key else self.item


class _Version(msgspec.Struct):
    schema: int = SCHEMA


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Instance)
_version_decoder = msgspec.json.Decoder(_Version)


def encode_instance(instance: Instance) -> bytes:
    """The document as it is stored: JSON, deflated, some 300 bytes for an instance with one task.

    A change that an older release would read wrongly needs a new number of schema: it sets such documents aside.
    """
    seats = sum(len(item.value("assignees") or ()) for item in instance.tasks.values())
    stored = _set_people_apart(instance) if seats > SEATS_IN_PLACE else instance
    return deflate(_encoder.encode(stored), 9)


def decode_instance(data: bytes) -> Instance:
    """A stored document. Raises UnreadableDocument where these bytes are none, or one of another release."""
    try:
        text = zlib.decompress(data)
        schema = _version_decoder.decode(text).schema
        if schema not in (SCHEMA, SCHEMA_PEOPLE_APART):
            raise UnreadableDocument(build_reason("schema_unknown", schema=schema))
        instance = _decoder.decode(text)
        if schema == SCHEMA_PEOPLE_APART:
            _put_people_back(instance)
        if not _has_known_statuses(instance):
            raise UnreadableDocument(build_reason("status_unknown"))
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError, IndexError, TypeError) as error:
        raise UnreadableDocument(f"{type(error).__name__}: {error}") from None
    return instance


def _has_known_statuses(instance: Instance) -> bool:
    told = {item.value("status", TaskStatus.INIT) for item in instance.tasks.values()}
    return told <= _TASK_STATUSES and instance.item.value("status", SessionStatus.RUNNING) in _SESSION_STATUSES


def _set_people_apart(instance: Instance) -> Instance:
    numbers: dict[tuple[str, ...], int] = {}
    tasks = {}
    for task_id, item in instance.tasks.items():
        tasks[task_id] = item
        if item.value("assignees"):
            sequence, people = item.facts["assignees"]
            told = [numbers.setdefault(tuple(person), len(numbers)) for person in people]
            tasks[task_id] = msgspec.structs.replace(item, facts={**item.facts, "assignees": (sequence, told)})
    people = [list(person) for person in numbers]
    return msgspec.structs.replace(instance, tasks=tasks, people=people, schema=SCHEMA_PEOPLE_APART)


def _put_people_back(instance: Instance) -> None:
    """Whoever is in many tasks is one list in all of them: nobody changes it."""
    for item in instance.tasks.values():
        if item.value("assignees"):
            sequence, told = item.facts["assignees"]
            item.facts["assignees"] = (sequence, [instance.people[number] for number in told])
    instance.people, instance.schema = [], SCHEMA
