"""Two approvers: neither reads, lists or changes anything of the other, by any parameter.

Everything of the victim carries a mark. The intruder calls every AI route with the victim's ids, as path, query, body,
cursor and key: no answer may hold the mark, and no item of the victim may change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from admin_api import search
from admin_api.access import ACCESS, APPROVER
from admin_api.ai import agreement, analyses, audit, node_defaults, own_rules, people, rule_drafts, tasks
from taskbridge.ai.requests import encode_task_id
from tests.api import Answer, ApiClient
from tests.functional.ai_api import OTHER, AiWorld, node_path
from tests.functional.ai_suites.builders import APP, NODE, UID, own_rule
from tests.functional.aws import Tables

MARK = "机密"
VICTIM, INTRUDER = UID, OTHER
TASK_ID = "victims-task"
UIDS = (INTRUDER, f"{VICTIM}#", f"{VICTIM}%23", "*", "default", f"user#{VICTIM}", f" {VICTIM}", VICTIM.upper())
TABLES = ("AiTaskTable", "AiPersonTable", "AiRuleTable", "AiRuleVersionTable", "AiAnswerTable", "AiFormTable")
AREAS = [
    area.router for area in (tasks, analyses, own_rules, people, agreement, rule_drafts, node_defaults, audit, search)
]


@pytest.fixture
def world(dynamodb: Any, ssm: Any, tables: Tables) -> AiWorld:
    made = AiWorld(dynamodb, tables, *AREAS, ssm=ssm)
    for number in range(3):
        made.stores.rules.save_own(own_rule(rule=f"{MARK}规则 {number}"), number)
    made.stores.rules.save_own(own_rule(rule=f"{MARK}规则", node_id="second"), 0)
    for task_id in (TASK_ID, f"{TASK_ID}-2"):
        made.give_result(made.give_task(task_id, subject=f"{MARK}事项"))
    made.give_form(TASK_ID)
    made.give_task("decided", node_id="without-rule", node_name=f"{MARK}节点")
    made.decide("decided")
    made.stores.people.set_reminder(VICTIM, APP, NODE, "2026-11-22T01:00:00.000+00:00", "custom-3")
    return made


@pytest.fixture
def analysis_id() -> str:
    return f"{encode_task_id(TASK_ID)}.{VICTIM}1"


def stored(world: AiWorld, uid: str = VICTIM) -> list[Any]:
    """Every item that is not the intruder's own."""
    mine = f"{uid}"
    items = [item for name in TABLES for item in world.stores.items(name)]
    return sorted((item for item in items if mine in str(item) or MARK in str(item)), key=str)


def attempts(client: ApiClient, analysis_id: str, uid: str) -> Iterator[Answer]:
    """Every approver's route, with whatever names the victim's things."""
    rule, task = node_path(), f"/v1/ai/tasks/{TASK_ID}"
    cursor = {"cursor": client.as_(VICTIM).get("/v1/ai/tasks", limit=1).json["next_cursor"]}
    yield client.get("/v1/ai/rules")
    yield client.get(rule)
    yield client.delete(rule)
    yield client.delete(rule, version=3)
    yield client.get(f"{rule}/versions")
    yield client.post(f"{rule}/versions/1/restore")
    for status in ("open", "done", "all"):
        yield client.get("/v1/ai/tasks", status=status)
        yield client.get("/v1/ai/tasks", status=status, app_id=APP, node_id=NODE, sort="verdict")
    yield client.get("/v1/ai/tasks", limit=1, **cursor)
    yield client.get("/v1/ai/tasks", uid=VICTIM)
    yield client.get("/v1/ai/tasks", app_id=f"{APP}#{NODE}")
    yield client.get(task)
    yield client.post(f"{task}/analyses")
    yield client.post(f"{task}/analyses", {"force": True}, idempotency_key="the-victims")
    yield client.get(f"/v1/ai/tasks/{uid}%23{TASK_ID}")
    yield client.get(f"/v1/ai/analyses/{analysis_id}")
    for sought in (TASK_ID, analysis_id, VICTIM, f"{VICTIM}#{TASK_ID}"):
        yield client.get("/v1/search", id=sought)
    yield client.post(f"/v1/ai/analyses/{analysis_id}/feedback", {"tag": "other", "comment": "fremd"})
    yield client.get("/v1/ai/count")
    yield client.get("/v1/ai/recommendations")
    yield client.delete(f"/v1/ai/recommendations/{APP}/without-rule")
    yield client.get("/v1/ai/rule-updates")
    yield client.delete("/v1/ai/rule-updates")
    yield client.get("/v1/ai/agreement", app_id=APP, node_id=NODE)
    yield client.get("/v1/ai/agreement", of="everyone")
    yield client.get("/v1/ai/agreement/nodes")
    yield client.get(f"/v1/ai/agreement/nodes/{APP}/{NODE}/clauses")
    yield client.get(f"/v1/ai/agreement/nodes/{APP}/{NODE}/overrules")
    yield client.get(f"/v1/ai/agreement/nodes/{APP}/{NODE}/coverage")
    yield client.get("/v1/ai/flips")
    yield client.get(f"{rule}/node")
    yield client.post(
        f"{rule}/try-checks", {"rule": "金额", "checks": [{"clause": "金额", "expression": "amount <= 0"}]}
    )
    yield client.get("/v1/ai/audit", task_id=TASK_ID)
    yield client.get("/v1/ai/nodes")
    yield client.get(f"/v1/ai/nodes/{APP}/{NODE}")
    yield client.put(f"/v1/ai/nodes/{APP}/{NODE}", {"rule": "fremd"})


