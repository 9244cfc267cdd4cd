"""A batch of the push queue from end to end: how few calls it makes, and what it does with each message."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from push_task import batch
from push_task.batch import LOST_RACE_WAIT_S
from taskbridge.errors import StoreError
from taskbridge.platforms.jinzhi import JinZhiTaskCenter
from taskbridge.push.instances import Presence, Work
from taskbridge.push.messages import Message
from tests.builders import (
    PLATFORM,
    START,
    bare_task,
    deletion,
    event,
    message,
    message_of,
    platform,
    session,
    sync,
    task,
)
from tests.unit.push_task.worker import Worker

SAFETY_S = 30.0  # ends a test that hangs; no assertion depends on it


@pytest.fixture
def worker() -> Worker:
    return Worker()


# Few calls


def test_five_queued_changes_of_one_task_are_one_call_and_four_superseded_logs(worker: Worker) -> None:
    changes = [message("approver_changed", number) for number in (3, 1, 5, 2, 4)]

    assert worker.push(*changes) == []

    assert worker.operations() == ["insert_task"]
    assert worker.told("S1-e5") == ("succeeded", "", 1)
    for number in range(1, 5):
        assert worker.told(f"S1-e{number}") == ("superseded", "event S1-e5 is newer", 0)


def test_the_same_batch_again_makes_no_call(worker: Worker) -> None:
    batch = [message(), message("task_completed", 2)]
    worker.push(*batch)

    assert worker.push(*batch) == []

    assert worker.operations() == ["insert_task"]
    assert worker.told("S1-e2") == ("succeeded", "", 1)


def test_an_id_that_is_used_again_with_a_higher_sequence_is_pushed_and_has_one_log(worker: Worker) -> None:
    worker.push(message_of(event("task_received", 1, id="used-again")))

    assert worker.push(message_of(event("task_completed", 2, id="used-again"))) == []

    assert worker.operations() == ["insert_task", "update_task"]
    assert worker.told("used-again") == ("succeeded", "", 2)
    (log,) = worker.logs.items.values()
    assert (log.action, log.sequence) == ("task_completed", 2)


def test_a_token_is_fetched_once_for_all(worker: Worker) -> None:
    worker.push(*(message(sess_id=f"S{number}", tasks=[f"T{number}"]) for number in range(10)))

    assert worker.center.tokens_issued == 1
    assert worker.operations() == ["insert_task"] * 10


def test_a_batch_of_ten_instances_is_in_flight_all_at_once() -> None:
    together = threading.Barrier(10, timeout=SAFETY_S)
    one_at_a_time = threading.Lock()

    class Crowded(httpx.BaseTransport):
        def __init__(self, inner: httpx.BaseTransport) -> None:
            self.inner = inner

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                together.wait()
            with one_at_a_time:
                return self.inner.handle_request(request)

    with ThreadPoolExecutor(16) as pool:
        worker = Worker(platform(max_concurrency=10), pool=pool)
        worker.wrap = Crowded
        kept = worker.push(*(message(sess_id=f"S{number}", tasks=[f"T{number}"]) for number in range(10)))

    assert kept == []
    assert worker.operations() == ["insert_task"] * 10
    assert worker.center.tokens_issued == 1


def test_two_platforms_of_a_batch_do_not_wait_for_each_other() -> None:
    worker = Worker(platform("jz"), platform("jz-2", enabled=False))

    assert worker.push(message(), message(platform_id="jz-2")) == []

    assert worker.operations() == ["insert_task"]
    assert worker.log("S1-e1", "jz").status == "succeeded"
    assert worker.log("S1-e1", "jz-2").status == "retrying"
    assert [page.platform_id for page in worker.instances.pages] == ["jz", "jz-2"]


# What the task center is shown


def test_the_task_center_shows_the_todo_to_its_assignees(worker: Worker) -> None:
    worker.push(message())

    shown = worker.center.tasks["T1"]
    assert (shown.subject, shown.node_name, shown.status) == ("张三的请假申请", "院系审批", "RUNNING")
    assert shown.processors == ("2026002",)
    assert shown.url == "https://process.test/todo/S1/T1"
    assert worker.center.instances["S1"].status == "RUNNING"


def test_a_whole_life_ends_as_the_upstream_says_whatever_the_order(worker: Worker) -> None:
    life: list[Message] = [
        message(sequence=1),
        message("task_completed", 2),
        message(sequence=3, tasks=["T2"]),
        message("instance_completed", 4, tasks=["T2"]),
    ]

    for each in (life[2], life[0], life[3], life[1], life[0]):
        worker.push(each)

    assert {task_id: task.status for task_id, task in worker.center.tasks.items()} == {
        "T1": "COMPLETE",
        "T2": "COMPLETE",
    }
    assert worker.center.instances["S1"].status == "COMPLETE"
    assert list(worker.center.violations) == []


def test_the_end_of_an_instance_is_told_also_where_the_task_it_names_cannot_be_shown(worker: Worker) -> None:
    # given: T1 is shown, T2 has nobody to be shown to
    worker.push(message())
    nobody = {key: value for key, value in task("T2").items() if key != "assignees"}
    ended = event("instance_completed", 2, session=session(status="completed"), tasks=[nobody])

    # when
    assert worker.push(message_of(ended)) == []
    worker.push(sync())

    # then
    assert worker.told(ended["id"], "T2")[0] == "failed"
    assert worker.told(ended["id"], "")[0] == "succeeded"
    assert worker.center.instances["S1"].status == "COMPLETE"


def test_what_started_and_ended_at_once_is_an_instance_with_the_node_of_an_ended_matter(worker: Worker) -> None:
    worker.push(message("instance_started_and_ended", 1))

    shown = worker.center.instances["S1"]
    assert (shown.status, shown.node_name) == ("COMPLETE", "事项结束")
    assert worker.told("S1-e1", "") == ("succeeded", "", 1)


def test_todos_are_deleted_before_their_instance_and_never_come_back(worker: Worker) -> None:
    worker.push(message(tasks=["T1", "T2"]))

    worker.push(deletion(5, "T1", "T2"))
    worker.push(message("task_completed", 9), message(sequence=10, tasks=["T3"]))

    assert worker.operations()[2:] == ["delete_task", "delete_task", "delete_instance"]
    assert dict(worker.center.tasks) == {}
    assert list(worker.center.violations) == []
    assert worker.told("S1-e9") == ("superseded", "the instance was deleted", 0)


def test_a_deletion_goes_on_where_it_stopped(worker: Worker) -> None:
    worker.push(message(tasks=["T1", "T2"]))
    worker.fail("ok", "http_503")
    assert worker.push(deletion(5, "T1", "T2")) == ["m0"]

    assert worker.push(deletion(5, "T1", "T2")) == []

    assert worker.operations()[2:] == ["delete_task", "delete_task", "delete_task", "delete_instance"]
    assert len(worker.center.deleted_tasks) == 2


def test_a_long_subject_of_every_kind_of_character_arrives_whole(worker: Worker) -> None:
    subject = "🎓" + "长" * 9_990 + "\u2028"

    worker.push(message_of(event(session=session(subject=subject))))

    assert worker.center.tasks["T1"].subject == subject


@pytest.mark.parametrize("null_date", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"])
def test_a_date_at_the_end_of_the_calendar_does_not_stop_a_batch(worker: Worker, null_date: str) -> None:
    strange = message(tasks=[task(created_at=null_date)])

    assert worker.push(strange, message(sess_id="S2", tasks=["T2"])) == []

    assert "T2" in worker.center.tasks
    assert worker.log("S1-e1").status in ("succeeded", "failed")  # as the task center takes such a date


# What stays in the queue


def test_what_cannot_be_read_stays_and_ends_in_the_dead_letter_queue(worker: Worker) -> None:
    assert worker.deliver({"m0": "not json", "m1": message(), "m2": "{}"}) == ["m0", "m2"]

    assert worker.operations() == ["insert_task"]
    assert [name for name, _ in worker.journal.heard].count("unreadable") == 2


def test_who_loses_a_race_makes_no_call_and_comes_back_soon(worker: Worker) -> None:
    real_save = worker.instances.save

    def lose(stored: list[Any], page: object = None, riders: object = ()) -> set[str]:
        return {entry.key for entry in stored} if page else real_save(stored)

    worker.instances.save = lose

    assert worker.push(message(), message("task_completed", 2)) == ["m0", "m1"]

    assert worker.operations() == []
    assert worker.hidden == [("receipt-m0", LOST_RACE_WAIT_S), ("receipt-m1", LOST_RACE_WAIT_S)]
    assert worker.logs.items == {}


@pytest.mark.parametrize("broken", ["load", "save"])
def test_a_store_that_does_not_answer_keeps_every_message_and_makes_no_call(worker: Worker, broken: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreError(f"{broken}: throttled")

    setattr(worker.instances, broken, fail)

    with pytest.raises(StoreError):
        worker.push(message())

    assert worker.operations() == []


def test_a_log_that_cannot_be_written_is_written_when_the_message_comes_again(worker: Worker) -> None:
    put, worker.logs.put = worker.logs.put, lambda *_: (_ for _ in ()).throw(StoreError("throttled"))
    with pytest.raises(StoreError):
        worker.push(message())

    worker.logs.put = put
    assert worker.push(message()) == []

    assert worker.log("S1-e1").status == "succeeded"
    assert worker.center.tasks["T1"].acknowledged


def test_a_call_under_way_is_written_down_before_it_is_made(worker: Worker) -> None:
    seen: list[tuple[str, float, int]] = []
    handle = worker.center.handle

    def look(*args: object, **kwargs: object) -> object:
        document = worker.document()
        seen.append((document.tasks["T1"].presence.value, document.attempt_started_at, len(worker.instances.pages)))
        return handle(*args, **kwargs)  # type: ignore[arg-type]

    worker.center.handle = look  # type: ignore[method-assign, assignment]

    worker.push(message())

    assert seen[-1] == (Presence.UNKNOWN.value, START, 1)
    assert worker.document().tasks["T1"].presence is Presence.PRESENT
    (page,) = worker.instances.pages
    assert (page.events, page.instances) == (("S1-e1",), ("S1",))


# Somebody else writes meanwhile


def test_an_outcome_is_taken_into_a_document_that_somebody_else_wrote_meanwhile(worker: Worker) -> None:
    meddled: list[str] = []
    put = worker.logs.put

    def meddle(logs: list[Any], riders: list[Any]) -> list[Any]:
        clashed: list[Any] = put(logs, riders)
        if not meddled:
            meddled.append("once")
            (other,) = worker.instances.load([(PLATFORM, "S1")]).values()
            other.instance.due_at = START + 900
            worker.instances.save([other])
        return clashed

    worker.logs.put = meddle

    assert worker.push(message()) == []

    document = worker.document()
    assert document.tasks["T1"].presence is Presence.PRESENT
    assert document.tasks["T1"].work is Work.NONE
    assert document.due_at == START  # whoever wrote meanwhile may think that we are still at it


def test_an_event_that_had_to_wait_is_not_lost_when_somebody_else_wrote_meanwhile() -> None:
    worker = Worker(platform(enabled=False))
    worker.push(message())
    load = worker.instances.load

    def meddle(keys: list[Any]) -> Any:
        """The reconciler writes between our reading and our writing."""
        found = load(keys)
        worker.instances.load = load
        (other,) = load([(PLATFORM, "S1")]).values()
        other.instance.due_at = START + 1
        worker.instances.save([other])
        return found

    worker.instances.load = meddle

    kept = worker.push(message("task_completed", 2))

    known = worker.document().tasks["T1"].value("status") == "completed"
    assert kept == ["m0"] or known


def test_nobody_to_show_a_todo_to_is_told_and_blocks_nothing(worker: Worker) -> None:
    assert worker.push(message(tasks=[bare_task()]), message(sess_id="S2", tasks=["T2"])) == []

    assert worker.told("S1-e1")[0] == "failed"
    assert worker.operations() == ["insert_task"]


def test_a_look_again_at_what_nobody_knows_is_nothing(worker: Worker) -> None:
    assert worker.push(sync("S404")) == []
    assert worker.push(sync("S404", replay=True, force=("T1",))) == []
    assert worker.instances.items == {}

    assert worker.operations() == []
    assert worker.logs.items == {}


# What fails for one stays with it


@pytest.mark.parametrize("where", ["dispose", "write_logs"])
def test_a_fault_in_settling_one_instance_stays_with_it(
    worker: Worker, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = getattr(batch, where)

    def break_for_one(*given: Any) -> Any:
        about = given[0].instance if where == "dispose" else given[0]
        if about.sess_id == "S1":
            raise KeyError("of no code that we know")
        return work(*given)

    monkeypatch.setattr(batch, where, break_for_one)

    assert worker.push(message(), message(sess_id="S2", tasks=["T2"])) == ["m0"]

    assert worker.told("S2-e1", "T2") == ("succeeded", "", 1)
    assert [given[0] for name, (given, _) in worker.journal.heard if name == "failed"] == [(PLATFORM, "S1")]
    monkeypatch.setattr(batch, where, work)
    assert worker.push(message()) == []
    assert worker.told("S1-e1")[0] == "succeeded"


def test_a_fault_of_an_adapter_on_one_item_stays_with_it(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    build = JinZhiTaskCenter.build_request

    def break_for_one(self: JinZhiTaskCenter, command: Any, token: str) -> Any:
        if getattr(command, "task", None) is not None and command.task.task_id == "T1":
            raise KeyError("an address that no log may hold")
        return build(self, command, token)

    monkeypatch.setattr(JinZhiTaskCenter, "build_request", break_for_one)

    assert worker.push(message(), message(sess_id="S2", tasks=["T2"])) == ["m0"]

    assert worker.told("S2-e1", "T2") == ("succeeded", "", 1)
    assert worker.told("S1-e1")[:2] == ("retrying", "a fault of our own: KeyError")
    monkeypatch.setattr(JinZhiTaskCenter, "build_request", build)
    assert worker.push(message()) == []
    assert worker.told("S1-e1")[0] == "succeeded"
