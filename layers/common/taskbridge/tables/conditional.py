"""Writes under a condition: of one item, of several or none, and the lease of who works on an item."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from botocore.exceptions import BotoCoreError, ClientError

from taskbridge.aws import is_throttled
from taskbridge.errors import StoreError, StoreThrottled
from taskbridge.tables.dynamo import (
    THROTTLED,
    TRIES,
    Attributes,
    Item,
    Value,
    pause_after,
    pauses,
    to_item,
    to_set,
    to_value,
)

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


def write_if(call: Callable[..., T], *, tries: int = TRIES, **request: Any) -> T | None:
    """A write under a condition; None where the condition was not met.

    It is repeated where a transaction held the item, up to `tries`. Raises StoreError, StoreThrottled where the table
    was asked too often.
    """
    return write_or_look(call, tries=tries, **request)[0]


def write_or_look(call: Callable[..., T], *, tries: int = TRIES, **request: Any) -> tuple[T | None, Item | None]:
    """As write_if; with the item that did not meet the condition, where the request asks for it and it can be had."""
    tried = 0
    while True:
        tried += 1
        try:
            return call(**request), None
        except ClientError as error:
            code = error.response["Error"].get("Code", "unknown")
            if code == f"{LOST}Exception":
                return None, cast("Item | None", error.response.get("Item"))
            if code not in CONFLICTS or tried >= tries:
                kind = StoreThrottled if is_throttled(error) else StoreError
                raise kind(f"{error.operation_name}: {code}") from error
        except BotoCoreError as error:
            raise StoreError(type(error).__name__) from error
        pause_after(tried - 1)


class Lease:
    """Who works on an item, and until when: its attributes `holder` and `lease_until` (epoch seconds).

    Free is what nobody holds, or whose time is over. The same holder passes: what the SDK repeats because an answer was
    lost must not be refused. `prefix` stands before both names. Everything raises StoreError.
    """

    def __init__(self, client: DynamoDBClient, table: str, prefix: str = "", tries: int = TRIES) -> None:
        self._client = client
        self._table = table
        self._holder, self._until = f"{prefix}holder", f"{prefix}lease_until"
        self._tries = tries

    def claim(
        self,
        key: Attributes,
        holder: str,
        now: float,
        until: float,
        *,
        when: str = "",
        values: Mapping[str, Value] | None = None,
        sets: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> Item | None:
        """Be the holder until `until`, where it is free and `when` holds; the item then, None else.

        `when`, `values` and the changes that go along are those of build_update.
        """
        free = f"attribute_not_exists(#{self._until}) OR #{self._until} <= :now OR #{self._holder} = :holder"
        update = build_update(
            self._table,
            key,
            sets={**to_item({self._holder: holder, self._until: until}), **(sets or {})},
            condition=f"({when}) AND ({free})" if when else free,
            values={**(values or {}), ":now": now, ":holder": holder},
            **changes,
        )
        answer = write_if(self._client.update_item, tries=self._tries, **update, ReturnValues="ALL_NEW")
        return None if answer is None else answer["Attributes"]

    def change(
        self, key: Attributes, holder: str, *, when: str = "", values: Mapping[str, Value] | None = None, **changes: Any
    ) -> bool:
        """Change the item as its holder; False where it is another's by now, or `when` does not hold."""
        mine = f"#{self._holder} = :holder"
        update = build_update(
            self._table,
            key,
            condition=f"({when}) AND {mine}" if when else mine,
            values={**(values or {}), ":holder": holder},
            **changes,
        )
        return write_if(self._client.update_item, tries=self._tries, **update) is not None

    def renew(
        self, key: Attributes, holder: str, until: float, *, when: str = "", values: Mapping[str, Value] | None = None
    ) -> bool:
        """Stay the holder for longer; False as for `change`."""
        return self.change(key, holder, when=when, values=values, sets=to_item({self._until: until}))

    def release(self, key: Attributes, holder: str) -> bool:
        """Let others have it; False as for `change`."""
        return self.renew(key, holder, 0)


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
