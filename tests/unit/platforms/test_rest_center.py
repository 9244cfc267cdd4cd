"""A made-up task center that speaks REST and knows no instances: what the base gives one that is unlike the others.

Its adapter is written as docs/adding-a-platform.md says; it stands here, as no campus has it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import httpx
import pytest
from msgspec import UNSET

from taskbridge.commands import Command, DeleteTask, Operation, SaveTask, TaskStatus, TaskView
from taskbridge.errors import PermanentError
from taskbridge.platforms.base import Request, TaskCenter, link_places
from taskbridge.platforms.formats import UrlTemplate, format_time, percent_encoded, zone
from taskbridge.platforms.http_answers import OutcomeKind
from taskbridge.platforms.settings import Secret, codes, parse_settings, secret, setting
from taskbridge.platforms.task_center_settings import LinkSettings
from tests.unit.platforms.builders import LINKS, TOKEN, Server, answer, client_for, commands, insert, update
from tests.unit.platforms.suite import PlatformBehaviour


class HallSettings(LinkSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one service hall."""

    api_key: Annotated[Secret, secret(("接口密钥", "API key"))] = UNSET
    todo_path: Annotated[
        str, setting(("待办路径", "Path of todos"), format="path", group="connection", receives_secret=True)
    ] = "/api/v2/todos"
    success_codes: Annotated[tuple[str, ...], codes(("成功状态", "Success"), ask=False, least=1)] = (
        "200",
        "201",
        "204",
    )
    already_there_codes: Annotated[tuple[str, ...], codes(("已存在", "Already there"), ask=False)] = ("409",)
    already_gone_codes: Annotated[tuple[str, ...], codes(("已删除", "Already gone"), ask=False)] = ("404", "410")


class ServiceHall(TaskCenter):
    """Todos under their ids: POST, PUT and DELETE. The key travels as a bearer token."""

    class_name: ClassVar[str] = "ServiceHall"
    title: ClassVar[Mapping[str, str]] = {"zh": "服务大厅（虚构）", "en": "Service hall (made up)"}
    capabilities: ClassVar[frozenset[Operation]] = frozenset(
        {Operation.INSERT_TASK, Operation.UPDATE_TASK, Operation.DELETE_TASK}
    )
    uses_token: ClassVar[bool] = False
    secret_field: ClassVar[str] = "api_key"
    code_key: ClassVar[str] = ""
    message_key: ClassVar[str] = "message"
    Settings = HallSettings
    settings: HallSettings

    def __init__(self, platform_id: str, settings: HallSettings) -> None:
        super().__init__(platform_id, settings)
        self._zone = zone(settings.time_zone)
        self._links = {"url": UrlTemplate(settings.pc_todo_url), "mobileUrl": UrlTemplate(settings.h5_todo_url)}

    def build_request(self, command: Command, token: str) -> Request:
        """JSON where something is to be kept, no body where it is to go."""
        todos, headers = self.settings.todo_path, {"authorization": f"Bearer {token}", "accept": "application/json"}
        match command:
            case SaveTask(operation=Operation.INSERT_TASK):
                return Request("POST", todos, headers, json={"id": command.task.task_id, **self._todo(command)})
            case SaveTask():
                return Request(
                    "PUT", f"{todos}/{percent_encoded(command.task.task_id)}", headers, json=self._todo(command)
                )
            case DeleteTask():
                return Request("DELETE", f"{todos}/{percent_encoded(command.task_id)}", headers)
        raise PermanentError(f"{self.class_name} has no call for {command.operation}")

    def _todo(self, command: SaveTask) -> dict[str, Any]:
        task, instance = command.task, command.instance
        todo: dict[str, Any] = {"title": instance.subject, "step": task.node_name, "done": not _is_open(task)}
        if task.assignees:
            todo["people"] = [person.account for person in task.assignees]
        if task.created_at:
            todo["since"] = format_time(task.created_at, self._zone, self.settings.time_format)
        return todo | {name: link.fill(link_places(instance, task)) for name, link in self._links.items()}


def _is_open(task: TaskView) -> bool:
    return task.status is TaskStatus.INIT


SETTINGS = {"host": "https://hall.school.edu.cn", **LINKS}
SENT = {
    "title": "张三的请假申请",
    "step": "院系审批",
    "done": False,
    "people": ["2026002", "u-3"],
    "since": "2026-11-22 12:30:05",
    "url": "https://oa.school.edu.cn/todo/task-1?s=sess-1",
    "mobileUrl": "https://m.school.edu.cn/#/todo/task-1",
}


class TestBehaviour(PlatformBehaviour):
    class_name = "ServiceHall"
    settings: ClassVar[Mapping[str, Any]] = SETTINGS
    success: ClassVar[Mapping[str, Any]] = {"id": "task-1"}
    refusal: ClassVar[Mapping[str, Any]] = {"message": "title 不能为空"}
    successes: ClassVar[tuple[int, ...]] = (201, 200, 204)
    refused: ClassVar[int] = 422

    def kind(self) -> type[TaskCenter]:
        return ServiceHall


def hall() -> ServiceHall:
    return ServiceHall("hall", parse_settings(HallSettings, SETTINGS))


@pytest.mark.parametrize(
    ("command", "method", "path", "body"),
    [
        (insert(), "POST", "/api/v2/todos", {"id": "task-1", **SENT}),
        (update(status=TaskStatus.COMPLETED), "PUT", "/api/v2/todos/task-1", {**SENT, "done": True}),
        (DeleteTask("a/b", "sess-1"), "DELETE", "/api/v2/todos/a%2Fb", None),
    ],
)
def test_sends_the_agreed_calls(command: Command, method: str, path: str, body: object) -> None:
    request = hall().build_request(command, TOKEN)
    assert (request.method, request.path, request.json) == (method, path, body)
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("operation", "status", "body", "verdict"),
    [
        (Operation.INSERT_TASK, 201, b'{"id": "task-1"}', OutcomeKind.OK),
        (Operation.UPDATE_TASK, 200, b"{}", OutcomeKind.OK),
        (Operation.DELETE_TASK, 204, b"", OutcomeKind.OK),
        (Operation.INSERT_TASK, 409, b'{"message": "there"}', OutcomeKind.ALREADY_THERE),
        (Operation.UPDATE_TASK, 409, b'{"message": "locked"}', OutcomeKind.PERMANENT),
        (Operation.DELETE_TASK, 404, b'{"message": "gone"}', OutcomeKind.OK),
        (Operation.DELETE_TASK, 404, b"", OutcomeKind.OK),
        (Operation.DELETE_TASK, 404, b"<html>nginx</html>", OutcomeKind.TRANSIENT),
        (Operation.UPDATE_TASK, 404, b'{"message": "no such todo"}', OutcomeKind.PERMANENT),
        (Operation.INSERT_TASK, 201, b"<html>Log in</html>", OutcomeKind.TRANSIENT),
    ],
)
def test_the_http_status_is_the_code(operation: Operation, status: int, body: bytes, verdict: OutcomeKind) -> None:
    outcome = hall().parse_response(commands()[operation], answer(body, status))
    assert (outcome.verdict, outcome.doubt) == (verdict, "")


def test_a_refused_key_is_no_lost_session_of_a_token() -> None:
    result = client_for(hall(), Server(httpx.Response(401)), secrets=("key",)).execute(insert())
    assert result.outcome.verdict is OutcomeKind.TRANSIENT
    assert len(result.attempts) == 1