@pytest.mark.parametrize("uid", UIDS)
def test_an_intruder_sees_and_changes_nothing(world: AiWorld, analysis_id: str, uid: str) -> None:
    world.me.post(f"/v1/ai/tasks/{TASK_ID}/analyses", idempotency_key="the-victims")
    before = stored(world)

    answers = list(attempts(world.as_(uid), analysis_id, uid))

    assert [answer.text for answer in answers if MARK in answer.text or TASK_ID in answer.text] == []
    assert {answer.status for answer in answers} <= {200, 204, 400, 403, 404, 422}
    assert stored(world) == before


@pytest.mark.parametrize("uid", UIDS)
def test_what_an_intruder_saves_is_his_own(world: AiWorld, uid: str) -> None:
    before = stored(world)
    intruder = world.as_(uid)

    for body in ({"rule": "fremd"}, {"rule": "fremd", "version": 0}):
        assert intruder.put(node_path(), body).status == 200

    own = [item for item in stored(world) if item not in before]
    assert [item for item in own if MARK in str(item)] == []
    assert [item for item in before if item not in stored(world)] == []
    assert world.me.get(node_path()).json["rule"] == f"{MARK}规则 2"
    assert intruder.get(node_path()).json["rule"] == "fremd"


def test_the_same_task_of_two_people_has_two_rules_and_two_results(world: AiWorld) -> None:
    world.give_default()
    mine = f"{encode_task_id(TASK_ID)}.{INTRUDER}1"
    assert world.give_result(world.give_task(TASK_ID, INTRUDER)) == mine
    intruder = world.as_(INTRUDER)

    (task,) = intruder.get("/v1/ai/tasks").json["items"]

    assert task["rule"]["source"] == "default"
    assert task["result"]["id"] == mine
    assert world.me.get(f"/v1/ai/analyses/{mine}").code == "not_found"
    assert intruder.get(f"/v1/ai/tasks/{TASK_ID}").json["rule"]["source"] == "default"
    assert world.me.get(f"/v1/ai/tasks/{TASK_ID}").json["rule"]["source"] == "custom"
    intruder.post(f"/v1/ai/analyses/{mine}/feedback", {"tag": "useful"})
    assert world.me.get(f"/v1/ai/tasks/{TASK_ID}").json["results"][0]["feedback"] is None


def test_the_victim_still_has_everything(world: AiWorld, analysis_id: str) -> None:
    list(attempts(world.as_(INTRUDER), analysis_id, INTRUDER))

    assert len(world.me.get("/v1/ai/tasks").json["items"]) == 2
    assert world.me.get(f"/v1/ai/analyses/{analysis_id}").json["feedback"] is None
    assert len(world.me.get("/v1/ai/rule-updates").json["items"]) == 1
    assert [node["node_id"] for node in world.me.get("/v1/ai/recommendations").json["items"]] == ["without-rule"]
    assert world.me.get("/v1/ai/count").json == {"count": 2}


def test_no_route_of_approvers_is_forgotten_here() -> None:
    # Jobs and the stream have such tests of their own; a text or a document that is sent belongs to who sends it.
    elsewhere = {"dry-run", "propose-checks", "documents", "stream", "{id}"}
    routes = {
        template
        for (_, template), access in ACCESS.items()
        if APPROVER in access.roles and template.rpartition("/")[2] not in elsewhere and template != "/v1/ai/clauses"
    }

    assert routes == {
        "/v1/ai/rules",
        "/v1/ai/rules/{app_id}/{node_id}",
        "/v1/ai/rules/{app_id}/{node_id}/node",
        "/v1/ai/rules/{app_id}/{node_id}/try-checks",
        "/v1/ai/rules/{app_id}/{node_id}/versions",
        "/v1/ai/rules/{app_id}/{node_id}/versions/{n}/restore",
        "/v1/ai/tasks",
        "/v1/ai/tasks/{task_id}",
        "/v1/ai/tasks/{task_id}/analyses",
        "/v1/ai/count",
        "/v1/ai/recommendations",
        "/v1/ai/recommendations/{app_id}/{node_id}",
        "/v1/ai/rule-updates",
        "/v1/ai/analyses/{id}/feedback",
        "/v1/ai/agreement",
        "/v1/search",
        "/v1/ai/agreement/nodes",
        "/v1/ai/agreement/nodes/{app_id}/{node_id}/clauses",
        "/v1/ai/agreement/nodes/{app_id}/{node_id}/overrules",
        "/v1/ai/agreement/nodes/{app_id}/{node_id}/coverage",
    }
