"""The trail of changes: who changed which platform, rule or setting. Nothing in it is ever changed, and nothing leaves
it but the own rules of a person who is erased.

Item: `subject` (such as `platform#jinzhi`), `moment` (time#id, so that the order of keys is the order of time), `who`,
`detail` (the whole change, deflated JSON), `month_shard` and `changed_at` (its moment) for the index by time, which
changes of release 0.1.0 are not in. Nothing expires.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from taskbridge.aws import store_call
from taskbridge.tables.batches import batch_get
from taskbridge.tables.conditional import write_if
from taskbridge.tables.dynamo import Item, Page, binary, key_part, query_all, query_first, query_page, text, to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_DETAIL_BYTES = 390_000  # an item may have 400 KB
SHARDS = 4
MONTHS_A_PAGE = 6
_FIRST, _LAST = "0", "9999"
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
                "month_shard": f"{change.at[:7]}#{zlib.crc32(_subject(change.what).encode()) % SHARDS}",
                "changed_at": f"{change.at}#{key_part(change.id)}",
            }
        )
        condition = "attribute_not_exists(moment)"
        return (
            write_if(self._client.put_item, TableName=self._table, Item=item, ConditionExpression=condition) is not None
        )

    def of(
        self, what: tuple[str, ...], cursor: str | None = None, limit: int = 50, *, start: str = "", end: str = ""
    ) -> Page[Change]:
        """The changes of a subject in [start, end), the newest first: one Query. Empty: no bound."""
        return query_page(
            self._client,
            _read,
            cursor,
            limit,
            TableName=self._table,
            KeyConditionExpression="subject = :subject AND moment BETWEEN :start AND :end",
            ExpressionAttributeValues=to_item(
                {":subject": _subject(what), ":start": start or _FIRST, ":end": end or _LAST}
            ),
            ScanIndexForward=False,
        )

    def between(self, start: str, end: str, cursor: str | None = None, limit: int = 50) -> Page[Change]:
        """The changes of everything in [start, end), the newest first.

        A page looks at no more than six months, with a Query for each shard, and then at its changes with one
        BatchGetItem: it may be short, or empty, where there is a next one.
        """
        before = cursor or end
        keys: list[Item] = []
        month = before[:7]
        for month in _months_down(before[:7], start[:7]):
            found = [key for shard in range(SHARDS) for key in self._keys(f"{month}#{shard}", start, before, limit)]
            keys += sorted(found, key=lambda key: text(key, "moment"), reverse=True)
            if len(keys) >= limit:
                return Page(self._load(keys[:limit]), text(keys[limit - 1], "moment"))
        return Page(self._load(keys), month if month > start[:7] else None)

    def _keys(self, shard: str, start: str, before: str, limit: int) -> list[Item]:
        items = query_first(
            self._client,
            limit + 1,  # BETWEEN takes in `before` itself
            TableName=self._table,
            IndexName="by_month",
            KeyConditionExpression="month_shard = :shard AND changed_at BETWEEN :start AND :before",
            ExpressionAttributeValues=to_item({":shard": shard, ":start": start, ":before": before}),
            ScanIndexForward=False,
        )
        keys: list[Item] = [{name: item[name] for name in ("subject", "moment")} for item in items]
        return [key for key in keys if text(key, "moment") < before][:limit]

    def _load(self, keys: list[Item]) -> list[Change]:
        items = batch_get(self._client, self._table, [dict(key) for key in keys], consistent=False)
        return [_read(item) for item in sorted(items, key=lambda item: text(item, "moment"), reverse=True)]

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


def _months_down(last: str, first: str) -> Iterator[str]:
    """Months from `last` down to `first`, at most as many as a page looks at."""
    year, month = int(last[:4]), int(last[5:7])
    for _ in range(MONTHS_A_PAGE):
        if f"{year:04}-{month:02}" < first:
            return
        yield f"{year:04}-{month:02}"
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)


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
