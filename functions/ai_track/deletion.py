"""What goes at once with a deleted process instance: all versions of its forms, its answers, its audit log's text."""

from __future__ import annotations

from collections.abc import Iterable

from taskbridge.ai.process_seats import Places
from taskbridge.ai.processes import Process
from taskbridge.tables.ai_answers import AnswerTable
from taskbridge.tables.ai_audit import AuditTable
from taskbridge.tables.ai_forms import FormTable
from taskbridge.tables.ai_tasks import TaskTable


def delete_contents(process: Process, task_ids: Iterable[str], forms: FormTable, audit: AuditTable | None) -> None:
    """Delete what these tasks held. `audit` None: its texts are kept. Doing it again changes nothing."""
    for task_id in task_ids:
        forms.delete_all(task_id)
        task = process.tasks.get(task_id)
        if task is not None and task.value("form"):
            forms.delete(task_id, task.value("form"))  # of a release that listed no versions
        if audit is not None:
            _forget_texts(task_id, audit)


def delete_answers(process: Process, places: Places, seats: TaskTable, answers: AnswerTable) -> None:
    """Delete what these seats were answered. They have to be gone: so none of them is given another answer."""
    keys = [(uid, task_id) for task_id, people in places.items() for uid in people]
    for answer_id in sorted(seats.answers_of(keys)):
        answers.leave(answer_id, process.sess_id)


def _forget_texts(task_id: str, audit: AuditTable) -> None:
    cursor: str | None = None
    while True:
        page = audit.for_task(task_id, cursor)
        for entry in page.items:
            if entry.question or entry.answer or any(file.name for file in entry.files):
                audit.forget_text(entry)
        if page.next is None:
            return
        cursor = page.next
