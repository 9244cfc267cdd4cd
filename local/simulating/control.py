"""The addresses that no real platform has: look inside, and set what goes wrong.

Under `/_simulator/`, of every simulator: GET `health`, `state`, `calls?since=N` (ledger lines after number N, at most
10,000 an answer), `faults`; PUT `faults` (the whole of them, what is left out takes its default); POST `reset`,
`expire_tokens`. A simulator may have more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs

import msgspec

from local.simulating.answers import Answer, json_answer
from local.simulating.faults import BaseFaults

PREFIX = "/_simulator/"
CALLS_SHOWN = 10_000


class Controlled(Protocol):
    """What every simulator lets be seen and done."""

    @property
    def requests(self) -> int:
        """How many requests came."""

    @property
    def calls(self) -> Sequence[object]:
        """The ledger."""

    @property
    def faults(self) -> Any:
        """The faults in force."""

    @faults.setter
    def faults(self, faults: Any) -> None: ...

    def state(self) -> dict[str, Any]:
        """What it holds, as JSON has it."""

    def reset(self) -> None:
        """Forgets everything but the settings and the living tokens."""

    def expire_tokens(self) -> None:
        """Ends every token."""


T = TypeVar("T", bound=Controlled)
Endpoint = Callable[[T, str, bytes], Answer]
Endpoints = Mapping[tuple[str, str], Endpoint[T]]


def answer_control(endpoints: Endpoints[T], simulator: T, method: str, path: str, body: bytes) -> Answer:
    """Answers a control request; errors are JSON with `error`."""
    name, _, query = path.partition("?")
    allowed = {each: endpoint for (each, place), endpoint in endpoints.items() if place == name}
    if not allowed:
        return json_answer({"error": f"no such path: {name}"}, 404)
    endpoint = allowed.get("GET" if method == "HEAD" else method)
    if endpoint is None:
        return json_answer({"error": f"{method} is not allowed"}, 405, {"allow": ", ".join(sorted(allowed))})
    try:
        return endpoint(simulator, query, body)
    except ValueError as error:
        return json_answer({"error": str(error)}, 400)


def common_endpoints(faults: type[BaseFaults]) -> dict[tuple[str, str], Endpoint[Any]]:
    """The endpoints of every simulator; `faults` are those that it knows."""
    return {
        ("GET", f"{PREFIX}health"): _show_health,
        ("GET", f"{PREFIX}state"): _show_state,
        ("GET", f"{PREFIX}calls"): _show_calls,
        ("GET", f"{PREFIX}faults"): _show_faults,
        ("PUT", f"{PREFIX}faults"): lambda simulator, _, body: _set_faults(simulator, body, faults),
        ("POST", f"{PREFIX}reset"): lambda simulator, *_: done(simulator.reset),
        ("POST", f"{PREFIX}expire_tokens"): lambda simulator, *_: done(simulator.expire_tokens),
    }


def done(act: Callable[[], object]) -> Answer:
    """Acts, and says so."""
    act()
    return json_answer({"status": "ok"})


def _show_health(simulator: Controlled, _query: str, _body: bytes) -> Answer:
    return json_answer({"status": "ok", "requests": simulator.requests, "down": simulator.faults.down})


def _show_state(simulator: Controlled, _query: str, _body: bytes) -> Answer:
    return json_answer(simulator.state())


def _show_calls(simulator: Controlled, query: str, _body: bytes) -> Answer:
    since = int(parse_qs(query).get("since", ["0"])[0])
    if since < 0:
        raise ValueError("since: not below 0")
    lines = simulator.calls[since : since + CALLS_SHOWN]
    return json_answer({"calls": lines, "last": since + len(lines), "total": len(simulator.calls)})


def _show_faults(simulator: Controlled, _query: str, _body: bytes) -> Answer:
    return json_answer(simulator.faults)


def _set_faults(simulator: Controlled, body: bytes, kind: type[BaseFaults]) -> Answer:
    unknown = set(msgspec.json.decode(body, type=dict[str, msgspec.Raw])) - set(kind.__dataclass_fields__)
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    simulator.faults = msgspec.json.decode(body, type=kind)
    return json_answer(simulator.faults)
