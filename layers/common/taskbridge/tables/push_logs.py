"""The push log table: one item per event and platform.

Item: `event_id`, `platform_id`, readable columns, `detail` (packed JSON: entries and attempts), `expires_at`,
and `status_shard` only while the log is not a success: the index over it lists what needs a look, and stays
small.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from taskbridge.push_logs import LogStatus, PushLog
from taskbridge.tables.attributes import Item, batch_get, batch_put, binary, query_all, store_call, text, to_item
from taskbridge.tables.packing import pack, unpack

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

STATUS_SHARDS = 4
_decoder = msgspec.json.Decoder(PushLog)


@dataclass(frozen=True, slots=True)
class Listed:
    """A log with its place in the index by status: (received_at, event id). It may be listed by its last change."""

    log: PushLog
    place: tuple[str, str]


class PushLogStore(Protocol):
    """Where push logs live."""

    def load(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], PushLog]:
        """Logs by (event id, platform id); those that do not exist are left out."""

    def put(self, logs: Iterable[PushLog]) -> None:
        """Write logs whole."""


class PushLogTable:
    """The push log on DynamoDB. `retention_s` is how long a log is kept after its last change."""

    def __init__(self, client: DynamoDBClient, table: str, retention_s: float) -> None:
        self._client = client
        self._table = table
        self._retention_s = retention_s

    def load(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], PushLog]:
        """See PushLogStore. Reads consistently: what is loaded is going to be written back."""
        wanted = [to_item({"event_id": event, "platform_id": platform}) for event, platform in dict.fromkeys(keys)]
        items = batch_get(self._client, self._table, wanted, consistent=True)
        return {(log.event_id, log.platform_id): log for log in map(parse_log, items)}

    def put(self, logs: Iterable[PushLog]) -> None:
        """See PushLogStore."""
        batch_put(self._client, self._table, (self._item(log) for log in logs))

    def of_event(self, event_id: str) -> list[PushLog]:
        """What became of an event on each platform."""
        items = query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="event_id = :event",
            ExpressionAttributeValues={":event": {"S": event_id}},
        )
        return [*map(parse_log, items)]

    def by_status(
        self,
        shard: str,
        start: str,
        end: str,
        limit: int,
        *,
        after: tuple[str, ...] = (),
        newest_first: bool = False,
    ) -> tuple[list[Listed], bool]:
        """Logs of a shard (see status_shard) that were received from `start` to `end`, `after` a place: one Query.

        Returns them and whether there may be more. They may be fewer than `limit` and yet not all: a Query reads a
        megabyte at most.
        """
        answer = store_call(
            self._client.query,
            **self._of_shard(shard, start, end),
            Limit=limit,
            ScanIndexForward=not newest_first,
            **_start_key(shard, after),
        )
        found = [(parse_log(item), (text(item, "received_at"), text(item, "event_id"))) for item in answer["Items"]]
        return [Listed(log, place) for log, place in found], "LastEvaluatedKey" in answer

    def received(self, shard: str, start: str, end: str) -> tuple[list[str], bool]:
        """When the logs of a shard were received, newest first, and whether these are all: one Query, a megabyte."""
        answer = store_call(
            self._client.query,
            **self._of_shard(shard, start, end),
            ProjectionExpression="received_at",
            ScanIndexForward=False,
        )
        return [text(item, "received_at") for item in answer["Items"]], "LastEvaluatedKey" not in answer

    def _of_shard(self, shard: str, start: str, end: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "IndexName": "by_status",
            "KeyConditionExpression": "status_shard = :shard AND received_at BETWEEN :start AND :end",
            "ExpressionAttributeValues": to_item({":shard": shard, ":start": start, ":end": end}),
        }

    def _item(self, log: PushLog) -> dict[str, Any]:
        status = log.status
        detail = msgspec.structs.replace(log, event_id="", platform_id="")  # they are the keys of the item
        values: dict[str, str | int | float | bytes] = {
            "event_id": log.event_id,
            "platform_id": log.platform_id,
            "status": status,
            "received_at": log.received_at or log.updated_at,
            "detail": pack(msgspec.json.encode(detail)),
            "expires_at": int(datetime.fromisoformat(log.updated_at).timestamp() + self._retention_s),
        }
        if status is not LogStatus.SUCCEEDED:
            values["status_shard"] = status_shard(log.platform_id, status, log.event_id)
        return to_item(values)


def status_shard(platform_id: str, status: LogStatus, event_id: str) -> str:
    """Partition of the status index."""
    return f"{platform_id}#{status}#{zlib.crc32(event_id.encode()) % STATUS_SHARDS}"


def status_shards(platform_id: str, status: LogStatus) -> list[str]:
    """Every partition of a platform and status."""
    return [f"{platform_id}#{status}#{number}" for number in range(STATUS_SHARDS)]


def _start_key(shard: str, after: tuple[str, ...]) -> dict[str, Any]:
    if not after:
        return {}
    received_at, event_id = after
    platform_id = shard.split("#", 1)[0]
    keys = {"event_id": event_id, "platform_id": platform_id, "status_shard": shard, "received_at": received_at}
    return {"ExclusiveStartKey": to_item(keys)}


def parse_log(item: Item) -> PushLog:
    """A stored log."""
    log = _decoder.decode(unpack(binary(item, "detail")))
    log.event_id, log.platform_id = text(item, "event_id"), text(item, "platform_id")
    return log
