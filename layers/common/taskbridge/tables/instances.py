"""The instance table: one item per process instance and platform, written by compare-and-set.

Item: `instance` (platform#sess), `version`, `document` (deflated JSON), and `due_shard` with `due_at` only while the
reconciler has to look at it again: the index over them stays small. `expires_at` stands there once the instance is
over. A document that is too large for an item has `parts` instead: the generation of its parts in the part table.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from taskbridge.errors import StoreError, UnreadableDocument
from taskbridge.moments import DAY_S
from taskbridge.push.instances import Instance, decode_instance, encode_instance
from taskbridge.push.messages import instance_key
from taskbridge.reasons import build_reason
from taskbridge.tables.aside import Aside, AsideTable
from taskbridge.tables.batches import batch_execute
from taskbridge.tables.dynamo import Item, binary, number, text, to_attribute, to_item
from taskbridge.tables.parts import Parts, PartTable, SplitBody, body_in_parts, parts_in
from taskbridge.tables.push_log_pages import LogPage, PushLogPageTable
from taskbridge.tables.riders import Rider
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

DUE_SHARDS = 4
READ_TRIES = 5
MARGIN_S = DAY_S  # clocks of others: an event that is not too old to be heard finds its document


class StoredInstance(msgspec.Struct):
    """A document with the version it was read at; version 0 is not stored yet.

    `due_at`, `expires_at` and `parts` are what stands there. `unreadable` tells why this release cannot read it: then
    `instance` is empty but for its key and `due_at`, and saving writes nothing but when to look again.
    """

    instance: Instance
    version: int = 0
    due_at: float = 0.0
    expires_at: int = 0
    parts: str = ""
    unreadable: str = ""

    @property
    def key(self) -> str:
        """Its key in the table."""
        return instance_key(self.instance.platform_id, self.instance.sess_id)


def due_shard(platform_id: str, sess_id: str) -> str:
    """Partition of the due index: a few for each platform, so that one does not take all writes."""
    return f"{platform_id}#{zlib.crc32(sess_id.encode()) % DUE_SHARDS}"


class _Written(msgspec.Struct):
    """How an entry is written: in place or in parts, and until when it is kept."""

    entry: StoredInstance
    document: bytes = b""
    expires_at: int = 0
    body: SplitBody | None = None

    def values(self) -> dict[str, Any]:
        """The attributes to set, but for key and version."""
        instance = self.entry.instance
        values: dict[str, Any] = {}
        if self.body:
            values["parts"] = self.body.parts.reference
        elif self.document:
            values["document"] = self.document
        if instance.due_at:
            values["due_shard"] = due_shard(instance.platform_id, instance.sess_id)
            values["due_at"] = instance.due_at
        if self.expires_at:
            values["expires_at"] = self.expires_at
        return values

    def removed(self) -> list[str]:
        """The attributes that stood there and do not any more."""
        entry = self.entry
        removed = ["due_shard", "due_at"] if entry.due_at and not entry.instance.due_at else []
        if entry.unreadable:
            return removed
        removed += ["expires_at"] if entry.expires_at and not self.expires_at else []
        if self.body and not entry.parts:
            removed.append("document")
        return removed + (["parts"] if entry.parts and not self.body else [])

    def note(self) -> None:
        """It was written."""
        entry = self.entry
        entry.version += 1
        entry.due_at = entry.instance.due_at
        if not entry.unreadable:
            entry.expires_at = self.expires_at
            entry.parts = self.body.parts.reference if self.body else ""


class InstanceTable(Table):
    """The instance store on DynamoDB: one read and one write call for a batch of up to 24 ordinary instances.

    `parts` is needed for documents that are too large for an item. `retention_s` is how long a document is kept after
    the instance is over, 0 for good.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        pages: PushLogPageTable | None = None,
        *,
        parts: PartTable | None = None,
        retention_s: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(client, table)
        self._pages = pages
        self._parts = parts
        self._retention_s = retention_s
        self._clock = clock

    def load(self, keys: Iterable[tuple[str, str]]) -> dict[str, StoredInstance]:
        """Instances by (platform id, session id), read consistently; new ones where nothing is stored.

        One that cannot be read is marked so, and harms no other.
        """
        wanted = {instance_key(*key): key for key in keys}
        found: dict[str, StoredInstance] = {}
        missing = list(wanted)
        for _ in range(READ_TRIES):
            items = self._by_key(missing)
            bodies = self._bodies(items.values())
            found |= {key: _stored(wanted[key], items.get(key), bodies) for key in missing}
            # Parts that are not there any more were taken away by who wrote newer ones: look who it was.
            missing = [key for key in missing if (parts := _parts_in(items.get(key))) and parts not in bodies]
            if not missing:
                break
        return {key: found[key] for key in wanted}

    def save(
        self, stored: Sequence[StoredInstance], page: LogPage | None = None, riders: Sequence[Rider] = ()
    ) -> set[str]:
        """Write each if nobody else has since it was read, and the page and the riders with them.

        Returns the keys that lost. A written one has its new version set. Raises StoreError. What is large goes into
        parts first: nobody knows of them before the item names them.
        """
        written = [self._written(entry) for entry in stored]
        changed = [each for each in written if each.body or (each.entry.parts and not each.entry.unreadable)]
        bodies = [each.body for each in changed if each.body]
        if bodies:
            self._part_table().put(bodies)
        statements = [self._statement(each) for each in written]
        if page and self._pages:
            statements.append(self._pages.insert_statement(page))
        codes = batch_execute(self._client, statements, riders)[: len(written)]
        for each, code in zip(written, codes, strict=True):
            if not code:
                each.note()
        lost = {each.entry.key for each, code in zip(written, codes, strict=True) if code}
        for each in changed:
            if each.entry.key not in lost:
                self._part_table().tidy(_document(each.entry.key), f"{each.entry.version + 1:012d}", each.body)
        return lost

    def set_aside(self, messages: Iterable[Aside]) -> None:
        """Keep messages whose document cannot be read, until it can. The same one twice is one."""
        self._asides().keep(messages)

    def aside(self, platform_id: str, now: float) -> list[Aside]:
        """See AsideTable.some."""
        return self._asides().some(platform_id, now)

    def drop_aside(self, messages: Iterable[Aside]) -> None:
        """See AsideTable.drop."""
        self._asides().drop(messages)

    def due(self, platform_id: str, before: float, limit: int, *, newest_first: bool = False) -> list[tuple[str, str]]:
        """Instances of a platform that are due, as (platform id, session id), the oldest of each shard first."""
        found: list[tuple[float, str]] = []
        order: dict[str, bool] = {"ScanIndexForward": False} if newest_first else {}
        for shard in range(DUE_SHARDS):
            values: dict[str, str | float] = {":shard": f"{platform_id}#{shard}", ":before": before}
            items = self._first(limit, "due_shard = :shard AND due_at <= :before", values, IndexName="due", **order)
            found += [(number(item, "due_at"), text(item, "instance")) for item in items]
        found.sort(reverse=newest_first)
        return [(platform_id, key.removeprefix(f"{platform_id}#")) for _, key in found[:limit]]

    def _by_key(self, keys: Iterable[str]) -> dict[str, Item]:
        return {text(item, "instance"): item for item in self._items(to_item({"instance": key}) for key in keys)}

    def _bodies(self, items: Iterable[Item]) -> dict[Parts, bytes]:
        named = [parts for item in items if (parts := _parts_in(item))]
        return self._part_table().load(named) if named else {}

    def _asides(self) -> AsideTable:
        return AsideTable(self._part_table())

    def _part_table(self) -> PartTable:
        if self._parts is None:
            raise StoreError("what does not stand in an item needs a part table, and none is given")
        return self._parts

    def _written(self, entry: StoredInstance) -> _Written:
        if entry.unreadable:
            return _Written(entry)
        data = encode_instance(entry.instance)
        end = self._end(entry.instance)
        body = body_in_parts(_document(entry.key), entry.version + 1, data, end)
        return _Written(entry, b"" if body else data, end, body)

    def _end(self, instance: Instance) -> int:
        return int(self._clock() + self._retention_s + MARGIN_S) if self._retention_s and instance.is_over else 0

    def _statement(self, written: _Written) -> dict[str, Any]:
        entry = written.entry
        values = {"version": entry.version + 1, **written.values()}
        if entry.version == 0:
            values = {"instance": entry.key, **values}
            fields = ", ".join(f"'{name}': ?" for name in values)
            return _with(f'INSERT INTO "{self._table}" VALUE {{{fields}}}', [*values.values()])
        sets = " ".join(f'SET "{name}" = ?' for name in values)
        removes = "".join(f' REMOVE "{name}"' for name in written.removed())
        statement = f'UPDATE "{self._table}" {sets}{removes} WHERE "instance" = ? AND "version" = ?'
        return _with(statement, [*values.values(), entry.key, entry.version])


def _with(statement: str, parameters: list[Any]) -> dict[str, Any]:
    return {"Statement": statement, "Parameters": [to_attribute(value) for value in parameters]}


def _document(key: str) -> str:
    """How the part table calls it."""
    return f"instances#{key}"


def _parts_in(item: Item | None) -> Parts | None:
    """The parts that an item names."""
    return parts_in(_document(text(item, "instance")), item) if item else None


def _stored(key: tuple[str, str], item: Item | None, bodies: Mapping[Parts, bytes]) -> StoredInstance:
    if item is None:
        return StoredInstance(Instance(*key))
    parts = _parts_in(item)
    try:
        if "document" not in item and parts not in bodies:
            raise UnreadableDocument(build_reason("parts_missing"))
        instance = decode_instance(bodies[parts] if parts else binary(item, "document"))
        unreadable = ""
    except UnreadableDocument as error:
        instance, unreadable = Instance(*key, due_at=number(item, "due_at")), str(error)
    return StoredInstance(
        instance=instance,
        version=int(number(item, "version")),
        due_at=number(item, "due_at"),
        expires_at=int(number(item, "expires_at")),
        parts=text(item, "parts"),
        unreadable=unreadable,
    )
