"""What only the token store on SSM and DynamoDB does."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from taskbridge.access.leases import DynamoLeases
from taskbridge.access.token_store import Token
from taskbridge.access.tokens_ssm import SsmTokenStore
from taskbridge.errors import StoreError
from tests.functional.tokens.harness import Clock

TABLE = "coordination"
TOKEN = Token("do-not-show", 1, 1_750_000_000.0, 1_750_007_200.0)


class FailingClient:
    """A client of which every call fails, quoting the value that was sent, as validation errors do."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _name: str) -> Any:
        def call(**_arguments: Any) -> None:
            raise self._error

        return call


def validation_error(operation: str) -> ClientError:
    answer: Any = {"Error": {"Code": "ValidationException", "Message": f"Value '{TOKEN.value}' is too long"}}
    return ClientError(answer, operation)


UNREACHABLE = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
FAILURES = [validation_error("PutParameter"), UNREACHABLE]


@pytest.mark.parametrize("failure", FAILURES, ids=["refused", "unreachable"])
def test_every_failure_is_a_store_error_without_the_token(failure: Exception) -> None:
    # given
    client: Any = FailingClient(failure)
    store = SsmTokenStore(client, DynamoLeases(client, TABLE, Clock()), "/taskbridge/test")
    calls: list[Callable[[], object]] = [
        lambda: store.read("jinzhi"),
        lambda: store.write("jinzhi", TOKEN),
    ]

    for call in calls:
        # when
        with pytest.raises(StoreError, match="token jinzhi could not be") as raised:
            call()

        # then
        assert TOKEN.value not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("failure", FAILURES, ids=["refused", "unreachable"])
def test_an_election_that_dynamodb_does_not_answer_is_a_store_error(failure: Exception) -> None:
    # given
    client: Any = FailingClient(failure)
    store = SsmTokenStore(client, DynamoLeases(client, TABLE, Clock()), "/taskbridge/test")

    # then
    with pytest.raises(StoreError, match=r"ValidationException|EndpointConnectionError"):
        store.acquire("jinzhi", "one", 10)
    with pytest.raises(StoreError, match=r"ValidationException|EndpointConnectionError"):
        store.release("jinzhi", "one")


def test_the_token_is_a_secure_string_under_the_prefix(aws: dict[str, Any], prefix: str) -> None:
    # given
    store = SsmTokenStore(aws["ssm"], DynamoLeases(aws["dynamodb"], TABLE, Clock()), prefix)

    # when
    store.write("jinzhi", TOKEN)

    # then
    parameter = aws["ssm"].get_parameter(Name=f"{prefix}/tokens/jinzhi", WithDecryption=False)["Parameter"]
    assert parameter["Type"] == "SecureString"
    assert parameter["Value"].startswith("kms:"), "moto marks what it would encrypt"


def test_a_lease_item_counts_its_grants_and_ends_with_a_time_to_live(aws: dict[str, Any]) -> None:
    # given
    clock = Clock()
    leases = DynamoLeases(aws["dynamodb"], TABLE, clock)

    # when
    leases.acquire("token#counted", "one", 10)
    leases.release("token#counted", "one")
    leases.acquire("token#counted", "two", 10)

    # then
    item = aws["dynamodb"].get_item(TableName=TABLE, Key={"key": {"S": "token#counted"}})["Item"]
    assert item["holder"] == {"S": "two"}
    assert item["generation"] == {"N": "2"}
    assert float(item["lease_until"]["N"]) == clock.now + 10
    assert int(item["expires_at"]["N"]) == clock.now + 10 + 86_400


@pytest.mark.parametrize("chars", [200, 7900])
def test_a_token_is_written_in_the_tier_that_it_needs(aws: dict[str, Any], prefix: str, chars: int) -> None:
    # given
    store = SsmTokenStore(aws["ssm"], DynamoLeases(aws["dynamodb"], TABLE, Clock()), prefix)
    token = replace(TOKEN, value="x" * chars)

    # when
    store.write("jinzhi", token)

    # then: Parameter Store itself chooses, and never goes back from the advanced tier, which it would refuse
    assert store.read("jinzhi") == token
    (found,) = aws["ssm"].describe_parameters(
        ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": [f"{prefix}/tokens/jinzhi"]}]
    )["Parameters"]
    assert found["Tier"] == "Intelligent-Tiering"
