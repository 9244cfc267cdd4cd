"""What taskbridge asks of a task center, in its own words. Adapters turn a command into a request."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class TaskStatus(StrEnum):
    """Status of a task as the upstream names it."""

    INIT = "init"
    COMPLETED = "completed"
    ABORTED = "aborted"


class SessionStatus(StrEnum):
    """Status of a process instance as the upstream names it."""

    DRAFT = "draft"
    RUNNING = "running"
    COMPLETED = "completed"
    ABORTED = "aborted"
    REVOKED = "revoked"
    REJECTED = "rejected"


class Operation(StrEnum):
    """The five things that are asked of a task center."""

    INSERT_TASK = "insert_task"
    UPDATE_TASK = "update_task"
    DELETE_TASK = "delete_task"
    SAVE_INSTANCE = "save_instance"
    DELETE_INSTANCE = "delete_instance"


class Person(msgspec.Struct, frozen=True):
    """A user of the upstream. `number` is the campus-wide account, empty where the upstream has none."""

    uid: str
    number: str = ""
    name: str = ""

    @property
    def account(self) -> str:
        """What a task center knows the person by: the number, else the uid."""
        return self.number or self.uid


class InstanceView(msgspec.Struct, frozen=True):
    """A process instance as it is now."""

    sess_id: str
    status: SessionStatus
    subject: str
    initiator: Person
    app_id: str
    app_name: str
    created_at: datetime | None


class TaskView(msgspec.Struct, frozen=True):
    """A task as it is now. `created_at` is timezone-aware; `priority` is 1 (very urgent) to 3 (normal)."""

    task_id: str
    node_id: str
    node_name: str
    status: TaskStatus
    assignees: tuple[Person, ...]
    priority: int
    created_at: datetime | None


class SaveTask(msgspec.Struct, frozen=True):
    """Insert or update a todo, carrying the newest known state of its instance."""

    operation: Operation  # INSERT_TASK or UPDATE_TASK
    task: TaskView
    instance: InstanceView


class SaveInstance(msgspec.Struct, frozen=True):
    """Create or update the process instance itself; `node_name` is what is shown as its node."""

    instance: InstanceView
    node_name: str
    operation: Operation = Operation.SAVE_INSTANCE


class DeleteTask(msgspec.Struct, frozen=True):
    """Delete one todo."""

    task_id: str
    sess_id: str
    operation: Operation = Operation.DELETE_TASK


class DeleteInstance(msgspec.Struct, frozen=True):
    """Delete a process instance whose todos are gone."""

    sess_id: str
    operation: Operation = Operation.DELETE_INSTANCE


Command = SaveTask | SaveInstance | DeleteTask | DeleteInstance
