"""The AI audit table: every question that was asked of a platform. Nothing in it is ever changed, but that a person
is erased: then entries lose the person and all text, and keep what was counted.

Item: `task_id` (as a key part), `entry` (time#id), readable columns, `detail` (the whole entry, deflated JSON),
`expires_at`. `day_shard` with `entry_at` is the index by time, with nothing but keys: entries are long.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec

from taskbridge.ai.audit import AuditedFile, AuditEntry
from taskbridge.moments import DAY_S
from taskbridge.tables.batches import batch_get
from taskbridge.tables.conditional import build_update, write_if
from taskbridge.tables.dynamo import (
    Item,
    Page,
    Value,
    binary,
    fits_item,
    key_part,
    query_first,
    query_page,
    text,
    to_item,
)

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

SHARDS = 4
DAYS_A_PAGE = 8
_DETAIL_BYTES = 390_000  # an item may have 400 KB
_TEXT_LIMIT = 2_000_000
_FIRST, _LAST = "0", "9999"  # before and after every time
UNREADABLE = "这条记录无法读取，只保留了索引中的内容"


class AuditTable:
    """The audit log on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def record(self, entry: AuditEntry, now: float, retention_days: float) -> bool:
        """Add an entry, to be kept this long from `now` (epoch seconds) on; False where it stands there already.

        What does not fit into an item is cut, with a mark: answers and questions first.
        """
        moment = _entry(entry)
        item: dict[str, Value] = {
            "task_id": key_part(entry.task_id),
            "entry": moment,
            "day_shard": f"{entry.at[:10]}#{zlib.crc32(entry.id.encode()) % SHARDS}",
            "entry_at": moment,
            "uid": entry.uid,
            "platform_id": entry.platform_id,
            "model": entry.model,
            "outcome": entry.outcome,
            "detail": _pack(entry),
            "expires_at": int(now + retention_days * DAY_S),
        }
        written = write_if(
            self._client.put_item,
            TableName=self._table,
            Item=to_item(item),
            ConditionExpression="attribute_not_exists(#entry)",
            ExpressionAttributeNames={"#entry": "entry"},
        )
        return written is not None

    def for_task(
        self, task_id: str, cursor: str | None = None, limit: int = 50, *, start: str = "", end: str = ""
    ) -> Page[AuditEntry]:
        """The entries of a task in [start, end), RFC 3339 in UTC, the newest first: one Query. Empty: no bound."""
        return query_page(
            self._client,
            _read,
            cursor,
            limit,
            TableName=self._table,
            KeyConditionExpression="task_id = :task AND entry BETWEEN :start AND :end",
            ExpressionAttributeValues=to_item(
                {":task": key_part(task_id), ":start": start or _FIRST, ":end": end or _LAST}
            ),
            ScanIndexForward=False,
        )

    def between(self, start: str, end: str, cursor: str | None = None, limit: int = 50) -> Page[AuditEntry]:
        """The entries in [start, end), RFC 3339 in UTC, the newest first.

        A page looks at no more than eight days, with a Query for each shard, and then at its entries with one
        BatchGetItem: it may be short, or empty, where there is a next one.
        """
        before = cursor or end
        if before <= start:
            return Page([])
        keys: list[Item] = []
        last_day = before[:10]
        for day in _days_down(before[:10], start[:10]):
            last_day = day
            found = [key for shard in range(SHARDS) for key in self._keys(f"{day}#{shard}", start, before, limit)]
            keys += sorted(found, key=lambda key: text(key, "entry"), reverse=True)
            if len(keys) >= limit:
                return Page(self._entries(keys[:limit]), text(keys[limit - 1], "entry"))
        return Page(self._entries(keys), last_day if last_day > start[:10] else None)

    def forget_text(self, entry: AuditEntry) -> None:
        """Take question, answer and the names of files out of an entry: who asked, when, and what it cost stays."""
        files = tuple(replace(file, name="") for file in entry.files)
        kept = replace(entry, question="", answer="", files=files)
        request = build_update(
            self._table,
            to_item({"task_id": key_part(entry.task_id), "entry": _entry(entry)}),
            sets=to_item({"detail": _pack(kept)}),
            condition="attribute_exists(#entry)",
        )
        write_if(self._client.update_item, **request)

    def blank(self, entry: AuditEntry) -> None:
        """Take person, question, answer and files out of an entry."""
        kept = replace(entry, uid="", question="", answer="", error="", files=())
        request = build_update(
            self._table,
            to_item({"task_id": key_part(entry.task_id), "entry": _entry(entry)}),
            sets=to_item({"uid": "", "detail": _pack(kept)}),
            condition="attribute_exists(#entry)",
        )
        write_if(self._client.update_item, **request)

    def _keys(self, shard: str, start: str, before: str, limit: int) -> list[Item]:
        items = query_first(
            self._client,
            limit + 1,  # BETWEEN takes in `before` itself
            TableName=self._table,
            IndexName="by_day",
            KeyConditionExpression="day_shard = :shard AND entry_at BETWEEN :start AND :before",
            ExpressionAttributeValues=to_item({":shard": shard, ":start": start, ":before": before}),
            ScanIndexForward=False,
        )
        keys: list[Item] = [{name: item[name] for name in ("task_id", "entry")} for item in items]
        return [key for key in keys if text(key, "entry") < before][:limit]

    def _entries(self, keys: list[Item]) -> list[AuditEntry]:
        wanted = [dict(key) for key in keys]
        entries = map(_read, batch_get(self._client, self._table, wanted, consistent=False))
        return sorted(entries, key=_entry, reverse=True)


def _entry(entry: AuditEntry) -> str:
    return f"{entry.at}#{key_part(entry.id)}"


def _days_down(last: str, first: str) -> Iterator[str]:
    """Days from `last` down to `first`, at most as many as a page looks at."""
    day, end = date.fromisoformat(last), date.fromisoformat(first)
    for _ in range(DAYS_A_PAGE):
        if day < end:
            return
        yield day.isoformat()
        day -= timedelta(days=1)


def _pack(entry: AuditEntry) -> bytes:
    limit = _TEXT_LIMIT
    while True:
        cut = replace(
            entry, question=_cut(entry.question, limit), answer=_cut(entry.answer, limit), error=_cut(entry.error, 2000)
        )
        packed = zlib.compress(msgspec.json.encode(cut), 6)
        if len(packed) <= _DETAIL_BYTES or limit < 1000:
            return packed
        limit //= 2


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return fits_item(text)
    return f"{fits_item(text[:limit])}…（已截断，原文共 {len(text)} 字）"


def _read(item: Item) -> AuditEntry:
    """The entry; of one that cannot be read, what its columns tell: it hides no other."""
    try:
        fields = msgspec.json.decode(zlib.decompress(binary(item, "detail")))
        return msgspec.convert({**fields, "files": [_file(each) for each in fields.get("files", ())]}, AuditEntry)
    except (KeyError, zlib.error, msgspec.MsgspecError, TypeError, AttributeError):
        return _unreadable(item)


def _file(stored: Any) -> Any:
    """A file that took part. Releases before this one stored the platform's id alone."""
    return AuditedFile(name="", sha256="", size=0, file_id=stored) if isinstance(stored, str) else stored


def _unreadable(item: Item) -> AuditEntry:
    at, _, entry_id = text(item, "entry").partition("#")
    return AuditEntry(
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
