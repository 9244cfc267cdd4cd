"""The AI process table: one document per process instance, written by compare-and-set.

Item: `sess_id`, `version`, `document` (deflated JSON), or `parts` where that is too large for an item (see parts), and
`expires_at` once the instance is over.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskbridge.ai.processes import Process, decode_process, encode_process
from taskbridge.errors import UnreadableDocument
from taskbridge.moments import DAY_S
from taskbridge.tables.dynamo import Item, binary, number, text, to_item
from taskbridge.tables.parts import PartTable, body_in_parts, parts_in
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

MARGIN_S = DAY_S  # clocks of others: an event that is not too old to be heard finds its document
TRIES = 3


@dataclass(slots=True)
class StoredProcess:
    """A document with the version it was read at; version 0 is not stored yet. `parts` is what stands there."""

    process: Process
    version: int = 0
    parts: str = ""


class ProcessTable(Table):
    """The documents on DynamoDB.

    `retention_s` is how long one is kept after its last change once the instance is over, 0 for ever: no event that is
    older than that is heard any more, so that nothing brings it back. One with an open task is kept.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        parts: PartTable,
        retention_s: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(client, table)
        self._parts = parts
        self._retention_s = retention_s
        self._clock = clock

    def load(self, sess_id: str) -> StoredProcess:
        """The document of an instance, read consistently; a new one where nothing is stored.

        Raises UnreadableDocument for one that this release cannot read.
        """
        for _ in range(TRIES):
            item = self._item(to_item({"sess_id": sess_id}))
            if item is None:
                return StoredProcess(Process(sess_id))
            data = self._data(sess_id, item)
            if data is not None:  # else somebody wrote a newer one between these two reads
                return StoredProcess(decode_process(data), int(number(item, "version")), text(item, "parts"))
        raise UnreadableDocument("process document: not all of its parts are there")

    def save(self, stored: StoredProcess) -> bool:
        """Write it if nobody else has since it was read, and count its version up; False where somebody has."""
        sess_id, end = stored.process.sess_id, self._end(stored.process)
        values: dict[str, Any] = {"sess_id": sess_id, "version": stored.version + 1}
        values |= {"expires_at": end} if end else {}
        data = encode_process(stored.process)
        body = body_in_parts(_document(sess_id), stored.version + 1, data, end)
        if body:
            self._parts.put([body])
        held = {"parts": body.parts.reference} if body else {"document": data}
        same = "#version = :version" if stored.version else "attribute_not_exists(#version)"
        if not self._put(to_item({**values, **held}), same, {":version": stored.version} if stored.version else None):
            return False
        had_parts, stored.version = bool(stored.parts), stored.version + 1
        stored.parts = body.parts.reference if body else ""
        if body or had_parts:
            self._parts.tidy(_document(sess_id), f"{stored.version + 1:012d}", body)
        return True

    def _data(self, sess_id: str, item: Item) -> bytes | None:
        parts = parts_in(_document(sess_id), item)
        if parts is None:
            return binary(item, "document") if "document" in item else b""
        return self._parts.load([parts]).get(parts)

    def _end(self, process: Process) -> int:
        return int(self._clock() + self._retention_s + MARGIN_S) if self._retention_s and process.is_over else 0


def _document(sess_id: str) -> str:
    """How the part table calls it."""
    return f"ai-processes#{sess_id}"
