"""A todo whose insert was never answered, and a refusal that does not tell whether it is there: an update does."""

from __future__ import annotations

from typing import Any

import pytest

from local.jinzhi_simulator import Faults
from taskbridge.push.instances import Presence, Search, Work, decode_instance, encode_instance
from taskbridge.tables.configuration import PlatformConfig
from tests.builders import PLATFORM, message, platform, sync, task
from tests.unit.push_task.worker import Worker

UNLISTED: dict[str, Any] = {"already_there_codes": [], "already_gone_codes": []}
LOST = "timeout_after"
NEVER_CAME = "timeout_before"


def newer() -> Worker:
    return Worker(platform(**UNLISTED), repeated_insert="refuse")


def older() -> Worker:
    """The older generation, where every refusal has one code, which can stand in no list."""
    settings = {"host": "http://task-center", "app_id": "taskbridge", "pc_todo_url": "https://oa.edu.cn/{task_id}"}
    config = PlatformConfig(PLATFORM, "旧版", "JinZhiTaskCenterApp", True, 1, settings)
    worker = Worker(config, repeated_insert="refuse")
    worker.secrets = (worker.center.settings.static_token,)
    return worker


@pytest.fixture(params=[newer, older])
def worker(request: pytest.FixtureRequest) -> Worker:
    made: Worker = request.param()
    return made


def refuse(worker: Worker, code: str, operation: str, *before: str) -> None:
    """The next call of this kind is refused so; where the token could be at fault, with a new one as well."""
    is_older = worker.platforms[0].class_name == "JinZhiTaskCenterApp"
    worker.fail(*before, *[f"errcode:{code}"] * (1 if is_older else 2), operations=(operation,))


def gone(*task_ids: str, sequence: int = 5) -> Any:
    return message("instance_deleted", sequence, backup={"task_ids": list(task_ids)})


def deliver(worker: Worker, *messages: Any, turns: int = 8) -> None:
    """The messages as often as they stay in the queue; what is parked then is woken."""
    left = {f"m{number}": each for number, each in enumerate(messages)}
    for _ in range(turns):
        left = {name: left[name] for name in worker.deliver(left)} if left else {}
        worker.now += 60
    for _ in range(turns):
        if not worker.document().has_work:
            return
        worker.push(sync())
        worker.now += 60


def test_a_delete_of_no_list_of_a_todo_that_never_came_is_followed_by_the_instance(worker: Worker) -> None:
    # given: the insert got lost on its way, and the delete is refused with a code that nobody knows
    worker.fail(NEVER_CAME)
    worker.push(message())
    worker.center.faults = Faults()

    # when
    deliver(worker, gone("T1"))

    # then
    document = worker.document()
    assert document.tasks["T1"].presence is Presence.GONE
    assert (document.tasks["T1"].work, document.item.work) == (Work.NONE, Work.NONE)
    assert worker.told("S1-e5")[0] == "succeeded"
    assert worker.log("S1-e5").status == "succeeded"
    assert worker.center.tasks == {}
    assert list(worker.center.violations) == []
    assert "update_task" in worker.operations()


def test_a_todo_that_is_there_is_deleted_after_it_was_found(worker: Worker) -> None:
    # given: the insert came through unheard, and the first delete is refused for whatever reason
    worker.fail(LOST)
    worker.push(message())
    refuse(worker, "50077", "delete_task")

    # when
    deliver(worker, gone("T1"))

    # then
    assert worker.operations()[-3:] == ["update_task", "delete_task", "delete_instance"]
    assert worker.center.tasks == {}
    assert worker.center.instances == {}
    assert worker.log("S1-e5").status == "succeeded"
    assert list(worker.center.violations) == []


def test_a_todo_that_is_there_and_cannot_be_deleted_fails_on_record(worker: Worker) -> None:
    worker.fail(LOST)
    worker.push(message())
    worker.center.faults = Faults(kinds=("errcode:50077",), failure_rate=1.0, operations=("delete_task",))

    deliver(worker, gone("T1"))

    document = worker.document()
    assert (document.tasks["T1"].work, document.tasks["T1"].search) == (Work.FAILED, Search.FOUND)
    assert worker.told("S1-e5")[0] == "failed"
    assert worker.log("S1-e5").entries["T1"].errcode in {"50077", "FAIL"}
    assert set(worker.center.tasks) == {"T1"}
    assert "delete_instance" not in worker.operations()
    assert worker.operations().count("update_task") == 1, "it is searched for once"

    # and a replay tries again
    worker.center.faults = Faults()
    worker.push(sync(reason="replay", replay=True))
    deliver(worker)
    assert worker.center.tasks == {}
    assert worker.center.instances == {}


