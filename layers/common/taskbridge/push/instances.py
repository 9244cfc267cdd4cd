"""What taskbridge knows of one process instance on one platform: wanted state, acknowledged state, work left.

An instance and its tasks are one document, stored as one item with a version: a compare-and-set of it is atomic
over everything that a message can touch.

Every fact in it is a last-writer-wins register keyed by the event's sequence. Folding an event in is therefore
commutative and idempotent: any order, any number of times, ends in the same calls (`tests/unit/test_instances.py`
proves it by property). What has to be sent follows from the document alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from taskbridge.commands import SessionStatus, TaskStatus
from taskbridge.errors import UnreadableDocument
from taskbridge.push.messages import EventMessage, InstanceFact, TaskFact

RECENT_EVENTS = 40
MOST_TASKS = 10_000
MOST_PEOPLE = 10_000  # of one task
MOST_PEOPLE_IN_ALL = 100_000
MOST_SEATS = 1_000_000  # places of assignees: a person in ten tasks has ten
SHOWN_BY_AN_UPDATE = frozenset({"status", "node_id", "node_name", "assignees"})
NOTHING_TO_SHOW = frozenset({"draft", "running"})  # an instance without tasks is in nobody's list
ENDED = frozenset(
    {SessionStatus.COMPLETED, SessionStatus.ABORTED, SessionStatus.REVOKED, SessionStatus.REJECTED}
)  # no status comes after these
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


class Effect(StrEnum):
    """What an event did to an item."""

    NEWER = "newer"  # it is the newest event of the item now
    FILLED = "filled"  # older, but it knew something that no newer event had said
    OLDER = "older"
    DUPLICATE = "duplicate"  # the very event was folded in before
    DELETED = "deleted"  # the instance is deleted, nothing can change it
    UNCHANGED = "unchanged"  # newest, but there is nothing to tell the task center
    TOO_LARGE = "too_large"  # with it, the instance would be larger than can be kept: nothing of it was taken in


def fold(instance: Instance, message: EventMessage) -> dict[str, Effect]:
    """Take an event into the document; returns what it did to each item it names.

    Work is marked where the task center has to be told. The document changes in place.
    """
    is_deletion = message.action == "instance_deleted"
    if not is_deletion and not instance.is_deleted and is_too_large(instance, message):
        return dict.fromkeys(_named(message), Effect.TOO_LARGE)
    _remember(instance, message.event_id)
    if is_deletion:
        return _fold_deletion(instance, message)
    if instance.is_deleted:
        return dict.fromkeys(_named(message), Effect.DELETED)
    facts = {**_instance_facts(message.instance), "occurred_at": message.occurred_at}
    _set_facts(instance.item, message.sequence, facts)
    changes = {task.task_id: _fold_task(instance, task, message) for task in message.tasks}
    brings_status = instance.item.fact_sequence("status") == message.sequence and _has_news(instance)
    if not message.tasks or message.action == "instance_started_and_ended" or brings_status:
        changes[INSTANCE] = _fold_instance(instance, message)
    return changes


def _named(message: EventMessage) -> list[str]:
    """The keys of what an event is about."""
    return [task.task_id for task in message.tasks] or [INSTANCE]


def is_too_large(instance: Instance, message: EventMessage) -> bool:
    """Whether an instance would have more with this event than can be kept."""
    told = {task.task_id for task in message.tasks}
    given = [task.assignees or () for task in message.tasks]
    kept = [item.value("assignees", ()) for task_id, item in instance.tasks.items() if task_id not in told]
    seats = sum(map(len, kept)) + sum(map(len, given))
    if len(instance.tasks.keys() | told) > MOST_TASKS or max(map(len, given), default=0) > MOST_PEOPLE:
        return True
    if seats <= MOST_PEOPLE_IN_ALL:
        return False
    people = {person[0] for each in kept for person in each} | {person.uid for each in given for person in each}
    return seats > MOST_SEATS or len(people) > MOST_PEOPLE_IN_ALL


def _fold_task(instance: Instance, fact: TaskFact, message: EventMessage) -> Effect:
    item = instance.tasks.setdefault(fact.task_id, Item())
    facts = {**_task_facts(fact), "occurred_at": message.occurred_at}
    if item.event_id == message.event_id:
        return Effect.DUPLICATE
    changed = _set_facts(item, message.sequence, facts)
    if message.sequence > item.sequence:
        _take_over(instance, fact.task_id, message)
        item.want()
        return Effect.NEWER
    if changed & SHOWN_BY_AN_UPDATE or (changed and item.work is Work.FAILED):
        item.want()
        return Effect.FILLED
    return Effect.OLDER


def _fold_instance(instance: Instance, message: EventMessage) -> Effect:
    """The status of the instance is news by itself: a task that the event names may carry it, or may fail to."""
    item = instance.item
    if item.event_id == message.event_id:
        return Effect.DUPLICATE
    newest = message.sequence > item.sequence
    if message.action == "instance_started_and_ended":
        if instance.ended_sequence < 0:
            instance.ended_sequence = message.sequence
            _take_over(instance, INSTANCE, message)
            item.want()
            return Effect.NEWER
        instance.ended_sequence = max(instance.ended_sequence, message.sequence)
    if not newest or item.fact_sequence("status") > message.sequence:
        return Effect.OLDER
    _take_over(instance, INSTANCE, message)
    if item.work is Work.NONE and not _has_news(instance):
        return Effect.UNCHANGED
    item.want()
    return Effect.NEWER


def _has_news(instance: Instance) -> bool:
    """Whether the status of the instance is one that the task center has not been told."""
    status = instance.item.value("status")
    if not instance.tasks and status in NOTHING_TO_SHOW:
        return False
    return bool(status != instance.carried_status)


def _fold_deletion(instance: Instance, message: EventMessage) -> dict[str, Effect]:
    """The backup's todos and every other that may be there have to go, then the instance."""
    first = not instance.is_deleted
    instance.deleted_sequence = max(instance.deleted_sequence, message.sequence)
    changes: dict[str, Effect] = {}
    known = [key for key, item in instance.tasks.items() if item.presence is not Presence.ABSENT]
    for task_id in dict.fromkeys([*message.deleted_task_ids, *(known if first else [])]):
        instance.tasks.setdefault(task_id, Item())
        changes[task_id] = _want_gone(instance, task_id, message)
    if first:
        _forget_tasks(instance, message)
    changes[INSTANCE] = _want_gone(instance, INSTANCE, message)
    return changes


