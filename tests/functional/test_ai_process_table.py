"""Process documents in their table: of any size, with an end, and set aside where another release wrote them."""

from __future__ import annotations

import json
import os
import zlib
from typing import Any

import pytest

from taskbridge.ai.processes import Process, fold
from taskbridge.errors import UnreadableDocument
from taskbridge.event_reading import parse_event
from taskbridge.tables.ai_processes import MARGIN_S, StoredProcess
from taskbridge.tables.dynamo import to_item
from tests.builders import event, task, user
from tests.functional.ai_stores import RETENTION_S, TableStores
from tests.functional.ai_suites.builders import NOW
from tests.functional.aws import Tables


@pytest.fixture
def stores(moto: Any, moto_tables: Tables) -> TableStores:
    return TableStores(moto, moto_tables)


def told(*details: dict[str, Any]) -> Process:
    process = Process("S1")
    for each in details:
        fold(process, parse_event(json.dumps(each).encode()))
    return process


def large(count: int = 10_000) -> dict[str, Any]:
    """A task of so many people, whose ids do not deflate."""
    people = [user(os.urandom(20).hex(), f"{n:07}") for n in range(count)]
    return event("task_received", 1, tasks=[task("T1", assignees=people)])


def item_of(stores: TableStores) -> dict[str, Any]:
    items = stores.items("AiProcessTable")
    assert len(items) == 1
    return items[0]


def test_a_document_of_ten_thousand_people_comes_back_whole_and_small_again_leaves_no_part(stores: TableStores) -> None:
    process = told(large())
    stored = StoredProcess(process)
    assert stores.processes.save(stored)
    assert "document" not in item_of(stores)
    assert len(stores.items("PartTable")) > 1
    again = stores.processes.load("S1")
    assert (again.process, again.version) == (process, 1)
    assert stores.processes.save(again)
    assert {part["part"]["S"].split("-")[0] for part in stores.items("PartTable")} == {"000000000002"}
    again.process = told(event("task_received", 1))
    assert stores.processes.save(again)
    assert stores.processes.load("S1").process == again.process
    assert stores.items("PartTable") == []


def test_of_two_writers_of_a_large_document_one_loses_and_the_others_is_read(stores: TableStores) -> None:
    first, second = StoredProcess(told(large(6000))), StoredProcess(told(large(6000)))
    assert stores.processes.save(first)
    assert not stores.processes.save(second)
    assert stores.processes.load("S1").process == first.process


def test_a_document_has_an_end_from_the_end_of_its_instance_on(stores: TableStores) -> None:
    stored = StoredProcess(told(event("task_received", 1)))
    stores.processes.save(stored)
    assert "expires_at" not in item_of(stores)
    fold(stored.process, parse_event(json.dumps(event("instance_completed", 2)).encode()))
    stores.processes.save(stored)
    assert item_of(stores)["expires_at"] == {"N": str(int(NOW + RETENTION_S + MARGIN_S))}
    fold(stored.process, parse_event(json.dumps(event("task_received", 3, tasks=["T2"], id="e3")).encode()))
    stores.processes.save(stored)
    assert "expires_at" not in item_of(stores), "a task came after the end: nobody may forget it while it is open"


def test_the_end_of_a_large_document_is_that_of_its_parts(stores: TableStores) -> None:
    stores.processes.save(StoredProcess(told(large(), event("instance_deleted", 2))))
    end = {"N": str(int(NOW + RETENTION_S + MARGIN_S))}
    assert {part["expires_at"]["N"] for part in stores.items("PartTable")} == {end["N"]}
    assert item_of(stores)["expires_at"] == end


@pytest.mark.parametrize(
    "document",
    [
        zlib.compress(json.dumps({"sess_id": "S1", "schema": 2}).encode()),
        zlib.compress(b"no json"),
        zlib.compress(json.dumps({"sess_id": "S1", "tasks": {"T1": {"facts": 5}}}).encode()),
        b"\x00damaged",
    ],
)
def test_a_document_of_another_release_or_none_is_named_so(stores: TableStores, document: bytes) -> None:
    item = to_item({"sess_id": "S1", "version": 3, "document": document})
    stores.client.put_item(TableName=stores.names.AiProcessTable, Item=item)
    with pytest.raises(UnreadableDocument, match="process document"):
        stores.processes.load("S1")


def test_a_document_of_the_release_before_is_read(stores: TableStores) -> None:
    """As version 0.1.0 wrote it: without a schema, and without an end."""
    document = (
        '{"sess_id":"S1","facts":{"app_id":[1,"leave"],"app_name":[1,"请假"],"initiator":[1,"张三"]},"tasks":{"T1":'
        '{"facts":{"status":[1,"init"],"settled_at":[1,"2026-11-22T01:30:00.000+00:00"],"node":[1,["node-2","","院系审批",'
        '"approve"]],"assignees":[1,["u-2"]]},"seats":["u-2"],"first_seen":"2026-11-22T01:30:00.000+00:00"}},"events":["e1"]}'
    )
    item = to_item({"sess_id": "S1", "version": 3, "document": zlib.compress(document.encode(), 6)})
    stores.client.put_item(TableName=stores.names.AiProcessTable, Item=item)
    stored = stores.processes.load("S1")
    assert (stored.version, stored.process.tasks["T1"].seats) == (3, ["u-2"])
    assert stores.processes.save(stored)
