"""The instance table: one item per process instance and platform, written by compare-and-set.

Item: `instance` (platform#sess), `version`, `document` (deflated JSON), and `due_shard` with `due_at` only while the
reconciler has to look at it again: the index over them stays small.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from taskbridge.errors import StoreError
from taskbridge.instances import Instance, decode_instance, encode_instance
from taskbridge.messages import instance_key
from taskbridge.tables.attributes import (
    THROTTLED,
    Item,
    batch_get,
    binary,
    chunks,
    number,
    pauses,
    query_first,
    store_call,
    text,
    to_attribute,
    to_item,
)
from taskbridge.tables.push_log_pages import Page, PushLogPageTable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

DUE_SHARDS = 4


@dataclass(slots=True)
class Stored:
    """A document with the version it was read at; version 0 is not stored yet. `due_at` is what stands there."""

    instance: Instance
    version: int = 0
    due_at: float = 0.0

    @property
    def key(self) -> str:
        """Its key in the table."""
        return instance_key(self.instance.platform_id, self.instance.sess_id)


class InstanceStore(Protocol):
    """Where instances live."""

    def load(self, keys: Iterable[tuple[str, str]]) -> dict[str, Stored]:
        """Instances by (platform id, session id), read consistently; new ones where nothing is stored."""

    def save(self, stored: Sequence[Stored], page: Page | None = None) -> set[str]:
        """Write each if nobody else has since it was read, and the page with them.

        Returns the keys that lost. A written one has its new version set. Raises StoreError.
        """


def due_shard(platform_id: str, sess_id: str) -> str:
    """Partition of the due index: a few for each platform, so that one does not take all writes."""
    return f"{platform_id}#{zlib.crc32(sess_id.encode()) % DUE_SHARDS}"


class InstanceTable:
    """The instance store on DynamoDB: one read and one write call for a batch of up to 24 instances."""

    def __init__(self, client: DynamoDBClient, table: str, pages: PushLogPageTable | None = None) -> None:
        self._client = client
        self._table = table
        self._pages = pages

    def load(self, keys: Iterable[tuple[str, str]]) -> dict[str, Stored]:
        """See InstanceStore."""
        wanted = {instance_key(*key): key for key in keys}
        items = batch_get(self._client, self._table, (to_item({"instance": key}) for key in wanted), consistent=True)
        found = {text(item, "instance"): _stored(item) for item in items}
        return {key: found.get(key) or Stored(Instance(*pair)) for key, pair in wanted.items()}

    def save(self, stored: Sequence[Stored], page: Page | None = None) -> set[str]:
        """See InstanceStore."""
        statements = [(entry, self._statement(entry)) for entry in stored]
        extra = [(None, self._pages.insert_statement(page))] if page and self._pages else []
        lost: set[str] = set()
        for piece in chunks([*statements, *extra], 25):
            lost |= self._execute(list(piece))
        return lost

    def due(self, platform_id: str, before: float, limit: int) -> list[tuple[str, str]]:
        """Instances of a platform that are due, as (platform id, session id), the oldest of each shard first."""
        found: list[tuple[float, str]] = []
        for shard in range(DUE_SHARDS):
            items = query_first(
                self._client,
                limit,
                TableName=self._table,
                IndexName="due",
                KeyConditionExpression="due_shard = :shard AND due_at <= :before",
                ExpressionAttributeValues={
                    ":shard": {"S": f"{platform_id}#{shard}"},
                    ":before": {"N": repr(before)},
                },
            )
            found += [(number(item, "due_at"), text(item, "instance")) for item in items]
        found.sort()
        return [(platform_id, key.removeprefix(f"{platform_id}#")) for _, key in found[:limit]]

    def _statement(self, entry: Stored) -> dict[str, Any]:
        instance = entry.instance
        values: dict[str, Any] = {"version": entry.version + 1, "document": encode_instance(instance)}
        if instance.due_at:
            values["due_shard"] = due_shard(instance.platform_id, instance.sess_id)
            values["due_at"] = instance.due_at
        if entry.version == 0:
            values = {"instance": entry.key, **values}
            fields = ", ".join(f"'{name}': ?" for name in values)
            return _with(f'INSERT INTO "{self._table}" VALUE {{{fields}}}', [*values.values()])
        sets = " ".join(f'SET "{name}" = ?' for name in values)
        if entry.due_at and not instance.due_at:
            sets += ' REMOVE "due_shard" REMOVE "due_at"'
        statement = f'UPDATE "{self._table}" {sets} WHERE "instance" = ? AND "version" = ?'
        return _with(statement, [*values.values(), entry.key, entry.version])

    def _execute(self, piece: list[tuple[Stored | None, dict[str, Any]]]) -> set[str]:
        """One call for all; what was throttled is tried again, what lost its condition is returned."""
        lost: set[str] = set()
        for pause in pauses():
            statements: Any = [statement for _, statement in piece]
            answer = store_call(self._client.batch_execute_statement, Statements=statements)
            again = []
            for (entry, statement), response in zip(piece, answer["Responses"], strict=True):
                code = response.get("Error", {}).get("Code", "")
                if code in THROTTLED:
                    again.append((entry, statement))
                elif code in ("ConditionalCheckFailed", "DuplicateItem"):
                    lost |= {entry.key} if entry else set()
                elif code:
                    raise StoreError(f"BatchExecuteStatement: {code}")
                elif entry:
                    entry.version += 1
                    entry.due_at = entry.instance.due_at
            if not again:
                return lost
            piece = again
            pause()
        raise StoreError("BatchExecuteStatement: throttled")


def _with(statement: str, parameters: list[Any]) -> dict[str, Any]:
    return {"Statement": statement, "Parameters": [to_attribute(value) for value in parameters]}


def _stored(item: Item) -> Stored:
    return Stored(
        instance=decode_instance(binary(item, "document")),
        version=int(number(item, "version")),
        due_at=number(item, "due_at"),
    )
