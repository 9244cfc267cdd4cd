"""What the simulated task center holds after a call, and what it remembers of it."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from local.jinzhi_simulator import Faults, Settings, Snapshot, TaskCenter, Verdict, ViolationKind, casp, codes
from tests.unit.local.jinzhi_caller import Caller, read
from tests.unit.local.jinzhi_samples import sample_application, sample_insert, sample_processors, sample_update


def a_caller(**settings: Any) -> Caller:
    return Caller(TaskCenter(lambda: 1_234.5, random.Random(7), Settings(**settings)))


@pytest.fixture
def caller() -> Caller:
    return a_caller()


def test_insert_is_held_with_all_its_fields_and_its_instance(caller: Caller) -> None:
    assert caller.insert(processors=sample_processors("10001", "10002")) == "0"

    task = caller.center.tasks["task-1"]
    assert (task.sess_id, task.status, task.processors) == ("inst-1", "RUNNING", ("10001", "10002"))
    assert (task.item["priority"], task.item["initiatorId"]) == (3, "20230001")
    assert task.acknowledged
    assert caller.center.instances["inst-1"].status == "RUNNING"


def test_update_changes_what_it_names_and_the_status_of_the_instance(caller: Caller) -> None:
    caller.insert()
    model = sample_application(processInstanceStatus="COMPLETE")

    assert caller.update(processors=sample_processors("10003"), applicationModel=model) == "0"

    task = caller.center.tasks["task-1"]
    assert (task.status, task.processors, task.subject) == ("COMPLETE", ("10003",), "请假申请")
    assert caller.center.instances["inst-1"].status == "COMPLETE"


def test_update_may_name_one_processor_by_id(caller: Caller) -> None:
    caller.insert()

    assert caller.update(processorId="10009") == "0"
    assert caller.center.tasks["task-1"].processors == ("10009",)


def test_update_of_an_unknown_task_or_under_another_instance_is_refused(caller: Caller) -> None:
    caller.insert()

    assert caller.update("task-2") == codes.TASK_UNKNOWN
    assert caller.update("task-1", "inst-2") == codes.WRONG_INSTANCE
    assert "inst-2" not in caller.center.instances


def test_one_refused_item_refuses_the_whole_request(caller: Caller) -> None:
    body = {"insertModel": [sample_insert()], "updateModel": {"taskModels": [sample_update("task-2")]}}

    assert caller.code(casp.TASK_PATH, body) == codes.TASK_UNKNOWN
    assert not caller.center.tasks


def test_repeated_insert_is_an_update_and_a_violation_once_acknowledged(caller: Caller) -> None:
    caller.insert()

    assert caller.insert(subject="改过的标题") == "0"
    assert caller.center.tasks["task-1"].subject == "改过的标题"
    assert caller.violations() == [ViolationKind.SECOND_INSERT]


def test_repeated_insert_is_refused_where_configured() -> None:
    caller = a_caller(repeated_insert="refuse")
    caller.insert()

    assert caller.insert(subject="改过的标题") in codes.ALREADY_THERE_CODES
    assert caller.center.tasks["task-1"].subject == "请假申请"
    assert not caller.violations()


def test_deletes_of_what_is_not_there_are_refused_by_default(caller: Caller) -> None:
    assert caller.delete_task() == codes.TASK_GONE
    assert caller.delete_instance() == codes.INSTANCE_UNKNOWN
    assert caller.code(casp.DELETE_TASK_PATH, {"taskId": ["task-1"]}) == codes.MALFORMED
    assert caller.code(casp.DELETE_INSTANCE_PATH, {}) == codes.MALFORMED


def test_deletes_of_what_is_not_there_succeed_where_configured() -> None:
    caller = a_caller(gone_delete_succeeds=True)

    assert caller.delete_task() == "0"
    assert caller.delete_instance() == "0"


def test_todo_then_instance_are_deleted_and_stay_deleted(caller: Caller) -> None:
    caller.insert()

    assert [caller.delete_task(), caller.delete_task()] == ["0", codes.TASK_GONE]
    assert [caller.delete_instance(), caller.delete_instance()] == ["0", codes.INSTANCE_UNKNOWN]
    assert (dict(caller.center.tasks), dict(caller.center.instances)) == ({}, {})
    assert not caller.violations()


def test_instance_with_tasks_is_not_deleted_and_the_attempt_is_a_violation(caller: Caller) -> None:
    caller.insert()
    caller.update()

    assert caller.delete_instance() == codes.INSTANCE_HAS_TASKS
    assert caller.violations() == [ViolationKind.INSTANCE_BEFORE_TODOS]
    assert "inst-1" in caller.center.instances


def test_saves_after_a_delete_are_refused_and_are_violations(caller: Caller) -> None:
    caller.insert()
    caller.delete_task()

    assert [caller.insert(), caller.update(status="RUNNING")] == [codes.DELETED, codes.DELETED]
    caller.delete_instance()
    assert [caller.insert("task-2"), caller.save_instance()] == [codes.DELETED, codes.DELETED]
    assert caller.violations() == [ViolationKind.SAVE_AFTER_DELETE] * 4
    assert not caller.center.tasks


def test_an_update_to_done_only_asks_whether_a_todo_is_there(caller: Caller) -> None:
    caller.insert()
    caller.delete_task()

    assert caller.update() == codes.DELETED
    assert caller.update("task-2") == codes.TASK_UNKNOWN
    assert caller.violations() == []


def test_instance_is_saved_by_itself_and_saved_again(caller: Caller) -> None:
    assert caller.save_instance() == "0"
    assert caller.save_instance(nodeName="已归档") == "0"

    instance = caller.center.instances["inst-1"]
    assert (instance.status, instance.node_name, instance.item["initiatorId"]) == (
        "COMPLETE",
        "已归档",
        "20230001",
    )


def test_codes_may_be_numbers() -> None:
    caller = a_caller(numeric_errcode=True)

    assert read(caller.post(casp.TASK_PATH, {"insertModel": [sample_insert()]}))["errcode"] == 0
    assert read(caller.post(casp.DELETE_TASK_PATH, {"taskId": "task-9"}))["errcode"] == int(codes.TASK_GONE)


def test_ledger_has_a_line_for_every_item_of_every_request(caller: Caller) -> None:
    caller.code(casp.TASK_PATH, {"insertModel": [sample_insert("task-1"), sample_insert("task-2")]})
    caller.delete_task("task-1")
    caller.update("task-9", status="DONE")

    lines = [(call.request, call.operation, call.task_id, call.sess_id, call.verdict) for call in caller.center.calls]
    assert lines == [
        (1, "token", "", "", Verdict.ACKNOWLEDGED),
        (2, "insert_task", "task-1", "inst-1", Verdict.ACKNOWLEDGED),
        (2, "insert_task", "task-2", "inst-1", Verdict.ACKNOWLEDGED),
        (3, "delete_task", "task-1", "inst-1", Verdict.ACKNOWLEDGED),
        (4, "update_task", "task-9", "inst-1", Verdict.REFUSED),
    ]
    inserted, refused = caller.center.calls[1], caller.center.calls[4]
    assert (inserted.status, inserted.instance_status) == ("RUNNING", "RUNNING")
    assert (inserted.processors, inserted.node_name) == (("10001",), "院系审批")
    assert (inserted.at, inserted.http_status, inserted.acted) == (1_234.5, 200, True)
    assert (refused.errcode, refused.status, refused.acted) == (codes.MALFORMED, "DONE", False)
    assert caller.center.counts()["insert_task"] == {"acknowledged": 2}


def test_snapshot_brings_everything_back(caller: Caller) -> None:
    caller.insert("task-1")
    caller.insert("task-2", "inst-2")
    caller.delete_task("task-2")
    caller.delete_instance("inst-2")
    snapshot = caller.center.snapshot()
    again = a_caller()

    again.center.restore(msgspec.json.decode(msgspec.json.encode(snapshot), type=type(snapshot)))
    again.token = caller.token

    assert again.center.snapshot() == snapshot
    assert again.center.counts() == caller.center.counts()
    assert again.delete_instance("inst-1") == codes.INSTANCE_HAS_TASKS
    assert again.insert("task-2", "inst-2") == codes.DELETED


def test_reset_keeps_only_the_settings_and_the_tokens(caller: Caller) -> None:
    caller.insert()
    caller.delete_task()
    caller.center.faults = Faults(down=True)

    caller.center.reset()

    assert caller.center.snapshot() == Snapshot(tokens=caller.center.snapshot().tokens)
    assert caller.insert() == "0"
