"""Analyses that came after their approver: how an opening is seen, what it costs, and the list."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from admin_api.ai import analyses, late, tasks, watching
from taskbridge.ai.requests import encode_task_id
from taskbridge.ai.seats import Analysis, AnalysisStatus, SeatState
from tests.functional.ai_api import AiWorld
from tests.functional.ai_suites.builders import CREATED_AT, NOW, TASK, UID, analysis
from tests.functional.aws import Tables

PATH = "/v1/ai/late"
DAY_S = 86_400.0
ANALYSIS = f"{encode_task_id(TASK)}.1"


@pytest.fixture
def world(dynamodb: Any, ssm: Any, tables: Tables) -> AiWorld:
    areas = (late.router, tasks.router, analyses.router, watching.router)
    made = AiWorld(dynamodb, tables, *areas, ssm=ssm)
    made.give_default()
    return made


def begin(world: AiWorld, task_id: str = TASK, **changes: Any) -> None:
    """A task whose analysis is under way."""
    given = world.give_task(task_id)
    standing = world.services.book.standing(given)
    assert standing is not None
    begun = analysis(id=f"{encode_task_id(task_id)}.1", basis=standing.basis, **changes)
    assert world.stores.tasks.begin(UID, task_id, begun, "")


def current(world: AiWorld, task_id: str = TASK) -> Analysis:
    found = world.stores.tasks.get(UID, task_id)
    assert found is not None
    assert found.analysis is not None
    return found.analysis


def finish(world: AiWorld, finished_at: str = "2026-11-22T02:00:00.000+00:00", **changes: Any) -> Analysis | None:
    """Its worker comes to the end of what it claimed before anybody looked."""
    claimed = msgspec.structs.replace(current(world), opened_at="")
    ended = msgspec.structs.replace(claimed, status=AnalysisStatus.DONE, finished_at=finished_at, **changes)
    return world.stores.tasks.settle(UID, TASK, ANALYSIS, ended)


def rows(world: AiWorld, **query: Any) -> list[dict[str, Any]]:
    answer = world.client.as_("o", "ops").get(PATH, **query)
    assert answer.status == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


@pytest.mark.parametrize(
    "path", [f"/v1/ai/tasks/{TASK}", f"/v1/ai/analyses/{ANALYSIS}", f"/v1/ai/analyses/{ANALYSIS}/stream"]
)
def test_who_looks_before_the_analysis_is_done_is_seen_by_one_write_however_often_they_look(
    world: AiWorld, path: str
) -> None:
    begin(world)
    world.me.get(path)
    first = current(world).opened_at
    world.stores.client.taken()

    assert world.me.get(path).status == 200

    assert first == world.services.now()
    counters = 1 if path.endswith("stream") else 0  # of looks a minute
    assert world.stores.client.taken().get("update_item", 0) == counters
    assert [row["came_at"] for row in rows(world)] == [first.replace(".000+00:00", "Z")]


@pytest.mark.parametrize(
    "changes", [{"requested_by": "manual"}, {"status": AnalysisStatus.FAILED}, {"status": AnalysisStatus.DONE}]
)
def test_what_is_done_or_was_asked_for_costs_an_opening_no_write(world: AiWorld, changes: dict[str, Any]) -> None:
    begin(world, **changes)
    world.stores.client.taken()

    assert world.me.get(f"/v1/ai/tasks/{TASK}").status == 200

    assert "update_item" not in world.stores.client.taken()
    assert rows(world) == []


def test_a_late_analysis_tells_by_how_much_and_where_its_time_went(world: AiWorld) -> None:
    begin(world)
    world.me.get(f"/v1/ai/tasks/{TASK}")

    ended = finish(world, "2026-11-22T01:30:46.000+00:00", queue_s=2.0, files_s=20.5, platform_s=12.0, moved_at=NOW)

    assert ended is not None
    assert ended.opened_at == world.services.now()
    (row,) = rows(world)
    assert (row["came"], row["late_s"], row["delay"]) == ("opened", 41.0, "files")
    assert (row["queue_s"], row["files_s"], row["platform_s"], row["retries_s"]) == (2.0, 20.5, 12.0, 0.0)
    assert (row["uid"], row["task_id"], row["status"]) == (UID, TASK, "done")
    assert rows(world, delay="queue") == []
    assert rows(world, delay="files") == [row]


def test_who_decides_before_the_analysis_is_done_is_listed_though_it_never_comes(world: AiWorld) -> None:
    begin(world)

    world.decide()

    (row,) = rows(world, **{"from": "2026-11-22T00:00:00Z"})
    assert (row["came"], row["came_at"]) == ("decided", CREATED_AT.replace(".000+00:00", "Z"))
    assert (row["late_s"], row["delay"], row["finished_at"]) == (None, "queue", None)


def test_who_opens_and_then_decides_came_when_they_opened(world: AiWorld) -> None:
    begin(world)
    world.me.get(f"/v1/ai/tasks/{TASK}")

    world.decide()

    assert [row["came"] for row in rows(world)] == ["opened"]


def test_another_analysis_in_its_place_is_not_late(world: AiWorld) -> None:
    begin(world)
    world.me.get(f"/v1/ai/tasks/{TASK}")

    assert world.stores.tasks.begin(UID, TASK, analysis(id="again"), ANALYSIS)

    assert current(world).opened_at == ""
    assert rows(world) == []


def test_what_is_gone_is_not_listed(world: AiWorld) -> None:
    begin(world)
    world.me.get(f"/v1/ai/tasks/{TASK}")
    before = world.stores.tasks.get(UID, TASK)
    assert before is not None

    assert world.stores.tasks.project(msgspec.structs.replace(before, state=SeatState.GONE, version=2), before)

    assert rows(world) == []


def test_pages_show_each_once_the_latest_first_at_the_same_cost(world: AiWorld) -> None:
    for number in range(7):
        begin(world, f"T{number}")
        world.me.get(f"/v1/ai/tasks/T{number}")
    client = world.client.as_("a", "admin")
    found, cursor, costs = [], None, []
    for _ in range(4):
        world.stores.client.taken()
        page = client.get(PATH, limit=2, cursor=cursor).json
        costs.append(world.stores.client.taken())
        found += [row["task_id"] for row in page["items"]]
        cursor = page["next_cursor"]

    assert sorted(found) == [f"T{number}" for number in range(7)]
    assert all(cost["batch_get_item"] == 1 and cost["query"] == 4 for cost in costs[:3])


def test_approvers_do_not_read_it(world: AiWorld) -> None:
    assert world.me.get(PATH).code == "not_allowed"


def test_times_that_cannot_be_read_are_refused(world: AiWorld) -> None:
    assert world.client.get(PATH, **{"from": "yesterday"}).code == "invalid_request"
    assert world.client.get(PATH, delay="weather").code == "invalid_request"
