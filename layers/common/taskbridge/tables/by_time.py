"""Lists in the order of time, newest first, through an index that is spread over shards."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from taskbridge.aws import store_call
from taskbridge.tables.batches import batch_get
from taskbridge.tables.dynamo import Attributes, Item, Page, query_first, query_page, text, to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")

FIRST, LAST = "0", "9999"  # before and after every time


@dataclass(frozen=True, slots=True)
class TimeIndex:
    """An index by time with nothing but keys: each bucket of time has `shards` partitions, `bucket#shard`.

    A bucket is a day or a month: the first `width` letters of a time, 10 or 7. `order` names the attribute that is
    the index's sort key: time#id. A page looks at no more than `buckets` of them.
    """

    client: DynamoDBClient
    table: str
    name: str
    partition: str
    order: str
    key: tuple[str, str]  # of the table
    width: int
    buckets: int
    shards: int = 4

    def place(self, at: str, spread: str) -> str:
        """The partition of what happened then; `spread` decides which shard."""
        return f"{at[: self.width]}#{zlib.crc32(spread.encode()) % self.shards}"

    def of(
        self, read: Callable[[Item], T], owner: str, cursor: str | None, limit: int, start: str, end: str
    ) -> Page[T]:
        """What happened to one thing, the table's own partition, in [start, end), the newest first: one Query. Empty:
        no bound.
        """
        return query_page(
            self.client,
            read,
            cursor,
            limit,
            TableName=self.table,
            KeyConditionExpression="#owner = :owner AND #moment BETWEEN :start AND :end",
            ExpressionAttributeNames=dict(zip(("#owner", "#moment"), self.key, strict=True)),
            ExpressionAttributeValues=to_item({":owner": owner, ":start": start or FIRST, ":end": end or LAST}),
            ScanIndexForward=False,
        )

    def page(
        self, read: Callable[[Item], T], start: str, end: str, cursor: str | None = None, limit: int = 50
    ) -> Page[T]:
        """What happened in [start, end), RFC 3339 in UTC, the newest first.

        A Query for each shard of a bucket, and then one BatchGetItem: a page may be short, or empty, where there is a
        next one.
        """
        before = cursor or end
        if before <= start:
            return Page([])
        found: list[Item] = []
        last, first = before[: self.width], start[: self.width]
        for bucket in _down(last, first, self.buckets):
            found += self._newest(bucket, start, before, limit)
            if len(found) >= limit:
                return Page(self._load(read, found[:limit]), self._moment(found[limit - 1]))
            last = bucket
        return Page(self._load(read, found), last if last > first else None)

    def moments(self, start: str, end: str) -> tuple[list[str], bool]:
        """When it happened in [start, end), and whether these are all: a Query for each shard of a bucket."""
        found: list[str] = []
        is_whole = True
        for bucket in _down(end[: self.width], start[: self.width], self.buckets):
            for shard in range(self.shards):
                answer = store_call(self.client.query, **self._between(bucket, shard, start, end))
                found += [text(item, self.order) for item in answer["Items"]]
                is_whole = is_whole and "LastEvaluatedKey" not in answer
        return [each.partition("#")[0] for each in found if each < end], is_whole

    def _newest(self, bucket: str, start: str, before: str, limit: int) -> list[Item]:
        """The entries of a bucket, at most `limit` of each shard."""
        found: list[Item] = []
        for shard in range(self.shards):
            items = query_first(
                self.client,
                limit + 1,  # BETWEEN takes in `before` itself
                **self._between(bucket, shard, start, before),
            )
            found += [item for item in items if self._moment(item) < before][:limit]
        return sorted(found, key=self._moment, reverse=True)

    def _between(self, bucket: str, shard: int, start: str, before: str) -> dict[str, Any]:
        """What a Query of a shard asks for, the newest first."""
        return {
            "TableName": self.table,
            "IndexName": self.name,
            "KeyConditionExpression": f"{self.partition} = :shard AND {self.order} BETWEEN :start AND :before",
            "ExpressionAttributeValues": to_item({":shard": f"{bucket}#{shard}", ":start": start, ":before": before}),
            "ScanIndexForward": False,
        }

    def _load(self, read: Callable[[Item], T], entries: list[Item]) -> list[T]:
        keys: list[Attributes] = [{name: item[name] for name in self.key} for item in entries]
        items = batch_get(self.client, self.table, keys, consistent=False)
        return [read(item) for item in sorted(items, key=self._moment, reverse=True)]

    def _moment(self, item: Item) -> str:
        return text(item, self.order)


def _down(last: str, first: str, most: int) -> Iterator[str]:
    """Buckets from `last` down to `first`, at most so many."""
    bucket = last
    for _ in range(most):
        if bucket < first:
            return
        yield bucket
        begins = date.fromisoformat(bucket if len(bucket) == 10 else f"{bucket}-01")
        bucket = (begins - timedelta(days=1)).isoformat()[: len(bucket)]
