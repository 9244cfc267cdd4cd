"""Rules over HTTP: versions, lost updates, checks that cannot work, what is told and put on the trail."""

from __future__ import annotations

import json
from typing import Any

import pytest

from admin_api.ai import node_defaults, own_rules
from admin_api.ids import encode_id
from taskbridge.ai.settings import AiSettings
from tests.functional.ai_api import AiWorld, node_path
from tests.functional.ai_suites.builders import APP, NODE, UID, node_default, own_rule
from tests.functional.aws import Tables

NODE_PATH = f"/v1/ai/nodes/{APP}/{NODE}"
CHECK = {"clause": "请假不超过 3 天", "expression": "leave.days <= 3", "confirmed": True, "covers": True}
RULE = {"rule": "请假不超过 3 天", "keynote": "看日期", "file_key": ["proof"], "checks": [CHECK]}
TOLD = ("ai", {"kind": "rule_changed", "app_id": APP, "node_id": NODE, "uid": UID, "version": 1, "turn": 0})
TOLD_OF_DEFAULT = ("ai", {"kind": "rule_changed", "app_id": APP, "node_id": NODE, "uid": "", "version": 1, "turn": 0})


@pytest.fixture
def world(dynamodb: Any, ssm: Any, tables: Tables) -> AiWorld:
    return AiWorld(dynamodb, tables, node_defaults.router, own_rules.router, ssm=ssm)


def rules_of(world: AiWorld, uid: str = UID) -> list[str]:
    return [rule["rule"] for rule in world.as_(uid).get("/v1/ai/rules").json["items"]]


# One's own


def test_a_rule_is_read_as_it_was_saved(world: AiWorld) -> None:
    world.give_default()

    saved = world.me.put(node_path(), {**RULE, "auto_analysis": False})

    assert saved.json == {
        **RULE,
        "clauses": ["请假不超过 3 天"],
        "app_id": APP,
        "node_id": NODE,
        "path": f"{APP}/{NODE}",
        "node_key": "dept",
        "node_name": "院系审批",
        "document": None,
        "stale": None,
        "status": True,
        "auto_analysis": 2,
        "version": 1,
    }
    assert world.me.get(node_path()).json == saved.json
    (listed,) = world.me.get("/v1/ai/rules").json["items"]
    assert (listed["app_name"], listed["default"]["rule"]) == ("", "请假不超过 3 天")
    assert {**saved.json, "app_name": "", "default": listed["default"]} == listed
    assert world.outbox.taken() == [TOLD]


@pytest.mark.parametrize(("auto", "code"), [(None, 0), (True, 1), (False, 2), (0, 0), (1, 1), (2, 2)])
def test_whether_tasks_are_analysed_on_their_own_may_be_left_to_the_default(
    world: AiWorld, auto: bool | int | None, code: int
) -> None:
    world.me.put(node_path(), {"rule": "规则", "auto_analysis": auto})

    shown = world.me.get(node_path()).json["auto_analysis"]
    assert (shown, type(shown)) == (code, int)


@pytest.mark.parametrize(("auto", "shown"), [(True, True), (False, False), (0, False), (1, True), (2, False)])
def test_a_default_is_automatic_or_not(world: AiWorld, auto: bool | int, shown: bool) -> None:
    answer = world.client.put(NODE_PATH, {**RULE, "auto_analysis": auto})
    assert answer.json["auto_analysis"] is shown


def test_who_saves_over_what_he_has_not_read_is_refused(world: AiWorld) -> None:
    assert world.me.put(node_path(), {"rule": "一", "version": 0}).json["version"] == 1
    assert world.me.put(node_path(), {"rule": "二", "version": 1}).json["version"] == 2

    for version in (0, 1, 3):
        answer = world.me.put(node_path(), {"rule": "三", "version": version})
        assert (answer.status, answer.code) == (409, "version_conflict")

    assert world.me.put(node_path(), {"rule": "四"}).json["version"] == 3


def test_what_stands_there_already_gets_no_new_version_and_is_told_again(world: AiWorld) -> None:
    world.outbox.is_down = True
    assert world.me.put(node_path(), {"rule": "一", "version": 0}).code == "try_later"

    world.outbox.is_down = False
    answer = world.me.put(node_path(), {"rule": "一", "version": 0})

    assert (answer.status, answer.json["version"]) == (200, 1)
    assert world.outbox.taken() == [TOLD]


def test_every_version_is_kept_and_can_be_restored(world: AiWorld) -> None:
    for text in ("一", "二", "三"):
        world.me.put(node_path(), {"rule": text})
    world.outbox.taken()

    restored = world.me.post(f"{node_path()}/versions/1/restore")

    assert (restored.json["rule"], restored.json["version"]) == ("一", 4)
    assert world.outbox.taken() == [TOLD]
    versions = world.me.get(f"{node_path()}/versions").json["items"]
    assert [(rule["version"], rule["rule"]) for rule in versions] == [(4, "一"), (3, "三"), (2, "二"), (1, "一")]
    assert world.me.post(f"{node_path()}/versions/9/restore").code == "not_found"
    assert world.me.post(f"{node_path()}/versions/2/restore", {"version": 3}).code == "version_conflict"
    assert world.me.post(f"{node_path()}/versions/0/restore").code == "invalid_request"


