from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import httpx
import pytest

from taskbridge.commands import Command, DeleteInstance, DeleteTask, SaveTask, SessionStatus, TaskStatus
from taskbridge.platforms import build_task_center
from taskbridge.platforms.http_answers import OutcomeKind
from tests.unit.platforms.builders import LINKS, TOKEN, Server, client_for, insert, instance, task, update
from tests.unit.platforms.suite import PlatformBehaviour

SETTINGS = {"host": "https://ehall.school.edu.cn", "app_id": "5001", "biz_domain": "OA", **LINKS}
TODO_URLS = {
    "form_url": "https://oa.school.edu.cn/todo/task-1?s=sess-1",
    "form_url_view": "https://oa.school.edu.cn/view/sess-1?app=leave&node=node-2",
    "form_mobile_url": "https://m.school.edu.cn/#/todo/task-1",
}
INSERTED = {
    "app_id": "5001",
    "task_id": "task-1",
    "subject": "张三的请假申请",
    "priority": 2,
    "appName": "请假",
    "biz_key": "sess-1",
    "biz_domain": "OA",
    "process_instance_id": "sess-1",
    "process_id": "leave",
    "process_name": "请假",
    "assignments": [
        {"assign_id": "2026002", "assign_name": "李四"},
        {"assign_id": "u-3", "assign_name": "王五"},
    ],
    "created_by_ids": "2026001",
    "created_by_names": "张三",
    "created_on": "2026-11-22 12:30:05",
    "node_id": "node-2",
    "node_name": "院系审批",
    "process_instance_initiator": "张三",
    "process_instance_initiator_id": "2026001",
    "process_instance_subject": "张三的请假申请",
    "status": "ACTIVE",
    "process_instance_status": "RUNNING",
    **TODO_URLS,
}
COMPLETED = {
    "app_id": "5001",
    "task_id": "task-1",
    "process_instance_id": "sess-1",
    "status": "COMPLETE",
    "process_instance_status": "RUNNING",
    "actual_owner_id": "2026002",
    "actual_owner_name": "李四",
    **TODO_URLS,
}


class TestBehaviour(PlatformBehaviour):
    class_name = "JinZhiTaskCenterApp"
    settings: ClassVar[Mapping[str, Any]] = SETTINGS
    success: ClassVar[Mapping[str, Any]] = {"push_result": "SUCCESS"}
    refusal: ClassVar[Mapping[str, Any]] = {"push_result": "FAIL", "message": "taskInfo 不能为空"}


def info(command: Command) -> dict[str, Any]:
    """What `taskInfo` holds."""
    request = build_task_center("old", "JinZhiTaskCenterApp", SETTINGS).build_request(command, TOKEN)
    assert request.form is not None
    assert request.form["appId"] == "5001"
    parsed: dict[str, Any] = json.loads(request.form["taskInfo"])
    return parsed


@pytest.mark.parametrize(
    ("command", "inserts", "updates"),
    [
        (insert(), [INSERTED], []),
        (update(status=TaskStatus.COMPLETED), [], [COMPLETED]),
        (
            DeleteTask("task-1", "sess-1"),
            [],
            [{"app_id": "5001", "task_id": "task-1", "process_instance_id": "sess-1", "task_delete_flag": 1}],
        ),
        (
            DeleteInstance("sess-1"),
            [],
            [{"app_id": "5001", "process_instance_id": "sess-1", "process_delete_flag": 1}],
        ),
    ],
)
def test_sends_the_agreed_task_info(command: Command, inserts: list[object], updates: list[object]) -> None:
    assert info(command) == {"inserttasks": inserts, "updatetasks": updates}


def test_the_static_token_travels_in_a_header_of_a_form() -> None:
    # given
    server = Server(httpx.Response(200, json={"push_result": "SUCCESS"}))
    platform = build_task_center("old", "JinZhiTaskCenterApp", SETTINGS)
    # when
    result = client_for(platform, server, secrets=("static-token",)).execute(insert())
    # then
    (request,) = server.requests
    assert request.headers["accesstoken"] == "static-token"
    assert request.headers["appid"] == "5001"
    assert request.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert request.url.path == "/taskcenterapp/sys/taskCenter/taskReceive/pushTask.do"
    assert "static-token" not in repr(result)


def test_the_older_token_is_used_while_the_new_one_is_refused_and_then_first() -> None:
    # given
    def answer(request: httpx.Request) -> httpx.Response:
        good = request.headers["accesstoken"] == "older-token"
        return httpx.Response(200 if good else 401, json={"push_result": "SUCCESS" if good else "FAIL"})

    platform = build_task_center("old", "JinZhiTaskCenterApp", SETTINGS)
    client = client_for(platform, answer, secrets=("newer-token", "older-token"))
    # when
    first, second = client.execute(insert()), client.execute(update())
    # then
    assert first.outcome.verdict is second.outcome.verdict is OutcomeKind.OK
    assert [attempt.status for attempt in first.attempts] == [401, 200]
    assert [attempt.status for attempt in second.attempts] == [200]


def test_a_refused_static_token_without_another_is_transient() -> None:
    server = Server(httpx.Response(401, json={"push_result": "FAIL"}))
    platform = build_task_center("old", "JinZhiTaskCenterApp", SETTINGS)
    result = client_for(platform, server, secrets=("static-token",)).execute(insert())
    assert result.outcome.verdict is OutcomeKind.TRANSIENT
    assert "token refused" in result.outcome.message
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (SessionStatus.RUNNING, "RUNNING"),
        (SessionStatus.REJECTED, "RUNNING"),
        (SessionStatus.DRAFT, "RUNNING"),
        (SessionStatus.COMPLETED, "COMPLETE"),
        (SessionStatus.REVOKED, "COMPLETE"),
        (SessionStatus.ABORTED, "COMPLETE"),
    ],
)
def test_an_instance_is_either_running_or_over(status: SessionStatus, expected: str) -> None:
    command = SaveTask(update().operation, task(), instance(status=status))
    assert info(command)["updatetasks"][0]["process_instance_status"] == expected


def test_an_update_of_an_open_task_carries_its_assignees() -> None:
    (item,) = info(update())["updatetasks"]
    assert [person["assign_id"] for person in item["assignments"]] == ["2026002", "u-3"]
    assert "actual_owner_id" not in item


def test_an_update_whose_assignees_are_unknown_names_nobody() -> None:
    (item,) = info(update(assignees=(), status=TaskStatus.COMPLETED))["updatetasks"]
    assert not {"assignments", "actual_owner_id"} & set(item)
