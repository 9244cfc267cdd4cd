"""DynamoDB as every table class here uses it: values and keys, and reading by key, by Query and by page."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

import msgspec

from taskbridge.aws import store_call

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")
Value = str | int | float | bytes
Attributes = dict[str, dict[str, Any]]
Item = Mapping[str, Any]

PART_BYTES = 350_000  # an item may have 400 KB
MAX_PAGE = 500
_KEY_PART = 200
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


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A piece of a list. `next` is the cursor of the piece after it, None at the end."""

    items: list[T]
    next: str | None = None


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


def to_set(*values: str) -> dict[str, Any]:
    """Texts as a set that writers add to and take from without reading it."""
    return {"SS": sorted(values)}


def to_value(value: Value) -> dict[str, Any]:
    """A value as DynamoDB takes it, booleans included."""
    return {"BOOL": value} if isinstance(value, bool) else to_attribute(value)


def to_values(struct: msgspec.Struct, prefix: str = "") -> Attributes:
    """The fields of a flat Struct as attributes; those that are None have none."""
    fields: dict[str, Any] = msgspec.to_builtins(struct)
    return {prefix + name: to_value(value) for name, value in fields.items() if value is not None}


def from_values(item: Item, kind: type[T], prefix: str = "") -> T:
    """A flat Struct from attributes; what the Struct does not know is left out."""
    fields = {name.removeprefix(prefix): _plain(value) for name, value in item.items() if name.startswith(prefix)}
    return msgspec.convert(fields, kind, strict=False)


def _plain(value: Mapping[str, Any]) -> Any:
    return next(iter(value.values()))


def key_part(value: str) -> str:
    """An id as a part of a key: 1 to 200 ASCII characters without `#` and `*`, the same for the same id only.

    The upstream bounds neither the length nor the letters of most ids, and a sort key has at most 1,024 bytes.
    """
    quoted = quote(value, safe="")
    if 0 < len(quoted) <= _KEY_PART:
        return quoted
    return f"{quoted[:100]}!{hashlib.sha256(value.encode()).hexdigest()}"  # `!` is never left by quote


def node_key(app_id: str, node_id: str) -> str:
    """The key of a node of an application."""
    return f"{key_part(app_id)}#{key_part(node_id)}"


def get_item(client: DynamoDBClient, table: str, key: Attributes) -> Item | None:
    """An item, read consistently."""
    return store_call(client.get_item, TableName=table, Key=key, ConsistentRead=True).get("Item")


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


def keys_in(client: DynamoDBClient, table: str, key: Attributes, order: str) -> list[Attributes]:
    """The keys of all items of a partition, read consistently. `key` names the partition, `order` the sort key."""
    ((name, value),) = key.items()
    items = query_all(
        client,
        TableName=table,
        KeyConditionExpression="#partition = :partition",
        ProjectionExpression="#partition, #order",
        ExpressionAttributeNames={"#partition": name, "#order": order},
        ExpressionAttributeValues={":partition": value},
        ConsistentRead=True,
    )
    return [{name: item[name] for name in (name, order)} for item in items]


def erase(client: DynamoDBClient, table: str, keys: Collection[Attributes]) -> int:
    """Take items away, one after the other; returns how many these were."""
    for key in keys:
        store_call(client.delete_item, TableName=table, Key=key)
    return len(keys)


def query_page(
    client: DynamoDBClient, read: Callable[[Item], T], cursor: str | None, limit: int, **request: Any
) -> Page[T]:
    """One Query, of at most 500 items. Raises ValueError for a cursor that no page gave."""
    answer = store_call(client.query, Limit=max(1, min(limit, MAX_PAGE)), **request, **_start(cursor))
    last = answer.get("LastEvaluatedKey")
    return Page([read(item) for item in answer["Items"]], msgspec.json.encode(last).decode() if last else None)


def _start(cursor: str | None) -> dict[str, Any]:
    if cursor is None:
        return {}
    try:
        return {"ExclusiveStartKey": msgspec.json.decode(cursor, type=dict[str, dict[str, str]])}
    except ValueError:  # also what msgspec raises
        raise ValueError("cursor: expected what the page before gave") from None


def fits_item(text: str) -> str:
    """The text with what UTF-8, and so DynamoDB, cannot hold (lone surrogates) replaced by question marks."""
    return text.encode("utf-8", "replace").decode()


def pauses() -> Iterator[Callable[[], None]]:
    """A growing, jittered pause for each of `TRIES` tries."""
    for attempt in range(TRIES):
        yield partial(pause_after, attempt)


def pause_after(attempt: int) -> None:
    """The pause after so many tries (the first is 0)."""
    time.sleep(0.05 * 2**attempt * (0.5 + random.random()))  # noqa: S311
