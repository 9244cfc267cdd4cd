"""Events that come in any order, taken into the document of their instance. Pure.

Every fact is a last-writer-wins register keyed by the event's sequence. Folding an event in is therefore commutative
and idempotent: any order, any number of times, ends in the same calls (`tests/unit/push/test_instances.py` proves it by
property).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from taskbridge.push.instances import INSTANCE, Instance, Item, Presence, Search, Work
from taskbridge.push.messages import EventMessage, InstanceFact, TaskFact

RECENT_EVENTS = 40
MOST_TASKS = 10_000
MOST_PEOPLE = 10_000  # of one task
MOST_PEOPLE_IN_ALL = 100_000
MOST_SEATS = 1_000_000  # places of assignees: a person in ten tasks has ten
SHOWN_BY_AN_UPDATE = frozenset({"status", "node_id", "node_name", "assignees"})
NOTHING_TO_SHOW = frozenset({"draft", "running"})  # an instance without tasks is in nobody's list


class Effect(StrEnum):
    """What an event did to an item."""

    NEWER = "newer"  # it is the newest event of the item now
    FILLED = "filled"  # older, but it knew something that no newer event had said
    OLDER = "older"
    DUPLICATE = "duplicate"  # the very event was folded in before: one id with another sequence is another event
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


def _is_known(item: Item, message: EventMessage) -> bool:
    """Whether the item's newest event is this one."""
    return item.event_id == message.event_id and item.sequence == message.sequence


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
    if _is_known(item, message):
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
    if _is_known(item, message):
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
        if item.action != message.action and item.presence is Presence.ABSENT:
            _note_overtaken(instance, task_id, item)
            item.work, item.presence, item.search = Work.NONE, Presence.GONE, Search.MISSING


def _want_gone(instance: Instance, key: str, message: EventMessage) -> Effect:
    item = instance.get(key)
    if item.event_id == message.event_id and item.action == message.action:
        return Effect.DUPLICATE
    if item.presence is Presence.GONE or item.action == message.action:
        return Effect.OLDER  # gone, or another deletion of the same instance is at it
    _take_over(instance, key, message)
    item.want()
    return Effect.NEWER


def _take_over(instance: Instance, key: str, message: EventMessage) -> None:
    item = instance.get(key)
    if item.event_id != message.event_id:
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
