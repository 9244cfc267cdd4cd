"""A Query answers with a megabyte at most: whoever asks for more gets the rest as well, in every table."""

from __future__ import annotations

import random
import zlib
from typing import Any

import pytest

from taskbridge.attempts import Attempt
from taskbridge.push.logs import Entry, LogStatus, PushLog
from taskbridge.tables.batches import batch_put
from taskbridge.tables.dynamo import PART_BYTES, query_first, to_item
from taskbridge.tables.events import EventTable, UnroutedEvent
from taskbridge.tables.instances import DUE_SHARDS, InstanceTable, due_shard
from taskbridge.tables.push_log_pages import SHARDS, LogPage, PushLogPageTable
from taskbridge.tables.push_logs import PushLogTable
from tests.builders import PLATFORM, RECEIVED_AT, START
from tests.functional.aws import Tables

DAY_S = 86_400.0
PAGES = 480
MARKS = 750  # of four bytes that deflate badly: some 3.3 KB a page
rng = random.Random(7)


def fill(count: int, step_s: float = 0.01, *, shard: int | None = None) -> list[LogPage]:
    """Pages of 3.3 KB, all of one shard where one is named."""
    made: list[LogPage] = []
    number = 0
    while len(made) < count:
        number += 1
        page_id = f"p{number:06}"
        if shard is not None and zlib.crc32(page_id.encode()) % SHARDS != shard:
            continue
        marks = tuple(rng.getrandbits(32) for _ in range(MARKS))
        made.append(LogPage(PLATFORM, round(START + len(made) * step_s, 3), page_id, ("e1",), ("S1",), marks))
    return made


def put(moto: Any, pages: PushLogPageTable, made: list[LogPage]) -> None:
    """moto knows no PartiQL here: what the statements would insert is put."""
    table = pages.insert_statement(made[0])["Statement"].split('"')[1]
    batch_put(moto, table, [item_of(pages, page) for page in made], key=("bucket", "page"))


def item_of(pages: PushLogPageTable, page: LogPage) -> dict[str, Any]:
    parameters = pages.insert_statement(page)["Parameters"]
    return dict(zip(("bucket", "page", "detail", "expires_at"), parameters, strict=True))


@pytest.fixture
def pages(moto: Any, moto_tables: Tables) -> PushLogPageTable:
    return PushLogPageTable(moto, moto_tables.PushLogPageTable, DAY_S)


# Pages of the push log


def test_pages_behind_a_megabyte_are_read_as_well(moto: Any, pages: PushLogPageTable) -> None:
    made = fill(PAGES, shard=1)
    put(moto, pages, made)

    assert [page.name for page in pages.between(PLATFORM, START, START + 60, 500)] == [page.name for page in made]
    assert len(pages.newest(PLATFORM, made[0].name[:10], made[0].name, "3", 400)) == 400


def test_stretch_by_stretch_every_page_is_seen_once(moto: Any, pages: PushLogPageTable) -> None:
    made = fill(120)
    put(moto, pages, made)

    seen: list[str] = []
    at, stretches = START, 0
    while at < START + 2 * DAY_S:
        found, reached = pages.stretch(PLATFORM, at, START + 2 * DAY_S, 24)
        assert reached > at
        seen += [page.name for page in found]
        at, stretches = reached, stretches + 1

    assert seen == [page.name for page in made]
    assert stretches < 2 * len(made) / 24 + 3


def test_pages_of_one_moment_are_a_stretch_of_their_own_however_many(moto: Any, pages: PushLogPageTable) -> None:
    made = [*fill(60, step_s=0.0), LogPage(PLATFORM, START + 1, "last", ("e1",), ("S1",))]
    put(moto, pages, made)

    found, reached = pages.stretch(PLATFORM, START, START + 60, 8)

    assert {page.name for page in made[:-1]} <= {page.name for page in found}
    assert START < reached <= START + 60


