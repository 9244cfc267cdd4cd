"""The AI audit log: added to and never changed, found by task and by time, and bounded whatever was asked."""

from __future__ import annotations

import json
import os
import zlib
from typing import Any

import msgspec
import pytest

from ai_track.deletion import delete_contents
from taskbridge.ai.audit import AuditedFile, AuditRecord
from taskbridge.ai.processes import Process
from taskbridge.errors import StoreError
from taskbridge.tables.ai_audit import UNREADABLE, AuditTable
from taskbridge.usage import Usage
from tests.fakes_ai import MemoryForms
from tests.functional.ai_stores import TableStores
from tests.functional.ai_suites.builders import APP, NODE, NOW, TASK, UID
from tests.functional.aws import Tables

DAYS = 180.0
ITEM_BYTES = 400 * 1024


@pytest.fixture
def stores(dynamodb: Any, tables: Tables) -> TableStores:
    return TableStores(dynamodb, tables)


@pytest.fixture
def audit(stores: TableStores) -> AuditTable:
    return stores.audit


def entry(**changes: Any) -> AuditRecord:
    values: dict[str, Any] = {
        "id": "e1",
        "at": "2026-11-22T01:30:00.000+00:00",
        "uid": UID,
        "task_id": TASK,
        "sess_id": "S1",
        "app_id": APP,
        "node_id": NODE,
        "analysis_id": "a1",
        "outcome": "done",
        "rule_version": "default-7",
        "model": "qwen",
        "files": (AuditedFile(name="附件1.pdf", sha256="abc", size=10, file_id="file-1"),),
        "question": "规则：请假不超过 3 天",
        "answer": "符合规则",
        "usage": Usage(input_tokens=900, output_tokens=80, cost=0.0021),
        "latency_ms": 1200,
    }
    return AuditRecord(**{**values, **changes})


def record(audit: AuditTable, *entries: AuditRecord) -> None:
    for each in entries:
        assert audit.record(each, NOW, DAYS)


def on(day: int, hour: int = 1, **changes: Any) -> AuditRecord:
    return entry(id=f"e{day}-{hour}", at=f"2026-11-{day:02}T{hour:02}:00:00.000+00:00", **changes)


def walk(audit: AuditTable, start: str, end: str, limit: int = 50) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        page = audit.between(start, end, cursor, limit)
        pages.append([each.id for each in page.items])
        cursor = page.next
        if cursor is None:
            return pages


def test_an_entry_is_read_as_it_was_recorded(audit: AuditTable) -> None:
    record(audit, entry())

    assert audit.for_task(TASK).items == [entry()]
    assert audit.for_task("T404").items == []


def test_an_entry_is_never_changed(audit: AuditTable) -> None:
    record(audit, entry())

    assert audit.record(entry(answer="另一个"), NOW, DAYS) is False

    assert audit.for_task(TASK).items == [entry()]


def test_a_task_shows_its_entries_the_newest_first_and_in_pages(audit: AuditTable) -> None:
    record(audit, *(on(day) for day in (20, 22, 21)), on(22, task_id="T2"))

    first = audit.for_task(TASK, limit=2)
    second = audit.for_task(TASK, first.next, limit=2)

    assert [each.id for each in [*first.items, *second.items]] == ["e22-1", "e21-1", "e20-1"]


def test_entries_are_found_by_time_the_newest_first_whatever_their_shard(audit: AuditTable) -> None:
    record(audit, *(on(day, hour) for day in (20, 21) for hour in range(10)))

    pages = walk(audit, "2026-11-20T03:00:00.000+00:00", "2026-11-21T08:00:00.000+00:00", limit=4)

    expected = [f"e21-{hour}" for hour in reversed(range(8))] + [f"e20-{hour}" for hour in reversed(range(3, 10))]
    assert [each for page in pages for each in page] == expected
    assert all(len(page) <= 4 for page in pages)


def test_an_interval_takes_in_its_start_and_not_its_end(audit: AuditTable) -> None:
    record(audit, on(20, 3), on(20, 4))

    assert walk(audit, on(20, 3).at, on(20, 4).at) == [["e20-3"]]
    assert walk(audit, on(20, 4).at, on(20, 3).at) == [[]]
    assert walk(audit, on(20, 3).at, on(20, 3).at) == [[]]


def test_a_long_quiet_time_costs_a_bounded_number_of_calls_a_page(stores: TableStores) -> None:
    record(stores.audit, on(1), on(28))
    stores.client.taken()

    pages = walk(stores.audit, "2026-11-01T00:00:00.000+00:00", "2026-11-30T00:00:00.000+00:00")

    assert [each for page in pages for each in page] == ["e28-1", "e1-1"]
    calls = stores.client.taken()
    assert calls["query"] <= len(pages) * 8 * 4
    assert calls["batch_get_item"] == 2


