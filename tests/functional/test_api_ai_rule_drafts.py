"""What a rule is written beside, how its text is read, and its checks on past forms."""

from __future__ import annotations

import json
from typing import Any

import pytest

from admin_api.ai import rule_drafts
from taskbridge.ai.settings import AiSettings
from tests.functional.ai_api import OTHER, AiWorld, node_path
from tests.functional.ai_suites.builders import APP, NODE, UID
from tests.functional.aws import Tables

AT, TRY = f"{node_path()}/node", f"{node_path()}/try-checks"
CHECK = {"clause": "报销金额不超过 5000 元", "expression": "amount <= 5000"}


@pytest.fixture
def world(dynamodb: Any, ssm: Any, tables: Tables) -> AiWorld:
    return AiWorld(dynamodb, tables, rule_drafts.router, ssm=ssm)


def test_a_rule_is_written_beside_the_default_the_fields_of_the_latest_form_and_the_open_tasks(world: AiWorld) -> None:
    world.give_default()
    world.give_task()
    world.give_form()
    world.stores.people.set_reminder(UID, APP, NODE, "2026-11-22T01:00:00.000+00:00", "default-1")
    world.me.get(AT)
    world.stores.client.taken()

    node = world.me.get(AT).json

    assert (node["app_id"], node["node_name"], node["path"]) == (APP, "院系审批", f"{APP}/{NODE}")
    assert (node["default"]["rule"], node["default"]["clauses"], node["default"]["version"]) == (
        "请假不超过 3 天",
        ["请假不超过 3 天"],
        1,
    )
    assert node["open_count"] == 1
    assert node["rule_updated_at"] == "2026-11-22T01:00:00Z"
    assert node["fields"] == [
        {"key": "amount", "label": "报销金额", "type": "number", "column_of": ""},
        {"key": "proof", "label": "发票", "type": "count", "column_of": ""},
    ]
    assert world.stores.client.taken() == {"get_item": 2, "query": 2}


def test_columns_say_of_which_table_they_are(world: AiWorld) -> None:
    columns = [{"key": "price", "label": "金额", "type": "number"}, {"key": "scan", "label": "扫描件", "type": "file"}]
    table = {"key": "items", "label": "明细", "type": "table", "value": {"columns": columns, "rows": [{"price": 3}]}}
    world.give_task()
    world.stores.forms.put("T1", "f1", json.dumps({"fields": [table]}).encode())

    fields = world.me.get(AT).json["fields"]

    assert [(each["key"], each["column_of"], each["type"]) for each in fields] == [
        ("items", "", "rows"),
        ("price", "items", "number"),
        ("scan", "items", "count"),
    ]


@pytest.mark.parametrize(
    "settings", [AiSettings(), AiSettings(examine_enable=True), AiSettings(examine_enable=True, default_app_ids=("x",))]
)
def test_a_default_that_is_not_in_force_is_none(world: AiWorld, settings: AiSettings) -> None:
    world.give_default()
    world.give_task()
    world.configure(settings)

    assert world.me.get(AT).json["default"] is None


def test_who_never_had_a_task_on_a_node_is_told_nothing_of_it(world: AiWorld) -> None:
    world.give_default()
    world.give_task()
    world.give_form()

    for uid in (OTHER, "*"):
        told = world.as_(uid).get(AT).json
        assert (told["default"], told["fields"], told["open_count"], told["node_name"]) == (None, [], 0, "")


def test_a_text_is_read_as_it_would_be_when_it_is_saved(world: AiWorld) -> None:
    world.stores.client.taken()

    answer = world.me.post("/v1/ai/clauses", {"rule": "1.有发票2.有签字；有合同"})

    assert answer.json == {"clauses": ["1.有发票", "2.有签字", "有合同"]}
    assert world.me.post("/v1/ai/clauses", {"rule": ""}).json == {"clauses": []}
    assert world.client.post("/v1/ai/clauses", {"rule": "长" * 20_001}).status == 422
    assert world.stores.client.taken() == {}


def test_a_check_is_tried_on_ones_own_past_forms_and_says_why(world: AiWorld) -> None:
    world.give_task()
    world.give_form()
    dear = {**CHECK, "expression": "amount <= 100"}

    answer = world.me.post(TRY, {"rule": CHECK["clause"], "checks": [CHECK, dear]})

    assert answer.json["tasks"] == 1
    good, bad = answer.json["checks"]
    assert (good["passed"], good["failed"]) == (1, 0)
    assert (bad["passed"], bad["failed"]) == (0, 1)
    assert bad["reasons"] == {"fail": "报销金额 = 4800，要求 amount <= 100"}
    others = world.as_(OTHER).post(TRY, {"rule": CHECK["clause"], "checks": [CHECK]}).json
    assert (others["tasks"], others["checks"][0]["passed"]) == (0, 0)


def test_a_check_that_cannot_be_tried_is_refused_by_its_place(world: AiWorld) -> None:
    for check, field in (
        ({**CHECK, "expression": "amount <="}, "checks[0].expression"),
        ({**CHECK, "clause": "别的"}, "checks[0].clause"),
    ):
        answer = world.me.post(TRY, {"rule": CHECK["clause"], "checks": [check]})

        assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)
