"""What the tables of AI approval share: keys made of ids, flat items, pages, and writes under a condition."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from taskbridge.errors import StoreError
from taskbridge.tables.attributes import THROTTLED, Attributes, Item, pauses, store_call, to_attribute

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")
Value = str | int | float | bytes

DAY_S = 86400
PART_BYTES = 350_000  # an item may have 400 KB
MAX_PAGE = 500
LOST = "ConditionalCheckFailed"
CONFLICTS = THROTTLED | {"TransactionConflictException", "TransactionInProgressException"}
_KEY_PART = 200
_NAME = re.compile(r"#(\w+)")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A piece of a list. `next` is the cursor of the piece after it, None at the end."""

    items: list[T]
    next: str | None = None


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


def build_update(
    table: str,
    key: Attributes,
    *,
    sets: Mapping[str, Any] | None = None,
    adds: Mapping[str, int | frozenset[str]] | None = None,
    removes: Iterable[str] = (),
    condition: str = "",
    values: Mapping[str, Value] | None = None,
) -> dict[str, Any]:
    """An UpdateItem, also for a transaction. `sets` are attributes; `condition` names attributes as `#name`.

    `adds` count up, or add to a set of texts.
    """
    sets, adds, removes = sets or {}, adds or {}, tuple(removes)
    clauses = [
        "SET " + ", ".join(f"#{name} = :set_{name}" for name in sets) if sets else "",
        "ADD " + ", ".join(f"#{name} :add_{name}" for name in adds) if adds else "",
        "REMOVE " + ", ".join(f"#{name}" for name in removes) if removes else "",
    ]
    request: dict[str, Any] = {"TableName": table, "Key": key, "UpdateExpression": " ".join(filter(None, clauses))}
    if condition:
        request["ConditionExpression"] = condition
    given = {f":set_{name}": value for name, value in sets.items()}
    given |= {f":add_{name}": _added(value) for name, value in adds.items()}
    given |= {name: to_value(value) for name, value in (values or {}).items()}
    if given:
        request["ExpressionAttributeValues"] = given
    request["ExpressionAttributeNames"] = names_in(request["UpdateExpression"], condition)
    return request


def to_set(*values: str) -> dict[str, Any]:
    """Texts as a set that writers add to and take from without reading it."""
    return {"SS": sorted(values)}


def _added(value: int | frozenset[str]) -> dict[str, Any]:
    return to_set(*value) if isinstance(value, frozenset) else to_value(value)


def names_in(*expressions: str) -> dict[str, str]:
    """The ExpressionAttributeNames of expressions that write every attribute as `#name`: many names are reserved."""
    return {f"#{name}": name for expression in expressions for name in _NAME.findall(expression)}


def conditional_call(call: Callable[..., T], **request: Any) -> T | None:
    """A write under a condition; None where the condition was not met.

    It is repeated where a transaction held the item. Raises StoreError.
    """
    for pause in pauses():
        try:
            return call(**request)
        except ClientError as error:
            code = error.response["Error"].get("Code", "unknown")
            if code == f"{LOST}Exception":
                return None
            if code not in CONFLICTS:
                raise StoreError(f"{error.operation_name}: {code}") from error
        except BotoCoreError as error:
            raise StoreError(type(error).__name__) from error
        pause()
    raise StoreError("a conditional write found the item held by others again and again")


def transact(client: DynamoDBClient, items: Sequence[Mapping[str, Any]]) -> bool:
    """All of these writes or none; False where a condition was not met. Raises StoreError."""
    for pause in pauses():
        try:
            client.transact_write_items(TransactItems=list(items))  # type: ignore[arg-type]
        except ClientError as error:
            codes = _cancellation_codes(error)
            if LOST in codes:
                return False
            if not codes <= CONFLICTS:
                raise StoreError(f"TransactWriteItems: {', '.join(sorted(codes))}") from error
        except BotoCoreError as error:
            raise StoreError(type(error).__name__) from error
        else:
            return True
        pause()
    raise StoreError("TransactWriteItems: in conflict with others again and again")


def _cancellation_codes(error: ClientError) -> set[str]:
    """Why a transaction was cancelled, or the code of another error."""
    reasons: list[dict[str, str]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
    codes = {reason.get("Code", "None") for reason in reasons} - {"None"}
    return codes or {error.response["Error"].get("Code", "unknown")}


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