def test_the_update_that_searches_shows_the_todo_to_nobody_and_is_complete(worker: Worker) -> None:
    worker.fail(LOST)
    worker.push(message(tasks=[task("T1", node_id="node-9")]))
    refuse(worker, "50077", "delete_task")

    deliver(worker, gone("T1"))

    (search,) = [call for call in worker.center.calls if call.operation.value == "update_task"]
    assert (search.status, search.sess_id) == ("COMPLETE", "S1")
    assert search.processors in {("2026002",), ()}, "the older generation names who did it instead"


@pytest.mark.parametrize("fault", ["http_503", "timeout_before", "reset", "html"])
def test_a_search_that_is_not_answered_is_repeated(worker: Worker, fault: str) -> None:
    worker.fail(NEVER_CAME)
    worker.push(message())
    worker.fail(*[fault] * 2, operations=("update_task",))

    deliver(worker, gone("T1"), turns=12)

    assert worker.log("S1-e5").status == "succeeded"
    assert worker.operations().count("update_task") >= 2


def test_one_todo_that_is_searched_for_does_not_let_the_instance_go_before_it(worker: Worker) -> None:
    # given three todos: one acknowledged, one unheard, one that never came
    worker.push(message(tasks=["T1"]))
    worker.fail(LOST, NEVER_CAME)
    worker.push(message(sequence=2, tasks=["T2", "T3"]))
    refuse(worker, "50077", "delete_task", "ok")

    deliver(worker, gone("T1", "T2", "T3"))

    assert worker.center.tasks == {}
    assert worker.center.instances == {}
    assert worker.operations()[-1] == "delete_instance"
    assert worker.log("S1-e5").status == "succeeded"
    assert list(worker.center.violations) == []


def test_a_todo_whose_delete_was_carried_out_unheard_is_taken_for_gone(worker: Worker) -> None:
    worker.fail(LOST)
    worker.push(message())
    worker.fail("timeout_after", operations=("delete_task",))

    deliver(worker, gone("T1"))

    assert worker.log("S1-e5").status == "succeeded"
    assert worker.center.tasks == {}
    assert list(worker.center.violations) == []


def test_a_todo_that_was_acknowledged_is_not_searched_for(worker: Worker) -> None:
    worker.push(message())
    worker.center.faults = Faults(kinds=("errcode:50077",), failure_rate=1.0, operations=("delete_task",))

    deliver(worker, gone("T1"))

    assert "update_task" not in worker.operations()
    assert worker.told("S1-e5")[0] == "failed"


# Inserts that are refused as of what is there


@pytest.mark.parametrize("came", [True, False])
def test_a_second_insert_that_is_refused_with_a_code_of_no_list_is_told_by_an_update(
    worker: Worker, came: bool
) -> None:
    # given an insert whose answer was lost, and a repeat that is refused
    worker.fail(LOST if came else NEVER_CAME)
    worker.push(message())
    refuse(worker, "40902", "insert_task")

    # when
    deliver(worker, message("task_completed", 2))

    # then
    status, reason, _ = worker.told("S1-e2")
    if came:
        assert (status, reason) == ("succeeded", "")
        assert worker.center.tasks["T1"].status == "COMPLETE"
        assert worker.document().tasks["T1"].presence is Presence.PRESENT
    else:
        assert status == "failed"
        assert "simulated refusal (an update is refused as well: it is not there)" in reason
        assert worker.log("S1-e2").entries["T1"].operation == "update_task"
    assert list(worker.center.violations) == []


def test_a_newer_event_after_a_search_in_vain_inserts_again(worker: Worker) -> None:
    worker.fail(NEVER_CAME)
    worker.push(message())
    refuse(worker, "40902", "insert_task")
    deliver(worker, message("task_completed", 2))

    worker.center.faults = Faults()
    deliver(worker, message("task_received", 3))

    assert worker.told("S1-e3")[0] == "succeeded"
    assert worker.center.tasks["T1"].status == "RUNNING"


def test_a_search_is_kept_with_the_document(worker: Worker) -> None:
    worker.fail(NEVER_CAME)
    worker.push(message())
    worker.center.faults = Faults()
    worker.push(gone("T1"))
    document = worker.document()
    assert document.tasks["T1"].search is Search.WANTED
    assert decode_instance(encode_instance(document)).tasks["T1"].search is Search.WANTED
