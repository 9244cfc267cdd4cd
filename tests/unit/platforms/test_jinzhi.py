from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from msgspec.structs import replace

from taskbridge.commands import DeleteTask, Operation, SaveInstance, SaveTask, SessionStatus, TaskStatus
from taskbridge.errors import PermanentError, ThrottledError, TransientError
from tests.unit.platforms.builders import (
    JINZHI,
    LINKS,
    TOKEN,
    answer,
    commands,
    insert,
    instance,
    jinzhi,
    task,
    update,
)
from tests.unit.platforms.suite import PlatformBehaviour

TODO_URLS = [
    {"type": "PC", "url": "https://oa.school.edu.cn/todo/task-1?s=sess-1"},
    {"type": "H5", "url": "https://m.school.edu.cn/#/todo/task-1"},
]
APPLY_URLS = [{"type": "PC", "url": "https://oa.school.edu.cn/view/sess-1?app=leave&node=node-2"}]
PROCESSORS = [
    {"processorType": 1, "processorId": "2026002", "objectScope": 1},
    {"processorType": 1, "processorId": "u-3", "objectScope": 1},
]
APPLICATION = {
    "processInstanceId": "sess-1",
    "processInstanceStatus": "RUNNING",
    "nodeId": "node-2",
    "nodeName": "院系审批",
    "serviceName": "请假",
}
INSERT_BODY = {
    "insertModel": [
        {
            "taskId": "task-1",
            "sceneCode": "OA",
            "subject": "张三的请假申请",
            "priority": 2,
            "taskType": 3,
            "initiatorType": 1,
            "initiatorId": "2026001",
            "processors": PROCESSORS,
            "urls": TODO_URLS,
            "status": "RUNNING",
            "nodeId": "node-2",
            "nodeName": "院系审批",
            "createTime": "2026-11-22 12:30:05",
            "applicationModel": APPLICATION,
        }
    ]
}
UPDATE_BODY = {
    "updateModel": {
        "taskModels": [
            {
                "taskId": "task-1",
                "status": "COMPLETE",
                "processors": PROCESSORS,
                "urls": APPLY_URLS,
                "nodeId": "node-2",
                "nodeName": "院系审批",
                "applicationModel": APPLICATION,
            }
        ]
    }
}
INSTANCE_BODY = {
    "processInstanceId": "sess-1",
    "initiatorType": 1,
    "initiatorId": "2026001",
    "subject": "张三的请假申请",
    "processors": [{"processorType": 1, "processorId": "2026001", "objectScope": 1}],
    "nodeName": "事项结束",
    "processInstanceStatus": "COMPLETE",
    "urls": [{"type": "PC", "url": "https://oa.school.edu.cn/view/sess-1?app=leave&node="}],
    "createTime": "2026-11-22 12:30:05",
}
GOLDEN = {
    Operation.INSERT_TASK: ("/casp-tdc/task/saveOrUpdate", INSERT_BODY),
    Operation.UPDATE_TASK: ("/casp-tdc/task/saveOrUpdate", UPDATE_BODY),
    Operation.DELETE_TASK: ("/casp-tdc/task/delete", {"taskId": "task-1"}),
    Operation.DELETE_INSTANCE: ("/casp-tdc/processInstance/delete", {"processInstanceId": "sess-1"}),
    Operation.SAVE_INSTANCE: ("/casp-tdc/processInstance/save", INSTANCE_BODY),
}


class TestBehaviour(PlatformBehaviour):
    class_name = "JinZhiTaskCenter"
    settings: ClassVar[Mapping[str, Any]] = {**JINZHI, **LINKS}
    success: ClassVar[Mapping[str, Any]] = {"errcode": "0", "errmsg": "请求成功"}
    refusal: ClassVar[Mapping[str, Any]] = {"errcode": "99", "errmsg": "sceneCode 不存在"}


def item(command: SaveTask, **settings: Any) -> dict[str, Any]:
    """The one item of an insert or an update."""
    body = jinzhi(**settings).build_request(command, TOKEN).json
    assert body is not None
    items = body["insertModel"] if "insertModel" in body else body["updateModel"]["taskModels"]
    assert len(items) == 1
    found: dict[str, Any] = items[0]
    return found


@pytest.mark.parametrize("operation", GOLDEN)
def test_sends_the_agreed_body_to_the_agreed_path(operation: Operation) -> None:
    # given
    given = {**commands(), Operation.UPDATE_TASK: update(status=TaskStatus.COMPLETED)}
    # when
    request = jinzhi(**LINKS).build_request(given[operation], TOKEN)
    # then
    assert (request.method, request.path, request.json) == ("POST", *GOLDEN[operation])
    assert request.headers == {"appId": "app-7", "accessToken": TOKEN, "accept": "application/json"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (SessionStatus.RUNNING, "RUNNING"),
        (SessionStatus.COMPLETED, "COMPLETE"),
        (SessionStatus.REVOKED, "COMPLETE"),
        (SessionStatus.ABORTED, "ABORT"),
        (SessionStatus.REJECTED, "RUNNING"),
        (SessionStatus.DRAFT, "RUNNING"),
    ],
)
def test_maps_the_status_of_the_instance(status: SessionStatus, expected: str) -> None:
    command = replace(update(), instance=instance(status=status))
    assert item(command)["applicationModel"]["processInstanceStatus"] == expected
    saved = jinzhi().build_request(SaveInstance(instance(status=status), "事项结束"), TOKEN)
    assert saved.json is not None
    assert saved.json["processInstanceStatus"] == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [(TaskStatus.INIT, "RUNNING"), (TaskStatus.COMPLETED, "COMPLETE"), (TaskStatus.ABORTED, "COMPLETE")],
)
def test_maps_the_status_of_the_task(status: TaskStatus, expected: str) -> None:
    assert item(update(status=status))["status"] == expected


