"""AWS for the functional tests: MiniStack as a process of its own, and the tables and the queue of template.yaml."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import botocore.loaders
import botocore.session
import certifi
import httpx
import pytest
from botocore.config import Config

from local.processes import free_port
from taskbridge.aws_calls import add_direct_calls, send_by
from taskbridge.aws_http import AwsTransport
from tests.template.reader import Template, load_template

REGION = "us-east-1"
PATIENCE_S = 60.0  # only so that an emulator that does not start fails at all
QUIET = {"IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0", "PERSIST_STATE": "0"}
ACCOUNT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL")
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Tables:
    """Names of one set of tables, by logical id. Each is created when a test first asks for it."""

    prefix: str
    names: dict[str, str]
    dynamodb: Any
    created: set[str] = field(default_factory=set)

    def __getattr__(self, logical_id: str) -> str:
        if logical_id not in self.created:
            table = template().of_type("AWS::DynamoDB::Table")[logical_id]
            taken = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
            described = {name: table[name] for name in taken if name in table}
            self.dynamodb.create_table(TableName=self.names[logical_id], **described)
            self.created.add(logical_id)
        return self.names[logical_id]

    def create(self, *logical_ids: str) -> None:
        """Create these, so that code which only knows the prefix finds them."""
        for logical_id in logical_ids:
            getattr(self, logical_id)


@contextmanager
def running_ministack() -> Iterator[str]:
    """MiniStack on a free port of the loopback address; gives its endpoint."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        place = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "TMPDIR": folder, "STATE_DIR": folder}
        with (Path(folder) / "log").open("wb") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "ministack"],
                env=kept | ACCOUNT | QUIET | place,
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            endpoint = f"http://127.0.0.1:{port}"
            _wait_until_ready(endpoint, server, Path(folder) / "log")
            yield endpoint
        finally:
            server.terminate()
            server.wait(PATIENCE_S)


def _wait_until_ready(endpoint: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    with httpx.Client(trust_env=False) as http:
        while time.monotonic() < end and server.poll() is None:
            try:
                if http.get(f"{endpoint}/_ministack/ready").status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
    raise RuntimeError(f"MiniStack does not start:\n{log.read_text(errors='replace')[-2000:]}")


def new_client(service: str, endpoint: str | None = None) -> Any:
    """A client of the emulator at `endpoint`, which calls as the functions' own do, or of whatever stands in for AWS in
    this process.
    """
    session = botocore.session.Session()
    session.register_component("data_loader", service_models())
    session.set_credentials("test", "test")
    add_direct_calls(session)
    config = Config(retries={"total_max_attempts": 1, "mode": "standard"}, max_pool_connections=20, proxies={})
    client: Any = session.create_client(service, region_name=REGION, endpoint_url=endpoint, config=config)
    if endpoint:
        send_by(AwsTransport(PATIENCE_S, PATIENCE_S, 20, certifi.where()), client, session)
    return client


def unreachable(service: str) -> Any:
    """A client of a place where nobody listens."""
    return new_client(service, f"http://127.0.0.1:{free_port()}")


@cache
def service_models() -> botocore.loaders.Loader:
    """What botocore knows of the services: reading it anew for every client would take most of these tests' time."""
    return botocore.loaders.create_loader()


def share_service_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """For clients that are made out of a test's reach, as each process of a function makes its own."""
    loader = service_models()
    monkeypatch.setattr(botocore.session, "create_loader", lambda *_: loader)


@cache
def template() -> Template:
    """template.yaml."""
    return load_template()


def create_tables(dynamodb: Any) -> Tables:
    """Every table of template.yaml, under names of its own."""
    prefix = f"test-{next(_numbers)}"
    own = template().table_names()
    return Tables(prefix, {logical_id: f"{prefix}-{name}" for logical_id, name in own.items()}, dynamodb)


def create_push_queue(sqs: Any) -> str:
    """The push queue of template.yaml, without its dead-letter queue; returns its URL."""
    queue = template().of_type("AWS::SQS::Queue")["PushQueue"]
    taken = ("FifoQueue", "DeduplicationScope", "FifoThroughputLimit")
    attributes = {name: str(queue[name]).lower() if queue[name] is True else queue[name] for name in taken}
    answer = sqs.create_queue(QueueName=f"test-{next(_numbers)}-push.fifo", Attributes=attributes)
    return str(answer["QueueUrl"])


def indexes_of(logical_id: str) -> list[tuple[str, ...]]:
    """The key attributes of each index of a table."""
    table = template().of_type("AWS::DynamoDB::Table")[logical_id]
    schemas = [index["KeySchema"] for index in table.get("GlobalSecondaryIndexes", ())]
    return [tuple(key["AttributeName"] for key in schema) for schema in schemas]
