"""What a push cannot save: the calls of AWS that a batch makes, sent again and again by nothing but a client.

Once by botocore as it is delivered (urllib3), once as the functions make them (taskbridge.aws_calls). And the call of
the task center, by the functions' own client. What is left of a push is our own code.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import botocore.session
from botocore.client import BaseClient

from bench.ours import pushing
from bench.surroundings import cloud, task_center
from bench.work import BATCH, push_body, received
from proof.record import Data, Options, Say
from taskbridge.lambdas import Clients
from taskbridge.platforms.http import build_http_client, timeouts

BATCHES = 60
REPEATS = 200
_FIELDS = tuple(f"field{number}" for number in range(16))  # a todo is some 800 bytes
_Calls = Sequence[tuple[str, dict[str, Any]]]


def run(options: Options, say: Say) -> Data:
    """Milliseconds of CPU for a task."""
    with task_center() as center, cloud(center.url) as made, pushing(made) as push:
        say("floor: whole batches")
        # The fewest of three: now and then a batch reads the configuration as well.
        calls = min((_recorded(push, f"seen-{turn}") for turn in range(3)), key=len)
        whole = _cpu_ms(lambda turn: push(_bodies(f"t{turn}")), BATCHES) / BATCH
        say(f"floor: {', '.join(name for name, _ in calls)}, {REPEATS} times each")
        with made.as_function("floor"):
            ours = _replayed(Clients().client("dynamodb"), calls)
            plain = _replayed(botocore.session.get_session().create_client("dynamodb"), calls)
        say(f"floor: a call of the task center, {REPEATS * BATCH} times")
        told = _told(center.url)
    names = [name for name, _ in calls]
    return {"whole_ms": whole, "ours_ms": ours, "plain_ms": plain, "center_ms": told, "calls": names}


def _told(url: str) -> float:
    """A call of the task center by nothing but a client; what it answers does not count."""
    body = {"insertModel": [dict.fromkeys(_FIELDS, "a value as long as most of them")]}
    with build_http_client(1) as client:

        def send(_: int) -> None:
            client.post(f"{url}/casp-tdc/task/saveOrUpdate", json=body, extensions={"timeout": timeouts(10.0)})

        return _cpu_ms(send, REPEATS * BATCH)


def _bodies(name: str) -> list[str]:
    return [push_body(received(f"{name}-{number}")) for number in range(BATCH)]


def _recorded(push: Callable[[Sequence[str]], None], name: str) -> _Calls:
    """The calls of DynamoDB that one batch makes, of instances that nobody has heard of."""
    calls: list[tuple[str, dict[str, Any]]] = []
    push(_bodies(f"{name}-before"))  # the first reads the configuration and a token
    send = BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001 - as X-Ray and Powertools look on

    def note(client: Any, operation: str, request: dict[str, Any]) -> Any:
        calls.append((operation, request))
        return send(client, operation, request)

    BaseClient._make_api_call = note  # type: ignore[attr-defined]  # noqa: SLF001
    try:
        push(_bodies(name))
    finally:
        BaseClient._make_api_call = send  # type: ignore[attr-defined]  # noqa: SLF001
    return calls


def _replayed(client: Any, calls: _Calls) -> float:
    def send(_: int) -> None:
        for operation, request in calls:
            client._make_api_call(operation, request)  # noqa: SLF001

    return _cpu_ms(send, REPEATS) / BATCH


def _cpu_ms(work: Callable[[int], None], times: int) -> float:
    for turn in range(times // 10):
        work(-turn - 1)
    started = time.process_time()
    for turn in range(times):
        work(turn)
    return (time.process_time() - started) / times * 1000
