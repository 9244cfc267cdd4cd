"""What is too large for one item of DynamoDB: its bytes in parts, in a table of their own.

Item: `document` (whose part it is), `part` (generation#number), `piece` (bytes), and `expires_at` where it goes by
itself.

A writer stores the parts under a new generation first. Then it writes the head, an item of another table that names
that generation, by the rules of that table: whoever dies between has changed nothing. What no head names any more is
removed by the next writer of the same document.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from typing import Any

import msgspec

from taskbridge.errors import StoreError
from taskbridge.tables.batches import batch_get, batch_put, batch_write
from taskbridge.tables.dynamo import PART_BYTES, Attributes, Item, binary, text, to_item
from taskbridge.tables.table import Table

PARTS_A_READ = 40  # BatchGetItem gives 16 MB at most


class Parts(msgspec.Struct, frozen=True):
    """Where the bytes of one document stand. Generations of a document sort as they follow each other."""

    document: str
    generation: str
    count: int

    @property
    def reference(self) -> str:
        """What the head keeps of it, beside the document's name."""
        return f"{self.generation}#{self.count}"

    def keys(self) -> list[Attributes]:
        """The keys of its items."""
        return [
            to_item({"document": self.document, "part": f"{self.generation}#{number:04d}"})
            for number in range(self.count)
        ]


class SplitBody(msgspec.Struct, frozen=True):
    """The bytes of a document, to be stored as `generation`. `expires_at` in epoch seconds, 0 for never."""

    document: str
    generation: str
    data: bytes
    expires_at: int = 0

    @property
    def parts(self) -> Parts:
        """Where they stand once they are stored."""
        return Parts(self.document, self.generation, -(-len(self.data) // PART_BYTES))

    def items(self) -> list[Attributes]:
        """Its items."""
        end: dict[str, Any] = {"expires_at": self.expires_at} if self.expires_at else {}
        return [
            key | to_item({"piece": self.data[number * PART_BYTES : (number + 1) * PART_BYTES], **end})
            for number, key in enumerate(self.parts.keys())
        ]


def body_in_parts(document: str, version: int | str, data: bytes, expires_at: int) -> SplitBody | None:
    """The bytes as they are stored in parts, for this version of their head; None where they fit into it."""
    return SplitBody(document, generation_of(version), data, expires_at) if len(data) > PART_BYTES else None


def generation_of(version: int | str) -> str:
    """A new generation, for this version of a head (a text sorts as it is): of two writers, only one is named."""
    told = version if isinstance(version, str) else f"{version:012d}"
    return f"{told}-{uuid.uuid4().hex[:8]}"


def parts_in(document: str, head: Item) -> Parts | None:
    """The parts that a head names; None where it names none."""
    return referred_parts(document, text(head, "parts"))


def referred_parts(document: str, reference: str) -> Parts | None:
    """The parts of a reference; None where it is none."""
    generation, _, count = reference.rpartition("#")
    return Parts(document, generation, int(count)) if count.isdigit() else None


class PartTable(Table):
    """Parts on DynamoDB."""

    def put(self, bodies: Iterable[SplitBody]) -> None:
        """Store them; nobody reads them before a head names them."""
        items = (item for body in bodies for item in body.items())
        batch_put(self._client, self._table, items, key=("document", "part"))

    def load(self, wanted: Iterable[Parts]) -> dict[Parts, bytes]:
        """The bytes, read consistently. What is not whole is left out: a newer generation has taken its place."""
        asked = {parts: parts.keys() for parts in wanted}
        keys = [key for each in asked.values() for key in each]
        items = batch_get(self._client, self._table, keys, consistent=True, most=PARTS_A_READ)
        found = {(text(item, "document"), text(item, "part")): binary(item, "piece") for item in items}
        named = {parts: [(text(key, "document"), text(key, "part")) for key in each] for parts, each in asked.items()}
        return {
            parts: b"".join(map(found.__getitem__, each)) for parts, each in named.items() if found.keys() >= {*each}
        }

    def browse(self, document: str, start: str) -> Iterator[bytes]:
        """The bytes of each generation of a document from `start` on, in order, as many as are taken."""
        condition, values = "#document = :document AND #part >= :start", {":document": document, ":start": start or " "}
        items = self._query(condition, values, ConsistentRead=True)
        for _, pieces in groupby(items, key=lambda item: text(item, "part").rsplit("#", 1)[0]):
            yield b"".join(binary(item, "piece") for item in pieces)

    def remove(self, parts: Iterable[Parts]) -> None:
        """Take them away."""
        keys = [key for each in parts for key in each.keys()]  # noqa: SIM118  # not a mapping
        batch_write(self._client, self._table, ({"DeleteRequest": {"Key": key}} for key in keys))

    def clear(self, document: str, before: str, but: str = "") -> None:
        """Remove the generations of a document that sort below `before`, all but the generation `but`."""
        keys = self._keys(document, before)
        batch_write(
            self._client,
            self._table,
            ({"DeleteRequest": {"Key": key}} for key in keys if not (but and text(key, "part").startswith(f"{but}#"))),
        )

    def tidy(self, document: str, before: str, kept: SplitBody | None) -> None:
        """Remove what a head named before, and the parts of who lost. What is left goes the next time."""
        with suppress(StoreError):
            self.clear(document, before, but=kept.generation if kept else "")

    def _keys(self, document: str, before: str) -> list[Item]:
        condition, values = "#document = :document AND #part < :before", {":document": document, ":before": before}
        return list(self._query(condition, values, ProjectionExpression="#document, #part", ConsistentRead=True))
