"""Writes under a condition: of one item, of several or none, and the lease of who works on an item."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from taskbridge.errors import StoreError
from taskbridge.tables.dynamo import THROTTLED, Attributes, Value, pauses, to_set, to_value

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")

LOST = "ConditionalCheckFailed"
CONFLICTS = THROTTLED | {"TransactionConflictException", "TransactionInProgressException"}
_NAME = re.compile(r"#(\w+)")


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


def _added(value: int | frozenset[str]) -> dict[str, Any]:
    return to_set(*value) if isinstance(value, frozenset) else to_value(value)


def names_in(*expressions: str) -> dict[str, str]:
    """The ExpressionAttributeNames of expressions that write every attribute as `#name`: many names are reserved."""
    return {f"#{name}": name for expression in expressions for name in _NAME.findall(expression)}


def write_if(call: Callable[..., T], **request: Any) -> T | None:
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