def test_a_rule_that_was_taken_away_can_be_restored(world: AiWorld) -> None:
    world.me.put(node_path(), {"rule": "一"})
    assert world.me.delete(node_path(), version=2).code == "version_conflict"

    assert world.me.delete(node_path(), version=1).status == 204
    assert world.me.get(node_path()).code == "not_found"
    assert world.me.delete(node_path()).code == "not_found"
    assert world.me.post(f"{node_path()}/versions/1/restore").json["version"] == 2
    assert world.outbox.taken() == [TOLD] * 3


def test_a_rule_is_listed_with_the_default_that_it_overrides_where_that_is_in_force(world: AiWorld) -> None:
    world.give_default(rule="默认规则")
    world.give_task()
    world.me.put(node_path(), RULE)

    (listed,) = world.me.get("/v1/ai/rules").json["items"]
    assert (listed["app_name"], listed["default"]["rule"]) == ("请假申请", "默认规则")

    world.configure(AiSettings(examine_enable=True))
    assert world.me.get("/v1/ai/rules").json["items"][0]["default"] is None


def test_lists_page(world: AiWorld) -> None:
    for number in range(5):
        world.me.put(node_path(node_id=f"n{number}"), {"rule": f"规则 {number}"})

    first = world.me.get("/v1/ai/rules", limit=3).json
    second = world.me.get("/v1/ai/rules", limit=3, cursor=first["next_cursor"]).json

    assert [rule["rule"] for rule in first["items"] + second["items"]] == [f"规则 {number}" for number in range(5)]
    assert second["next_cursor"] is None


def test_a_list_costs_the_same_calls_however_many_rules_there_are(world: AiWorld) -> None:
    world.me.put(node_path(), {"rule": "规则"})
    rules_of(world)
    world.stores.client.taken()
    rules_of(world)
    few = world.stores.client.taken()
    for number in range(60):
        world.stores.rules.save_own(own_rule(node_id=f"n{number}"), 0)
    world.stores.client.taken()

    assert len(rules_of(world)) == 50

    assert world.stores.client.taken() == few == {"query": 2, "batch_get_item": 1}


# What cannot be saved


@pytest.mark.parametrize(
    "expression", ["amount <=", "amount <= 5000 ||", "import('os')", "(" * 300, '"\\\\' * 20, "{'a': 1}"]
)
def test_a_check_that_cannot_be_computed_is_refused_by_its_place(world: AiWorld, expression: str) -> None:
    for client, path in ((world.me, node_path()), (world.client, NODE_PATH)):
        answer = client.put(path, {**RULE, "checks": [CHECK, {**CHECK, "expression": expression}]})

        assert (answer.status, answer.code) == (422, "invalid_setting")
        assert answer.json["errors"][0]["field"] == "checks[1].expression"
    assert rules_of(world) == []
    assert world.outbox.taken() == []


def test_a_check_of_no_clause_of_the_rule_is_refused_with_how_the_rule_was_read(world: AiWorld) -> None:
    rule = "（1）请假不超过 3 天（2）附证明"
    for client, path in ((world.me, node_path()), (world.client, NODE_PATH)):
        answer = client.put(path, {**RULE, "rule": rule, "checks": [{**CHECK, "clause": "请假不超过"}]})

        (error,) = answer.json["errors"]
        assert (answer.status, error["field"]) == (422, "checks[0].clause")
        assert "the rule is read as 2: 1 “（1）请假不超过 3 天”; 2 “（2）附证明”" in error["problem"]


def test_an_own_check_may_be_of_the_rule_of_the_node(world: AiWorld) -> None:
    world.client.put(NODE_PATH, {**RULE, "checks": []})

    assert world.me.put(node_path(), {"rule": "", "checks": [CHECK]}).status == 200


def test_whoever_saves_a_rule_is_told_how_it_is_read(world: AiWorld) -> None:
    saved = world.me.put(node_path(), {"rule": "1.有发票2.有签字；有合同"}).json

    assert saved["clauses"] == ["1.有发票", "2.有签字", "有合同"]


@pytest.mark.parametrize(
    "change",
    [
        {"rule": "长" * 20_001},
        {"rule": 5},
        {"status": "true"},
        {"auto_analysis": 3},
        {"auto_analysis": "1"},
        {"version": -1},
        {"version": "1"},
        {"file_key": [""]},
        {"checks": [CHECK] * 51},
        {"checks": [{**CHECK, "clause": ""}]},
        {"unknown": 1},
        {"uid": "u-3"},
    ],
)
def test_a_field_that_is_wrong_is_refused(world: AiWorld, change: dict[str, Any]) -> None:
    answer = world.me.put(node_path(), {**RULE, **change})

    assert (answer.status, answer.code) == (422, "invalid_request")
    assert rules_of(world) == []


# Defaults