def test_a_status_map_names_only_what_differs() -> None:
    command = replace(update(), instance=instance(status=SessionStatus.REJECTED))
    sent = item(command, status_map={"rejected": "ABORT", "task_init": "ACTIVE"})
    assert sent["applicationModel"]["processInstanceStatus"] == "ABORT"
    assert sent["status"] == "ACTIVE"


def test_code_tables_are_settings() -> None:
    codes = {"task_type": 5, "initiator_type": "A", "processor_type": 2, "object_scope": 2, "priority_map": {2: 7}}
    sent = item(insert(), **codes, url_types={"pc": 1}, pc_todo_url="https://oa.edu.cn/{task_id}")
    assert (sent["taskType"], sent["initiatorType"], sent["priority"]) == (5, "A", 7)
    assert sent["processors"][0] == {"processorType": 2, "processorId": "2026002", "objectScope": 2}
    assert sent["urls"] == [{"type": 1, "url": "https://oa.edu.cn/task-1"}]


def test_times_are_written_as_the_settings_say() -> None:
    sent = item(insert(), time_zone="UTC", time_format="%Y/%m/%dT%H:%M")
    assert sent["createTime"] == "2026/11/22T04:30"


def test_a_task_without_a_time_was_created_with_its_instance_and_without_either_has_none() -> None:
    bare = insert(created_at=None)
    assert item(bare)["createTime"] == "2026-11-22 12:30:05"
    assert "createTime" not in item(replace(bare, instance=instance(created_at=None)))


def test_an_update_whose_assignees_are_unknown_leaves_the_processors_alone() -> None:
    assert "processors" not in item(update(assignees=()))


def test_links_without_a_template_are_left_out() -> None:
    assert item(insert())["urls"] == []
    assert "urls" not in item(update())


def test_an_aborted_task_shows_the_application() -> None:
    assert item(update(status=TaskStatus.ABORTED), **LINKS)["urls"] == APPLY_URLS


def test_ids_in_links_are_percent_encoded() -> None:
    command = SaveTask(insert().operation, task(task_id="a/b?c=1&d#e 中"), instance())
    sent = item(command, pc_todo_url="https://oa.edu.cn/t/{task_id}?x=1")
    assert sent["urls"][0]["url"] == "https://oa.edu.cn/t/a%2Fb%3Fc%3D1%26d%23e%20%E4%B8%AD?x=1"


def test_paths_are_settings() -> None:
    request = jinzhi(delete_task_path="/api/del?v=2").build_request(DeleteTask("t", "s"), TOKEN)
    assert request.path == "/api/del?v=2"


# The token call


def test_asks_for_a_token_with_headers_and_no_body() -> None:
    request = jinzhi().build_token_request("s3cret")
    assert (request.method, request.path) == ("GET", "/token/gateway/accessToken")
    assert request.headers == {"appId": "app-7", "appSecret": "s3cret", "accept": "application/json"}
    assert request.json is None
    assert request.form is None
    assert "s3cret" not in repr(request)


@pytest.mark.parametrize("errcode", ["0", 0])
def test_the_data_of_the_answer_is_the_token(errcode: object) -> None:
    body = {"errcode": errcode, "errmsg": "请求成功", "data": "abc.DEF-123"}
    assert jinzhi().parse_token_response(answer(body)) == "abc.DEF-123"


@pytest.mark.parametrize(
    ("response", "error", "words"),
    [
        (answer(b"<html>", content_type="text/html"), TransientError, "check host and token_path .*text/html"),
        (answer(b"<html>", 404), TransientError, "check host and token_path .*HTTP 404"),
        (answer({"errcode": "99", "errmsg": "密钥错误"}), PermanentError, "refused app_id and app_secret: 密钥错误"),
        (answer(b"", 401), PermanentError, "refused app_id and app_secret: HTTP 401"),
        (answer(b"", 503), TransientError, "the token call failed: HTTP 503"),
        (answer(b"", 429, retry_after="7"), ThrottledError, "HTTP 429"),
        (answer({"errcode": "0", "data": {"token": "x"}}), TransientError, "not a token"),
        (answer({"errcode": "0", "data": "a\nb"}), TransientError, "not a token"),
        (answer({"errcode": "0"}), TransientError, "not a token"),
    ],
)
def test_a_failed_token_call_says_what_to_look_at(response: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        jinzhi().parse_token_response(response)