@pytest.mark.parametrize("width_s", [0.0, 0.0004, 1.0])
def test_a_stretch_without_pages_ends_where_it_was_asked_to(pages: PushLogPageTable, width_s: float) -> None:
    assert pages.stretch(PLATFORM, START, START + width_s, 100) == ([], START + width_s)


def test_a_page_that_cannot_be_read_says_so_and_the_others_are_read(
    moto: Any, moto_tables: Tables, pages: PushLogPageTable
) -> None:
    good, bad = fill(2)
    put(moto, pages, [good])
    newer = {"detail": {"B": zlib.compress(b'{"of": "a newer release"}')}}
    batch_put(moto, moto_tables.PushLogPageTable, [{**item_of(pages, bad), **newer}], key=("bucket", "page"))

    found, _ = pages.stretch(PLATFORM, START, START + 60, 100)

    assert [(page.name, page.instances, bool(page.unreadable)) for page in found] == [
        (good.name, ("S1",), False),
        (bad.name, (), True),
    ]


# The other tables


def test_an_event_with_long_logs_on_many_platforms_shows_all_of_them(dynamodb: Any, tables: Tables) -> None:
    logs = PushLogTable(dynamodb, tables.PushLogTable, DAY_S)
    noise = rng.randbytes(150_000).hex()
    for number in range(12):
        attempt = Attempt(1.5, "insert_task", "T1", "POST", "/x", noise[number:], 200, "", 12, "")
        entries = {"T1": Entry(LogStatus.FAILED)}
        log = PushLog("e1", f"jz-{number:02}", "S1", received_at=RECEIVED_AT, updated_at=RECEIVED_AT)
        log.entries, log.attempts = entries, [attempt]
        logs.put([log])

    assert [log.platform_id for log in logs.of_event("e1")] == [f"jz-{number:02}" for number in range(12)]


def test_a_rejected_event_of_more_than_a_megabyte_comes_back_whole(moto: Any, moto_tables: Tables) -> None:
    events = EventTable(moto, moto_tables.EventTable, 30.0)
    body = rng.randbytes(4 * PART_BYTES)
    events.record(UnroutedEvent("e1", "rejected", reason="?", received_at=RECEIVED_AT), body, "m1")

    found = events.read("e1")

    assert found is not None
    assert found.body == body


def test_due_instances_with_long_names_are_found_beyond_a_megabyte(moto: Any, moto_tables: Tables) -> None:
    table = InstanceTable(moto, moto_tables.InstanceTable)
    names = [f"{number:04}".ljust(2_000, "S") for number in range(DUE_SHARDS * 700)]
    mine = [name for name in names if due_shard(PLATFORM, name) == f"{PLATFORM}#0"][:560]
    place: dict[str, str | float] = {"due_shard": f"{PLATFORM}#0", "due_at": START - 1}
    items = [to_item({"instance": f"{PLATFORM}#{name}", **place}) for name in mine]
    batch_put(moto, moto_tables.InstanceTable, items, key=("instance",))

    assert sorted(sess_id for _, sess_id in table.due(PLATFORM, START, 560)) == mine


def test_a_list_that_is_cut_off_goes_on_until_it_has_what_was_asked_for() -> None:
    """Of tables whose items are too small for a megabyte within a limit, such as the audit's index."""
    asked: list[dict[str, Any]] = []

    class Cut:
        def query(self, **request: Any) -> dict[str, Any]:
            asked.append(request)
            first = int(request.get("ExclusiveStartKey", {"n": {"N": "0"}})["n"]["N"])
            answer: dict[str, Any] = {"Items": [{"n": {"N": str(first + 1)}}, {"n": {"N": str(first + 2)}}]}
            return answer | ({"LastEvaluatedKey": answer["Items"][-1]} if first < 6 else {})

    found = query_first(Cut(), 5, TableName="t")  # type: ignore[arg-type]

    assert [item["n"]["N"] for item in found] == ["1", "2", "3", "4", "5"]
    assert len(asked) == 3
