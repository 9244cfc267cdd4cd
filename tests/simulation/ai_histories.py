"""Random histories of the AI half: instances with forms, nodes that are published, rules that people set.

`expected_seats` is the oracle: it applies the events of an instance one after the other, in the order in which they
happened, to a plain picture; it shares no code with what is tested.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

PEOPLE = ("u-1", "u-2", "u-3")
NODES = ("n-1", "n-2")
RULES = ("金额不超过五千元", "必须有发票", "")
ENDINGS = (
    ("instance_completed", "completed", "completed"),
    ("instance_terminated", "aborted", "aborted"),
    ("instance_revoked", "revoked", "aborted"),
    ("instance_rejected", "rejected", "aborted"),
)


@dataclass
class AiHistory:
    """The events of one instance, in the order in which they happened."""

    sess_id: str
    events: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class ExpectedSeat:
    """What a person has of a task in the end."""

    state: str
    decision: str
    form: str


def form(text: str) -> dict[str, Any]:
    """A form with one field."""
    return {"fields": [{"key": "reason", "label": "事由", "type": "text", "value": text}]}


def random_ai_history(rng: random.Random, number: int) -> AiHistory:
    """An instance with 1 to 8 events."""
    teller = _Teller(rng, f"S{number}")
    teller.receive()
    for _ in range(rng.randint(0, 6)):
        teller.anything()
    if rng.random() < 0.2:
        teller.tell("instance_deleted", "aborted", [], backup={"task_ids": sorted(teller.tasks)})
    return teller.history


def publication(rng: random.Random, node_id: str, sequence: int) -> dict[str, Any]:
    """A node that is published with some rule."""
    return {
        "version": "1",
        "id": f"pub-{node_id}-{sequence}",
        "event": "action.node_published.1",
        "sequence": sequence,
        "occurred_at": "2026-11-22T09:00:00+08:00",
        "app": {"app_id": "app", "name": "报销"},
        "node": {
            "node_id": node_id,
            "aiExamineRule": rng.choice(RULES),
            "aiExamineAuto": rng.random() < 0.8,
            "aiExamineEnabled": rng.random() < 0.9,
        },
    }


class _Teller:
    """Tells one history."""

    def __init__(self, rng: random.Random, sess_id: str) -> None:
        self.rng = rng
        self.history = AiHistory(sess_id)
        self.tasks: dict[str, dict[str, Any]] = {}
        self.sequence = rng.randint(0, 2)

    def anything(self) -> None:
        """One more event."""
        still_open = [task for task in self.tasks.values() if task["status"] == "init"]
        roll = self.rng.random()
        if roll < 0.2 or not still_open:
            self.receive()
        elif roll < 0.4:
            self.change_approver(self.rng.choice(still_open))
        elif roll < 0.55:
            self.change_form(self.rng.choice(still_open))
        elif roll < 0.85:
            self.finish(self.rng.choice(still_open))
        else:
            self.end()

    def receive(self) -> None:
        """A task comes."""
        task_id = f"{self.history.sess_id}-T{len(self.tasks)}"
        task = {
            "task_id": task_id,
            "node_id": self.rng.choice(NODES),
            "status": "init",
            "assignees": self._people(),
            "form": form(self.rng.choice("甲乙丙")),
            "created_at": "2026-11-22T09:30:00+08:00",
        }
        if self.rng.random() < 0.1:
            task["node_kind"] = "handle"
        self.tasks[task_id] = task
        self.tell("task_received", "running", [task])

    def change_approver(self, task: dict[str, Any]) -> None:
        """Somebody else has it now."""
        before, task["assignees"] = task["assignees"], self._people()
        told = {key: value for key, value in task.items() if key != "form" or self.rng.random() < 0.5}
        self.tell("approver_changed", "running", [{**told, "previous_assignees": before}])

    def change_form(self, task: dict[str, Any]) -> None:
        """The form was filled in again."""
        task["form"] = form(self.rng.choice("甲乙丙"))
        self.tell("task_received", "running", [task])

    def finish(self, task: dict[str, Any]) -> None:
        """It is decided, or aborted."""
        action, status = self.rng.choice((("task_completed", "completed"), ("task_aborted", "aborted")))
        task["status"] = status
        told = {key: value for key, value in task.items() if key != "form"}
        operator = None
        if status == "completed":
            told["decision"] = self.rng.choice(("approved", "rejected", "returned"))
            operator = task["assignees"][0]
        self.tell(action, "running", [told], operator=operator)

    def end(self) -> None:
        """The instance ends, and with it every task, named or not."""
        action, session_status, task_status = self.rng.choice(ENDINGS)
        named: list[dict[str, Any]] = []
        for task in self.tasks.values():
            if task["status"] == "init":
                task["status"] = task_status
                if self.rng.random() < 0.7:
                    named.append(
                        {key: task[key] for key in ("task_id", "node_id", "status", "node_kind") if key in task}
                    )
        self.tell(action, session_status, named)

    def tell(
        self,
        action: str,
        status: str,
        tasks: list[dict[str, Any]],
        *,
        backup: dict[str, Any] | None = None,
        operator: dict[str, Any] | None = None,
    ) -> None:
        """Add an event."""
        self.sequence += self.rng.randint(1, 3)
        event: dict[str, Any] = {
            "version": "1",
            "id": f"{self.history.sess_id}-{self.sequence}",
            "event": f"action.{action}.1",
            "sequence": self.sequence,
            "occurred_at": "2026-11-22T10:00:00+08:00",
            "app": {"app_id": "app", "name": "报销"},
            "session": {"sess_id": self.history.sess_id, "status": status, "initiator": {"uid": "u-0", "name": "张三"}},
            "tasks": [dict(task) for task in tasks],
        }
        self.history.events.append(
            event | ({"backup": backup} if backup else {}) | ({"operator": operator} if operator else {})
        )

    def _people(self) -> list[dict[str, Any]]:
        chosen = self.rng.sample(PEOPLE, self.rng.choice((1, 1, 2)))
        return [{"uid": uid, "name": uid} for uid in chosen]


def expected_seats(history: AiHistory) -> dict[tuple[str, str], ExpectedSeat]:
    """The seats that are not gone when everything has been told, by (uid, task id)."""
    tasks: dict[str, dict[str, Any]] = {}
    for event in history.events:
        action = event["event"].split(".")[1]
        if action == "instance_deleted":
            return {}
        for task in event["tasks"]:
            known = tasks.setdefault(task["task_id"], {"node_kind": "approve", "decision": ""})
            # An event that does not say what kind of node it is, means an approve node.
            known |= {"node_kind": "approve", **task}
        if action.startswith("instance_"):
            for task in tasks.values():
                task["status"] = "completed" if task["status"] == "completed" else "aborted"
    return {
        (user["uid"], task_id): ExpectedSeat(
            state="open" if task["status"] == "init" else "done",
            decision=task["decision"] if task["status"] == "completed" else "",
            form=task["form"]["fields"][0]["value"],
        )
        for task_id, task in tasks.items()
        if task["node_kind"] == "approve"
        for user in task["assignees"]
    }
