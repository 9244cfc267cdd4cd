from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, ClassVar

import httpx
import msgspec

from taskbridge.commands import Operation, TaskStatus
from taskbridge.platforms import build_task_center
from taskbridge.platforms.client import PlatformClient
from taskbridge.platforms.http_answers import OutcomeKind
from tests.unit.platforms.builders import Clock, FakeTokens, commands, insert, update
from tests.unit.platforms.suite import PlatformBehaviour


class MemoryServer:
    """Holds todos and instances as they were last pushed, and every operation in order.

    `todos` by task id, `instances` by instance id: the pushed view as JSON. `log` holds (operation, id) of
    what was carried out. `faults` are used up first, one a request: a callable gets the function that
    carries the request out and gives or raises what the caller sees, so it can refuse, or act and lose the
    answer.
    """

    def __init__(self) -> None:
        self.todos: dict[str, dict[str, Any]] = {}
        self.instances: dict[str, dict[str, Any]] = {}
        self.log: list[tuple[Operation, str]] = []
        self.faults: deque[Callable[[Callable[[], httpx.Response]], httpx.Response]] = deque()
        self._lock = Lock()

    def transport(self) -> httpx.MockTransport:
        """To be given to `httpx.Client(transport=...)`."""
        return httpx.MockTransport(self._handle)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            fault = self.faults.popleft() if self.faults else None
            return fault(lambda: self._answer(request)) if fault else self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        operation = Operation(request.url.path.removeprefix("/"))
        code = self._apply(operation, msgspec.json.decode(request.content))
        return httpx.Response(200, json={"errcode": code, "errmsg": ""})

    def _apply(self, operation: Operation, body: dict[str, Any]) -> str:
        task_id = body.get("task_id") or body.get("task", {}).get("task_id", "")
        sess_id = body.get("sess_id") or body.get("instance", {}).get("sess_id", "")
        saves_task = operation in {Operation.INSERT_TASK, Operation.UPDATE_TASK}
        if operation is Operation.INSERT_TASK and task_id in self.todos:
            return "1"
        if operation is Operation.UPDATE_TASK and task_id not in self.todos:
            return "2"
        self.log.append((operation, task_id or sess_id))
        if saves_task:
            self.todos[task_id] = body["task"]
        if saves_task or operation is Operation.SAVE_INSTANCE:
            self.instances[sess_id] = body["instance"]
        if operation is Operation.DELETE_TASK:
            return "0" if self.todos.pop(task_id, None) else "2"
        if operation is Operation.DELETE_INSTANCE:
            return "0" if self.instances.pop(sess_id, None) else "2"
        return "0"


class TestBehaviour(PlatformBehaviour):
    class_name = "InMemoryTaskCenter"
    settings: ClassVar[Mapping[str, Any]] = {}
    success: ClassVar[Mapping[str, Any]] = {"errcode": "0"}
    refusal: ClassVar[Mapping[str, Any]] = {"errcode": "99", "errmsg": "no"}


def connect(server: MemoryServer) -> PlatformClient:
    http = httpx.Client(transport=server.transport())
    platform = build_task_center("memory", "InMemoryTaskCenter", {})
    return PlatformClient(platform, http, FakeTokens(), lambda _: (), Clock())


def verdicts(client: PlatformClient, *operations: Operation) -> list[OutcomeKind]:
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
    assert verdicts(client, insert_task, insert_task) == [OutcomeKind.OK, OutcomeKind.ALREADY_THERE]
    assert verdicts(client, delete_task, delete_task, delete_instance, delete_instance) == [OutcomeKind.OK] * 4
    assert server.todos == {}
    assert server.instances == {}
    assert verdicts(client, Operation.UPDATE_TASK) == [OutcomeKind.PERMANENT]


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
    assert first.outcome.verdict is OutcomeKind.TRANSIENT
    assert second.outcome.verdict is OutcomeKind.ALREADY_THERE
