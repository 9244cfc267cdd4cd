"""The todos that the task center holds, and its rules about them, whatever the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from local.jinzhi_simulator.codes import (
    DELETED,
    INSTANCE_HAS_TASKS,
    INSTANCE_UNKNOWN,
    TASK_EXISTS,
    TASK_GONE,
    TASK_UNKNOWN,
    WRONG_INSTANCE,
)
from local.jinzhi_simulator.records import (
    SAVES,
    Change,
    Instance,
    Operation,
    Settings,
    Snapshot,
    Task,
    ViolationKind,
)
from local.simulating.answers import Refused

Finding = tuple[ViolationKind, Change, str]


class Board:
    """Tasks and instances by id, and the ids that were deleted and must not come back.

    `check` refuses without changing anything, `apply` changes what `check` let through.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.tasks = {task.task_id: task for task in snapshot.tasks}
        self.instances = {instance.sess_id: instance for instance in snapshot.instances}
        self.deleted_tasks = dict(snapshot.deleted_tasks)  # with the instance of each, where it was known
        self.deleted_instances = dict.fromkeys(snapshot.deleted_instances)  # a set that keeps its order
        self._tasks_of: dict[str, set[str]] = {}
        for task in snapshot.tasks:
            self._tasks_of.setdefault(task.sess_id, set()).add(task.task_id)

    def instance_of(self, change: Change) -> str:
        """The instance that a change touches, also where it names only the task."""
        if change.sess_id:
            return change.sess_id
        task = self.tasks.get(change.task_id)
        return task.sess_id if task else self.deleted_tasks.get(change.task_id, "")

    def findings(self, changes: list[Change]) -> Iterator[Finding]:
        """What the sender of `changes` must not have sent, whatever is answered."""
        leaving = _leaving(changes)
        for change in changes:
            if change.operation in SAVES:
                reason = self._burial(change)
                if reason and not _only_asks(change):
                    yield ViolationKind.SAVE_AFTER_DELETE, change, reason
            elif change.operation is Operation.DELETE_INSTANCE:
                left = self._tasks_left(change.sess_id, leaving)
                if left:
                    yield ViolationKind.INSTANCE_BEFORE_TODOS, change, f"still there: {', '.join(left)}"

    def check(self, changes: list[Change], settings: Settings) -> None:
        """Refuses the whole of `changes` if any one of them cannot be done."""
        leaving = _leaving(changes)
        for change in changes:
            if change.operation in SAVES:
                self._check_save(change, settings)
            elif change.operation is Operation.DELETE_TASK:
                self._check_delete_task(change, settings)
            else:
                self._check_delete_instance(change, settings, leaving)

    def apply(self, change: Change, at: float, *, heard: bool) -> Finding | None:
        """Does `change`; finds a second acknowledged insert. `heard`: its sender will be told."""
        if change.operation is Operation.INSERT_TASK:
            return self._insert(change, at, heard=heard)
        if change.operation is Operation.UPDATE_TASK:
            self._touch_instance(change, at)
            self.tasks[change.task_id] = _merge(self.tasks[change.task_id], change, at)
        elif change.operation is Operation.DELETE_TASK:
            self._delete_task(change)
        elif change.operation is Operation.SAVE_INSTANCE:
            self._save_instance(change, at)
        else:
            self._delete_instance(change)
        return None

    def _burial(self, change: Change) -> str:
        if change.task_id in self.deleted_tasks:
            return f"task {change.task_id} was deleted"
        if change.sess_id in self.deleted_instances:
            return f"process instance {change.sess_id} was deleted"
        return ""

    def _tasks_left(self, sess_id: str, leaving: frozenset[str]) -> list[str]:
        return sorted(self._tasks_of.get(sess_id, set()) - leaving)

    def _check_save(self, change: Change, settings: Settings) -> None:
        reason = self._burial(change)
        if reason:
            raise Refused(DELETED, reason)
        if change.operation is Operation.SAVE_INSTANCE:
            return
        task = self.tasks.get(change.task_id)
        if task is None and change.operation is Operation.UPDATE_TASK:
            raise Refused(TASK_UNKNOWN, f"task {change.task_id} is unknown")
        if task is None:
            return
        if change.operation is Operation.INSERT_TASK and settings.repeated_insert == "refuse":
            raise Refused(TASK_EXISTS, f"task {change.task_id} is already there")
        if change.sess_id != task.sess_id:
            raise Refused(WRONG_INSTANCE, f"task {change.task_id} belongs to process instance {task.sess_id}")

    def _check_delete_task(self, change: Change, settings: Settings) -> None:
        task = self.tasks.get(change.task_id)
        if task is None and not settings.gone_delete_succeeds:
            raise Refused(TASK_GONE, f"task {change.task_id} is not there")
        if task is not None and change.sess_id not in ("", task.sess_id):
            raise Refused(WRONG_INSTANCE, f"task {change.task_id} belongs to process instance {task.sess_id}")

    def _check_delete_instance(self, change: Change, settings: Settings, leaving: frozenset[str]) -> None:
        left = self._tasks_left(change.sess_id, leaving)
        if left:
            raise Refused(INSTANCE_HAS_TASKS, f"process instance {change.sess_id} has tasks: {', '.join(left)}")
        if change.sess_id not in self.instances and not settings.gone_delete_succeeds:
            raise Refused(INSTANCE_UNKNOWN, f"process instance {change.sess_id} is not there")

    def _insert(self, change: Change, at: float, *, heard: bool) -> Finding | None:
        before = self.tasks.get(change.task_id)
        self._touch_instance(change, at)
        if before is not None:
            self.tasks[change.task_id] = replace(_merge(before, change, at), acknowledged=heard or before.acknowledged)
            if heard and before.acknowledged:
                return ViolationKind.SECOND_INSERT, change, "the insert had been acknowledged before"
            return None
        self._tasks_of.setdefault(change.sess_id, set()).add(change.task_id)
        self.tasks[change.task_id] = Task(
            task_id=change.task_id,
            sess_id=change.sess_id,
            status=change.status,
            processors=change.processors or (),
            subject=change.subject,
            node_name=change.node_name,
            service_name=change.service_name,
            url=change.url,
            created=change.created,
            inserted_at=at,
            updated_at=at,
            acknowledged=heard,
            item=dict(change.item),
        )
        return None

    def _delete_task(self, change: Change) -> None:
        task = self.tasks.pop(change.task_id, None)
        if task is not None:
            self._tasks_of[task.sess_id].discard(change.task_id)
        known = self.deleted_tasks.get(change.task_id, "")
        self.deleted_tasks[change.task_id] = task.sess_id if task else change.sess_id or known

    def _save_instance(self, change: Change, at: float) -> None:
        before = self.instances.get(change.sess_id)
        self.instances[change.sess_id] = Instance(
            sess_id=change.sess_id,
            status=change.instance_status,
            subject=change.subject,
            node_name=change.node_name,
            updated_at=at,
            item={**(before.item if before else {}), **change.item},
        )

    def _delete_instance(self, change: Change) -> None:
        self.instances.pop(change.sess_id, None)
        self._tasks_of.pop(change.sess_id, None)
        self.deleted_instances[change.sess_id] = None

    def _touch_instance(self, change: Change, at: float) -> None:
        before = self.instances.get(change.sess_id)
        self.instances[change.sess_id] = Instance(
            sess_id=change.sess_id,
            status=change.instance_status,
            subject=change.subject or (before.subject if before else ""),
            node_name=change.node_name or (before.node_name if before else ""),
            updated_at=at,
            item=before.item if before else {},
        )


def _only_asks(change: Change) -> bool:
    """An update to done of a todo that is gone brings nothing back: it is refused, which tells its sender."""
    return change.operation is Operation.UPDATE_TASK and change.status == "COMPLETE"


def _leaving(changes: Iterable[Change]) -> frozenset[str]:
    return frozenset(change.task_id for change in changes if change.operation is Operation.DELETE_TASK)


def _merge(task: Task, change: Change, at: float) -> Task:
    return replace(
        task,
        status=change.status,
        processors=task.processors if change.processors is None else change.processors,
        subject=change.subject or task.subject,
        node_name=change.node_name or task.node_name,
        service_name=change.service_name or task.service_name,
        url=change.url or task.url,
        created=change.created or task.created,
        updated_at=at,
        item={**task.item, **change.item},
    )
