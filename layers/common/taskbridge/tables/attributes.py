"""DynamoDB attribute values, and the loops that every batch call needs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from taskbridge.errors import StoreError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

    from taskbridge.tables.riders import Rider

T = TypeVar("T")
Attributes = dict[str, dict[str, Any]]
Item = Mapping[str, Any]

TRIES = 6
THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "ThrottlingError",
        "ThrottlingException",
        "RequestLimitExceeded",
        "InternalServerError",
        "TransactionConflict",
    }
)

# What PartiQL answers where the condition of a write does not hold.
UNMET = frozenset({"ConditionalCheckFailed", "DuplicateItem"})


def to_attribute(value: str | int | float | bytes) -> dict[str, Any]:
    """A value as DynamoDB takes it."""
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, str):
        return {"S": value}
    return {"N": repr(value)}


def to_item(values: Mapping[str, str | int | float | bytes]) -> Attributes:
    """A flat item as DynamoDB takes it."""
    return {name: to_attribute(value) for name, value in values.items()}


def text(item: Mapping[str, Any], name: str) -> str:
    """A string attribute, empty where the item has none."""
    return str(item[name]["S"]) if name in item else ""


def number(item: Mapping[str, Any], name: str) -> float:
    """A number attribute, 0 where the item has none."""
    return float(item[name]["N"]) if name in item else 0.0


def binary(item: Mapping[str, Any], name: str) -> bytes:
    """A binary attribute."""
    return bytes(item[name]["B"])


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The values in pieces of at most `size`."""
    return (values[start : start + size] for start in range(0, len(values), size))


def store_call(call: Callable[..., T], **request: Any) -> T:
    """Make an AWS call; its failures are StoreErrors that name the error code and nothing of the request."""
    try:
        return call(**request)
    except ClientError as error:
        raise StoreError(f"{error.operation_name}: {error.response['Error'].get('Code', 'unknown')}") from error
    except BotoCoreError as error:
        raise StoreError(type(error).__name__) from error


def query_all(client: DynamoDBClient, **request: Any) -> Iterator[Item]:
    """Every item of a Query, as many calls as that takes: each reads a megabyte at most."""
    start: dict[str, Any] = {}
    while True:
        answer = store_call(client.query, **request, **start)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def query_first(client: DynamoDBClient, limit: int, **request: Any) -> list[Item]:
    """The first `limit` items of a Query: fewer only where it has no more. One call, unless a megabyte cuts it off."""
    return list(islice(query_all(client, Limit=limit, **request), limit))


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
    _pause(tries - 1)


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


def pauses() -> Iterator[Callable[[], None]]:
    """A growing, jittered pause for each of `TRIES` tries."""
    for attempt in range(TRIES):
        yield partial(_pause, attempt)


def _pause(attempt: int) -> None:
    time.sleep(0.05 * 2**attempt * (0.5 + random.random()))  # noqa: S311
