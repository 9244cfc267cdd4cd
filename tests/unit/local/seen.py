"""What the HTTP API tells of events, queues and tasks, as little of it as the main job looks at."""

from __future__ import annotations

from typing import Any


def event(*targets: tuple[str, str], status: str = "routed", reason: str = "") -> dict[str, Any]:
    """What became of an event: the status at each target; or its own, where it went nowhere."""
    shown = [{"target": target, "status": each, "reason": reason} for target, each in targets]
    return {"status": status, "reason": reason, "targets": shown}


def pushed(status: str, reason: str = "") -> dict[str, Any]:
    """What became of an event that concerns the task center alone."""
    return event(("push:jinzhi", status), reason=reason)


def queue(name: str, waiting: int = 0) -> dict[str, Any]:
    """A queue of the summary."""
    is_dead_letters = name.endswith("-dead-letters")
    return {"name": name, "is_dead_letters": is_dead_letters, "waiting": waiting, "in_flight": 0, "delayed": 0}


def task(
    status: str = "", verdict: str | None = None, *, task_id: str = "T-1", uid: str = "u-1", **more: Any
) -> dict[str, Any]:
    """A task of a person with its latest result; none without a status."""
    facts = {"decision": None, "subject": "请假", **{name: more.pop(name) for name in ("decision",) if name in more}}
    result = {"id": f"A-{task_id}", "status": status, "verdict": verdict, "summary": "", "reason": "", **more}
    return {"uid": uid, "task_id": task_id, **facts, "result": result if status else None}


def todo(task_id: str, **more: Any) -> dict[str, Any]:
    """A todo of the task center."""
    shown = {"status": "RUNNING", "subject": "请假", "node_name": "班主任审批", "processors": ["10021"]}
    return {"task_id": task_id, "sess_id": "P-1", **shown, **more}
