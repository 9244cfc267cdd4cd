"""The three functions as Lambda would run them, in this process: their environment, their tables and queue on
MiniStack, and the strict task center behind the one HTTP client that they make.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
import uuid
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

import event_router.app
import push_task.app
import reconciler.app
from local.jinzhi_simulator import TaskCenter, mock_transport
from taskbridge.push.logs import PushLog
from taskbridge.tables.configuration_models import Configurator
from taskbridge.tables.coordination import CoordinationTable
from taskbridge.tables.events import EventTable, UnroutedEvent
from taskbridge.tables.instances import InstanceTable
from taskbridge.tables.parts import PartTable
from taskbridge.tables.push_log_pages import PushLogPageTable
from taskbridge.tables.push_logs import PushLogTable
from tests.builders import PLATFORM, on_bus, platform
from tests.functional.aws import ACCOUNT, REGION, create_push_queue, create_tables

SECRET = "simulated-secret"
FUNCTIONS = {"event_router": event_router.app, "push_task": push_task.app, "reconciler": reconciler.app}
DAYS = 30.0
TABLES = (
    "ConfigurationTable",
    "InstanceTable",
    "PushLogTable",
    "PushLogPageTable",
    "EventTable",
    "CoordinationTable",
    "PartTable",
    "JobTable",
)


class _OneAtATime(httpx.BaseTransport):
    """The task center is not safe for threads."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            return self._inner.handle_request(request)


