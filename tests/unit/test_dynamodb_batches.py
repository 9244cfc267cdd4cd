"""What DynamoDB leaves undone is done again, and what it cannot do is an error that quotes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from taskbridge.aws import store_call
from taskbridge.errors import StoreError
from taskbridge.tables.batches import batch_get, batch_put
from taskbridge.tables.dynamo import THROTTLED, TRIES, to_attribute, to_item
from taskbridge.tables.instances import InstanceTable, StoredInstance
from tests.builders import instance_after, message

TABLE = "table"


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every pause that would have been made, in seconds."""
    made: list[float] = []
    monkeypatch.setattr("taskbridge.tables.dynamo.time.sleep", made.append)
    return made


class Scripted:
    """A client whose answers are what a function makes of each request."""

    def __init__(self, answer: Callable[[int, dict[str, Any]], Any]) -> None:
        self.requests: list[dict[str, Any]] = []
        self._answer = answer

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.requests.append(request)
            return self._answer(len(self.requests), request)

        return call


def keys(count: int) -> list[dict[str, Any]]:
    return [to_item({"id": f"k{number}"}) for number in range(count)]


def put_requests(request: dict[str, Any]) -> list[str]:
    return [each["PutRequest"]["Item"]["id"]["S"] for each in request["RequestItems"][TABLE]]


# Reading


def test_keys_that_were_left_are_asked_for_again_after_a_pause(pauses: list[float]) -> None:
    def half(number: int, request: dict[str, Any]) -> Any:
        asked = request["RequestItems"][TABLE]["Keys"]
        done, left = asked[:2], asked[2:]
        rest = {TABLE: {"Keys": left, "ConsistentRead": True}} if left else {}
        return {"Responses": {TABLE: done}, "UnprocessedKeys": rest}

    client = Scripted(half)

    found = batch_get(client, TABLE, keys(5), consistent=True)  # type: ignore[arg-type]

    assert found == keys(5)
    assert len(client.requests) == 3
    assert len(pauses) == 2
    assert all(request["RequestItems"][TABLE]["ConsistentRead"] for request in client.requests)


def test_a_hundred_keys_go_in_one_call() -> None:
    client = Scripted(lambda _, request: {"Responses": {TABLE: request["RequestItems"][TABLE]["Keys"]}})

    assert len(batch_get(client, TABLE, keys(230), consistent=False)) == 230  # type: ignore[arg-type]

    assert [len(request["RequestItems"][TABLE]["Keys"]) for request in client.requests] == [100, 100, 30]


def test_keys_that_stay_left_are_an_error_after_growing_pauses(pauses: list[float]) -> None:
    client = Scripted(lambda _, request: {"Responses": {}, "UnprocessedKeys": request["RequestItems"]})

    with pytest.raises(StoreError, match="keys left unprocessed"):
        batch_get(client, TABLE, keys(1), consistent=True)  # type: ignore[arg-type]

    assert len(client.requests) == TRIES
    assert pauses[-1] > pauses[0]
    assert sum(pauses) < 6.0


# Writing


def test_items_that_were_left_are_written_again(pauses: list[float]) -> None:
    def all_but_one(number: int, request: dict[str, Any]) -> Any:
        left = request["RequestItems"][TABLE][1:] if number == 1 else []
        return {"UnprocessedItems": {TABLE: left} if left else {}}

    client = Scripted(all_but_one)

    batch_put(client, TABLE, keys(3), key=("id",))  # type: ignore[arg-type]

    assert [put_requests(request) for request in client.requests] == [["k0", "k1", "k2"], ["k1", "k2"]]


def test_twenty_five_items_go_in_one_call() -> None:
    client = Scripted(lambda *_: {})

    batch_put(client, TABLE, keys(60), key=("id",))  # type: ignore[arg-type]

    assert [len(put_requests(request)) for request in client.requests] == [25, 25, 10]


def test_items_that_stay_left_are_an_error(pauses: list[float]) -> None:
    client = Scripted(lambda _, request: {"UnprocessedItems": request["RequestItems"]})

    with pytest.raises(StoreError, match="items left unprocessed"):
        batch_put(client, TABLE, keys(1), key=("id",))  # type: ignore[arg-type]


# Documents, each with its condition


def stored(count: int) -> list[StoredInstance]:
    return [StoredInstance(instance_after(message(sess_id=f"S{number}"))) for number in range(count)]


def codes(*given: str) -> dict[str, Any]:
    return {"Responses": [{"Error": {"Code": code}} if code else {} for code in given]}


@pytest.mark.parametrize("code", sorted(THROTTLED))
def test_what_was_throttled_is_written_again_alone(pauses: list[float], code: str) -> None:
    client = Scripted(lambda number, _: codes("", code, "") if number == 1 else codes(""))
    entries = stored(3)

    assert InstanceTable(client, TABLE).save(entries) == set()  # type: ignore[arg-type]

    assert [len(request["Statements"]) for request in client.requests] == [3, 1]
    assert [entry.version for entry in entries] == [1, 1, 1]


@pytest.mark.parametrize("code", ["ConditionalCheckFailed", "DuplicateItem"])
def test_what_lost_its_condition_is_told_and_not_written_again(code: str) -> None:
    client = Scripted(lambda *_: codes("", code))
    entries = stored(2)

    assert InstanceTable(client, TABLE).save(entries) == {"jz#S1"}  # type: ignore[arg-type]

    assert [entry.version for entry in entries] == [1, 0]
    assert len(client.requests) == 1


def test_what_stays_throttled_is_an_error(pauses: list[float]) -> None:
    client = Scripted(lambda *_: codes("ThrottlingError"))

    with pytest.raises(StoreError, match="throttled"):
        InstanceTable(client, TABLE).save(stored(1))  # type: ignore[arg-type]

    assert len(client.requests) == TRIES
    assert len(pauses) >= TRIES - 1


def test_what_dynamodb_refuses_is_an_error() -> None:
    client = Scripted(lambda *_: codes("ValidationError"))

    with pytest.raises(StoreError, match="ValidationError"):
        InstanceTable(client, TABLE).save(stored(1))  # type: ignore[arg-type]


def test_no_more_statements_go_in_one_call_than_dynamodb_takes() -> None:
    client = Scripted(lambda _, request: codes(*[""] * len(request["Statements"])))

    InstanceTable(client, TABLE).save(stored(30))  # type: ignore[arg-type]

    assert [len(request["Statements"]) for request in client.requests] == [25, 5]


# Errors and values


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ClientError({"Error": {"Code": "ValidationException", "Message": "机密"}}, "PutItem"), "PutItem: Validation"),
        (EndpointConnectionError(endpoint_url="http://机密"), "EndpointConnectionError"),
    ],
)
def test_an_error_names_its_code_and_nothing_of_the_request(error: Exception, said: str) -> None:
    def fail(**_: Any) -> None:
        raise error

    with pytest.raises(StoreError, match=said) as caught:
        store_call(fail, Item="机密")

    assert "机密" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "attribute"),
    [
        ("a", {"S": "a"}),
        ("", {"S": ""}),
        (7, {"N": "7"}),
        (1_795_000_000.25, {"N": "1795000000.25"}),
        (b"x", {"B": b"x"}),
    ],
)
def test_a_value_is_written_as_dynamodb_takes_it(value: Any, attribute: dict[str, Any]) -> None:
    assert to_attribute(value) == attribute
