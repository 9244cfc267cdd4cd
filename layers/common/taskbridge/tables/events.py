"""The event table: events that went nowhere, because they were skipped or could not be read.

Item: `event_id`, `part` (0 holds the facts), `status`, `reason`, readable columns, `digest`, and for a rejected
event the whole of it, deflated, in `detail` over as many parts as it needs. `status_shard` with `received_at` is
the index by status. `replayed_at` and `replayed_by` stand there once a person sent it in again. `others` are the ids
of events that came under the same id later.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from taskbridge.deflating import deflate
from taskbridge.moments import DAY_S
from taskbridge.tables.batches import batch_put
from taskbridge.tables.dynamo import PART_BYTES, binary, number, text, to_item
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

STATUS_SHARDS = 4
TOLD = 100  # of the events under one id, the first names so many


@dataclass(frozen=True, slots=True)
class UnroutedEvent:
    """An event that went nowhere. `status` is skipped or rejected; `body` is the whole event where rejected.

    `others`: where more events stand that came under this id.
    """

    event_id: str
    status: str
    reason: str
    received_at: str
    action: str = ""
    app_id: str = ""
    sess_id: str = ""
    body: bytes = b""
    digest: str = ""
    replayed_at: str = ""
    replayed_by: str = ""
    others: tuple[str, ...] = ()


class EventTable(Table):
    """Skipped and rejected events on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, retention_days: float) -> None:
        super().__init__(client, table)
        self._retention_s = retention_days * DAY_S

    def record(self, event: UnroutedEvent, body: bytes, spare_id: str) -> str:
        """Keep it; returns the id under which it stands.

        That is its own id, unless another event (or another reading of one) stands there: then nothing of either
        is lost, and it stands under its id with `spare_id` behind it. `body` is the event as it came: recognised by
        its digest, and kept whole where it was rejected.
        """
        digest = hashlib.sha256(body).hexdigest()[:32]
        detail = deflate(body, 9) if event.status == "rejected" else b""
        parts = [detail[start : start + PART_BYTES] for start in range(0, len(detail), PART_BYTES)] or [b""]
        for event_id in (event.event_id, f"{event.event_id}~{spare_id}"):
            if self._put_first(event, event_id, digest, parts):
                break
        expires_at = self._expires_at(event)
        batch_put(
            self._client,
            self._table,
            (
                to_item({"event_id": event_id, "part": number, "detail": part, "expires_at": expires_at})
                for number, part in enumerate(parts[1:], start=1)
            ),
            key=("event_id", "part"),
        )
        if event_id != event.event_id:
            self._tell(event.event_id, event_id)
        return event_id

    def read(self, event_id: str) -> UnroutedEvent | None:
        """An event with its whole body, or None."""
        parts = self._query("event_id = :id", {":id": event_id}, ConsistentRead=True)
        items = sorted(parts, key=lambda item: number(item, "part"))
        if not items:
            return None
        detail = b"".join(binary(item, "detail") for item in items if "detail" in item)
        return _event(dict(items[0]), zlib.decompress(detail) if detail else b"")

    def listed(self, status: str, shard: int, limit: int, before: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        """Events of a status and shard, the newest first, as places (received_at, id) after `before`: one Query."""
        partition = f"{status}#{shard}"
        start: dict[str, Any] = {}
        if before:
            received_at, event_id = before
            keys: dict[str, str | int | float | bytes] = {"event_id": event_id, "part": 0}
            keys |= {"status_shard": partition, "received_at": received_at}
            start = {"ExclusiveStartKey": to_item(keys)}
        values = {":shard": partition}
        items = self._first(
            limit, "status_shard = :shard", values, IndexName="by_status", ScanIndexForward=False, **start
        )
        return [(text(item, "received_at"), text(item, "event_id")) for item in items]

    def count(self, status: str, shard: int, start: str, end: str, most: int) -> tuple[int, bool]:
        """How many events of a status and shard were received in a time, and whether these are all.

        One Query of the index, which reads at most `most` keys.
        """
        condition = "status_shard = :shard AND received_at BETWEEN :start AND :end"
        values = {":shard": f"{status}#{shard}", ":start": start, ":end": end}
        answer = self._look(condition, values, IndexName="by_status", Select="COUNT", Limit=most)
        return answer["Count"], "LastEvaluatedKey" not in answer

    def load(self, event_ids: Sequence[str]) -> dict[str, UnroutedEvent]:
        """Events with their bodies; one that stands in several items is read by a Query of its own."""
        keys = [to_item({"event_id": event_id, "part": 0}) for event_id in event_ids]
        items = self._items(keys)
        found: dict[str, UnroutedEvent] = {}
        for item in items:
            detail = binary(item, "detail") if "detail" in item else b""
            event_id = text(item, "event_id")
            whole = self.read(event_id) if len(detail) == PART_BYTES else None
            found[event_id] = whole or _event(dict(item), zlib.decompress(detail) if detail else b"")
        return found

    def mark_replayed(self, event_id: str, by: str, at: str) -> bool:
        """Note that a rejected event goes back to where it came from; False where there is none."""
        return self._update(
            to_item({"event_id": event_id, "part": 0}),
            sets=to_item({"replayed_at": at, "replayed_by": by}),
            condition="#status = :rejected",
            values={":rejected": "rejected"},
        )

    def _put_first(self, event: UnroutedEvent, event_id: str, digest: str, parts: list[bytes]) -> bool:
        shard = zlib.crc32(event_id.encode()) % STATUS_SHARDS
        values: dict[str, Any] = {
            "event_id": event_id,
            "part": 0,
            "status": event.status,
            "reason": event.reason[:1000],
            "received_at": event.received_at,
            "action": event.action,
            "app_id": event.app_id,
            "sess_id": event.sess_id,
            "digest": digest,
            "status_shard": f"{event.status}#{shard}",
            "expires_at": self._expires_at(event),
        }
        if parts[0]:
            values["detail"] = parts[0]
        condition = "attribute_not_exists(#event_id) OR (#digest = :digest AND #status = :status)"
        return self._put(to_item(values), condition, {":digest": digest, ":status": event.status})

    def _tell(self, event_id: str, other: str) -> None:
        """Note at the first event under an id where another stands."""
        self._update(
            to_item({"event_id": event_id, "part": 0}),
            adds={"others": frozenset({other})},
            condition="attribute_exists(#event_id) AND (attribute_not_exists(#others) OR size(#others) < :most)",
            values={":most": TOLD},
        )

    def _expires_at(self, event: UnroutedEvent) -> int:
        return int(datetime.fromisoformat(event.received_at).timestamp() + self._retention_s)


def _event(item: dict[str, Any], body: bytes) -> UnroutedEvent:
    return UnroutedEvent(
        event_id=text(item, "event_id"),
        status=text(item, "status"),
        reason=text(item, "reason"),
        received_at=text(item, "received_at"),
        action=text(item, "action"),
        app_id=text(item, "app_id"),
        sess_id=text(item, "sess_id"),
        body=body,
        digest=text(item, "digest"),
        replayed_at=text(item, "replayed_at"),
        replayed_by=text(item, "replayed_by"),
        others=tuple(sorted(item["others"]["SS"])) if "others" in item else (),
    )
