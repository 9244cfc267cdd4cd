"""An item of the push log table: what became of one event on one platform, or of one instance that shares its event id.

`event_id`, `platform_id`, readable columns, `detail` (packed JSON: entries and attempts), `expires_at`,
and `status_shard` only while the log is not a success: the index over it lists what needs a look, and stays
small. A log that is too large for an item has `parts` instead of `detail`: their generation in the part table.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from taskbridge.errors import UnreadableDocument
from taskbridge.push.instances import INSTANCE
from taskbridge.push.logs import BESIDE, SCHEMA, Entry, LogStatus, PushLog, platform_of_place
from taskbridge.reasons import build_reason
from taskbridge.tables.dynamo import Item, binary, text, to_item
from taskbridge.tables.packing import pack, unpack
from taskbridge.tables.parts import Parts, SplitBody, body_in_parts, parts_in

Values = dict[str, str | int | float | bytes]

STATUS_SHARDS = 4
_decoder = msgspec.json.Decoder(PushLog)


def write_log(log: PushLog, retention_s: float) -> tuple[Values, SplitBody | None]:
    """The attributes of a log, and its parts where it is large."""
    status = log.status
    values: Values = {
        "status": status,
        "received_at": log.received_at or log.updated_at,
        "expires_at": int(datetime.fromisoformat(log.updated_at).timestamp() + retention_s),
    }
    # What the key of the item says is not said again.
    told = msgspec.structs.replace(log, event_id="", platform_id="", is_beside=False, is_stored=False)
    detail = pack(msgspec.json.encode(told))
    body = body_in_parts(_document(*log.key), log.updated_at, detail, int(values["expires_at"]))
    values |= {"parts": body.parts.reference} if body else {"detail": detail}
    if status is not LogStatus.SUCCEEDED:
        values["status_shard"] = status_shard(log.platform_id, status, log.event_id)
    return values, body


def log_parts(item: Item) -> Parts | None:
    """The parts that hold a large log, None where the item holds it."""
    return parts_in(_document(text(item, "event_id"), text(item, "platform_id")), item)


def read_log(item: Item, bodies: Mapping[Parts, bytes]) -> PushLog:
    """A stored log. One that this release cannot read says so, and shows what stands beside it."""
    parts = log_parts(item)
    try:
        if parts and parts not in bodies:
            raise UnreadableDocument(build_reason("parts_missing"))
        log = _decode(bodies[parts] if parts else binary(item, "detail"))
    except UnreadableDocument as error:
        log = _unreadable(item, str(error))
    place = text(item, "platform_id")
    log.event_id, log.platform_id = text(item, "event_id"), platform_of_place(place)
    log.is_beside, log.is_stored = place != log.platform_id, True
    told = item["shared_with"]["SS"] if "shared_with" in item else []
    log.shared_with = sorted({*log.shared_with, *told})
    return log


def status_shard(platform_id: str, status: LogStatus, event_id: str) -> str:
    """Partition of the status index."""
    return f"{platform_id}#{status}#{zlib.crc32(event_id.encode()) % STATUS_SHARDS}"


def status_shards(platform_id: str, status: LogStatus) -> list[str]:
    """Every partition of a platform and status."""
    return [f"{platform_id}#{status}#{number}" for number in range(STATUS_SHARDS)]


def listed_place(item: Item) -> tuple[str, ...]:
    """The place of a listed item, from which a list goes on: see ListedLog."""
    beside = (text(item, "platform_id"),) if BESIDE in text(item, "platform_id") else ()
    return text(item, "received_at"), text(item, "event_id"), *beside


def start_key(shard: str, after: tuple[str, ...]) -> dict[str, Any]:
    """Where a Query of a shard begins: behind the place `after`, or at its start."""
    if not after:
        return {}
    received_at, event_id, *beside = after
    place = beside[0] if beside else shard.split("#", 1)[0]
    keys = {"event_id": event_id, "platform_id": place, "status_shard": shard, "received_at": received_at}
    return {"ExclusiveStartKey": to_item(keys)}


def _document(event_id: str, place: str) -> str:
    """How the part table calls a log."""
    return f"push-logs#{place}#{event_id}"


def _decode(detail: bytes) -> PushLog:
    try:
        log = _decoder.decode(unpack(detail))
    except (zlib.error, KeyError, IndexError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableDocument(f"{type(error).__name__}: {error}") from None
    if log.schema != SCHEMA:
        raise UnreadableDocument(build_reason("schema_unknown", schema=log.schema))
    return log


def _unreadable(item: Item, reason: str) -> PushLog:
    told = text(item, "status")
    status = LogStatus(told) if told in frozenset(LogStatus) else LogStatus.FAILED
    entry = Entry(status, reason=build_reason("log_unreadable", why=reason))
    received_at = text(item, "received_at")
    return PushLog(
        "", "", "", received_at=received_at, updated_at=received_at, entries={INSTANCE: entry}, unreadable=reason
    )
