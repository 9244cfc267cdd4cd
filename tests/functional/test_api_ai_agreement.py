"""Agreement of verdicts and decisions over HTTP: of all, of each node, of each clause."""

from __future__ import annotations

from typing import Any

import pytest

from admin_api.ai import agreement
from taskbridge.ai.people import EVERYONE
from taskbridge.ai.results import Verdict
from tests.functional.ai_api import OTHER, AiWorld
from tests.functional.ai_suites.builders import APP, NODE, UID, own_rule
from tests.functional.aws import Tables

NODES = "/v1/ai/agreement/nodes"
CLAUSES = f"{NODES}/{APP}/{NODE}/clauses"


@pytest.fixture
def world(dynamodb: Any, ssm: Any, tables: Tables) -> AiWorld:
    return AiWorld(dynamodb, tables, agreement.router, ssm=ssm)


def agree(world: AiWorld, uid: str, approved: int, rejected: int) -> None:
    """So many decisions on a task whose verdict was approve."""
    for number in range(approved + rejected):
        task_id = f"{uid}-{number}"
        world.give_result(world.give_task(task_id, uid), Verdict.APPROVE)
        world.decide(task_id, uid, "approved" if number < approved else "rejected")


def test_agreement_is_hidden_under_thirty_decisions(world: AiWorld) -> None:
    world.give_default()
    agree(world, UID, 27, 2)

    hidden = world.me.get("/v1/ai/agreement").json
    assert (hidden["hidden"], hidden["needed"], hidden["rate"], hidden["decided"]) == (True, 30, None, None)

    world.give_result(world.give_task("last"), Verdict.APPROVE)
    world.decide("last")
    shown = world.me.get("/v1/ai/agreement", app_id=APP, node_id=NODE).json
    assert (shown["decided"], shown["agreed"], shown["false_approvals"], shown["abstained"]) == (30, 28, 2, 0)
    assert shown["low"] < shown["rate"] < shown["high"]
    assert shown["of_everyone"] is False
    assert world.me.get("/v1/ai/agreement", app_id=APP).json["decided"] == 30
    assert world.me.get("/v1/ai/agreement", app_id="other").json["hidden"] is True


def test_an_admin_sees_the_agreement_of_everyone_and_an_approver_only_his_own(world: AiWorld) -> None:
    world.give_default()
    agree(world, UID, 20, 0)
    agree(world, OTHER, 10, 0)

    everyone = world.client.get("/v1/ai/agreement").json

    assert (everyone["of_everyone"], everyone["decided"], everyone["rate"]) == (True, 30, 1.0)
    assert world.client.get("/v1/ai/agreement", of="me").json["hidden"] is True
    assert world.me.get("/v1/ai/agreement").json["hidden"] is True
    assert world.me.get("/v1/ai/agreement", of="everyone").code == "not_allowed"
    assert world.me.get("/v1/ai/agreement", node_id=NODE).code == "invalid_request"


def test_nodes_with_enough_decisions_come_first_and_the_others_say_only_that_they_have_too_few(world: AiWorld) -> None:
    world.give_default()
    world.give_default(node_id="n9")
    agree(world, UID, 28, 2)
    world.give_result(world.give_task("single", node_id="n9", app_name="A 应用"), Verdict.APPROVE)
    world.decide("single")
    world.give_task("open", node_id="n10")

    first, second = world.me.get(NODES).json["items"]

    assert (first["node_id"], first["node_name"], first["path"]) == (NODE, "院系审批", f"{APP}/{NODE}")
    assert (first["agreement"]["decided"], first["agreement"]["agreed"]) == (30, 28)
    assert (second["node_id"], second["agreement"]["hidden"], second["agreement"]["decided"]) == ("n9", True, None)
    page = world.me.get(NODES, limit=1).json
    assert world.me.get(NODES, limit=1, cursor=page["next_cursor"]).json["items"] == [second]
    assert world.me.get(NODES, of="everyone").code == "not_allowed"
    assert [each["node_id"] for each in world.client.get(NODES).json["items"]] == [NODE, "n9"]


def test_each_clause_is_counted_over_the_latest_decisions(world: AiWorld) -> None:
    world.give_default()
    agree(world, UID, 26, 3)
    hidden = world.me.get(CLAUSES).json
    assert (hidden["looked_at"], hidden["of_everyone"]) == (29, False)
    assert [(each["hidden"], each["decided"]) for each in hidden["items"]] == [(True, None)]

    world.give_result(world.give_task("last"), Verdict.APPROVE)
    world.decide("last")
    world.stores.client.taken()
    (clause,) = world.me.get(CLAUSES).json["items"]

    assert clause["clause"] == "金额不超过 5000 元"
    assert (clause["decided"], clause["agreed"], clause["false_passes"], clause["unknown"]) == (30, 27, 3, 0)
    assert clause["low"] < clause["rate"] < clause["high"]
    assert world.stores.client.taken() == {"query": 1, "batch_get_item": 1}
    assert world.as_(OTHER).get(CLAUSES).json == {"items": [], "of_everyone": False, "looked_at": 0}


def test_clauses_of_everyone_are_those_of_defaults_and_never_what_people_wrote_for_themselves(world: AiWorld) -> None:
    world.give_default()
    agree(world, UID, 2, 0)
    world.stores.rules.save_own(own_rule(uid=OTHER, node_id=NODE), 0)
    agree(world, OTHER, 5, 0)

    everyone = world.client.get(CLAUSES).json

    assert (everyone["of_everyone"], everyone["looked_at"]) == (True, 2)


def test_who_is_called_like_the_sum_of_all_sees_nothing_of_it(world: AiWorld) -> None:
    world.give_default()
    agree(world, UID, 30, 0)
    star = world.as_(EVERYONE)

    assert world.client.get("/v1/ai/agreement").json["decided"] == 30
    assert star.get("/v1/ai/agreement").json["hidden"] is True
    assert star.get("/v1/ai/agreement", app_id=APP, node_id=NODE).json["hidden"] is True
    assert star.get(NODES).json["items"] == []
    assert star.get(CLAUSES).json["items"] == []
