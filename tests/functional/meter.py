"""What DynamoDB would charge for the calls of a client, counted from the calls themselves.

Write units: 1 for each KB of the larger of the item before and after, and the same for each entry of an index that is
put, changed or removed. Read units of consistent reads: 1 for each 4 KB of an item, 1 where there is none.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.functional.aws import Tables, indexes_of

Item = dict[str, dict[str, Any]]
KEYS = ("instance", "event_id", "platform_id", "bucket", "page", "key")


@dataclass
class Bill:
    """Calls by operation, and units."""

    calls: Counter[str] = field(default_factory=Counter)
    write_units: int = 0
    read_units: int = 0
    largest: dict[str, int] = field(default_factory=dict)  # bytes of the largest item that was written, by table


class Meter:
    """Listens to a client. It knows the items from what was written, so it has to listen from the beginning."""

    def __init__(self, client: Any, tables: Tables) -> None:
        self.items: dict[tuple[str, ...], Item] = {}
        self.bill = Bill()
        self._logical_ids = {name: logical_id for logical_id, name in tables.names.items()}
        client.meta.events.register("before-call.dynamodb", self._before)
        client.meta.events.register("after-call.dynamodb", self._after)

    def read(self, action: Callable[[], object]) -> Bill:
        """The bill of one action alone."""
        self.bill = Bill()
        action()
        return self.bill

    def stored(self, table: str) -> list[dict[str, Any]]:
        """What the table must hold, if the meter has read every call rightly."""
        return [plain(item) for (name, *_), item in self.items.items() if name == table]

    def _before(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["request"] = json.loads(params["body"])

    def _after(self, model: Any, context: dict[str, Any], parsed: dict[str, Any], **_: Any) -> None:
        request = context["request"]
        self.bill.calls[model.name] += 1
        if model.name == "BatchGetItem":
            self._count_reads(request, parsed)
        elif model.name == "BatchWriteItem":
            for table, requests in request["RequestItems"].items():
                for each in requests:
                    self._count_write(table, each["PutRequest"]["Item"])
        elif model.name == "UpdateItem":  # of the coordination table alone
            self._update(request, parsed)
        elif model.name == "BatchExecuteStatement":
            for statement, response in zip(request["Statements"], parsed["Responses"], strict=True):
                if response.get("Error"):
                    self.bill.write_units += 1  # what is refused costs as well
                else:
                    self._count_write(*self._effect_of(statement))
        else:
            raise AssertionError(f"a call that is not expected here: {model.name}")

    def _count_reads(self, request: dict[str, Any], parsed: dict[str, Any]) -> None:
        for table, asked in request["RequestItems"].items():
            assert asked["ConsistentRead"], "counted as a consistent read"
            found = parsed["Responses"].get(table, [])
            self.bill.read_units += sum(math.ceil(size_of(item) / 4096) for item in found)
            self.bill.read_units += len(asked["Keys"]) - len(found)

    def _count_write(self, table: str, item: Item) -> None:
        key = (table, *(item[name]["S"] for name in KEYS if name in item and name in _key_of(self._logical_ids[table])))
        before = self.items.get(key, {})
        size = max(size_of(before), size_of(item))
        self.bill.write_units += math.ceil(size / 1024)
        logical_id = self._logical_ids[table]
        self.bill.largest[logical_id] = max(size, self.bill.largest.get(logical_id, 0))
        for names in indexes_of(logical_id):
            self.bill.write_units += _index_units(names, before, item)
        self.items[key] = item

    def _update(self, request: dict[str, Any], parsed: dict[str, Any]) -> None:
        """`SET #0 = :0, ...`, as agreements are written."""
        names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
        pairs = re.findall(r"(#\w+) = (:\w+)", request["UpdateExpression"])
        before = self.items.get((request["TableName"], request["Key"]["key"]["S"]), {})
        refused = {} if "Error" in parsed else {names[name]: values[value] for name, value in pairs}
        self._count_write(request["TableName"], {**before, **request["Key"], **refused})

    def _effect_of(self, statement: dict[str, Any]) -> tuple[str, Item]:
        """The table and the item that a statement of ours leaves behind."""
        text, values = statement["Statement"], iter(statement["Parameters"])
        (table,) = re.findall(r'^(?:INSERT INTO|UPDATE) "([^"]+)"', text)
        if text.startswith("INSERT"):
            return table, dict(zip(re.findall(r"'(\w+)': \?", text), values, strict=True))
        setting, _, where = text.partition(" WHERE ")
        given, steps = _set(setting, values)
        key = _named(re.findall(r'"(\w+)" = \?', where), values)
        before = self.items[(table, *(key[name]["S"] for name in _key_of(self._logical_ids[table])))]
        given |= {name: {"N": str(int(before[name]["N"]) + step)} for name, step in steps.items()}
        removed = set(re.findall(r'REMOVE "(\w+)"', setting))
        return table, {name: value for name, value in {**before, **given}.items() if name not in removed}


def _set(setting: str, values: Iterator[dict[str, Any]]) -> tuple[Item, dict[str, int]]:
    """What a statement sets, and what it counts on or back."""
    given: Item = {}
    steps: dict[str, int] = {}
    for name, sign in re.findall(r'SET "(\w+)" = (?:"\w+" ([+-]) )?\?', setting):
        value = next(values)
        if sign:
            steps[name] = int(f"{sign}{value['N']}")
        else:
            given[name] = value
    return given, steps


def _named(names: list[str], values: Iterator[dict[str, Any]]) -> Item:
    return {name: next(values) for name in names}


def _key_of(logical_id: str) -> tuple[str, ...]:
    keys = {
        "InstanceTable": KEYS[:1],
        "PushLogTable": KEYS[1:3],
        "PushLogPageTable": KEYS[3:5],
        "CoordinationTable": KEYS[5:],
    }
    return keys[logical_id]


def _index_units(names: tuple[str, ...], before: Item, after: Item) -> int:
    """Units of one index: an entry is put, replaced (one removed, one put), changed in place, or removed."""
    was, is_now = (all(name in item for name in names) for item in (before, after))
    moved = was and is_now and any(before[name] != after[name] for name in names)
    return was + is_now if moved or was != is_now else int(was)


def size_of(item: Item) -> int:
    """Bytes of an item as DynamoDB counts them: names and values."""
    return sum(len(name.encode()) + _size_of_value(value) for name, value in item.items())


def plain(item: Item) -> dict[str, Any]:
    """An item, from the wire or from a client, as values of Python."""
    return {name: _plain_value(value) for name, value in item.items()}


def _plain_value(value: dict[str, Any]) -> Any:
    ((kind, content),) = value.items()
    if kind == "B":
        return base64.b64decode(content) if isinstance(content, str) else content
    return float(content) if kind == "N" else content


def _size_of_value(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "B":
        return len(_plain_value(value))
    assert kind == "N"
    return math.ceil(len(content.strip("-").replace(".", "").strip("0")) / 2) + 1
