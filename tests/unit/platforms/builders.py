"""Commands, answers and fakes with defaults, for the tests of platforms."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from msgspec import Struct

from taskbridge.commands import (
    Command,
    DeleteInstance,
    DeleteTask,
    InstanceView,
    Operation,
    Person,
    SaveInstance,
    SaveTask,
    SessionStatus,
    TaskStatus,
    TaskView,
)
from taskbridge.platforms import build_task_center
from taskbridge.platforms.base import TaskCenter
from taskbridge.platforms.client import PlatformClient
from taskbridge.platforms.credentials import Tokens
from taskbridge.platforms.http_answers import Response
from taskbridge.platforms.settings import settings_schema

NOON = datetime(2026, 11, 22, 4, 30, 5, tzinfo=UTC)
TOKEN = "tok-5f2c9e7d1b"
SECRET = "sec/ret+9&8%7"
JINZHI = {"host": "https://gateway.school.edu.cn", "app_id": "app-7", "scene_code": "OA"}
LINKS = {
    "pc_todo_url": "https://oa.school.edu.cn/todo/{task_id}?s={sess_id}",
    "pc_apply_url": "https://oa.school.edu.cn/view/{sess_id}?app={app_id}&node={node_id}",
    "h5_todo_url": "https://m.school.edu.cn/#/todo/{task_id}",
}


def instance(**changes: Any) -> InstanceView:
    values: dict[str, Any] = {
        "sess_id": "sess-1",
        "status": SessionStatus.RUNNING,
        "subject": "张三的请假申请",
        "initiator": Person("u-1", "2026001", "张三"),
        "app_id": "leave",
        "app_name": "请假",
        "created_at": NOON,
    }
    return InstanceView(**{**values, **changes})


def task(**changes: Any) -> TaskView:
    values: dict[str, Any] = {
        "task_id": "task-1",
        "node_id": "node-2",
        "node_name": "院系审批",
        "status": TaskStatus.INIT,
        "assignees": (Person("u-2", "2026002", "李四"), Person("u-3", "", "王五")),
        "priority": 2,
        "created_at": NOON,
    }
    return TaskView(**{**values, **changes})


def insert(**changes: Any) -> SaveTask:
    return SaveTask(Operation.INSERT_TASK, task(**changes), instance())


def update(**changes: Any) -> SaveTask:
    return SaveTask(Operation.UPDATE_TASK, task(**changes), instance())


def commands() -> dict[Operation, Command]:
    return {
        Operation.INSERT_TASK: insert(),
        Operation.UPDATE_TASK: update(),
        Operation.DELETE_TASK: DeleteTask("task-1", "sess-1"),
        Operation.SAVE_INSTANCE: SaveInstance(instance(status=SessionStatus.COMPLETED), "事项结束"),
        Operation.DELETE_INSTANCE: DeleteInstance("sess-1"),
    }


def answer(body: object, status: int = 200, **headers: str) -> Response:
    text = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, text, 1000.0)


class FakeTokens(Tokens):
    """Keeps one token, and asks for another only when the refused one is the one it keeps."""

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.fetched = 0
        self.acquitted: list[str] = []

    def get(self, key: str, fetch: Callable[[], str], lifetime_s: float) -> str:
        assert key
        assert lifetime_s == 7200
        return self.token or self._fetch(fetch)

    def replace(self, key: str, refused: str, fetch: Callable[[], str], lifetime_s: float) -> str:
        return self.token if self.token != refused else self._fetch(fetch)

    def doubt(
        self, key: str, refused: str, signal: str, fetch: Callable[[], str], lifetime_s: float, *, widespread: bool
    ) -> str | None:
        if signal in self.acquitted:
            return ""
        return self.replace(key, refused, fetch, lifetime_s)

    def acquit(self, key: str, tried: str, signal: str) -> None:
        self.acquitted.append(signal)

    def _fetch(self, fetch: Callable[[], str]) -> str:
        self.fetched += 1
        self.token = fetch()
        return self.token


class Server:
    """Gives its answers one after another, the last one again and again, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(given, Exception):
            raise given
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)

    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]


class Clock:
    """Goes on by a quarter of a second whenever it is read."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        self.now += 0.25
        return self.now


def client_for(
    platform: TaskCenter,
    server: Callable[[httpx.Request], httpx.Response],
    tokens: FakeTokens | None = None,
    secrets: tuple[str, ...] = (SECRET,),
) -> PlatformClient:
    http = httpx.Client(transport=httpx.MockTransport(server))
    return PlatformClient(platform, http, tokens or FakeTokens(TOKEN), lambda _: secrets, Clock())


def jinzhi(**settings: Any) -> TaskCenter:
    return build_task_center("jz", "JinZhiTaskCenter", {**JINZHI, **settings})


def default_settings(kind: type[Struct]) -> dict[str, Any]:
    """Every setting that has a default, as JSON would write it."""
    properties = settings_schema(kind)["properties"]
    return {name: part["default"] for name, part in properties.items() if "default" in part}
