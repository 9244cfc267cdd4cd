"""What goes at once with a deleted process instance: all versions of its forms, its answers, its audit log's text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from taskbridge.ai.audit import AuditEntry
from taskbridge.ai.processes import Places, Process
from taskbridge.ai.rulebook import SeatKey
from taskbridge.tables.dynamo import Page


class Forms(Protocol):
    """Forms by task and hash; see FormTable."""

    def put_many(self, forms: Mapping[tuple[str, str], bytes]) -> None:
        """Keep forms, by (task id, hash)."""

    def delete(self, task_id: str, form_hash: str) -> None:
        """Delete a form at once."""

    def delete_all(self, task_id: str) -> None:
        """Delete every form that the task ever had."""

    def expire(self, task_id: str, form_hash: str, at: float) -> None:
        """Let a form go at `at`, epoch seconds."""


class Answers(Protocol):
    """What platforms answered; see AnswerTable."""

    def leave(self, answer_id: str, sess_id: str) -> bool:
        """Erase an answer, unless another instance than this shows it."""


class AnsweredSeats(Protocol):
    """Seats; see TaskTable."""

    def answers_of(self, keys: Iterable[SeatKey]) -> set[str]:
        """The ids of all the answers that they ever had."""


class AuditTexts(Protocol):
    """The audit log; see AuditTable."""

    def for_task(self, task_id: str, cursor: str | None = None) -> Page[AuditEntry]:
        """The entries of a task."""

    def forget_text(self, entry: AuditEntry) -> None:
        """Take question, answer and the names of files out of an entry."""


def delete_contents(process: Process, task_ids: Iterable[str], forms: Forms, audit: AuditTexts | None) -> None:
    """Delete what these tasks held. `audit` None: its texts are kept. Doing it again changes nothing."""
    for task_id in task_ids:
        forms.delete_all(task_id)
        task = process.tasks.get(task_id)
        if task is not None and task.value("form"):
            forms.delete(task_id, task.value("form"))  # of a release that listed no versions
        if audit is not None:
            _forget_texts(task_id, audit)


def delete_answers(process: Process, places: Places, seats: AnsweredSeats, answers: Answers) -> None:
    """Delete what these seats were answered. They have to be gone: so none of them is given another answer."""
    keys = [(uid, task_id) for task_id, people in places.items() for uid in people]
    for answer_id in sorted(seats.answers_of(keys)):
        answers.leave(answer_id, process.sess_id)


def _forget_texts(task_id: str, audit: AuditTexts) -> None:
    cursor: str | None = None
    while True:
        page = audit.for_task(task_id, cursor)
        for entry in page.items:
            if entry.question or entry.answer or any(file.name for file in entry.files):
                audit.forget_text(entry)
        if page.next is None:
            return
        cursor = page.next
