"""Every list of AI approval, walked page by page: ids that need encoding, and rows of one and the same time."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from admin_api.ids import encode_id
from taskbridge.ai.requests import encode_task_id
from taskbridge.ai.results import Verdict
from tests.functional.ai_api import AiWorld
from tests.functional.ai_suites.builders import APP, CREATED_AT, NOW, UID, analysis, own_rule
from tests.functional.aws import Tables
from tests.functional.campus_logs import stamp
from tests.functional.test_api_lists import LISTS
from tests.unit.cli.terminal import Terminal

DAY_S = 86400.0
NODES = ("n/1 a", "节点2", "n-3")
ROWS = len(NODES)
TASK = "t-ev/0 a"
VERSIONS = "/v1/ai/rules/{app_id}/{node_id}/versions"
SINCE = {"from": stamp(NOW - ROWS * DAY_S)}
AI_LISTS: list[tuple[str, dict[str, str], int]] = [
    ("/v1/ai/nodes", {}, ROWS),
    ("/v1/ai/rules", {}, ROWS),
    (VERSIONS, {}, ROWS),
    ("/v1/ai/tasks", {}, 2 * ROWS),
    ("/v1/ai/tasks", {"status": "done"}, 2 * ROWS),
    ("/v1/ai/tasks", {"status": "all"}, 4 * ROWS),
    ("/v1/ai/tasks", {"status": "all", "sort": "-priority,subject"}, 4 * ROWS),
    ("/v1/ai/tasks", {"sort": "created_at"}, 2 * ROWS),
    ("/v1/ai/tasks", {"app_id": APP}, 2 * ROWS),
    ("/v1/ai/tasks", {"app_id": APP, "node_id": "bare/0", "status": "all"}, 2),
    ("/v1/ai/recommendations", {}, ROWS),
    ("/v1/ai/rule-updates", {}, ROWS),
    ("/v1/ai/agreement/nodes", {}, ROWS),
    ("/v1/ai/late", {}, ROWS),
    ("/v1/ai/audit", SINCE, 2 * ROWS),
    ("/v1/ai/audit", {"task_id": TASK}, ROWS),
    ("/v1/ai/audit", {**SINCE, "outcome": "failed"}, ROWS),
]
ADMINS = {"/v1/ai/nodes", "/v1/ai/audit", "/v1/ai/late"}


@pytest.fixture
def world(clients: dict[str, Any], tables: Tables) -> AiWorld:
    return AiWorld(clients["dynamodb"], tables, ssm=clients["ssm"])


def fill(world: AiWorld) -> None:
    """Rows in every list. Nodes that are decided on are others than those with a rule, which are never recommended."""
    for number, node_id in enumerate(NODES):
        world.give_default(node_id=node_id)
        for version in range(ROWS if number == 0 else 1):
            world.stores.rules.save_own(own_rule(node_id=node_id, rule=f"请假不超过 {version} 天"), version)
        world.stores.people.set_reminder(UID, APP, node_id, CREATED_AT, "default-2")
        bare = f"bare/{number}"
        world.give_task(f"t-ev/{number} a", node_id=node_id, priority=number % 2)
        world.give_task(f"open-{number}", node_id=bare)
        world.give_task(f"done-{number}", node_id=bare)
        world.decide(f"done-{number}")
        world.give_result(world.give_task(f"judged-{number}", node_id=node_id), Verdict.APPROVE)
        world.decide(f"judged-{number}")
        give_late(world, f"t-ev/{number} a")
        world.give_question(f"e{number}", outcome="failed", task_id=TASK)
        world.give_question(f"f{number}", stamp(NOW - number * DAY_S), outcome="answered", task_id="other")


def give_late(world: AiWorld, task_id: str) -> None:
    """Its approver looks at a task while its analysis is under way."""
    seat = world.stores.tasks.get(UID, task_id)
    standing = seat and world.services.book.standing(seat)
    assert standing
    begun = analysis(id=f"{encode_task_id(task_id)}.1", basis=standing.basis)
    assert world.stores.tasks.begin(UID, task_id, begun, "")
    assert world.me.get(f"/v1/ai/tasks/{encode_id(task_id)}").status == 200


def test_every_list_is_walked_at_any_limit_and_ends_with_the_same_rows(world: AiWorld) -> None:
    fill(world)
    node = f"{APP}/{encode_id(NODES[0])}"
    for path, query, rows in AI_LISTS:
        client = world.client if path in ADMINS else world.me
        place = path.replace("{app_id}/{node_id}", node)
        found = {limit: client.walk(place, limit, **query) for limit in (1, 2, 200)}
        assert len(found[200]) == rows, (path, query)
        assert found[1] == found[2] == found[200], (path, query)


def test_no_list_is_left_out(world: AiWorld) -> None:
    described = world.client.get("/v1/openapi.json").json["paths"].items()
    paged = {
        path
        for path, methods in described
        for each in methods.values()
        if "limit" in {parameter["name"] for parameter in each.get("parameters", ())}
    }
    assert {path for path, _, _ in (*LISTS, *AI_LISTS)} == paged


def test_what_a_list_shows_is_opened_by_the_id_that_it_gives(world: AiWorld) -> None:
    fill(world)
    for task in world.me.walk("/v1/ai/tasks", 200):
        assert world.me.get(f"/v1/ai/tasks/{task['id']}").json["task_id"] == task["task_id"]
    for rule in world.me.walk("/v1/ai/rules", 200):
        assert world.me.get(f"/v1/ai/rules/{rule['path']}").json["node_id"] == rule["node_id"]
    for node in world.me.walk("/v1/ai/recommendations", 200):
        assert world.me.delete(f"/v1/ai/recommendations/{node['path']}").status == 204
    assert world.me.walk("/v1/ai/recommendations", 200) == []


def test_the_command_line_asks_about_a_task_that_is_listed_whatever_its_id_is(world: AiWorld) -> None:
    world.give_default()
    world.give_task(TASK)
    world.give_form(TASK)
    (task,) = world.me.walk("/v1/ai/tasks", 200)

    def answer(request: httpx.Request) -> httpx.Response:
        told = world.me.call(request.method, request.url.path, body=request.content.decode() or None)
        return httpx.Response(told.status, text=told.text)

    terminal = Terminal(handler=answer)
    assert terminal.run("ai", "analyse", task["task_id"], "--no-wait") == 0
    assert terminal.asked == [f"POST /v1/ai/tasks/{task['id']}/analyses"]
    assert terminal.json["task_id"] == TASK
