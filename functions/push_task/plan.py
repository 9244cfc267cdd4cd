"""Which calls an instance needs now. Pure: the document decides, not the event that woke us."""

from __future__ import annotations

from collections.abc import Set

import msgspec

from taskbridge.budgets import SLICE
from taskbridge.commands import (
    Command,
    DeleteInstance,
    DeleteTask,
    InstanceView,
    Operation,
    Person,
    SaveInstance,
    SaveTask,
    SessionStatus,
    TaskStatus,
    TaskView,
)
from taskbridge.moments import read_moment
from taskbridge.push.instances import INSTANCE, Instance, Item, Presence, Search, Work
from taskbridge.reasons import build_reason

ENDED_NODE = "事项结束"
NOBODY = build_reason("nobody")


class Step(msgspec.Struct, frozen=True):
    """One call, for one item as it is at `revision`. `was` is the item's presence before the call.

    `searches`: an update that is only to tell whether the todo is there.
    """

    key: str
    revision: int
    was: Presence
    command: Command
    searches: bool = False


class Plan(msgspec.Struct, frozen=True):
    """Calls in two stages: those of the second may only be made when the first left nothing undone."""

    first: tuple[Step, ...] = ()
    second: tuple[Step, ...] = ()

    def steps(self) -> tuple[Step, ...]:
        """All of them."""
        return self.first + self.second

    def slice(self, tried: Set[str] = frozenset()) -> Plan:
        """As many as an instance may send at once, of those that were not tried; the second stage with the last."""
        if not tried and len(self.first) <= SLICE:
            return self
        left = tuple(step for step in self.first if step.key not in tried)
        is_last = len(left) <= SLICE and len(left) == len(self.first)
        return Plan(left[:SLICE], tuple(step for step in self.second if is_last and step.key not in tried))


def plan_calls(instance: Instance) -> Plan:
    """The calls that bring the task center to what the document wants.

    Items that cannot be expressed (a todo for nobody) are marked as failed in the document.
    """
    if instance.is_deleted:
        return _plan_deletion(instance)
    tasks = tuple(
        _save_step(instance, task_id, item)
        for task_id, item in instance.tasks.items()
        if item.work is Work.PENDING and _can_be_shown(item)
    )
    return Plan(first=tasks, second=_plan_instance(instance, tasks))


def _plan_deletion(instance: Instance) -> Plan:
    todos = tuple(
        _deletion_step(instance, task_id, item) for task_id, item in instance.tasks.items() if item.work is Work.PENDING
    )
    item = instance.item
    block_deletion(instance)
    if item.work is not Work.PENDING or any(step.searches for step in todos):
        return Plan(first=todos)
    last = Step(INSTANCE, item.revision, _instance_was(instance), DeleteInstance(instance.sess_id))
    return Plan(first=todos, second=(last,))


def _deletion_step(instance: Instance, task_id: str, item: Item) -> Step:
    """The delete of a todo; or, to tell whether it is there, its update, completed so that it is in nobody's way."""
    if item.search is not Search.WANTED:
        return Step(task_id, item.revision, item.presence, DeleteTask(task_id, instance.sess_id))
    view = msgspec.structs.replace(task_view(task_id, item), status=TaskStatus.COMPLETED)
    command = SaveTask(Operation.UPDATE_TASK, view, instance_view(instance))
    return Step(task_id, item.revision, item.presence, command, searches=True)


def _instance_was(instance: Instance) -> Presence:
    """What is known of an instance that has to go: it came with its todos, if any of them ever arrived."""
    tasks = instance.tasks.values()
    if tasks and instance.carried_sequence < 0 and all(task.search is Search.MISSING for task in tasks):
        return instance.item.presence
    return Presence.UNKNOWN if instance.pushed else instance.item.presence


def block_deletion(instance: Instance) -> None:
    """An instance stays while one of its todos cannot be deleted; a replay tries both again."""
    item = instance.item
    stuck = [task_id for task_id, todo in instance.tasks.items() if todo.work is Work.FAILED]
    if instance.is_deleted and item.work is Work.PENDING and stuck:
        item.work, item.reason = Work.FAILED, build_reason("todo_in_the_way", todo=stuck[0])


def _plan_instance(instance: Instance, tasks: tuple[Step, ...]) -> tuple[Step, ...]:
    """An instance of its own is only sent where no task carries its status."""
    item = instance.item
    if item.work is not Work.PENDING:
        return ()
    to_create = instance.ended_sequence >= 0 and item.presence is not Presence.PRESENT
    if tasks and not to_create:
        return ()
    carrier = _last_known_task(instance)
    if carrier and not to_create:
        command: Command = SaveTask(
            Operation.UPDATE_TASK, task_view(carrier, instance.tasks[carrier]), instance_view(instance)
        )
    else:
        command = SaveInstance(instance_view(instance), _node_of(instance))
    return (Step(INSTANCE, item.revision, item.presence, command),)


def _save_step(instance: Instance, task_id: str, item: Item) -> Step:
    searches = item.search is Search.WANTED
    known = item.presence is Presence.PRESENT or searches
    operation = Operation.UPDATE_TASK if known else Operation.INSERT_TASK
    command = SaveTask(operation, task_view(task_id, item), instance_view(instance))
    return Step(task_id, item.revision, item.presence, command, searches)


def _can_be_shown(item: Item) -> bool:
    """A todo needs somebody to be shown to; without, only a newer or an older event can help."""
    if item.presence is Presence.PRESENT or _people(item):
        return True
    item.work, item.reason = Work.FAILED, NOBODY
    return False


def _last_known_task(instance: Instance) -> str:
    """The task that carries the instance's status where an event named none; empty where none is there."""
    shown = [
        (item.sequence, task_id)
        for task_id, item in instance.tasks.items()
        if item.presence is Presence.PRESENT and item.facts
    ]
    return max(shown)[1] if shown else ""


def _node_of(instance: Instance) -> str:
    running = instance.item.value("status") in (SessionStatus.RUNNING, SessionStatus.DRAFT)
    return "" if running and instance.ended_sequence < 0 else ENDED_NODE


def task_view(task_id: str, item: Item) -> TaskView:
    """A task as the document has it. A task without a time of its own began when it was last heard of."""
    return TaskView(
        task_id=task_id,
        node_id=item.value("node_id", ""),
        node_name=item.value("node_name", ""),
        status=TaskStatus(item.value("status")),
        assignees=_people(item),
        priority=item.value("priority", 3),
        created_at=read_moment(item.value("created_at")) or read_moment(item.value("occurred_at")),
    )


def instance_view(instance: Instance) -> InstanceView:
    """The instance as the document has it, with the application's name where it has no subject."""
    item = instance.item
    return InstanceView(
        sess_id=instance.sess_id,
        status=SessionStatus(item.value("status", SessionStatus.RUNNING)),
        subject=item.value("subject") or item.value("app_name", ""),
        initiator=Person(*item.value("initiator", [""])),
        app_id=item.value("app_id", ""),
        app_name=item.value("app_name", ""),
        created_at=read_moment(item.value("created_at")) or read_moment(item.value("occurred_at")),
    )


def _people(item: Item) -> tuple[Person, ...]:
    """The assignees, each account once: a task center knows people by it. Nobody has none."""
    people = (Person(*person) for person in item.value("assignees", []))
    return tuple({person.account: person for person in reversed([*people]) if person.account}.values())[::-1]
