"""What the functional tests share: moto in this process, or MiniStack beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from tests.functional.aws import Tables, create_tables, new_client, running_ministack

pytest.register_assert_rewrite("tests.functional.ai_suites")


@pytest.fixture(scope="session")
def ministack() -> Iterator[str]:
    """The endpoint of one MiniStack for all tests; each makes tables of its own."""
    with running_ministack() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def clients(ministack: str) -> Iterator[dict[str, Any]]:
    """Clients of MiniStack, by service."""
    made = {service: new_client(service, ministack) for service in ("dynamodb", "sqs", "ssm")}
    yield made
    for client in made.values():
        client.close()


@pytest.fixture
def dynamodb(clients: dict[str, Any]) -> Any:
    """A DynamoDB client of MiniStack."""
    return clients["dynamodb"]


@pytest.fixture
def tables(dynamodb: Any) -> Tables:
    """Empty tables on MiniStack."""
    return create_tables(dynamodb)


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    """A DynamoDB client of moto, for the tests of one file."""
    with mock_aws():
        client = new_client("dynamodb")
        yield client
        client.close()


@pytest.fixture
def moto_tables(moto: Any) -> Tables:
    """Empty tables on moto."""
    return create_tables(moto)
