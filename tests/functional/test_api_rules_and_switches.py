"""Trigger rules and the switches of AI approval over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from admin_api.setup.ai_switches import ChainTiming
from taskbridge.ai.settings import AiSettings, ModelChoice
from taskbridge.errors import StoreError
from taskbridge.events import Action
from taskbridge.push.trigger_rules import DEFAULT_RULE
from taskbridge.tables.configuration import REFRESH_S
from tests.functional.aws import Tables
from tests.functional.platform_desk import AIGC_SETTINGS, SECRET, Desk

RULE = {
    "id": "leave",
    "name": "请假只推金智",
    "enabled": True,
    "actions": ["task_received"],
    "app_ids": ["leave"],
    "targets": ["push:jz", "ai"],
}
OFF = {
    "examine_enable": False,
    "examine_default_all_apps": False,
    "default_app_ids": [],
    "platform_id": "",
    "model": "",
    "fallbacks": [],
    "masking": False,
    "mask_names": False,
    "second_look": "approves",
    "retention_days": 180,
    "attachment_hosts": [],
    "daily_person": 200,
    "daily_node": 2000,
    "daily_total": 20000,
    "daily_cost": 0.0,
    "nightly_flips": 0,
    "version": 0,
}


@pytest.fixture
def desk(clients: dict[str, Any], ministack: str, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk(clients, ministack, tables, monkeypatch)
    yield made
    made.close()


# Trigger rules


def test_a_rule_is_read_as_it_was_created_and_workers_see_it(desk: Desk) -> None:
    desk.create()

    created = desk.admin.post("/v1/trigger-rules", RULE)

    shown = {**RULE, "version": 1, "unreadable": ""}
    others = ", ".join(action for action in Action if action not in {"task_received", "node_published"})
    gaps = [
        "events of task_received are pushed only where the application is one of leave",
        f"events of {others} match no enabled trigger rule: they are skipped",
    ]
    assert (created.status, created.json) == (201, {**shown, "gaps": gaps})
    assert desk.admin.get("/v1/trigger-rules").json == {"items": [shown], "next_cursor": None}
    (rule,) = desk.services.configuration.current().rules
    assert (rule.id, rule.targets) == ("leave", ("push:jz", "ai"))


def test_a_rule_is_changed_and_deleted(desk: Desk) -> None:
    desk.create()
    created = desk.admin.post("/v1/trigger-rules", RULE).json

    changed = desk.admin.put("/v1/trigger-rules/leave", {**created, "targets": ["push:*"]})
    assert changed.json == {**created, "targets": ["push:*"], "version": 2}

    deleted = desk.admin.delete("/v1/trigger-rules/leave")
    gaps = ["no trigger rule is enabled: every event goes to jz, AI approval"]
    assert (deleted.status, deleted.json) == (200, {"id": "leave", "gaps": gaps})
    assert desk.admin.get("/v1/trigger-rules").json["items"] == []
    desk.now += REFRESH_S
    assert desk.services.configuration.current().rules == (DEFAULT_RULE,)


def test_a_draft_changes_nothing_and_the_answer_says_what_is_in_force(desk: Desk) -> None:
    # given
    desk.create()

    # when
    created = desk.admin.post("/v1/trigger-rules", {**RULE, "enabled": False}).json

    # then
    assert created["gaps"] == ["no trigger rule is enabled: every event goes to jz, AI approval"]
    assert DEFAULT_RULE in desk.services.configuration.current().rules
    # and what was answered may be sent back, enabled
    assert desk.admin.put("/v1/trigger-rules/leave", {**created, "enabled": True}).status == 200
    assert DEFAULT_RULE not in desk.services.configuration.current().rules


def test_what_a_rule_would_take_away_is_told_before_it_is_saved(desk: Desk) -> None:
    # given
    desk.create()
    desk.create(id="old")
    desk.create_ai()
    desk.admin.put("/v1/ai/settings", {**OFF, "platform_id": "aigc"})
    pushed = [action.value for action in Action if action != "node_published"]
    flow: dict[str, Any] = {"app_ids": [], "except_app_ids": []}

    # when
    now = desk.admin.post("/v1/trigger-rules/preview", {}).json
    then = desk.admin.post("/v1/trigger-rules/preview", {"rule": {**RULE, "app_ids": []}}).json

    # then
    assert now["targets"] == ["push:jz", "push:old", "ai"]
    assert (now["lost"], now["gained"]) == ([], [])
    assert [each["target"] for each in now["flows"]] == ["push:jz", "push:old", "ai"]
    rest = [action for action in pushed if action != "task_received"]
    assert then["lost"] == [
        {**flow, "target": "push:jz", "actions": rest},
        {**flow, "target": "push:old", "actions": pushed},
        {**flow, "target": "ai", "actions": [*rest, "node_published"]},
    ]
    assert any("sends anything to old" in gap for gap in then["gaps"])
    # and nothing is changed
    assert desk.admin.get("/v1/trigger-rules").json["items"] == []
    assert desk.trail("trigger-rule", "leave") == []


def test_what_the_end_of_a_rule_would_do_is_told(desk: Desk) -> None:
    desk.create()
    for rule_id, targets in (("r1", ["push:jz"]), ("r2", ["push:jz"])):
        desk.admin.post("/v1/trigger-rules", {"id": rule_id, "name": "规则", "targets": targets})

    assert desk.admin.post("/v1/trigger-rules/preview", {"without": "r1"}).json["lost"] == []
    draft = {"id": "r1", "name": "规则", "targets": ["push:jz"], "enabled": False}
    assert desk.admin.post("/v1/trigger-rules/preview", {"without": "r2", "rule": draft}).json["gaps"] == [
        "no trigger rule is enabled: every event goes to jz, AI approval"
    ]


def test_a_preview_reads_the_configuration_once(desk: Desk) -> None:
    calls: list[str] = []
    desk.dynamodb.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))

    assert desk.admin.post("/v1/trigger-rules/preview", {}).status == 200

    assert calls == ["GetItem", "Query", "Query", "Query"]


def test_deleting_a_rule_that_leaves_everything_covered_has_nothing_to_say(desk: Desk) -> None:
    desk.create()
    for rule_id in ("r1", "r2"):
        answer = desk.admin.post("/v1/trigger-rules", {"id": rule_id, "name": "规则", "targets": ["push:*", "ai"]})
        assert answer.json["gaps"] == []

    answer = desk.admin.delete("/v1/trigger-rules/r1")

    assert (answer.status, answer.text) == (204, "")


def test_a_change_that_is_made_does_not_fail_where_the_gaps_cannot_be_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise StoreError("Query: throttled")

    monkeypatch.setattr(desk.services.configuration, "read_now", fails)

    answer = desk.admin.post("/v1/trigger-rules", {"name": "规则", "targets": ["ai"]})

    assert answer.status == 201
    assert "could not be read" in answer.json["gaps"][0]


def test_a_rule_and_a_platform_that_cannot_be_read_are_listed_and_entered_anew(desk: Desk) -> None:
    # given
    desk.create()
    desk.admin.post("/v1/trigger-rules", {"id": "r1", "name": "规则", "targets": ["push:jz"]})
    for kind, item_id, wrong in (
        ("rule", "r1", {"targets": {"S": "push:jz"}}),
        ("platform", "jz", {"settings": {"S": "{"}}),
    ):
        key = {"kind": {"S": kind}, "id": {"S": item_id}}
        item = desk.dynamodb.get_item(TableName=desk.tables.ConfigurationTable, Key=key)["Item"]
        desk.dynamodb.put_item(TableName=desk.tables.ConfigurationTable, Item={**item, **wrong})
    desk.create(id="jz-2")

    # when
    rules = desk.admin.get("/v1/trigger-rules").json["items"]
    platforms = desk.admin.get("/v1/platforms").json["items"]

    # then
    assert [(each["id"], bool(each["unreadable"])) for each in rules] == [("r1", True)]
    assert [(each["id"], bool(each["unreadable"])) for each in platforms] == [("jz", True), ("jz-2", False)]
    assert desk.admin.post("/v1/platforms/jz/test").json["cause"] == "not_configured"
    # and
    again = desk.admin.put("/v1/trigger-rules/r1", {**rules[0], "targets": ["push:jz"], "enabled": True})
    assert (again.json["unreadable"], again.json["version"]) == ("", 2)
    settings = desk.form()["settings"]
    entered = desk.admin.put("/v1/platforms/jz", {**platforms[0], "settings": settings}).json
    assert (entered["unreadable"], entered["version"]) == ("", 2)


def test_a_rule_without_an_id_gets_one(desk: Desk) -> None:
    answer = desk.admin.post("/v1/trigger-rules", {"name": "规则", "targets": ["ai"]})

    assert answer.status == 201, answer.text
    assert answer.json["id"].startswith("rule-")
    assert (answer.json["enabled"], answer.json["actions"], answer.json["app_ids"]) == (True, [], [])


def test_a_rule_is_not_created_over_another(desk: Desk) -> None:
    rule = {"id": "r1", "name": "规则", "targets": ["ai"]}
    desk.admin.post("/v1/trigger-rules", rule)

    assert desk.admin.post("/v1/trigger-rules", {**rule, "name": "二"}).code == "rule_exists"
    assert desk.admin.get("/v1/trigger-rules").json["items"][0]["name"] == "规则"


def test_who_read_an_older_rule_changes_nothing(desk: Desk) -> None:
    rule = {"id": "r1", "name": "规则", "targets": ["ai"]}
    created = desk.admin.post("/v1/trigger-rules", rule).json
    desk.admin.put("/v1/trigger-rules/r1", {**created, "name": "一"})

    assert desk.admin.put("/v1/trigger-rules/r1", {**created, "name": "二"}).code == "version_conflict"
    assert desk.admin.delete("/v1/trigger-rules/r1", version=1).code == "version_conflict"
    assert desk.admin.get("/v1/trigger-rules").json["items"][0]["name"] == "一"


@pytest.mark.parametrize("targets", [["push:none"], ["push:aigc"], ["ai", "push:none"]])
def test_a_target_is_a_task_center_that_there_is(desk: Desk, targets: list[str]) -> None:
    desk.create_ai()

    answer = desk.admin.post("/v1/trigger-rules", {"name": "规则", "targets": targets})

    assert (answer.status, answer.code) == (422, "invalid_setting")
    assert answer.json["errors"][0]["field"] == f"targets[{len(targets) - 1}]"


@pytest.mark.parametrize(
    "wrong",
    [
        {"actions": ["task_recieved"]},
        {"targets": ["jz"]},
        {"targets": ["push:"]},
        {"name": " "},
        {"name": None},
        {"app_ids": [""]},
        {"enable": True},
        {"id": "R 1"},
    ],
)
def test_a_rule_that_cannot_work_is_refused(desk: Desk, wrong: dict[str, Any]) -> None:
    answer = desk.admin.post("/v1/trigger-rules", {"name": "规则", "targets": ["ai"], **wrong})

    assert (answer.status, answer.code) == (422, "invalid_request")


def test_a_rule_of_nobody_is_not_found(desk: Desk) -> None:
    rule = {"name": "规则", "targets": ["ai"]}

    assert desk.admin.put("/v1/trigger-rules/none", rule).code == "not_found"
    assert desk.admin.delete("/v1/trigger-rules/none").code == "not_found"


def test_the_list_of_rules_pages_by_cursor(desk: Desk) -> None:
    for number in range(3):
        desk.admin.post("/v1/trigger-rules", {"id": f"r{number}", "name": "规则", "targets": ["ai"]})

    first = desk.admin.get("/v1/trigger-rules", limit=2).json
    second = desk.admin.get("/v1/trigger-rules", limit=2, cursor=first["next_cursor"]).json

    assert [each["id"] for each in first["items"] + second["items"]] == ["r0", "r1", "r2"]
    assert second["next_cursor"] is None


def test_each_change_of_a_rule_stands_on_the_trail(desk: Desk) -> None:
    created = desk.admin.post("/v1/trigger-rules", {"id": "r1", "name": "一", "targets": ["ai"]}).json
    desk.now += 1
    desk.admin.put("/v1/trigger-rules/r1", {**created, "name": "二"})
    desk.now += 1
    desk.admin.delete("/v1/trigger-rules/r1")

    trail = desk.trail("trigger-rule", "r1")

    names = [[part and part["name"] for part in (each.before, each.after)] for each in trail]
    assert names == [[None, "一"], ["一", "二"], ["二", None]]
    assert {each.who for each in trail} == {"admin"}


# The switches of AI approval


def test_before_anybody_set_them_all_switches_are_off(desk: Desk) -> None:
    answer = desk.admin.get("/v1/ai/settings")

    assert (answer.status, answer.json) == (200, OFF)


def test_switches_are_read_as_they_were_set_and_workers_see_them(desk: Desk) -> None:
    desk.create_ai()
    desk.create_ai("spare")
    wanted = {
        **OFF,
        "examine_enable": True,
        "default_app_ids": ["leave"],
        "platform_id": "aigc",
        "model": "qwen-plus",
        "fallbacks": [{"platform_id": "spare", "model": ""}],
        "masking": True,
        "retention_days": 30,
        "attachment_hosts": ["files.school.edu.cn:8443"],
    }

    answer = desk.admin.put("/v1/ai/settings", wanted)

    assert (answer.status, answer.json) == (200, {**wanted, "version": 1})
    assert desk.admin.get("/v1/ai/settings").json == answer.json
    assert desk.services.configuration.current().ai == AiSettings(
        examine_enable=True,
        default_app_ids=("leave",),
        platform_id="aigc",
        model="qwen-plus",
        fallbacks=(ModelChoice("spare"),),
        masking=True,
        retention_days=30,
        attachment_hosts=("files.school.edu.cn:8443",),
        version=1,
    )


def test_what_is_not_named_stays_as_it_is(desk: Desk) -> None:
    desk.create_ai()
    wanted = {**OFF, "masking": True, "retention_days": 30, "attachment_hosts": ["files.test"], "platform_id": "aigc"}
    desk.admin.put("/v1/ai/settings", wanted)

    answer = desk.admin.put("/v1/ai/settings", {"examine_enable": True, "model": None})

    assert answer.json == {**wanted, "examine_enable": True, "version": 2}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"examine_enable": True}, "platform_id"),
        ({"platform_id": "none"}, "platform_id"),
        ({"platform_id": "jz"}, "platform_id"),
        ({"platform_id": "aigc", "fallbacks": [{"platform_id": "none"}]}, "fallbacks[0].platform_id"),
        ({"nightly_flips": 3}, "nightly_flips"),
    ],
)
def test_what_cannot_be_asked_is_refused(desk: Desk, wrong: dict[str, Any], field: str) -> None:
    desk.create()
    desk.create_ai()

    answer = desk.admin.put("/v1/ai/settings", {"examine_enable": False, **wrong})

    assert (answer.status, answer.code) == (422, "invalid_setting")
    assert answer.json["errors"][0]["field"] == field
    assert desk.admin.get("/v1/ai/settings").json == OFF


@pytest.mark.parametrize(
    "wrong",
    [
        {"retention_days": 0},
        {"retention_days": "30"},
        {"attachment_hosts": ["https://files.test/"]},
        {"examine": True},
        {"examine_enable": 0},
        {"masking": "yes"},
    ],
)
def test_switches_that_cannot_work_are_refused(desk: Desk, wrong: dict[str, Any]) -> None:
    assert desk.admin.put("/v1/ai/settings", {"examine_enable": False, **wrong}).code == "invalid_request"


@pytest.mark.parametrize("host", ["files.test:0", "files.test:65536", "202.112.1.256", "a..b", "-"])
def test_a_host_that_attachments_cannot_be_fetched_from_is_refused(desk: Desk, host: str) -> None:
    refused = desk.admin.put("/v1/ai/settings", {"attachment_hosts": ["files.test", host]})

    assert refused.code == "invalid_setting"
    assert [each["field"] for each in refused.json["errors"]] == ["attachment_hosts[1]"]


def test_a_chain_that_an_analysis_has_no_time_for_is_refused(desk: Desk) -> None:
    desk.create_ai(answer_timeout_s=500)
    spare = desk.create_ai("spare", answer_timeout_s=370)
    chain = {"examine_enable": True, "platform_id": "aigc", "fallbacks": [{"platform_id": "spare"}]}
    assert desk.admin.put("/v1/ai/settings", chain).status == 200, "870 s is what an analysis of 900 s has"

    longer = desk.admin.put("/v1/ai/settings", {"fallbacks": [{"platform_id": "spare"}, {"platform_id": "spare"}]})
    assert (longer.status, longer.code) == (422, "invalid_setting")
    assert longer.json["detail"] == (
        "fallbacks: the answer_timeout_s of the chain (aigc 500 + spare 370 + spare 370) come to 1240 s, and an "
        "analysis has 870 of 900 s (AnalysisTimeoutSeconds)"
    )

    slower = desk.admin.put(
        "/v1/platforms/spare", {**spare, "settings": {**spare["settings"], "answer_timeout_s": 371}}
    )
    assert (slower.status, slower.code) == (422, "invalid_setting")
    assert "come to 871 s" in slower.json["detail"]


def test_one_answer_that_takes_longer_than_an_analysis_is_refused(desk: Desk) -> None:
    desk.services.__dict__["timing"] = ChainTiming(desk.services.configurator, 200.0)
    settings = {**AIGC_SETTINGS, "app_secret": SECRET, "answer_timeout_s": 171}
    form = {"id": "aigc", "name": "AI", "class_name": "Aigc", "settings": settings}

    refused = desk.admin.post("/v1/platforms", form)

    assert (refused.status, refused.code) == (422, "invalid_setting")
    told = "answer_timeout_s: expected at most 170: an analysis has 200 s (AnalysisTimeoutSeconds), got 171"
    assert told in refused.json["detail"]
    assert desk.admin.post("/v1/platforms", {**form, "settings": {**settings, "answer_timeout_s": 170}}).status == 201


def test_who_read_older_switches_changes_nothing(desk: Desk) -> None:
    desk.admin.put("/v1/ai/settings", OFF)

    assert desk.admin.put("/v1/ai/settings", {**OFF, "masking": True}).code == "version_conflict"
    assert desk.admin.get("/v1/ai/settings").json["masking"] is False


def test_each_change_of_the_switches_stands_on_the_trail(desk: Desk) -> None:
    desk.admin.put("/v1/ai/settings", {"examine_enable": False})
    desk.now += 1
    desk.admin.put("/v1/ai/settings", {"examine_enable": False, "masking": True})

    first, second = desk.trail("ai-settings")

    assert first.before is None
    assert second.before is not None
    assert second.after is not None
    assert (second.before["masking"], second.after["masking"]) == (False, True)


@pytest.mark.parametrize("role", ["ops", "approver"])
def test_all_of_it_is_for_admins(desk: Desk, role: str) -> None:
    other = desk.admin.as_("somebody", role)

    for path in ("/v1/platform-types", "/v1/platforms", "/v1/trigger-rules", "/v1/ai/settings"):
        assert other.get(path).code == "not_allowed"
    assert other.as_("", "").get("/v1/platforms").status == 401
