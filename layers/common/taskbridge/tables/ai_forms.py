"""The AI form table: forms as they came, until nobody needs them.

Item: `form` (task#hash), `part`, `parts` (how many there are), `detail` (deflated, over as many parts as it needs),
and `expires_at`: sooner once the task is done. Beside it, under `task#` alone, stands each hash that the task ever had
(`part` is a number made of it, `hash` the hash itself), so that all of them can be deleted.
"""

from __future__ import annotations

import hashlib
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from taskbridge.deflating import deflate
from taskbridge.tables.batches import batch_put
from taskbridge.tables.dynamo import (
    PART_BYTES,
    Attributes,
    binary,
    key_part,
    number,
    text,
    to_attribute,
    to_item,
)
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class FormTable(Table):
    """Forms on DynamoDB, by task and hash of the form.

    `retention_s` is how long one is kept at most after it came, 0 for ever: only who puts them needs it.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        retention_s: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(client, table)
        self._retention_s = retention_s
        self._clock = clock

    def put(self, task_id: str, form_hash: str, body: bytes) -> None:
        """Keep a form. Doing it again changes nothing, but for taking back an end that `expire` set."""
        self.put_many({(task_id, form_hash): body})

    def put_many(self, forms: Mapping[tuple[str, str], bytes]) -> None:
        """Keep forms, by (task id, hash)."""
        end = to_item({"expires_at": int(self._clock() + self._retention_s)}) if self._retention_s else {}
        items = (item | end for key, body in forms.items() for item in (*_items(*key, body), _version(*key)))
        batch_put(self._client, self._table, items, key=("form", "part"))

    def get(self, task_id: str, form_hash: str) -> bytes | None:
        """The form, read consistently; None where it is not there, or not whole."""
        items = list(self._query("form = :form", {":form": _form(task_id, form_hash)}, ConsistentRead=True))
        if not items or len(items) < number(items[0], "parts"):
            return None
        return zlib.decompress(b"".join(binary(item, "detail") for item in items))

    def delete(self, task_id: str, form_hash: str) -> None:
        """Take it away at once."""
        self._erase(*self._keys(task_id, form_hash))

    def delete_all(self, task_id: str) -> None:
        """Take away at once every form that the task ever had, also what an event told too late."""
        for item in list(self._query("form = :form", {":form": _form(task_id, "")}, ConsistentRead=True)):
            self.delete(task_id, text(item, "hash"))
            self._erase({"form": item["form"], "part": item["part"]})

    def expire(self, task_id: str, form_hash: str, at: float) -> None:
        """Let it go by itself at `at`, in epoch seconds."""
        for key in self._keys(task_id, form_hash):
            # It may have been deleted since: an update alone would bring an empty part back.
            self._update(key, sets={"expires_at": to_attribute(int(at))}, condition="attribute_exists(#form)")

    def _keys(self, task_id: str, form_hash: str) -> list[Attributes]:
        return self._keys_in(to_item({"form": _form(task_id, form_hash)}), "part")


def _items(task_id: str, form_hash: str, body: bytes) -> Iterator[Attributes]:
    detail = deflate(body, 9)
    parts = [detail[start : start + PART_BYTES] for start in range(0, len(detail), PART_BYTES)]
    form = _form(task_id, form_hash)
    for part, piece in enumerate(parts):
        yield to_item({"form": form, "part": part, "parts": len(parts), "detail": piece})


def _version(task_id: str, form_hash: str) -> Attributes:
    number_of = int.from_bytes(hashlib.sha256(form_hash.encode()).digest()[:6])
    return to_item({"form": _form(task_id, ""), "part": number_of, "hash": form_hash})


def _form(task_id: str, form_hash: str) -> str:
    return f"{key_part(task_id)}#{form_hash}"
