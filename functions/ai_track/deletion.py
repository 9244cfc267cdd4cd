"""What goes at once where a process instance was deleted: every version of its forms, and the text of its audit log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from taskbridge.ai.audit import AuditEntry
from taskbridge.ai.processes import Process
from taskbridge.tables.ai_items import Page


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
