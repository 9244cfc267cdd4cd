"""The AI audit table: every question that was asked of a platform. Nothing in it is ever changed, but that a person
is erased: then entries lose the person and all text, and keep what was counted.

Item: `task_id` (as a key part), `entry` (time#id), readable columns, `detail` (the whole entry, deflated JSON),
`expires_at`. `day_shard` with `entry_at` is the index by time, with nothing but keys: entries are long.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec

from taskbridge.ai.audit import AuditedFile, AuditRecord
from taskbridge.moments import DAY_S
from taskbridge.tables.by_time import TimeIndex
from taskbridge.tables.dynamo import Item, Page, Value, binary, fits_item, key_part, text, to_item
from taskbridge.tables.packing import Packed
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_TEXT_LIMIT, _SHORTEST = 2_000_000, 500  # of characters
_packed = Packed(AuditRecord)
UNREADABLE = "这条记录无法读取，只保留了索引中的内容"


class AuditTable(Table):
    """The audit log on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        super().__init__(client, table)
        self._by_day = TimeIndex(
            client, table, "by_day", "day_shard", "entry_at", ("task_id", "entry"), width=10, buckets=8
        )

    def record(self, entry: AuditRecord, now: float, retention_days: float) -> bool:
        """Add an entry, to be kept this long from `now` (epoch seconds) on; False where it stands there already.

        What does not fit into an item is cut, with a mark: answers and questions first.
        """
        moment = _entry(entry)
        item: dict[str, Value] = {
            "task_id": key_part(entry.task_id),
            "entry": moment,
            "day_shard": self._by_day.place(entry.at, entry.id),
            "entry_at": moment,
            "uid": entry.uid,
            "platform_id": entry.platform_id,
            "model": entry.model,
            "outcome": entry.outcome,
            "detail": _pack(entry),
            "expires_at": int(now + retention_days * DAY_S),
        }
        return self._put(to_item(item), "attribute_not_exists(#entry)")

    def for_task(
        self, task_id: str, cursor: str | None = None, limit: int = 50, *, start: str = "", end: str = ""
    ) -> Page[AuditRecord]:
        """The entries of a task in [start, end), RFC 3339 in UTC, the newest first: one Query. Empty: no bound."""
        return self._by_day.of(_read, key_part(task_id), cursor, limit, start, end)

    def between(self, start: str, end: str, cursor: str | None = None, limit: int = 50) -> Page[AuditRecord]:
        """The entries in [start, end), the newest first; see TimeIndex.page."""
        return self._by_day.page(_read, start, end, cursor, limit)

    def moments(self, start: str, end: str) -> tuple[list[str], bool]:
        """When questions were asked in [start, end), and whether these are all; see TimeIndex.moments."""
        return self._by_day.moments(start, end)

    def forget_text(self, entry: AuditRecord) -> None:
        """Take question, answer and the names of files out of an entry: who asked, when, and what it cost stays."""
        files = tuple(replace(file, name="") for file in entry.files)
        kept = replace(entry, question="", answer="", files=files)
        self._replace(entry, detail=_pack(kept))

    def blank(self, entry: AuditRecord) -> None:
        """Take person, question, answer and files out of an entry."""
        self._replace(entry, uid="", detail=_pack(entry.without_person()))

    def _replace(self, entry: AuditRecord, **values: Value) -> None:
        """Put other values in the place of those of an entry that is there."""
        key = to_item({"task_id": key_part(entry.task_id), "entry": _entry(entry)})
        self._update(key, sets=to_item(values), condition="attribute_exists(#entry)")


def _entry(entry: AuditRecord) -> str:
    return f"{entry.at}#{key_part(entry.id)}"


def _pack(entry: AuditRecord) -> bytes:
    return _packed.pack_first(_cut_shorter(entry))


def _cut_shorter(entry: AuditRecord) -> Iterator[AuditRecord]:
    """The entry, its texts cut shorter each time."""
    error, limit = _cut(entry.error, 2000), _TEXT_LIMIT
    while limit >= _SHORTEST:
        question, answer = _cut(entry.question, limit), _cut(entry.answer, limit)
        yield replace(entry, question=question, answer=answer, error=error)
        limit //= 2


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return fits_item(text)
    return f"{fits_item(text[:limit])}…（已截断，原文共 {len(text)} 字）"


def _read(item: Item) -> AuditRecord:
    """The entry; of one that cannot be read, what its columns tell: it hides no other."""
    try:
        fields = msgspec.json.decode(zlib.decompress(binary(item, "detail")))
        return msgspec.convert({**fields, "files": [_file(each) for each in fields.get("files", ())]}, AuditRecord)
    except (KeyError, zlib.error, msgspec.MsgspecError, TypeError, AttributeError):
        return _unreadable(item)


def _file(stored: Any) -> Any:
    """A file that took part. Releases before this one stored the platform's id alone."""
    return AuditedFile(name="", sha256="", size=0, file_id=stored) if isinstance(stored, str) else stored


def _unreadable(item: Item) -> AuditRecord:
    at, _, entry_id = text(item, "entry").partition("#")
    return AuditRecord(
        id=unquote(entry_id),
        at=at,
        uid=text(item, "uid"),
        task_id=unquote(text(item, "task_id")),
        sess_id="",
        app_id="",
        node_id="",
        analysis_id="",
        outcome=text(item, "outcome"),
        platform_id=text(item, "platform_id"),
        model=text(item, "model"),
        error=UNREADABLE,
    )
