"""The command in a terminal, or in a pipe, of its own: what it says, asks and sends."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from rich.console import Console

from cli.command_line import main
from cli.world import World

TOKEN = "e30.the-token-of-somebody.sig"
ENVIRONMENT = {
    "TASKBRIDGE_URL": "https://api.example.edu.cn",
    "TASKBRIDGE_TOKEN": TOKEN,
    "TASKBRIDGE_BUS": "taskbridge-test-events",
}
NOWHERE = "/nonexistent"  # nobody's own login takes part in a test
Handler = Callable[[httpx.Request], httpx.Response]


class Bus:
    """An event bus that refuses what `refuse` says: a code for an event's id and how often it came."""

    def __init__(self, refuse: Callable[[str, int], str] = lambda _id, _times: "") -> None:
        self.calls: list[list[Mapping[str, str]]] = []
        self._refuse = refuse
        self._times: dict[str, int] = {}

    @property
    def ids(self) -> list[str]:
        """Ids of what came, in order, each time."""
        return [json.loads(entry["Detail"])["id"] for call in self.calls for entry in call]

    def put_events(self, *, Entries: list[Mapping[str, str]]) -> Mapping[str, Any]:  # noqa: N803
        self.calls.append(Entries)
        return {"Entries": [self._outcome(json.loads(entry["Detail"])["id"]) for entry in Entries]}

    def _outcome(self, event_id: str) -> Mapping[str, str]:
        self._times[event_id] = self._times.get(event_id, 0) + 1
        code = self._refuse(event_id, self._times[event_id])
        return {"ErrorCode": code, "ErrorMessage": "because"} if code else {"EventId": "1"}


@dataclass
class Terminal:
    """Runs the command. `answers` are given in turn, the last one again and again; or `handler` makes them."""

    answers: list[httpx.Response] = field(default_factory=list)
    handler: Handler | None = None
    bus: Bus = field(default_factory=Bus)
    aws: Mapping[str, Any] = field(default_factory=dict)  # clients by the name of their service
    environment: Mapping[str, str] = field(default_factory=lambda: ENVIRONMENT)
    stdin: bytes = b""
    is_terminal: bool = False
    width: int = 200
    sleeps_before_ctrl_c: int = 1000
    browse: Callable[[str], object] = lambda _: None
    requests: list[httpx.Request] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    out: str = ""
    told: str = ""

    def run(self, *arguments: str) -> int:
        out, told = (
            Console(file=io.StringIO(), force_terminal=self.is_terminal, width=self.width, no_color=True)
            for _ in range(2)
        )
        world = World(
            environment={"XDG_CONFIG_HOME": NOWHERE, **self.environment},
            stdin=io.BytesIO(self.stdin),
            out=out,
            told=told,
            transport=httpx.MockTransport(self._answer),
            open_aws=lambda _, service: {"events": self.bus, **self.aws}[service],
            clock=lambda: 1_800_000_000.0 + sum(self.slept),
            sleep=self._sleep,
            browse=self.browse,
            sign_in_port=0,
        )
        try:
            return main(arguments, world)
        finally:
            self.out, self.told = (console.file.getvalue() for console in (out, told))  # type: ignore[attr-defined]

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def asked(self) -> list[str]:
        """Method and address of every request."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.handler is not None:
            return self.handler(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) > self.sleeps_before_ctrl_c:
            raise KeyboardInterrupt


def ok(body: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body)


def problem(status: int, code: str, detail: str, **more: Any) -> httpx.Response:
    return httpx.Response(status, json={"status": status, "code": code, "detail": detail, **more})


def listed(items: Iterable[Any], next_cursor: str | None = None) -> httpx.Response:
    return ok({"items": list(items), "next_cursor": next_cursor})


def push_log(number: int = 1, status: str = "failed", **changes: Any) -> dict[str, Any]:
    entry = {
        "task_id": "T-1",
        "status": status,
        "operation": "insert",
        "reason": "no account number",
        "attempts": 2,
        "errcode": "40031",
        "failed_at": None,
        "settled_at": None,
    }
    return {
        "id": f"jinzhi:ev-{number}",
        "event_id": f"ev-{number}",
        "platform_id": "jinzhi",
        "sess_id": "P-1",
        "app_id": "leave",
        "action": "task_received",
        "sequence": number,
        "status": status,
        "occurred_at": None,
        "received_at": "2026-11-22T01:00:00Z",
        "updated_at": f"2026-11-22T01:00:0{number}Z",
        "entries": [entry],
    } | changes


def job(status: str = "running", **changes: Any) -> dict[str, Any]:
    return {
        "id": "job-1",
        "kind": "replay",
        "status": status,
        "platform_ids": ["jinzhi"],
        "log_status": "failed",
        "app_id": None,
        "from": None,
        "to": None,
        "rate_per_s": 50.0,
        "count": 7,
        "count_is_exact": True,
        "looked_at": 0,
        "sent": 0,
        "left_out": 0,
        "created_by": "ops",
        "created_at": None,
        "updated_at": None,
        "finished_at": None,
    } | changes
