"""Counts, recommendations, changed rules and agreement over the tables."""

from __future__ import annotations

from typing import Any

import pytest

from admin_api.ai import people
from taskbridge.ai.people import EVERYONE
from taskbridge.ai.settings import AiSettings
from tests.functional.ai_api import OTHER, AiWorld
from tests.functional.ai_suites.builders import APP, NODE, UID, own_rule
from tests.functional.aws import Tables

DISMISS = "/v1/ai/recommendations"


@pytest.fixture
def world(dynamodb: Any, ssm: Any, tables: Tables) -> AiWorld:
    return AiWorld(dynamodb, tables, people.router, ssm=ssm)


def counted(world: AiWorld) -> int:
    answer = world.me.get("/v1/ai/count")
    assert answer.status == 200, answer.text
    return int(answer.json["count"])


def recommended(world: AiWorld, uid: str = UID) -> list[str]:
    return [node["node_id"] for node in world.as_(uid).get("/v1/ai/recommendations").json["items"]]


def decide_on(world: AiWorld, node_id: str, times: int = 1, uid: str = UID) -> None:
    for number in range(times):
        world.give_task(f"{node_id}-{number}", uid, node_id=node_id)
        world.decide(f"{node_id}-{number}", uid)


# Count


def test_open_tasks_count_where_a_rule_is_in_force_that_is_not_switched_off(world: AiWorld) -> None:
    world.give_default()
    world.stores.rules.save_own(own_rule(node_id="off", enabled=False), 0)
    world.stores.rules.save_own(own_rule(node_id="own"), 0)
    for task_id, node_id in [("a", NODE), ("b", NODE), ("c", "own"), ("d", "off"), ("e", "none")]:
        world.give_task(task_id, node_id=node_id)
    world.give_task("x", OTHER)

    assert counted(world) == 3

    world.decide("a")
    assert counted(world) == 2


def test_nothing_counts_while_ai_approval_is_off(world: AiWorld) -> None:
    world.give_default()
    world.give_task()
    world.configure(AiSettings())

    assert counted(world) == 0
    assert recommended(world) == []


def test_the_count_costs_the_same_calls_however_many_tasks_there_are(world: AiWorld) -> None:
    world.give_default()
    world.give_task()
    counted(world)
    world.stores.client.taken()
    counted(world)
    few = world.stores.client.taken()
    for number in range(40):
        world.give_task(f"t{number}")
    world.stores.client.taken()

    assert counted(world) == 41
    assert world.stores.client.taken() == few == {"query": 1, "batch_get_item": 2}


# Recommendations


def test_nodes_that_one_decides_on_without_a_rule_are_recommended(world: AiWorld) -> None:
    world.give_default(node_id="with-default")
    world.stores.rules.save_own(own_rule(node_id="with-own"), 0)
    world.stores.rules.save_own(own_rule(node_id="unwanted", rule="", enabled=False), 0)
    for node_id in ("with-default", "with-own", "unwanted", "once"):
        decide_on(world, node_id)
    decide_on(world, "twice", 2)
    world.give_task("waiting", node_id="never-decided")

    assert recommended(world) == ["twice", "once"]
    first = world.me.get("/v1/ai/recommendations", limit=1).json
    assert first["items"][0]["decided"] == 2
    second = world.me.get("/v1/ai/recommendations", limit=1, cursor=first["next_cursor"]).json
    assert [node["node_id"] for node in second["items"]] == ["once"]
    assert second["next_cursor"] is None


def test_a_dismissed_recommendation_does_not_come_back(world: AiWorld) -> None:
    decide_on(world, "once")

    assert world.me.delete(f"{DISMISS}/{APP}/once").status == 204
    assert recommended(world) == []
    world.give_task("later", node_id="once")
    world.decide("later")
    assert recommended(world) == []
    assert world.me.delete(f"{DISMISS}/{APP}/nowhere").code == "not_found"
    assert world.stores.people.get(UID, APP, "nowhere") is None


# Changed rules


def test_changed_rules_are_told_until_one_says_that_one_has_looked(world: AiWorld) -> None:
    world.stores.people.set_reminder(UID, APP, NODE, "2026-11-22T01:00:00.000+00:00", "default-2")
    world.stores.people.set_reminder(UID, APP, "n9", "2026-11-22T02:00:00.000+00:00", "")
    world.stores.people.set_reminder(OTHER, APP, NODE, "2026-11-22T01:00:00.000+00:00", "default-2")

    for _ in range(2):
        told = world.me.get("/v1/ai/rule-updates").json["items"]
        assert [(node["node_id"], node["rule_version"]) for node in told] == [("n9", ""), (NODE, "default-2")]
        assert told[0]["updated_at"] == "2026-11-22T02:00:00Z"

    assert world.me.delete("/v1/ai/rule-updates").status == 204
    assert world.me.get("/v1/ai/rule-updates").json["items"] == []
    assert len(world.as_(OTHER).get("/v1/ai/rule-updates").json["items"]) == 1


def test_who_is_called_like_the_sum_of_all_has_no_nodes(world: AiWorld) -> None:
    world.give_task()
    star = world.as_(EVERYONE)

    assert star.get("/v1/ai/recommendations").json["items"] == []
    assert star.get("/v1/ai/count").json["count"] == 0
    assert star.delete("/v1/ai/rule-updates").status == 204
    assert star.delete(f"{DISMISS}/{APP}/{NODE}").code == "not_found"
