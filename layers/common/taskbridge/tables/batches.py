"""The loops that every batch call of DynamoDB needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from taskbridge.aws import chunks, store_call
from taskbridge.errors import StoreError
from taskbridge.tables.dynamo import THROTTLED, TRIES, Attributes, Item, pause_after, pauses

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

    from taskbridge.tables.riders import Rider

# What PartiQL answers where the condition of a write does not hold.
UNMET = frozenset({"ConditionalCheckFailed", "DuplicateItem"})


def batch_get(
    client: DynamoDBClient, table: str, keys: Iterable[Attributes], *, consistent: bool, most: int = 100
) -> list[Item]:
    """Items by key, `most` a call, until none is left unprocessed: an answer has 16 MB at most.

    A key that is named twice is read once.
    """
    found: list[Item] = []
    for piece in chunks(list({repr(sorted(key.items())): key for key in keys}.values()), most):
        request: Any = {table: {"Keys": list(piece), "ConsistentRead": consistent}}
        tries = 0
        while request:
            answer = store_call(client.batch_get_item, RequestItems=request)
            items = answer["Responses"].get(table, [])
            found.extend(items)
            request = answer.get("UnprocessedKeys")
            tries = 1 if items else tries + 1  # what goes on is no failure, however long it takes
            if request:
                _wait_or_fail(tries, "BatchGetItem: keys left unprocessed")
    return found


def batch_put(client: DynamoDBClient, table: str, items: Iterable[Attributes], key: Sequence[str]) -> None:
    """Put items, 25 a call, until none is left unprocessed. Of several with the same `key`, the last stays.

    DynamoDB refuses a whole call that names a key twice.
    """
    last = {repr([item[name] for name in key]): item for item in items}
    batch_write(client, table, ({"PutRequest": {"Item": item}} for item in last.values()))


def batch_write(client: DynamoDBClient, table: str, requests: Iterable[Mapping[str, Any]]) -> None:
    """Put and delete items, 25 a call, until none is left unprocessed. No two may name the same key."""
    for piece in chunks(list(requests), 25):
        left: Any = list(piece)
        tries = 0
        while left:
            answer = store_call(client.batch_write_item, RequestItems={table: left})
            rest = answer.get("UnprocessedItems", {}).get(table, [])
            tries = 1 if len(rest) < len(left) else tries + 1
            left = rest
            if left:
                _wait_or_fail(tries, "BatchWriteItem: items left unprocessed")


def _wait_or_fail(tries: int, failure: str) -> None:
    if tries == TRIES:
        raise StoreError(failure)
    pause_after(tries - 1)


def batch_execute(
    client: DynamoDBClient, statements: Sequence[Mapping[str, Any]], riders: Sequence[Rider] = ()
) -> list[str]:
    """Run PartiQL writes of different items, 25 a call, until none is throttled any more.

    Returns a code for each statement: empty where it was done, one of `UNMET` where its condition did not hold. Riders
    hear of themselves.
    """
    every = [*statements, *(rider.statement for rider in riders)]
    codes = [""] * len(every)
    for piece in chunks(range(len(every)), 25):
        left = list(piece)
        for pause in pauses():
            request: Any = [every[number] for number in left]
            answer = store_call(client.batch_execute_statement, Statements=request)
            for number, response in zip(left, answer["Responses"], strict=True):
                codes[number] = response.get("Error", {}).get("Code", "")
            left = [number for number in left if codes[number] in THROTTLED and number < len(statements)]
            if not left:
                break
            pause()
        else:
            raise StoreError("BatchExecuteStatement: throttled")
    for rider, code in zip(riders, codes[len(statements) :], strict=True):
        rider.tell(not code)
    own = codes[: len(statements)]
    refused = sorted(set(own) - UNMET - {""})
    if refused:
        raise StoreError(f"BatchExecuteStatement: {refused[0]}")
    return own