class _Minute:
    """The clock of the reconciler, which goes only while it waits."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Deployment:
    """One deployment with one platform. Close it, so that no connection is left open."""

    def __init__(self, endpoint: str, clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        self.clients = clients
        self.tables = create_tables(self.clients["dynamodb"])
        self.tables.create(*TABLES)
        self.queue_url = create_push_queue(self.clients["sqs"])
        self.ai_queue_url = self.clients["sqs"].create_queue(QueueName=f"ai-{uuid.uuid4().hex[:8]}")["QueueUrl"]
        self.prefix = f"/taskbridge/{uuid.uuid4().hex[:8]}"
        self.center = TaskCenter(time.time, random.Random(7))
        self.http = httpx.Client(transport=_OneAtATime(mock_transport(self.center)))
        self._monkeypatch = monkeypatch
        self.minute = _Minute()
        self._set_environment(endpoint)
        monkeypatch.setattr(reconciler.app, "time", self.minute)
        monkeypatch.setattr(push_task.app, "build_http_client", lambda *_: self.http)
        self.configurator = Configurator(self.tables.ConfigurationTable, REGION, endpoint)
        self.save_platform()
        self.put_secret(SECRET)
        self.forget()

    # -- what a test does

    def save_platform(self, platform_id: str = PLATFORM, **settings: Any) -> None:
        self.configurator.save_platform(platform(platform_id, version=0, **settings))

    def put_secret(self, value: str) -> None:
        name = f"{self.prefix}/platforms/{PLATFORM}/app_secret"
        self.clients["ssm"].put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)

    def route(self, *details: Any) -> list[str]:
        """The router gets a batch; returns the message ids that stay: m0, m1, ..."""
        bodies = [each.decode() if isinstance(each, bytes) else on_bus(each).decode() for each in details]
        records = [_record(f"m{number}", body) for number, body in enumerate(bodies)]
        return _staying(event_router.app.handler({"Records": records}, context()))

    def push(self) -> list[str]:
        """The push function gets what is in its queue; returns the bodies of what stays there."""
        messages = self.receive()
        records = [_record(each["MessageId"], each["Body"], each["ReceiptHandle"]) for each in messages]
        staying = set(_staying(push_task.app.handler({"Records": records}, context())))
        for each in messages:
            if each["MessageId"] not in staying:
                self.clients["sqs"].delete_message(QueueUrl=self.queue_url, ReceiptHandle=each["ReceiptHandle"])
        return [each["Body"] for each in messages if each["MessageId"] in staying]

    def reconcile(self) -> None:
        """The reconciler runs. It ends when it has nothing to do; with an open breaker it stays for all its time."""
        self.minute.now = time.time()
        reconciler.app.handler({}, context())

    def receive(self) -> list[dict[str, Any]]:
        """The next batch of the push queue."""
        answer = self.clients["sqs"].receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def forget(self) -> None:
        """The next invocation is the first of a new process."""
        for name, function in FUNCTIONS.items():
            function._wired.cache_clear()
            logger = logging.getLogger(name)
            logger.handlers.clear()
            for mark in ("init", "powertools_handler"):
                logger.__dict__.pop(mark, None)

    def close(self) -> None:
        self.forget()
        self.http.close()

    # -- what a test looks at

    def log(self, event_id: str) -> PushLog:
        parts = PartTable(self.clients["dynamodb"], self.tables.PartTable)
        (found,) = PushLogTable(self.clients["dynamodb"], self.tables.PushLogTable, DAYS, parts=parts).of_event(
            event_id
        )
        return found

    def unrouted(self, event_id: str) -> UnroutedEvent:
        found = EventTable(self.clients["dynamodb"], self.tables.EventTable, DAYS).read(event_id)
        assert found is not None
        return found

    def instances(self) -> InstanceTable:
        pages = PushLogPageTable(self.clients["dynamodb"], self.tables.PushLogPageTable, DAYS)
        parts = PartTable(self.clients["dynamodb"], self.tables.PartTable)
        return InstanceTable(self.clients["dynamodb"], self.tables.InstanceTable, pages, parts=parts)

    def coordination(self) -> CoordinationTable:
        return CoordinationTable(self.clients["dynamodb"], self.tables.CoordinationTable)

    # -- how it is wired

    def setting(self, name: str, value: str) -> None:
        self._monkeypatch.setenv(name, value)
        self.forget()

    def _set_environment(self, endpoint: str) -> None:
        named = {
            "TABLE_PREFIX": self.tables.prefix,
            "PUSH_QUEUE_URL": self.queue_url,
            "AI_QUEUE_URL": self.ai_queue_url,
            "PARAMETER_PREFIX": self.prefix,
            "TOKEN_STORE": "ssm",
            "EVENT_LOG_TTL_DAYS": "30",
            "INSTANCE_RETENTION_DAYS": "730",
            "PUSH_TIMEOUT_SECONDS": "30",
            "PUSH_CONCURRENCY": "10",
            "ANALYSIS_TIMEOUT_SECONDS": "900",
            "KEEP_AUDIT_TEXTS": "false",
            "POWERTOOLS_METRICS_NAMESPACE": "taskbridge",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "AWS_ENDPOINT_URL": endpoint,
            "NO_PROXY": "127.0.0.1,localhost",
        }
        for name, value in {**ACCOUNT, **named}.items():
            self._monkeypatch.setenv(name, value)


def context(seconds: float = 30.0) -> Any:
    """A Lambda context with so much time left."""
    return SimpleNamespace(
        aws_request_id="r-1", get_remaining_time_in_millis=lambda: int(seconds * 1000), function_name="function"
    )


def _record(message_id: str, body: str, receipt: str = "receipt") -> dict[str, Any]:
    attributes = {"SentTimestamp": "1795311005000"}
    return {"messageId": message_id, "receiptHandle": receipt, "body": body, "attributes": attributes}


def _staying(answer: dict[str, Any]) -> list[str]:
    assert set(answer) == {"batchItemFailures"}
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


class Output:
    """What a function wrote to standard output, line by line: log lines and metrics."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: list[dict[str, Any]] = [json.loads(line) for line in self.text.splitlines()]

    def metrics(self) -> dict[str, list[float]]:
        """Every value of every metric."""
        found: dict[str, list[float]] = {}
        for line in self.lines:
            for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
                assert directive["Namespace"] == "taskbridge"
                for metric in directive["Metrics"]:
                    values = line[metric["Name"]]
                    found.setdefault(metric["Name"], []).extend(values if isinstance(values, list) else [values])
        return found

    def dimensions(self, name: str) -> list[list[list[str]]]:
        """The dimensions of each line that holds a metric."""
        directives = [each for line in self.lines for each in line.get("_aws", {}).get("CloudWatchMetrics", [])]
        return [each["Dimensions"] for each in directives if any(m["Name"] == name for m in each["Metrics"])]

    def said(self, text: str) -> list[dict[str, Any]]:
        """The log lines with this message."""
        return [line for line in self.lines if line.get("message") == text]