def _forget_tasks(instance: Instance, message: EventMessage) -> None:
    """Nothing has to be known of deleted tasks, but of one that may have to be searched for; those that were never
    sent are gone already.
    """
    for task_id, item in instance.tasks.items():
        if item.presence is not Presence.UNKNOWN:
            item.facts = {}
        if item.event_id != message.event_id and item.presence is Presence.ABSENT:
            _note_overtaken(instance, task_id, item)
            item.work, item.presence, item.search = Work.NONE, Presence.GONE, Search.MISSING


def _want_gone(instance: Instance, key: str, message: EventMessage) -> Effect:
    item = instance.get(key)
    if item.event_id == message.event_id:
        return Effect.DUPLICATE
    if item.presence is Presence.GONE or item.action == message.action:
        return Effect.OLDER  # gone, or another deletion of the same instance is at it
    _take_over(instance, key, message)
    item.want()
    return Effect.NEWER


def _take_over(instance: Instance, key: str, message: EventMessage) -> None:
    item = instance.get(key)
    _note_overtaken(instance, key, item)
    item.sequence = max(item.sequence, message.sequence)
    item.event_id, item.action = message.event_id, message.action


def _note_overtaken(instance: Instance, key: str, item: Item) -> None:
    """An event that was not settled never will be: its log has to be told, also if this worker dies first."""
    if item.work is not Work.NONE:
        instance.overtaken.append((item.event_id, key))


def _set_facts(item: Item, sequence: int, facts: Mapping[str, Any]) -> set[str]:
    """Write what is newer than what is known; returns the names whose value changed."""
    changed = set()
    for name, value in facts.items():
        if value is not None and sequence > item.fact_sequence(name):
            if item.value(name) != value:
                changed.add(name)
            item.facts[name] = (sequence, value)
    return changed


def _task_facts(fact: TaskFact) -> dict[str, Any]:
    return {
        "status": fact.status,
        "node_id": fact.node_id,
        "node_name": fact.node_name,
        "priority": fact.priority,
        "assignees": _people(fact.assignees),
        "created_at": fact.created_at,
    }


def _people(people: Any) -> list[list[str]] | None:
    """Assignees as the document stores them: lists, as JSON gives them back. An empty list says nothing."""
    return [[person.uid, person.number, person.name] for person in people] if people else None


def _instance_facts(fact: InstanceFact) -> dict[str, Any]:
    return {
        "status": fact.status,
        "app_id": fact.app_id,
        "app_name": fact.app_name,
        "subject": fact.subject,
        "initiator": [fact.initiator.uid, fact.initiator.number, fact.initiator.name],
        "created_at": fact.created_at,
    }


def _remember(instance: Instance, event_id: str) -> None:
    if event_id not in instance.events:
        instance.events = [*instance.events, event_id][-RECENT_EVENTS:]


SCHEMA = 1  # of an ordinary document: every field of Instance, but for `people`
SCHEMA_PEOPLE_APART = 2  # `people` lists everybody once, assignees are their positions there
SEATS_IN_PLACE = 10_000  # more of them, and people stand apart
_TASK_STATUSES = frozenset(TaskStatus)
_SESSION_STATUSES = frozenset(SessionStatus)


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
    return zlib.compress(_encoder.encode(stored), 9)


def decode_instance(data: bytes) -> Instance:
    """A stored document. Raises UnreadableDocument where these bytes are none, or one of another release."""
    try:
        text = zlib.decompress(data)
        schema = _version_decoder.decode(text).schema
        if schema not in (SCHEMA, SCHEMA_PEOPLE_APART):
            raise UnreadableDocument(f"schema {schema} is not known to this release")
        instance = _decoder.decode(text)
        if schema == SCHEMA_PEOPLE_APART:
            _put_people_back(instance)
        if not _has_known_statuses(instance):
            raise UnreadableDocument("a status in it is not known to this release")
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
