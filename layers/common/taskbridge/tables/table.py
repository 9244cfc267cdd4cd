"""A table of DynamoDB: its items by key, by Query and by page, and writes under a condition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from taskbridge.aws import store_call
from taskbridge.tables.batches import batch_get
from taskbridge.tables.conditional import build_update, names_in, write_if
from taskbridge.tables.dynamo import (
    TRIES,
    Attributes,
    Item,
    Page,
    Value,
    erase,
    get_item,
    keys_in,
    query_all,
    query_first,
    query_page,
    to_value,
)

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")


class Table:
    """One table. Everything raises StoreError.

    Expressions write an attribute as `#name` where its name may be reserved; `values` are those of their `:names`.
    What else a request has (`IndexName`, `Limit`) goes along as it is.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def _item(self, key: Attributes) -> Item | None:
        """An item, read consistently."""
        return get_item(self._client, self._table, key)

    def _items(self, keys: Iterable[Attributes]) -> list[Item]:
        """Items by key, read consistently; those that do not exist are left out."""
        return batch_get(self._client, self._table, keys, consistent=True)

    def _query(self, condition: str, values: Mapping[str, Value], **more: Any) -> Iterator[Item]:
        """Every item of a Query, as many calls as that takes."""
        return query_all(self._client, **self._asked(condition, values, more))

    def _first(self, limit: int, condition: str, values: Mapping[str, Value], **more: Any) -> list[Item]:
        """The first `limit` items of a Query: one call, unless a megabyte cuts it off."""
        return query_first(self._client, limit, **self._asked(condition, values, more))

    def _page(
        self,
        read: Callable[[Item], T],
        cursor: str | None,
        limit: int,
        condition: str,
        values: Mapping[str, Value],
        **more: Any,
    ) -> Page[T]:
        """A page of a Query: one call. Raises ValueError for a cursor that no page gave."""
        return query_page(self._client, read, cursor, limit, **self._asked(condition, values, more))

    def _look(self, condition: str, values: Mapping[str, Value], **more: Any) -> Mapping[str, Any]:
        """The answer to one Query, which reads a megabyte at most."""
        return store_call(self._client.query, **self._asked(condition, values, more))

    def _keys_in(self, key: Attributes, order: str) -> list[Attributes]:
        """The keys of all items of a partition, whose sort key is `order`; read consistently."""
        return keys_in(self._client, self._table, key, order)

    def _put(self, item: Attributes, condition: str, values: Mapping[str, Value] | None = None) -> bool:
        """Put an item; False where the condition was not met."""
        return write_if(self._client.put_item, Item=item, **self._if(condition, values)) is not None

    def _update(self, key: Attributes, *, tries: int = TRIES, **changes: Any) -> bool:
        """Change an item as build_update says; False where the condition was not met."""
        update = build_update(self._table, key, **changes)
        return write_if(self._client.update_item, tries=tries, **update) is not None

    def _updated(self, key: Attributes, **changes: Any) -> Item | None:
        """The item as it is after an update; None where the condition was not met."""
        update = build_update(self._table, key, **changes)
        answer = write_if(self._client.update_item, **update, ReturnValues="ALL_NEW")
        return answer["Attributes"] if answer else None

    def _delete(self, key: Attributes, condition: str, values: Mapping[str, Value] | None = None) -> bool:
        """Take an item away; False where the condition was not met."""
        return write_if(self._client.delete_item, Key=key, **self._if(condition, values)) is not None

    def _erase(self, *keys: Attributes) -> int:
        """Take items away, one after the other; returns how many these were."""
        return erase(self._client, self._table, keys)

    def _asked(self, condition: str, values: Mapping[str, Value], more: Mapping[str, Any]) -> dict[str, Any]:
        names = names_in(condition, more.get("ProjectionExpression", ""), more.get("FilterExpression", ""))
        return {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {name: to_value(value) for name, value in values.items()},
            **({"ExpressionAttributeNames": names} if names else {}),
            **more,
        }

    def _if(self, condition: str, values: Mapping[str, Value] | None = None) -> dict[str, Any]:
        names = names_in(condition)
        return {
            "TableName": self._table,
            "ConditionExpression": condition,
            **({"ExpressionAttributeNames": names} if names else {}),
            **(
                {"ExpressionAttributeValues": {name: to_value(value) for name, value in values.items()}}
                if values
                else {}
            ),
        }
