"""The older generation of the simulated task center: one form call, as strict as the newer one."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import urlencode

import pytest

from local.jinzhi_simulator import Faults, Settings, TaskCenter, ViolationKind, codes
from tests.unit.local.jinzhi_caller import Caller, read
from tests.unit.local.jinzhi_samples import sample_older_form, sample_older_insert, sample_older_update

MISSING = object()


def a_caller(**settings: Any) -> Caller:
    return Caller(TaskCenter(lambda: 1_000.0, random.Random(7), Settings(**settings)))


@pytest.fixture
def caller() -> Caller:
    return a_caller()


def push(caller: Caller, body: bytes | None = None, **task_info: Any) -> str:
    answer = read(caller.push(body, **task_info))
    return str(answer.get("errcode", answer["push_result"]))


def replaced(item: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    if value is MISSING:
        return {key: each for key, each in item.items() if key != name}
    return {**item, name: value}


def test_push_inserts_and_updates_several_tasks_at_once(caller: Caller) -> None:
    answer = caller.push(inserttasks=[sample_older_insert("task-1"), sample_older_insert("task-2")])
    assert (answer.status, read(answer)) == (200, {"push_result": "SUCCESS"})

    done = sample_older_update("task-1", process_instance_status="COMPLETE", actual_owner_id="10001")
    assert push(caller, updatetasks=[done], inserttasks=[]) == "SUCCESS"

    tasks = caller.center.tasks
    assert [tasks["task-1"].status, tasks["task-2"].status] == ["COMPLETE", "RUNNING"]
    assert (tasks["task-1"].processors, tasks["task-1"].item["actual_owner_id"]) == (("10001",), "10001")
    assert caller.center.instances["inst-1"].status == "COMPLETE"


def test_update_may_change_the_people(caller: Caller) -> None:
    push(caller, inserttasks=[sample_older_insert()])

    update = sample_older_update(status="ACTIVE", assignments=[{"assign_id": "10002"}])

    assert push(caller, updatetasks=[update]) == "SUCCESS"
    assert caller.center.tasks["task-1"].processors == ("10002",)


def test_wrong_token_app_or_content_type_is_refused(caller: Caller) -> None:
    form = sample_older_form("other", inserttasks=[sample_older_insert()])

    assert caller.push(token=caller.token, inserttasks=[sample_older_insert()]).status == 401
    assert push(caller, form) == codes.WRONG_CREDENTIALS
    assert push(caller, inserttasks=[sample_older_insert(app_id="other")]) == codes.WRONG_CREDENTIALS
    assert caller.post("/taskcenterapp/sys/taskCenter/taskReceive/pushTask.do", {}).status == 401
    assert not caller.center.tasks


@pytest.mark.parametrize(
    "body",
    [
        b"%%%",
        b"taskInfo",
        urlencode({"appId": "taskbridge", "taskInfo": "{"}).encode(),
        "appId=taskbridge&taskInfo=\xff".encode("latin-1"),
    ],
)
def test_body_that_is_no_form_with_json_is_refused(caller: Caller, body: bytes) -> None:
    assert caller.push(body).status == 400
    assert caller.center.calls[-1].errcode == codes.UNREADABLE


@pytest.mark.parametrize(
    "task_info",
    [
        {},
        {"inserttasks": []},
        {"inserttasks": {}},
        {"updatetasks": "task-1"},
        {"inserttasks": [sample_older_insert()], "updatetasks": [sample_older_update()]},
    ],
)
def test_push_without_well_formed_lists_is_refused(caller: Caller, task_info: dict[str, Any]) -> None:
    assert push(caller, **task_info) == codes.MALFORMED
    assert not caller.center.tasks


def test_field_that_stands_twice_in_the_form_is_refused(caller: Caller) -> None:
    assert push(caller, b"appId=taskbridge&appId=taskbridge&taskInfo={}") == codes.MALFORMED


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("task_id", (MISSING, 1)),
        ("subject", (MISSING, "")),
        ("priority", (MISSING, "4", True, None)),
        ("process_instance_id", (MISSING, 1)),
        ("process_instance_status", (MISSING, "ABORT", "ACTIVE")),
        ("assignments", (MISSING, [], [{}], [{"assign_id": "1", "assign_name": 2}])),
        ("created_by_ids", (MISSING, [])),
        ("created_on", (MISSING, "2026/11/22 09:30:00")),
        ("form_url", (MISSING, "/todo/1")),
        ("node_id", (MISSING, "")),
        ("node_name", (MISSING, 1)),
        ("status", (MISSING, "RUNNING")),
    ],
)
def test_insert_with_a_wrong_field_is_refused(caller: Caller, name: str, wrong: tuple[Any, ...]) -> None:
    for value in wrong:
        answer = read(caller.push(inserttasks=[replaced(sample_older_insert(), name, value)]))
        assert (answer["errcode"], name in answer["message"]) == (codes.MALFORMED, True), value


@pytest.mark.parametrize(
    "changed",
    [
        {"task_id": ""},
        {"status": "RUNNING"},
        {"end_on": "today"},
        {"process_instance_ent_date": "2026-11-22"},
        {"process_instance_status": "ABORT"},
        {"process_instance_id": None},
        {"form_url": "ftp://a"},
        {"actual_owner_id": 1},
        {"task_delete_flag": True},
        {"process_delete_flag": "yes"},
    ],
)
def test_update_with_a_wrong_field_is_refused(caller: Caller, changed: dict[str, Any]) -> None:
    push(caller, inserttasks=[sample_older_insert()])

    assert push(caller, updatetasks=[sample_older_update(**changed)]) == codes.MALFORMED
    assert caller.center.tasks["task-1"].status == "RUNNING"


@pytest.mark.parametrize("flag", [1, "1"])
def test_flags_delete_a_task_and_then_its_instance(caller: Caller, flag: Any) -> None:
    push(caller, inserttasks=[sample_older_insert()])
    item = {"app_id": "taskbridge", "task_id": "task-1", "process_instance_id": "inst-1"}

    assert push(caller, updatetasks=[{**item, "task_delete_flag": flag, "process_delete_flag": flag}]) == "SUCCESS"

    assert (list(caller.center.deleted_tasks), list(caller.center.deleted_instances)) == (["task-1"], ["inst-1"])
    assert push(caller, inserttasks=[sample_older_insert()]) == codes.DELETED
    assert caller.violations() == [ViolationKind.SAVE_AFTER_DELETE]


def test_instance_flag_alone_is_refused_while_tasks_are_there(caller: Caller) -> None:
    push(caller, inserttasks=[sample_older_insert()])
    item = {"app_id": "taskbridge", "task_id": "", "process_instance_id": "inst-1", "process_delete_flag": 1}

    assert push(caller, updatetasks=[item]) == codes.INSTANCE_HAS_TASKS
    assert caller.violations() == [ViolationKind.INSTANCE_BEFORE_TODOS]


def test_delete_of_a_task_of_another_instance_is_refused(caller: Caller) -> None:
    push(caller, inserttasks=[sample_older_insert()])
    item = {"app_id": "taskbridge", "task_id": "task-1", "process_instance_id": "inst-2", "task_delete_flag": 1}

    assert push(caller, updatetasks=[item]) == codes.WRONG_INSTANCE


def test_faults_strike_the_older_generation_as_well(caller: Caller) -> None:
    caller.center.faults = Faults(fail_next=("errcode:9", "expired_token"), operations=("insert_task",))

    assert push(caller, inserttasks=[sample_older_insert()]) == "9"
    assert caller.push(inserttasks=[sample_older_insert()]).status == 401
    assert push(caller, inserttasks=[sample_older_insert()]) == "SUCCESS"


def test_both_generations_share_one_board(caller: Caller) -> None:
    push(caller, inserttasks=[sample_older_insert()])

    assert caller.update(subject="改过的标题") == "0"
    assert caller.center.tasks["task-1"].subject == "改过的标题"