def test_an_admin_sets_a_default_and_what_was_published_of_the_node_stays(world: AiWorld) -> None:
    world.stores.rules.save_default(node_default(published_sequence=7), 0)

    answer = world.client.put(NODE_PATH, {**RULE, "enabled": False, "auto_analysis": True, "version": 1})

    shown = {
        **RULE,
        "clauses": [RULE["rule"]],
        "app_id": APP,
        "node_id": NODE,
        "path": f"{APP}/{NODE}",
        "node_key": "dept",
        "node_name": "院系审批",
        "document": None,
        "stale": None,
    }
    assert answer.json == {**shown, "enabled": False, "auto_analysis": True, "version": 2}
    assert world.client.get("/v1/ai/nodes").json["items"] == [answer.json]
    stored = world.stores.rules.default(APP, NODE)
    assert stored is not None
    assert stored.published_sequence == 7
    assert world.outbox.taken() == [TOLD_OF_DEFAULT]
    assert world.client.put(NODE_PATH, {"rule": "别的", "version": 1}).code == "version_conflict"


def test_what_is_not_named_of_a_default_stays_and_checks_as_long_as_their_clause_does(world: AiWorld) -> None:
    set_before = {**RULE, "rule": "请假不超过 3 天。附证明", "enabled": False, "auto_analysis": True}
    world.client.put(NODE_PATH, set_before)

    kept = world.client.put(NODE_PATH, {"rule": "请假不超过 3 天。附假条", "keynote": None}).json
    assert {name: kept[name] for name in set_before} == {**set_before, "rule": "请假不超过 3 天。附假条"}

    assert world.client.put(NODE_PATH, {"rule": "附假条"}).json["checks"] == []
    emptied = world.client.put(NODE_PATH, {"keynote": "", "file_key": [], "enabled": True}).json
    assert (emptied["rule"], emptied["keynote"], emptied["file_key"], emptied["enabled"]) == ("附假条", "", [], True)


def test_one_default_is_read_by_one_call_and_a_node_without_is_not_found(world: AiWorld) -> None:
    assert world.client.get(NODE_PATH).code == "not_found"
    saved = world.client.put(NODE_PATH, RULE).json

    world.stores.client.taken()
    assert world.client.get(NODE_PATH).json == saved
    assert world.stores.client.taken() == {"get_item": 1}


def test_a_node_that_was_never_published_can_have_a_default(world: AiWorld) -> None:
    assert world.client.put(NODE_PATH, {"rule": "规则"}).json["version"] == 1


def test_each_change_is_on_the_trail_with_what_was_there_before(world: AiWorld) -> None:
    world.client.put(NODE_PATH, {"rule": "一"})
    world.client.put(NODE_PATH, {"rule": "二"})
    world.me.put(node_path(), {"rule": "三"})
    world.me.delete(node_path())

    trail = json.dumps(world.changes(), ensure_ascii=False, default=str)

    assert len(world.changes()) == 4
    assert trail.count('"admin"') >= 2
    assert UID in trail


# Whose they are


def test_approvers_set_no_defaults_and_admins_no_own_rules(world: AiWorld) -> None:
    assert world.me.put(NODE_PATH, {"rule": "规则"}).code == "not_allowed"
    assert world.me.get("/v1/ai/nodes").code == "not_allowed"
    assert world.client.put(node_path(), {"rule": "规则"}).code == "not_allowed"


@pytest.mark.parametrize("uid", ["default", "*", "u-2#x", "user#u-2", "u-2%23", "../u-2"])
def test_a_name_that_looks_like_a_key_is_only_a_name(world: AiWorld, uid: str) -> None:
    world.give_default()
    world.me.put(node_path(), {"rule": "我的"})

    assert rules_of(world, uid) == []
    world.as_(uid).put(node_path(), {"rule": "别人的"})

    assert rules_of(world) == ["我的"]
    assert rules_of(world, uid) == ["别人的"]
    default = world.stores.rules.default(APP, NODE)
    assert default is not None
    assert default.rule == "请假不超过 3 天"


def test_a_body_that_is_no_object_is_refused_also_where_it_may_be_left_out(world: AiWorld) -> None:
    world.me.put(node_path(), {"rule": "一"})

    answer = world.me.post(f"{node_path()}/versions/1/restore", "[null, null]")

    assert (answer.status, answer.code) == (422, "invalid_request")
    assert world.me.get(node_path()).json["version"] == 1


@pytest.mark.parametrize(("app_id", "node_id"), [("le/ave", "n 1"), ("~a", "节点"), ("a", "b/../c")])
def test_a_node_with_a_slash_can_have_a_rule(world: AiWorld, app_id: str, node_id: str) -> None:
    path = f"/v1/ai/rules/{encode_id(app_id)}/{encode_id(node_id)}"
    assert world.me.put(path, {"rule": "有发票"}).status == 200

    (row,) = world.me.get("/v1/ai/rules").json["items"]

    assert (row["app_id"], row["node_id"]) == (app_id, node_id)
    assert world.me.get(f"/v1/ai/rules/{row['path']}").json["rule"] == "有发票"
    assert world.me.get(f"/v1/ai/rules/{row['path']}/versions").json["items"][0]["path"] == row["path"]
    assert world.me.get("/v1/ai/rules/~!/n1").code == "not_found"
