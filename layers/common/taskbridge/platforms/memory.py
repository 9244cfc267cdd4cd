"""A task center in memory, behind the same interface: for tests of what pushes, and for trying things out.

`InMemoryTaskCenter` is the platform; `MemoryServer` is the other side. Its protocol is one JSON POST to
`/{operation}` with the command as it is, answered by `{"errcode": "0"}`; "1" is a task that is there
already, "2" one that is gone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec

from taskbridge.commands import Command, Operation
from taskbridge.platforms.base import Request, TaskCenter
from taskbridge.platforms.settings import TaskCenterSettings, codes, setting

if TYPE_CHECKING:
    import httpx


class InMemorySettings(TaskCenterSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing to set: no host is ever connected to."""

    host: Annotated[str, setting(("地址", "Address"), format="origin")] = "http://memory.invalid"
    already_there_codes: Annotated[tuple[str, ...], codes(("已存在码", "Already-there codes"), ask=False)] = ("1",)
    already_gone_codes: Annotated[tuple[str, ...], codes(("已删除码", "Already-gone codes"), ask=False)] = ("2",)


class InMemoryTaskCenter(TaskCenter):
    """The platform that speaks to a `MemoryServer`. It needs no token."""

    class_name: ClassVar[str] = "InMemoryTaskCenter"
    title: ClassVar[Mapping[str, str]] = {
        "zh": "内存任务中心（测试用）",
        "en": "Task center in memory (for tests)",
    }
    uses_token: ClassVar[bool] = False
    secret_field: ClassVar[str] = ""
    Settings = InMemorySettings

    def build_request(self, command: Command, token: str) -> Request:
        """The command itself, as JSON."""
        return Request("POST", f"/{command.operation.value}", {}, json=msgspec.to_builtins(command))


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
        import httpx

        return httpx.MockTransport(self._handle)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            fault = self.faults.popleft() if self.faults else None
            return fault(lambda: self._answer(request)) if fault else self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        import httpx

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
