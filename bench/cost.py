"""What a million events of one task cost on AWS: counted from the calls that a thousand of them make.

Both handlers run as deployed, in full batches of ten, against the emulator and a task center that takes 200 ms. Hooks
of botocore count every call; what AWS itself does between the functions (EventBridge to the queue, receiving and
deleting by the event sources) is counted by its rules. Only the duration of an invocation is measured; its median
stands for all, since this machine has other work too.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Any
from unittest.mock import patch

import boto3
import botocore.session
from botocore.hooks import BaseEventHooks

from bench import prices
from bench.capacity import Meter, Units
from bench.lone_loop import DynamoStore, LoneLoop
from bench.ours import handler, log
from bench.prices import Line, render_bill, total
from bench.surroundings import ACCOUNT, Cloud, cloud, memory_mb, table_schemas, task_center
from bench.table import Row
from bench.work import BATCH, batches, bus_body, completed, invocation, push_body, received
from taskbridge.aws_calls import read_body

EVENTS = 1000
LONE_EVENTS = 20
LATENCY_MS = 200.0
TARGET_USD = 3.5


@dataclass
class Counts:
    """What was called. `requests` by service or kind of queue, in what is billed for one."""

    meter: Meter
    requests: Counter[str] = field(default_factory=Counter)

    def watch(self, session: Any) -> None:
        """Count the calls of every client that is made of this session, botocore's or boto3's."""
        hooks: BaseEventHooks = session.get_component("event_emitter")
        hooks.register("before-call", self._keep_request)
        hooks.register("after-call", self._count)

    def _keep_request(self, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["counted_request"] = read_body(params["body"])

    def _count(self, parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_: Any) -> None:
        service, request = model.service_model.service_name, context["counted_request"]
        if service == "dynamodb":
            if parsed["ResponseMetadata"]["HTTPStatusCode"] == 200:
                self.meter.count(model.name, request, parsed)
            self.requests[service] += 1
        elif service == "sqs":
            size = sum(len(entry.get("MessageBody", "").encode()) for entry in request.get("Entries", ()))
            queue = "sqs fifo" if request["QueueUrl"].endswith(".fifo") else "sqs standard"
            self.requests[queue] += prices.chunks(size)
        else:
            self.requests[service] += 1


@dataclass
class Run:
    """The invocations of one function: wall and processor seconds of each."""

    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    def timed(self, work: Callable[[], object]) -> None:
        """One invocation."""
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        self.wall_s.append(time.perf_counter() - wall)
        self.cpu_s.append(time.process_time() - cpu)

    def gb_seconds(self, memory: int) -> float:
        """GB-s of one invocation."""
        return prices.gb_seconds(memory, median(self.wall_s), median(self.cpu_s))


def measure(say: Callable[[str], None]) -> list[Row]:
    """The bill of a million events, beside that of a lone-call loop with one event an invocation."""
    with task_center() as center, cloud(center.url) as made:
        center.set_faults({"latency_ms": LATENCY_MS})
        lines, log_bytes = our_bill(made)
        lone = _lone_bill(made, center.url)
    say("  a million events, by us:")
    say(render_bill(lines))
    say(f"    beside the bill: {log_bytes:.0f} bytes of log an event, {log_bytes / 1000 * prices.LOG_GB:.2f} USD")
    say("  a million events, by a lone-call loop:")
    say(render_bill(lone))
    ours, theirs = total(lines), total(lone)
    beside = f"{theirs:.2f} USD, lone-call loop"
    return [Row("a million events", f"{ours:.2f} USD", beside, ours / theirs, ours, TARGET_USD, unit=" USD")]


def our_bill(made: Cloud, size: int = BATCH) -> tuple[list[Line], float]:
    """The lines of our bill with so many events in a batch, and bytes of log for an event."""
    counts = Counts(Meter(table_schemas(made.template)))
    names = [str(number) for number in range(EVENTS // 2)]
    events = [received(name) for name in names] + [completed(name) for name in names]
    ingested = [bus_body(event) for event in events]
    router, push = Run(), Run()
    logged_before = log().bytes
    with _counted(counts), handler(made, "event_router") as route:
        for batch in batches(ingested, size):
            router.timed(partial(route, invocation(batch)))
    bodies = [push_body(event) for event in events]
    with _counted(counts), handler(made, "push_task") as work:
        for batch in batches(bodies, size):
            push.timed(partial(work, invocation(batch)))
    lines = [
        *_bus_lines(ingested, size),
        _sqs_line("SQS FIFO: sent by the router", counts.requests["sqs fifo"], prices.SQS_FIFO),
        _sqs_line("SQS FIFO: received and deleted", 2 * _carried(bodies, size), prices.SQS_FIFO),
        Line("Lambda: invocations", 2 / size, prices.LAMBDA_REQUEST),
        _gb_s_line("router", router, memory_mb(made.template, "EventRouterFunction"), size),
        _gb_s_line("push", push, memory_mb(made.template, "PushTaskFunction"), size),
        *_unit_lines(counts.meter.units, EVENTS),
    ]
    return lines, (log().bytes - logged_before) / EVENTS


@contextmanager
def _counted(counts: Counts) -> Iterator[None]:
    """Every session of botocore that is made within counts its calls."""
    session = botocore.session.get_session()
    counts.watch(session)
    with patch("botocore.session.get_session", return_value=session):
        yield


def _carried(bodies: Sequence[str], size: int) -> int:
    """Requests that carry these messages in batches of this size."""
    return sum(prices.chunks(sum(len(body.encode()) for body in batch)) for batch in batches(bodies, size))


def _bus_lines(ingested: Sequence[str], size: int) -> list[Line]:
    sent = sum(prices.chunks(len(body.encode())) for body in ingested)
    return [
        Line("EventBridge: events", sent / EVENTS, prices.EVENTBRIDGE),
        _sqs_line("SQS: sent by EventBridge", sent, prices.SQS_STANDARD),
        _sqs_line("SQS: received and deleted", _carried(ingested, size) + EVENTS // size, prices.SQS_STANDARD),
    ]


def _sqs_line(what: str, requests: int, price: float) -> Line:
    return Line(what, requests / EVENTS, price)


def _gb_s_line(name: str, run: Run, memory: int, events: int) -> Line:
    wall, cpu = median(run.wall_s) * 1000, median(run.cpu_s) * 1000
    what = f"Lambda: GB-s, {name}, {memory} MB ({wall:.0f} ms here, {cpu:.0f} of it computing)"
    return Line(what, run.gb_seconds(memory) / events, prices.LAMBDA_GB_S)


def _unit_lines(units: Units, events: int) -> list[Line]:
    return [
        Line("DynamoDB: writes", units.writes / events, prices.DYNAMODB_WRITE),
        Line("DynamoDB: writes of indexes", units.index_writes / events, prices.DYNAMODB_WRITE),
        Line("DynamoDB: reads", units.reads / events, prices.DYNAMODB_READ),
    ]


def _lone_bill(made: Cloud, host: str) -> list[Line]:
    """A function that is invoked for each event of a queue and makes each call alone."""
    units, run = _lone_run(made, host)
    return [
        Line("EventBridge: events", 1.0, prices.EVENTBRIDGE),
        Line("SQS: sent, received and deleted", 3.0, prices.SQS_STANDARD),
        Line("Lambda: invocations", 1.0, prices.LAMBDA_REQUEST),
        _gb_s_line("push", run, memory_mb(made.template, "PushTaskFunction"), 1),
        *_unit_lines(units, LONE_EVENTS),
    ]


def _lone_run(made: Cloud, host: str) -> tuple[Units, Run]:
    # Its items have no attribute that an index is over.
    plain = {name: {"KeySchema": schema["KeySchema"]} for name, schema in table_schemas(made.template).items()}
    counts, run = Counts(Meter(plain)), Run()
    with made.as_function("lone"):
        session = botocore.session.get_session()
        counts.watch(session)
        client = boto3.Session(botocore_session=session).client("dynamodb")
        loop = LoneLoop(DynamoStore(client), host, ACCOUNT.app_id, ACCOUNT.app_secret, ACCOUNT.scene_code)
        for number in range(LONE_EVENTS):
            message = json.loads(push_body(received(f"lone-{number}")))
            run.timed(partial(loop.push, message))
    return counts.meter.units, run
