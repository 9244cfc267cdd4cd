"""The functions as they are deployed, wired against the emulator, in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from typing import Any

import event_router.app
import push_task.app
from bench.errors import BenchError
from bench.surroundings import Cloud
from bench.work import records
from push_task.batch import push_batch

_TIME_S = 27.0


@dataclass(frozen=True, slots=True)
class Context:
    """What Lambda tells a handler of its invocation."""

    aws_request_id: str = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """As after a cold start."""
        return int(_TIME_S * 1000)


class ByteCount(StringIO):
    """A stream whose bytes are counted, and not kept."""

    bytes = 0

    def write(self, text: str) -> int:
        """See StringIO."""
        self.bytes += len(text.encode())
        return len(text)


@cache
def log() -> ByteCount:
    """Where the functions log to. One for the process: a logger of Powertools keeps the stream that it began with."""
    return ByteCount()


@contextmanager
def pushing(cloud: Cloud) -> Iterator[Callable[[Sequence[str]], None]]:
    """Push batches with everything that the push function is wired with."""
    with cloud.as_function("push_task"), redirect_stdout(log()):
        push_task.app._wired.cache_clear()  # noqa: SLF001 - as a new process begins
        wired = push_task.app._wired()  # noqa: SLF001

        def push(bodies: Sequence[str]) -> None:
            with redirect_stdout(log()), wired.observability.invocation("bench"):
                kept = push_batch(records(bodies), wired.ports, time.time() + _TIME_S)
            if kept:
                raise BenchError(f"{len(kept)} messages were not pushed")

    with cloud.as_function("push_task"):
        yield push
    push_task.app._wired.cache_clear()  # noqa: SLF001


@contextmanager
def handler(cloud: Cloud, service: str) -> Iterator[Callable[[dict[str, Any]], None]]:
    """The handler of the router or of the push function, its first invocation still to come."""
    app = {"event_router": event_router.app, "push_task": push_task.app}[service]
    app._wired.cache_clear()  # noqa: SLF001 - as a new process begins

    def invoke(event: dict[str, Any]) -> None:
        with redirect_stdout(log()):
            answer = app.handler(event, Context())
        if answer["batchItemFailures"]:
            raise BenchError(f"{service} left {len(answer['batchItemFailures'])} messages in the queue")

    with cloud.as_function(service):
        yield invoke
    app._wired.cache_clear()  # noqa: SLF001