def test_a_question_that_is_too_long_is_cut_with_a_mark_and_recorded(stores: TableStores) -> None:
    noise = "".join(chr(0x4E00 + byte) for byte in os.urandom(1_000_000))

    record(stores.audit, entry(question=noise, answer=noise, error="错" * 9000))

    (found,) = stores.audit.for_task(TASK).items
    for text in (found.question, found.answer):
        kept, _, mark = text.rpartition("…")
        assert noise.startswith(kept)
        assert len(kept) > 50_000
        assert mark == "（已截断，原文共 1000000 字）"
    (item,) = stores.items("AiAuditTable")
    assert sum(len(str(name)) + len(next(iter(value.values()))) for name, value in item.items()) < ITEM_BYTES


def test_half_a_character_is_recorded_as_a_question_mark(audit: AuditTable) -> None:
    record(audit, entry(answer="好\ud83c", error="\udfff"))

    (found,) = audit.for_task(TASK).items
    assert (found.answer, found.error) == ("好?", "?")


def test_an_entry_goes_by_itself_after_the_retention(stores: TableStores) -> None:
    record(stores.audit, entry())

    (item,) = stores.items("AiAuditTable")
    assert int(item["expires_at"]["N"]) == int(NOW + DAYS * 86_400)


def test_ids_may_hold_anything(audit: AuditTable) -> None:
    for number, hostile in enumerate(["", "#", "长" * 600]):
        record(audit, entry(id=f"e{number}", task_id=hostile, at=f"2026-11-2{number}T00:00:00.000+00:00"))

        assert [each.task_id for each in audit.for_task(hostile).items] == [hostile]


def packed(**fields: Any) -> dict[str, Any]:
    """An entry's `detail` with other fields than entries have today."""
    detail = json.loads(msgspec.json.encode(entry(**{k: v for k, v in fields.items() if k == "id"})))
    return {"B": zlib.compress(json.dumps({**detail, **fields}).encode())}


def overwrite(stores: TableStores, entry_id: str, detail: dict[str, Any]) -> None:
    (item,) = [each for each in stores.items("AiAuditTable") if each["entry"]["S"].endswith(f"#{entry_id}")]
    stores.client.put_item(TableName=stores.names.AiAuditTable, Item={**item, "detail": detail})


def test_of_a_deleted_instance_the_fact_stays_and_the_content_goes(audit: AuditTable) -> None:
    record(audit, entry(), on(20, task_id="T2"))

    for _ in range(2):  # also where it is told twice
        delete_contents(Process("S1"), [TASK], MemoryForms(), audit)

    (found,) = audit.for_task(TASK).items
    assert (found.question, found.answer, [file.name for file in found.files]) == ("", "", [""])
    assert (found.uid, found.at, found.model, found.usage.cost) == (UID, entry().at, "qwen", 0.0021)
    assert audit.for_task("T2").items == [on(20, task_id="T2")]


def test_files_that_an_older_release_wrote_as_ids_are_still_read(stores: TableStores) -> None:
    record(stores.audit, entry())
    overwrite(stores, "e1", packed(id="e1", files=["file-1", "file-2"]))

    (found,) = stores.audit.for_task(TASK).items

    assert found.files == tuple(AuditedFile(name="", sha256="", size=0, file_id=f"file-{n}") for n in (1, 2))
    assert found.answer == "符合规则"


@pytest.mark.parametrize(
    "detail",
    [{"B": b"no deflated bytes"}, packed(id="bad", files=7), packed(id="bad", usage="much"), packed(id="bad", at=None)],
)
def test_an_entry_that_cannot_be_read_hides_no_other_and_says_so(stores: TableStores, detail: dict[str, Any]) -> None:
    record(stores.audit, on(20), entry(id="bad", at=on(21).at), on(22))
    overwrite(stores, "bad", detail)

    for found in (stores.audit.for_task(TASK).items, stores.audit.between("2026-11-20", "2026-11-23").items):
        assert [each.id for each in found] == ["e22-1", "bad", "e20-1"]
        assert found[1].error == UNREADABLE
        assert (found[1].uid, found[1].task_id, found[1].outcome, found[1].model) == (UID, TASK, "done", "qwen")
        assert found[0] == on(22)


def test_a_table_that_is_not_there_is_a_store_error(moto: Any) -> None:
    table = AuditTable(moto, "no-such-table")
    for call in (
        lambda: table.record(entry(), NOW, DAYS),
        lambda: table.for_task(TASK),
        lambda: table.between("2026-11-20", "2026-11-21"),
    ):
        with pytest.raises(StoreError, match="ResourceNotFound"):
            call()
