"""What the functional tests share: moto in this process, or MiniStack beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from tests.api import share_signatures
from tests.functional.aws import Tables, create_tables, new_client, running_ministack, share_service_models
from tests.functional.recorder import Grant, granted, proven, recording

pytest.register_assert_rewrite("tests.functional.ai_suites")


@pytest.fixture(scope="session")
def recorded() -> Iterator[set[Grant]]:
    """The calls that functions make, as the grants that they need."""
    calls: set[Grant] = set()
    with recording(calls):
        yield calls


@pytest.fixture(scope="session", autouse=True)
def _what_never_changes() -> Iterator[None]:
    """No client reads anew what botocore knows of a service, no API what its handlers take."""
    with pytest.MonkeyPatch.context() as patched:
        share_service_models(patched)
        share_signatures(patched)
        yield


@pytest.fixture(autouse=True)
def _only_what_is_granted(recorded: set[Grant], request: pytest.FixtureRequest) -> Iterator[None]:
    """No function makes a call that its role forbids; and a test that proves grants makes their calls."""
    recorded.clear()
    yield
    forbidden = {str(call) for call in recorded - granted()}
    assert not forbidden, "template.yaml does not grant what is called"
    report = getattr(request.node, "rep_call", None)
    if report is not None and report.passed:
        unproven = {str(call) for call in proven().get(_name_of(request.node), set()) - recorded}
        assert not unproven, "calls.json says that this test makes these calls: find another, or take the grant away"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A fixture sees whether its test passed."""
    outcome: Any = yield
    report = outcome.get_result()
    setattr(item, f"rep_{report.when}", report)


def _name_of(item: pytest.Item) -> str:
    return f"{item.path.name}::{item.name}"


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
def ssm(clients: dict[str, Any]) -> Any:
    """An SSM client of MiniStack."""
    return clients["ssm"]


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
def moto_tables(moto: Any) -> Iterator[Tables]:
    """Empty tables on moto, which copies all that it holds for each transaction: so they go with their test."""
    tables = create_tables(moto)
    yield tables
    for logical_id in tables.created:
        moto.delete_table(TableName=tables.names[logical_id])
