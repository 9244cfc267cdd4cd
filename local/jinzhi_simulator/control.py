"""The endpoints that no real task center has: look inside, and set what goes wrong.

Under `/_simulator/`: GET `health`, `state`, `calls?since=N` (ledger lines after number N, at most 10,000 an
answer), `faults`; PUT `faults` (the whole of `Faults`, what is left out takes its default); POST `reset`,
`expire_tokens`. And `/`, the page for people.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs

import msgspec

from local.jinzhi_simulator.faults import Faults
from local.jinzhi_simulator.model import TaskCenter
from local.jinzhi_simulator.page import render_page
from local.jinzhi_simulator.records import Answer
from local.jinzhi_simulator.wire import json_answer, page_answer

PREFIX = "/_simulator/"
CALLS_SHOWN = 10_000

_BROWSER_PATHS = ("/", "/favicon.ico")  # what a browser asks for is no call of the ledger

_FIELDS = frozenset(Faults.__dataclass_fields__)
_Endpoint = Callable[[TaskCenter, str, bytes], Answer]


def is_control(path: str) -> bool:
    """Whether `path` belongs here rather than to the task center."""
    name = path.partition("?")[0]
    return name in _BROWSER_PATHS or name.startswith(PREFIX)


def answer_control(center: TaskCenter, method: str, path: str, body: bytes) -> Answer:
    """Answers a control request; errors are JSON with `error`."""
    name, _, query = path.partition("?")
    allowed = {each: endpoint for (each, place), endpoint in _ENDPOINTS.items() if place == name}
    if not allowed:
        return json_answer({"error": f"no such path: {name}"}, 404)
    endpoint = allowed.get("GET" if method == "HEAD" else method)
    if endpoint is None:
        return json_answer({"error": f"{method} is not allowed"}, 405, {"allow": ", ".join(sorted(allowed))})
    try:
        return endpoint(center, query, body)
    except ValueError as error:
        return json_answer({"error": str(error)}, 400)


def _show_page(center: TaskCenter, query: str, body: bytes) -> Answer:
    del query, body
    answer = page_answer(render_page(center))
    answer.headers["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return answer


def _show_health(center: TaskCenter, query: str, body: bytes) -> Answer:
    del query, body
    return json_answer({"status": "ok", "requests": center.requests, "down": center.faults.down})


def _show_state(center: TaskCenter, query: str, body: bytes) -> Answer:
    del query, body
    return json_answer(
        {
            "tasks": list(center.tasks.values()),
            "instances": list(center.instances.values()),
            "deleted_tasks": list(center.deleted_tasks),
            "deleted_instances": list(center.deleted_instances),
            "counts": center.counts(),
            "requests": center.requests,
            "calls": len(center.calls),
            "tokens_issued": center.tokens_issued,
            "violations": center.violations,
        }
    )


def _show_calls(center: TaskCenter, query: str, body: bytes) -> Answer:
    del body
    since = int(parse_qs(query).get("since", ["0"])[0])
    if since < 0:
        raise ValueError("since: not below 0")
    lines = center.calls[since : since + CALLS_SHOWN]
    return json_answer({"calls": lines, "last": since + len(lines), "total": len(center.calls)})


def _show_faults(center: TaskCenter, query: str, body: bytes) -> Answer:
    del query, body
    return json_answer(center.faults)


def _set_faults(center: TaskCenter, query: str, body: bytes) -> Answer:
    del query
    unknown = set(msgspec.json.decode(body, type=dict[str, msgspec.Raw])) - _FIELDS
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    center.faults = msgspec.json.decode(body, type=Faults)
    return json_answer(center.faults)


def _reset(center: TaskCenter, query: str, body: bytes) -> Answer:
    del query, body
    center.reset()
    return json_answer({"status": "ok"})


def _expire_tokens(center: TaskCenter, query: str, body: bytes) -> Answer:
    del query, body
    center.expire_tokens()
    return json_answer({"status": "ok"})


_ENDPOINTS: dict[tuple[str, str], _Endpoint] = {
    ("GET", "/"): _show_page,
    ("GET", f"{PREFIX}health"): _show_health,
    ("GET", f"{PREFIX}state"): _show_state,
    ("GET", f"{PREFIX}calls"): _show_calls,
    ("GET", f"{PREFIX}faults"): _show_faults,
    ("PUT", f"{PREFIX}faults"): _set_faults,
    ("POST", f"{PREFIX}reset"): _reset,
    ("POST", f"{PREFIX}expire_tokens"): _expire_tokens,
}
