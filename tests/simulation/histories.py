"""Random histories of process instances, and what they imply by themselves.

A history is what the upstream did, in its order. `expected_state` is the oracle: it applies the events one after the
other, in that order, to a plain picture of the task center; it shares no code with what is tested.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

TASK_STATUS = {"init": "RUNNING", "completed": "COMPLETE", "aborted": "COMPLETE"}
INSTANCE_STATUS = {
    "running": "RUNNING",
    "draft": "RUNNING",
    "rejected": "RUNNING",
    "completed": "COMPLETE",
    "revoked": "COMPLETE",
    "aborted": "ABORT",
}
TERMINAL = (
    ("instance_completed", "completed", "completed"),
    ("instance_terminated", "aborted", "aborted"),
    ("instance_revoked", "revoked", "aborted"),
    ("instance_rejected", "rejected", "aborted"),
)


@dataclass
class History:
    """The events of one process instance, in the order in which they happened."""

    sess_id: str
    events: list[dict[str, Any]] = field(default_factory=list)


def random_history(rng: random.Random, number: int, most: int = 12) -> History:
    """An instance with 2 to `most` events: tasks come, change hands, end; then the instance may end, or be deleted."""
    teller = _Teller(rng, f"S{number}")
    if rng.random() < 0.08:
        teller.tell("instance_started_and_ended", "completed", [])
    else:
        teller.receive()
    for _ in range(rng.randint(1, most - 1)):
        if teller.over and rng.random() < 0.8:
            break
        teller.anything()
    if rng.random() < 0.25:
        teller.delete()
    return teller.history


class _Teller:
    """Tells one history. `open` tasks can still end; `over`: the instance has ended."""

    def __init__(self, rng: random.Random, sess_id: str) -> None:
        self.rng = rng
        self.history = History(sess_id)
        self.tasks: dict[str, str] = {}
        self.over = False
        self.sequence = rng.randint(0, 3)

    def anything(self) -> None:
        """One more event."""
        still_open = [task_id for task_id, status in self.tasks.items() if status == "init"]
        roll = self.rng.random()
        if roll < 0.25 or not self.tasks:
            self.receive()
        elif roll < 0.65 and still_open:
            self.end_task(self.rng.choice(still_open))
        elif roll < 0.80 and still_open:
            self.hand_over(self.rng.choice(still_open))
        else:
            self.end_instance()

    def receive(self) -> None:
        """New tasks for somebody."""
        names = [f"{self.history.sess_id}-T{len(self.tasks) + n}" for n in range(self.rng.choice((1, 1, 1, 2)))]
        self.tasks |= dict.fromkeys(names, "init")
        self.over = False
        self.tell("task_received", "running", [self.task(name, full=True) for name in names])

    def end_task(self, task_id: str) -> None:
        """A task is decided, or taken away."""
        action, status = self.rng.choice((("task_completed", "completed"), ("task_aborted", "aborted")))
        self.tasks[task_id] = status
        self.tell(action, "running", [self.task(task_id)])

    def hand_over(self, task_id: str) -> None:
        """Somebody else has to decide."""
        self.tell("approver_changed", "running", [self.task(task_id, full=True)])

    def end_instance(self) -> None:
        """The instance ends, with or without naming its tasks."""
        action, session, task = self.rng.choice(TERMINAL)
        named = []
        if self.rng.random() < 0.7:
            named = [task_id for task_id, status in self.tasks.items() if status == "init"]
            self.tasks |= dict.fromkeys(named, task)
        self.over = True
        self.tell(action, session, [self.task(task_id) for task_id in named])

    def delete(self) -> None:
        """The instance is deleted; its backup names its tasks in one list, the other, or both."""
        names = list(self.tasks)
        cut = self.rng.randint(0, len(names))
        backup = {"task_ids": names[:cut], "tasks": [{"task_id": name} for name in names[max(0, cut - 1) :]]}
        self.tell("instance_deleted", "aborted", [], backup=backup)

    def task(self, task_id: str, *, full: bool = False) -> dict[str, Any]:
        """A task as an event has it; what is optional may be left out when it has been said before."""
        task: dict[str, Any] = {
            "task_id": task_id,
            "node_id": f"N{self.rng.randint(1, 3)}",
            "status": self.tasks[task_id],
        }
        if full or self.rng.random() < 0.5:
            task["assignees"] = [{"uid": f"u{self.rng.randint(1, 9)}", "number": str(self.rng.randint(1000, 9999))}]
        if full or self.rng.random() < 0.7:
            task["created_at"] = "2026-11-22T09:00:00+08:00"
        return task

    def tell(self, action: str, status: str, tasks: list[dict[str, Any]], **more: Any) -> None:
        """Write the event down. Every task's node name tells the sequence, so that a request shows its age."""
        self.sequence += self.rng.randint(1, 3)
        for task in tasks:
            task["node_name"] = f"节点@{self.sequence}"
        self.history.events.append(
            {
                "version": "1",
                "id": f"{self.history.sess_id}-e{self.sequence}",
                "event": f"action.{action}.{self.rng.randint(1, 9)}",
                "sequence": self.sequence,
                "occurred_at": "2026-11-22T09:30:00+08:00",
                "app": {"app_id": "leave", "name": {"zh": "请假", "en": "Leave"}},
                "session": {
                    "sess_id": self.history.sess_id,
                    "status": status,
                    "initiator": {"uid": "u0", "number": "1000"},
                    "subject": "请假申请",
                },
                "tasks": tasks,
                **more,
            }
        )


@dataclass
class Expected:
    """What the task center must hold of one instance: task id -> (status, people, node), and the instance's status."""

    tasks: dict[str, tuple[str, tuple[str, ...], str]] = field(default_factory=dict)
    instance: str | None = None


def expected_state(history: History) -> Expected:
    """The oracle: event by event, in the order in which they happened."""
    state = Expected()
    people: dict[str, tuple[str, ...]] = {}
    for event in sorted(history.events, key=lambda event: int(event["sequence"])):
        action = event["event"].split(".")[1]
        if action == "instance_deleted":
            return Expected()
        status = INSTANCE_STATUS[event["session"]["status"]]
        for task in event["tasks"]:
            name = task["task_id"]
            if "assignees" in task:
                people[name] = tuple(person["number"] for person in task["assignees"])
            state.tasks[name] = (TASK_STATUS[task["status"]], people[name], task["node_name"])
        state.instance = status
    return state
