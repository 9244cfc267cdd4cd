"""A page bears the marks of the tasks that its events name, so that a task can be looked for."""

from __future__ import annotations

import pytest

from push_task import batch
from taskbridge.tables.push_log_pages import task_mark
from tests.builders import deletion, message, sync
from tests.unit.push_task.worker import Worker


def test_a_page_bears_the_mark_of_every_task_that_its_events_name() -> None:
    worker = Worker()

    worker.push(message(tasks=["T1", "T2"]), message(sess_id="S2", tasks=["T3"]))
    worker.push(sync())

    marked, bare = worker.instances.pages
    assert set(marked.tasks) == {task_mark(each) for each in ("T1", "T2", "T3")}
    assert bare.tasks == ()


def test_a_deletion_bears_the_marks_of_what_goes_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MARKS_A_PAGE", 100)
    worker = Worker()

    worker.push(deletion(9, *(f"T{number}" for number in range(150))))

    (page,) = worker.instances.pages
    assert len(page.tasks) == 100
