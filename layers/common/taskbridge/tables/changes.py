"""The trail of changes: who changed which platform, rule or setting. Nothing in it is ever changed, and nothing leaves
it but the own rules of a person who is erased.

Item: `subject` (such as `platform#jinzhi`), `moment` (time#id, so that the order of keys is the order of time), `who`,
and `detail` (the whole change, deflated JSON). Nothing expires.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import msgspec

from taskbridge.tables.ai_items import Page, conditional_call, key_part, query_page
from taskbridge.tables.attributes import Item, binary, query_all, store_call, to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_DETAIL_BYTES = 390_000  # an item may have 400 KB
_CUT = {"cut": "too large to be kept whole"}


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change. `what` names its subject, such as ("platform", "jinzhi"); `before` and `after` hold no secrets.

    `before` is None where it did not exist, `after` is None where it was deleted.
    """

    id: str
    at: str  # RFC 3339 in UTC
    who: str
    what: tuple[str, ...]
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


_decoder = msgspec.json.Decoder(Change)


class ChangeTable:
    """The trail of changes on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def record(self, change: Change) -> bool:
        """Add a change; False where it stands there already. Raises StoreError."""
        item = to_item(
            {
                "subject": _subject(change.what),
                "moment": f"{change.at}#{key_part(change.id)}",
                "who": change.who,
                "detail": _pack(change),
            }
        )
        condition = "attribute_not_exists(moment)"
        return (
            conditional_call(self._client.put_item, TableName=self._table, Item=item, ConditionExpression=condition)
            is not None
        )

    def of(self, what: tuple[str, ...], cursor: str | None = None, limit: int = 50) -> Page[Change]:
        """The changes of a subject, the newest first: one Query."""
        return query_page(
            self._client,
            _read,
            cursor,
            limit,
            TableName=self._table,
            KeyConditionExpression="subject = :subject",
            ExpressionAttributeValues=to_item({":subject": _subject(what)}),
            ScanIndexForward=False,
        )

    def erase(self, what: tuple[str, ...]) -> int:
        """Take every change of a subject away; returns how many there were."""
        items = query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="subject = :subject",
            ProjectionExpression="subject, moment",
            ExpressionAttributeValues=to_item({":subject": _subject(what)}),
            ConsistentRead=True,
        )
        keys = [dict(item) for item in items]
        for key in keys:
            store_call(self._client.delete_item, TableName=self._table, Key=key)
        return len(keys)


def _subject(what: tuple[str, ...]) -> str:
    return "#".join(map(key_part, what))


def _pack(change: Change) -> bytes:
    packed = zlib.compress(msgspec.json.encode(change), 6)
    if len(packed) <= _DETAIL_BYTES:
        return packed
    cut = msgspec.structs.replace(change, before=change.before and _CUT, after=change.after and _CUT)
    return zlib.compress(msgspec.json.encode(cut), 6)


def _read(item: Item) -> Change:
    return _decoder.decode(zlib.decompress(binary(item, "detail")))
