"""A page bears the marks of the tasks that its events name, so that a task can be looked for."""

from __future__ import annotations

from push_task.batch import MARKS_A_PAGE
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


def test_a_deletion_bears_the_marks_of_what_goes_up_to_a_limit() -> None:
    worker = Worker()

    worker.push(deletion(9, *(f"T{number}" for number in range(MARKS_A_PAGE + 50))))

    (page,) = worker.instances.pages
    assert len(page.tasks) == MARKS_A_PAGE
