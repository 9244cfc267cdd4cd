"""What a DynamoDB call costs in capacity units, by the rules of AWS, from what the call said and what it answered.

A write costs a unit for each KB of the item as it was or as it is, whichever is larger, also where its condition
fails; an index costs the same where the item's part of it changes. A read costs a unit for each 4 KB, half of that
where it need not be consistent, and one where there is no item.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Attributes = Mapping[str, Mapping[str, Any]]
_Key = tuple[str, str]  # table, key as text

_INSERT = re.compile(r'INSERT INTO "(?P<table>[^"]+)" VALUE \{(?P<fields>.*)\}$')
_UPDATE = re.compile(r'UPDATE "(?P<table>[^"]+)" (?P<changes>.*) WHERE (?P<where>.*)$')
_LOST = ("ConditionalCheckFailed", "DuplicateItem")


@dataclass
class Units:
    """Capacity units: reads, writes of tables, writes of indexes."""

    reads: float = 0.0
    writes: float = 0.0
    index_writes: float = 0.0


def item_size(item: Attributes) -> int:
    """Bytes of an item as DynamoDB counts them: names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    (kind, content), *_ = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return (len(content.lstrip("-").replace(".", "")) + 1) // 2 + 1
    if kind == "B":
        return len(content)
    if kind == "L":
        return 3 + sum(1 + _value_size(each) for each in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value_size(each) for name, each in content.items())
    return 1


def read_units(item: Attributes, *, consistent: bool) -> float:
    """Units of one read."""
    return max(1, math.ceil(item_size(item) / 4096)) * (1.0 if consistent else 0.5)


def write_units(before: Attributes, after: Attributes) -> int:
    """Units of one write of a table; an item that is not there is empty."""
    return max(1, math.ceil(max(item_size(before), item_size(after)) / 1024))


def index_units(schema: Mapping[str, Any], before: Attributes, after: Attributes) -> int:
    """Units that the same write costs in the indexes of its table."""
    return sum(_one_index(schema, index, before, after) for index in schema.get("GlobalSecondaryIndexes", ()))


def _one_index(schema: Mapping[str, Any], index: Mapping[str, Any], before: Attributes, after: Attributes) -> int:
    keys = [key["AttributeName"] for key in index["KeySchema"]]
    old, new = (_projected(schema, index, keys, item) for item in (before, after))
    if old == new:
        return 0
    if old and new and any(old[key] != new[key] for key in keys):
        return write_units(old, {}) + write_units({}, new)
    return write_units(old, new)


def _projected(
    schema: Mapping[str, Any], index: Mapping[str, Any], keys: list[str], item: Attributes
) -> dict[str, Mapping[str, Any]]:
    """An item's part of an index, empty where it is not in it."""
    if not all(key in item for key in keys):
        return {}
    if index["Projection"]["ProjectionType"] == "ALL":
        return dict(item)
    return {name: item[name] for name in {*keys, *_keys(schema)}}


def _keys(schema: Mapping[str, Any]) -> list[str]:
    return [key["AttributeName"] for key in schema["KeySchema"]]


@dataclass
class Meter:
    """Counts the units of calls, in their order. `schemas`: tables by name, as CloudFormation describes them.

    Keeps every item that it saw written, since a change of an item is charged by what it was before.
    """

    schemas: Mapping[str, Mapping[str, Any]]
    units: Units = field(default_factory=Units)
    _items: dict[_Key, dict[str, Any]] = field(default_factory=dict)

    def count(self, operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """One call. Raises ValueError for a call that it cannot count."""
        counters = {
            "GetItem": self._get,
            "BatchGetItem": self._batch_get,
            "Query": self._query,
            "PutItem": self._put,
            "UpdateItem": self._update,
            "BatchWriteItem": self._batch_write,
            "BatchExecuteStatement": self._statements,
        }
        if operation not in counters:
            raise ValueError(f"{operation} is not counted")
        counters[operation](request, answer)

    def _get(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        self.units.reads += read_units(answer.get("Item", {}), consistent=request.get("ConsistentRead", False))

    def _batch_get(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        for table, wanted in request["RequestItems"].items():
            found = answer["Responses"].get(table, [])
            missing: list[Attributes] = [{}] * (len(wanted["Keys"]) - len(found))
            consistent = wanted.get("ConsistentRead", False)
            self.units.reads += sum(read_units(item, consistent=consistent) for item in [*found, *missing])

    def _query(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        size = sum(item_size(item) for item in answer["Items"])
        self.units.reads += max(1, math.ceil(size / 4096)) * (1.0 if request.get("ConsistentRead") else 0.5)

    def _put(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        self._write(request["TableName"], request["Item"])

    def _update(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """An update expression is not read: what it says is held to be smaller than 1 KB, and in no index."""
        if self.schemas[request["TableName"]].get("GlobalSecondaryIndexes"):
            set_names = request.get("ExpressionAttributeNames", {}).values()
            raise ValueError(f"an UpdateItem of an indexed table is not counted: {sorted(set_names)}")
        self.units.writes += 1

    def _batch_write(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        for table, writes in request["RequestItems"].items():
            for write in writes:
                self._write(table, write["PutRequest"]["Item"])

    def _statements(self, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        for statement, response in zip(request["Statements"], answer["Responses"], strict=True):
            lost = response.get("Error", {}).get("Code", "") in _LOST
            self._statement(statement["Statement"], iter(statement["Parameters"]), lost=lost)

    def _statement(self, text: str, parameters: Iterator[Mapping[str, Any]], *, lost: bool) -> None:
        insert, update = _INSERT.match(text), _UPDATE.match(text)
        if insert:
            item = {name: next(parameters) for name in re.findall(r"'(\w+)': \?", insert["fields"])}
            self._write(insert["table"], item, lost=lost)
        elif update:
            # What is counted on or back is held to be as long as what it is changed by.
            set_names = re.findall(r'SET "(\w+)" = (?:"\w+" [+-] )?\?', update["changes"])
            changes = {name: next(parameters) for name in set_names}
            where = {name: next(parameters) for name in re.findall(r'"(\w+)" = \?', update["where"])}
            key = {name: where[name] for name in _keys(self.schemas[update["table"]])}
            item = {**self._items.get(self._key(update["table"], key), key), **changes}
            for name in re.findall(r'REMOVE "(\w+)"', update["changes"]):
                item.pop(name, None)
            self._write(update["table"], item, lost=lost)
        else:
            raise ValueError(f"not counted: {text}")

    def _write(self, table: str, item: Mapping[str, Any], *, lost: bool = False) -> None:
        """The item as it stands after the write; `lost`: its condition failed, and it stands as it was."""
        key = self._key(table, item)
        before = self._items.get(key, {})
        self.units.writes += write_units(before, {} if lost else item)
        if not lost:
            self.units.index_writes += index_units(self.schemas[table], before, item)
            self._items[key] = dict(item)

    def _key(self, table: str, item: Mapping[str, Any]) -> _Key:
        return table, repr([item[name] for name in _keys(self.schemas[table])])
