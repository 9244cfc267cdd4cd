"""The audit log over HTTP: by task and by time, with what was decided later."""

from __future__ import annotations

from typing import Any

import pytest

from admin_api.ai import audit as listing
from tests.functional.ai_api import AiWorld
from tests.functional.ai_suites.builders import TASK, UID
from tests.functional.aws import Tables
from tests.scripted_models import ScriptedModel
from tests.unit.ai.materials import Desk, a_file, a_material, told

PATH = "/v1/ai/audit"


@pytest.fixture
def world(dynamodb: Any, ssm: Any, tables: Tables) -> AiWorld:
    return AiWorld(dynamodb, tables, listing.router, ssm=ssm)


def ids(world: AiWorld, **query: Any) -> list[str]:
    answer = world.client.get(PATH, **query)
    assert answer.status == 200, answer.text
    return [entry["id"] for entry in answer.json["items"]]


def test_an_entry_tells_who_asked_what_and_what_was_decided_later(world: AiWorld) -> None:
    world.give_task()
    world.give_question("e1")

    (before,) = world.client.get(PATH, task_id=TASK).json["items"]
    world.decide(decision="returned")
    (entry,) = world.client.get(PATH, task_id=TASK).json["items"]

    assert before["decision"] is None
    assert entry["decision"] == "returned"
    assert (entry["uid"], entry["rule_version"], entry["model"]) == (UID, "default-7", "qwen")
    assert entry["files"] == [{"name": "附件1.pdf", "sha256": "ab", "size": 3, "file_id": ""}]
    assert entry["usage"] == {"input_tokens": 9, "output_tokens": 2, "cost": 0.1}
    assert (entry["question"], entry["answer"]) == ("问", "答")
    assert entry["at"] == "2026-11-21T10:00:00Z"


def test_entries_are_found_by_task_and_by_time(world: AiWorld) -> None:
    world.give_question("old", "2026-11-01T08:00:00.000+00:00")
    world.give_question("other", "2026-11-20T08:00:00.000+00:00", task_id="T2")
    world.give_question("new", "2026-11-22T08:00:00.000+00:00")

    assert ids(world, task_id=TASK) == ["new", "old"]
    assert ids(world, task_id=TASK, **{"from": "2026-11-01T08:00:00.001Z"}) == ["new"]
    assert ids(world, task_id=TASK, to="2026-11-22T08:00:00Z") == ["old"]
    assert ids(world, **{"from": "2026-11-20T16:00:00+08:00"}) == ["new", "other"]
    assert ids(world, **{"from": "2026-11-20T00:00:00Z"}, to="2026-11-22T00:00:00Z") == ["other"]
    assert ids(world, task_id="nothing") == []
    assert ids(world, task_id=TASK, **{"from": "2026-11-22t16:00:00+08:00"}, to="2026-11-22t08:00:01z") == ["new"]


@pytest.mark.parametrize("query", [{}, {"task_id": TASK}])
def test_pages_show_every_entry_once(world: AiWorld, query: dict[str, str]) -> None:
    for number in range(7):
        world.give_question(f"e{number}", f"2026-11-{20 - number:02}T08:00:00.000+00:00")

    found, cursor = [], None
    for _ in range(20):
        page = world.client.get(PATH, limit=2, cursor=cursor, **query).json
        found += [entry["id"] for entry in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert found == [f"e{number}" for number in range(7)]
    assert cursor is None


@pytest.mark.parametrize("query", [{}, {"task_id": TASK}])
def test_entries_of_a_rare_outcome_are_found_without_pages_of_nothing(world: AiWorld, query: dict[str, str]) -> None:
    for number in range(20):
        world.give_question(f"e{number:02}", f"2026-11-21T10:00:{number:02}.000+00:00", outcome="answered")
    world.give_question("rare", "2026-11-21T09:59:00.000+00:00", outcome="failed")

    page = world.client.get(PATH, limit=7, outcome="failed", **query).json

    assert [entry["id"] for entry in page["items"]] == ["rare"]
    assert ids(world, outcome="refused", **query) == []
    assert world.client.get(PATH, outcome="lost").status == 422


def test_long_texts_leave_room_for_the_others_of_a_page(world: AiWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_PAGE_CHARS", 80)
    for number in range(4):
        world.give_question(f"e{number}", question="问" * 30)

    many = world.client.get(PATH, task_id=TASK).json["items"]
    (one,) = world.client.get(PATH, task_id=TASK, limit=1).json["items"]

    assert {entry["question"] for entry in many} == {"问" * 10 + "…（已截断，原文共 30 字）"}
    assert one["question"] == "问" * 30


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"from": "1795311005"},
        {"to": "2026-11-22T08:00:00"},
        {"to": "0001-01-01T00:00:00+14:00"},
        {"from": "2026-11-21T08:00:00Z", "to": "2026-11-21T15:59:59+08:00"},
        {"from": "2026-11-21T08:00:00Z", "to": "2026-11-21T07:59:59Z", "task_id": TASK},
        {"limit": 201},
        {"uid": UID},
    ],
)
def test_a_query_that_cannot_be_read_is_refused(world: AiWorld, query: dict[str, Any]) -> None:
    assert world.client.get(PATH, **query).code == "invalid_request"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_the_ends_of_time_are_no_error(world: AiWorld, moment: str) -> None:
    for query in ({"from": moment}, {"to": moment}, {"task_id": TASK, "from": moment}, {"task_id": TASK, "to": moment}):
        assert ids(world, **query) == []


def test_a_page_costs_the_same_calls_however_long_a_task_has_been_asked_about(world: AiWorld) -> None:
    world.give_question("e0")
    world.stores.client.taken()
    ids(world, task_id=TASK)
    few = world.stores.client.taken()
    for number in range(1, 90):
        world.give_question(f"e{number}")
    world.stores.client.taken()

    assert len(ids(world, task_id=TASK)) == 50
    assert world.stores.client.taken() == few == {"query": 1, "batch_get_item": 1}


def test_an_entry_says_whether_it_was_a_second_ask(world: AiWorld) -> None:
    world.give_question("first", "2026-11-20T08:00:00.000+00:00", kind="review")
    world.give_question("second", "2026-11-20T08:00:01.000+00:00", kind="second_ask")

    assert [entry["kind"] for entry in world.client.get(PATH, task_id=TASK).json["items"]] == ["second_ask", "review"]


def test_what_a_worker_records_of_a_review_with_files_is_shown(world: AiWorld) -> None:
    desk = Desk()
    model = ScriptedModel(["文字", told()], files="all")
    desk.review(a_material(files=[a_file("发票 500 元", content=b"%PDF")]), model)
    for number, each in enumerate(desk.asked):
        world.give_question(f"e{number}", files=each.files, kind=each.kind)

    shown = world.client.get(PATH, task_id=TASK)

    assert shown.status == 200, shown.text
    assert [entry["kind"] for entry in shown.json["items"]] == ["second_ask", "review"]
    for entry in shown.json["items"]:
        ((name, file_id),) = [(file["name"], file["file_id"]) for file in entry["files"]]
        assert (name, file_id) == ("附件1.pdf", "id-附件1.pdf")


def test_approvers_do_not_read_it(world: AiWorld) -> None:
    assert world.me.get(PATH).code == "not_allowed"
    assert world.client.as_("o", "ops").get(PATH).code == "not_allowed"
