"""Keys made of ids that hold anything, and writes under a condition that meet other writers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.errors import StoreError
from taskbridge.tables.conditional import build_update, names_in, transact, write_if
from taskbridge.tables.dynamo import TRIES, key_part, node_key, to_item

ids = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every pause that would have been made, in seconds."""
    made: list[float] = []
    monkeypatch.setattr("taskbridge.tables.dynamo.time.sleep", made.append)
    return made


def failing(code: str, reasons: list[str] | None = None) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "secret"}}
    if reasons:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "UpdateItem")


class Scripted:
    """A client that fails as told, and then answers."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return {"Attributes": {}}

    update_item: Callable[..., dict[str, Any]] = transact_write_items


# Keys


@given(ids)
def test_a_part_of_a_key_is_short_and_holds_no_separator(value: str) -> None:
    part = key_part(value)

    assert 1 <= len(part) <= 200
    assert part.isascii()
    assert not set("#*\n ") & set(part)


@given(ids, ids)
def test_two_ids_never_share_a_key(one: str, other: str) -> None:
    assert (key_part(one) == key_part(other)) == (one == other)


@given(st.tuples(ids, ids), st.tuples(ids, ids))
def test_two_nodes_never_share_a_key(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (node_key(*one) == node_key(*other)) == (one == other)


def test_a_usual_id_stays_as_it_is() -> None:
    assert key_part("9f1c-42_a.B~7") == "9f1c-42_a.B~7"


@given(st.text("长a#", min_size=150, max_size=400))
def test_the_key_of_a_long_id_is_no_key_of_an_id_that_looks_like_it(value: str) -> None:
    part = key_part(value)
    assert part == value or key_part(part) != part


# Updates


def test_an_update_names_every_attribute_since_many_names_are_reserved() -> None:
    request = build_update(
        "table",
        to_item({"id": "1"}),
        sets=to_item({"state": "open"}),
        adds={"count": 1},
        removes=["reason"],
        condition="#version = :v",
        values={":v": 3},
    )

    assert request["UpdateExpression"] == "SET #state = :set_state ADD #count :add_count REMOVE #reason"
    assert request["ConditionExpression"] == "#version = :v"
    assert set(request["ExpressionAttributeNames"].values()) == {"state", "count", "reason", "version"}
    assert set(request["ExpressionAttributeValues"]) == {":set_state", ":add_count", ":v"}


def test_names_are_taken_from_every_expression() -> None:
    assert names_in("#a = :a", "begins_with(#b_c, :d)", "") == {"#a": "a", "#b_c": "b_c"}


# Conditions


def test_a_condition_that_is_not_met_is_no_error(pauses: list[float]) -> None:
    client = Scripted(failing("ConditionalCheckFailedException"))

    assert write_if(client.update_item) is None
    assert (client.calls, pauses) == (1, [])


@pytest.mark.parametrize("code", ["TransactionConflictException", "ThrottlingException"])
def test_a_write_that_meets_a_transaction_is_repeated(pauses: list[float], code: str) -> None:
    client = Scripted(failing(code), failing(code))

    assert write_if(client.update_item) is not None
    assert (client.calls, len(pauses)) == (3, 2)


def test_a_transaction_says_whether_its_conditions_were_met(pauses: list[float]) -> None:
    lost = failing("TransactionCanceledException", ["None", "ConditionalCheckFailed"])

    assert transact(Scripted(lost), []) is False  # type: ignore[arg-type]
    assert transact(Scripted(), []) is True  # type: ignore[arg-type]
    assert pauses == []


def test_a_transaction_in_conflict_is_repeated_until_it_is_not(pauses: list[float]) -> None:
    conflict = failing("TransactionCanceledException", ["TransactionConflict", "None"])
    client = Scripted(conflict, failing("TransactionInProgressException"))

    assert transact(client, []) is True  # type: ignore[arg-type]
    assert (client.calls, len(pauses)) == (3, 2)


def test_a_conflict_beside_a_lost_condition_is_a_lost_condition(pauses: list[float]) -> None:
    both = failing("TransactionCanceledException", ["TransactionConflict", "ConditionalCheckFailed"])

    assert transact(Scripted(both), []) is False  # type: ignore[arg-type]


def test_who_meets_others_again_and_again_gives_up_with_an_error(pauses: list[float]) -> None:
    conflict = failing("TransactionCanceledException", ["TransactionConflict"])
    for call in (
        lambda: transact(Scripted(*[conflict] * TRIES), []),  # type: ignore[arg-type]
        lambda: write_if(Scripted(*[failing("TransactionConflictException")] * TRIES).update_item),
    ):
        with pytest.raises(StoreError, match=r"again and again|TransactionConflictException"):
            call()


def test_another_failure_is_an_error_that_quotes_nothing(pauses: list[float]) -> None:
    unreachable = EndpointConnectionError(endpoint_url="http://secret")
    for failure, reason in ((failing("ValidationException"), "ValidationException"), (unreachable, "Endpoint")):
        for call in (
            lambda failure=failure: transact(Scripted(failure), []),  # type: ignore[arg-type]
            lambda failure=failure: write_if(Scripted(failure).update_item),
        ):
            with pytest.raises(StoreError, match=reason) as caught:
                call()
            assert "secret" not in str(caught.value)
    assert pauses == []
