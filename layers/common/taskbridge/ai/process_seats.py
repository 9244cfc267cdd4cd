"""The seats that the document of a process implies: one task of one person each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from taskbridge.ai.forms.moments import china_time
from taskbridge.ai.processes import Process, TrackedTask, given, is_open
from taskbridge.ai.seats import Seat, SeatState
from taskbridge.commands import TaskStatus

LONG_AGO = "1971-01-01T00:00:00.000+00:00"  # when a task came of which no time is known

Places = Mapping[str, Sequence[str]]  # task id -> those of its people whose seats are meant


def places_of(process: Process, task_ids: Iterable[str]) -> dict[str, list[str]]:
    """Everybody who ever had these tasks; a task that nobody had stands there where it has a form."""
    tasks = {task_id: process.tasks[task_id] for task_id in task_ids if task_id in process.tasks}
    return {task_id: task.seats for task_id, task in tasks.items() if task.seats or task.value("form")}


def build_seats(process: Process, version: int, places: Places) -> list[Seat]:
    """These seats as the document implies them at `version`, those that are gone included."""
    return [
        _seat(process, task_id, process.tasks[task_id], uid, version)
        for task_id, people in places.items()
        if task_id in process.tasks
        for uid in _known(process.tasks[task_id], people)
    ]


def _known(task: TrackedTask, people: Sequence[str]) -> list[str]:
    had = set(task.seats)
    return [uid for uid in people if uid in had]


def _seat(process: Process, task_id: str, task: TrackedTask, uid: str, version: int) -> Seat:
    node_id, node_key, node_name, _ = task.value("node")
    state = _state(process, task, uid)
    is_over = state is SeatState.DONE and (process.is_deleted or process.ended_sequence >= 0)
    created_at = given(task.value("created_at")) or given(task.first_seen) or LONG_AGO
    return Seat(
        uid=uid,
        task_id=task_id,
        sess_id=process.sess_id,
        app_id=process.facts["app_id"][1],
        node_id=node_id,
        state=state,
        version=version,
        app_name=process.facts["app_name"][1],
        node_key=node_key,
        node_name=node_name,
        subject=process.facts["subject"][1] if "subject" in process.facts else "",
        initiator=process.facts["initiator"][1],
        priority=task.value("priority", 3),
        form_hash=task.value("form", ""),
        received_on=china_time(datetime.fromisoformat(created_at)).date().isoformat(),
        created_at=created_at,
        finished_at=_finished_at(process, task) if state is SeatState.DONE else "",
        decision=task.value("decision", "") if _is_decided(task) else "",
        decided_here=_is_decided(task) and _decided_by(task) == uid,
        is_over=is_over,
    )


def _state(process: Process, task: TrackedTask, uid: str) -> SeatState:
    if process.is_deleted or task.value("node")[3] != "approve" or uid not in task.value("assignees", []):
        return SeatState.GONE
    return SeatState.OPEN if is_open(process, task) else SeatState.DONE


def _is_decided(task: TrackedTask) -> bool:
    return bool(task.value("status") == TaskStatus.COMPLETED)


def _decided_by(task: TrackedTask) -> str:
    """Who decided; where the event does not say, it was the one whose task it is, if there is but one."""
    assignees = task.value("assignees", [])
    return str(task.value("decided_by") or (assignees[0] if len(assignees) == 1 else ""))


def _finished_at(process: Process, task: TrackedTask) -> str:
    settled = task.value("status") != TaskStatus.INIT
    return given(task.value("settled_at")) if settled else given(process.ended_at)
