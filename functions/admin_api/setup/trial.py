"""A todo that is inserted at a task center and deleted again: what only a push can tell, such as a wrong scene code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from taskbridge.commands import (
    Command,
    DeleteInstance,
    DeleteTask,
    InstanceView,
    Operation,
    Person,
    SaveTask,
    SessionStatus,
    TaskStatus,
    TaskView,
)
from taskbridge.errors import TransientError
from taskbridge.platforms.client import PlatformClient
from taskbridge.platforms.http_answers import Outcome, OutcomeKind

# What is left of the 30 s that API Gateway waits, once a token was fetched.
TRIAL_S = 20.0
TITLE = "taskbridge 接入测试，随即删除"
NODE = "接入测试"


@dataclass(frozen=True, slots=True)
class TrialTodo:
    """A running instance with one todo for one person, whose account is given. `now` is in epoch seconds."""

    id: str
    account: str
    now: float

    def insertion(self) -> SaveTask:
        """What brings it there."""
        created_at = datetime.fromtimestamp(self.now, UTC)
        person = Person(self.account, self.account, self.account)
        instance = InstanceView(self.id, SessionStatus.RUNNING, TITLE, person, "taskbridge-test", NODE, created_at)
        task = TaskView(self.id, "test", NODE, TaskStatus.INIT, (person,), 3, created_at)
        return SaveTask(Operation.INSERT_TASK, task, instance)

    def deletions(self) -> tuple[Command, ...]:
        """What takes it away, in this order."""
        return DeleteTask(self.id, self.id), DeleteInstance(self.id)


def push_trial(client: PlatformClient, todo: TrialTodo, clock: Callable[[], float]) -> Outcome:
    """What became of it: the insertion's outcome, or that of a deletion that failed after it. Never raises.

    Where nobody answered to the insertion it may have been carried out, so the todo is deleted all the same.
    """
    deadline = clock() + TRIAL_S

    def leave(operation: str, limit_s: float) -> float:
        left = deadline - clock()
        if left <= 0:
            raise TransientError(f"no time was left for {operation}")
        return min(limit_s, left)

    inserted = client.execute(todo.insertion(), leave).outcome
    if inserted.verdict is OutcomeKind.PERMANENT:
        return inserted
    for command in todo.deletions():
        deleted = client.execute(command, leave).outcome
        if deleted.verdict is not OutcomeKind.OK and inserted.verdict is OutcomeKind.OK:
            return replace(deleted, message=f"todo {todo.id} may still be there: {deleted.message}")
    return inserted
