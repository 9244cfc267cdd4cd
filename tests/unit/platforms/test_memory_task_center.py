from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import httpx

from taskbridge.commands import Operation, TaskStatus
from taskbridge.platforms import build_task_center
from taskbridge.platforms.base import Verdict
from taskbridge.platforms.client import PlatformClient
from taskbridge.platforms.memory import MemoryServer
from tests.unit.platforms.builders import Clock, FakeTokens, commands, insert, update
from tests.unit.platforms.suite import PlatformBehaviour


class TestBehaviour(PlatformBehaviour):
    class_name = "InMemoryTaskCenter"
    settings: ClassVar[Mapping[str, Any]] = {}
    success: ClassVar[Mapping[str, Any]] = {"errcode": "0"}
    refusal: ClassVar[Mapping[str, Any]] = {"errcode": "99", "errmsg": "no"}


def connect(server: MemoryServer) -> PlatformClient:
    http = httpx.Client(transport=server.transport())
    platform = build_task_center("memory", "InMemoryTaskCenter", {})
    return PlatformClient(platform, http, FakeTokens(), lambda _: (), Clock())


def verdicts(client: PlatformClient, *operations: Operation) -> list[Verdict]:
    return [client.execute(commands()[operation]).outcome.verdict for operation in operations]


def test_holds_what_was_pushed() -> None:
    server = MemoryServer()
    client = connect(server)
    client.execute(insert())
    client.execute(update(status=TaskStatus.COMPLETED))
    assert server.todos["task-1"]["status"] == "completed"
    assert server.instances["sess-1"]["subject"] == "张三的请假申请"
    assert server.log == [(Operation.INSERT_TASK, "task-1"), (Operation.UPDATE_TASK, "task-1")]


def test_says_what_is_there_already_and_what_is_gone() -> None:
    server = MemoryServer()
    client = connect(server)
    insert_task, delete_task, delete_instance = (
        Operation.INSERT_TASK,
        Operation.DELETE_TASK,
        Operation.DELETE_INSTANCE,
    )
    assert verdicts(client, insert_task, insert_task) == [Verdict.OK, Verdict.ALREADY_THERE]
    assert verdicts(client, delete_task, delete_task, delete_instance, delete_instance) == [Verdict.OK] * 4
    assert server.todos == {}
    assert server.instances == {}
    assert verdicts(client, Operation.UPDATE_TASK) == [Verdict.PERMANENT]


def test_a_fault_may_act_and_lose_the_answer() -> None:
    # given
    server = MemoryServer()

    def lose(carry_out: Callable[[], httpx.Response]) -> httpx.Response:
        carry_out()
        raise httpx.ReadTimeout("lost")

    server.faults.append(lose)
    client = connect(server)
    # when
    first, second = client.execute(insert()), client.execute(insert())
    # then
    assert first.outcome.verdict is Verdict.TRANSIENT
    assert second.outcome.verdict is Verdict.ALREADY_THERE
