"""The push log table: one item per event and platform.

Item: `event_id`, `platform_id`, readable columns, `detail` (packed JSON: entries and attempts), `expires_at`,
and `status_shard` only while the log is not a success: the index over it lists what needs a look, and stays
small. A log that is too large for an item has `parts` instead of `detail`: their generation in the part table.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from taskbridge.errors import StoreError, UnreadableDocument
from taskbridge.instances import INSTANCE
from taskbridge.push_logs import SCHEMA, Entry, LogStatus, PushLog
from taskbridge.tables.attributes import Item, batch_get, batch_put, binary, query_all, store_call, text, to_item
from taskbridge.tables.packing import pack, unpack
from taskbridge.tables.parts import PART_BYTES, Body, Parts, PartTable, parts_of

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
        """Write logs whole, but for those that could not be read: they stay as they are."""


class PushLogTable:
    """The push log on DynamoDB. `retention_s` is how long a log is kept after its last change.

    `parts` is needed for logs that are too large for an item.
    """

    def __init__(
        self, client: DynamoDBClient, table: str, retention_s: float, *, parts: PartTable | None = None
    ) -> None:
        self._client = client
        self._table = table
        self._retention_s = retention_s
        self._parts = parts

    def load(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], PushLog]:
        """See PushLogStore. Reads consistently: what is loaded is going to be written back."""
        wanted = [to_item({"event_id": event, "platform_id": platform}) for event, platform in dict.fromkeys(keys)]
        items = batch_get(self._client, self._table, wanted, consistent=True)
        return {(log.event_id, log.platform_id): log for log in self._logs(items)}

    def put(self, logs: Iterable[PushLog]) -> None:
        """See PushLogStore."""
        written = [(log, *self._written(log)) for log in logs if not log.unreadable]
        bodies = [body for _, _, body in written if body]
        if bodies:
            self._part_table().put(bodies)
        batch_put(self._client, self._table, (item for _, item, _ in written))
        for body in bodies:
            with suppress(StoreError):  # what is left goes by itself when the log has outlived its time
                self._part_table().clear(body.document, before=body.generation)

    def of_event(self, event_id: str) -> list[PushLog]:
        """What became of an event on each platform."""
        items = query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="event_id = :event",
            ExpressionAttributeValues={":event": {"S": event_id}},
        )
        return self._logs(list(items))

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
        places = [(text(item, "received_at"), text(item, "event_id")) for item in answer["Items"]]
        listed = list(map(Listed, self._logs(answer["Items"]), places))
        return listed, "LastEvaluatedKey" in answer

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

    def _logs(self, items: Iterable[Item]) -> list[PushLog]:
        """The logs of items, with the parts of those that are large."""
        named = {number: parts for number, item in enumerate(items) if (parts := _parts_in(item))}
        bodies = self._part_table().load(named.values()) if named else {}
        return [_parse(item, bodies) for item in items]

    def _part_table(self) -> PartTable:
        if self._parts is None:
            raise StoreError("a log is too large for an item, and no part table is given")
        return self._parts

    def _written(self, log: PushLog) -> tuple[dict[str, Any], Body | None]:
        """The item of a log, and its parts where it is large."""
        status = log.status
        values: dict[str, str | int | float | bytes] = {
            "event_id": log.event_id,
            "platform_id": log.platform_id,
            "status": status,
            "received_at": log.received_at or log.updated_at,
            "expires_at": int(datetime.fromisoformat(log.updated_at).timestamp() + self._retention_s),
        }
        # Event and platform are the keys of the item.
        detail = pack(msgspec.json.encode(msgspec.structs.replace(log, event_id="", platform_id="")))
        body = None
        if len(detail) <= PART_BYTES:
            values["detail"] = detail
        else:
            generation = f"{log.updated_at}-{uuid.uuid4().hex[:8]}"
            body = Body(_document(log.event_id, log.platform_id), generation, detail, int(values["expires_at"]))
            values["parts"] = body.parts.reference
        if status is not LogStatus.SUCCEEDED:
            values["status_shard"] = status_shard(log.platform_id, status, log.event_id)
        return to_item(values), body


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


def _document(event_id: str, platform_id: str) -> str:
    """How the part table calls a log."""
    return f"push-logs#{platform_id}#{event_id}"


def _parts_in(item: Item) -> Parts | None:
    if "parts" not in item:
        return None
    return parts_of(_document(text(item, "event_id"), text(item, "platform_id")), text(item, "parts"))


def _parse(item: Item, bodies: Mapping[Parts, bytes]) -> PushLog:
    """A stored log. One that this release cannot read says so, and shows what stands beside it."""
    parts = _parts_in(item)
    try:
        if parts and parts not in bodies:
            raise UnreadableDocument("not all of its parts are there")
        log = _decode(bodies[parts] if parts else binary(item, "detail"))
    except UnreadableDocument as error:
        log = _unreadable(item, str(error))
    log.event_id, log.platform_id = text(item, "event_id"), text(item, "platform_id")
    return log


def _decode(detail: bytes) -> PushLog:
    try:
        log = _decoder.decode(unpack(detail))
    except (zlib.error, KeyError, IndexError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableDocument(f"{type(error).__name__}: {error}") from None
    if log.schema != SCHEMA:
        raise UnreadableDocument(f"schema {log.schema} is not known to this release")
    return log


def _unreadable(item: Item, reason: str) -> PushLog:
    told = text(item, "status")
    status = LogStatus(told) if told in frozenset(LogStatus) else LogStatus.FAILED
    entry = Entry(status, reason=f"this log cannot be read: {reason}")
    received_at = text(item, "received_at")
    return PushLog(
        "", "", "", received_at=received_at, updated_at=received_at, entries={INSTANCE: entry}, unreadable=reason
    )
