"""Platforms over HTTP: forms, secrets, versions, the trail, removal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from taskbridge.tables.configuration import REFRESH_S, PlatformConfig
from tests.api import build_client
from tests.builders import JINZHI_SETTINGS
from tests.functional.aws import Tables
from tests.functional.platform_desk import AREAS, MASK, SECRET, Desk


@pytest.fixture
def desk(clients: dict[str, Any], ministack: str, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk(clients, ministack, tables, monkeypatch)
    yield made
    made.close()


# Classes


def test_every_class_comes_with_the_schema_of_its_form(desk: Desk) -> None:
    answer = desk.admin.get("/v1/platform-types")

    assert answer.status == 200
    found = {each["name"]: each for each in answer.json["items"]}
    assert found["JinZhiTaskCenter"]["category"] == "task_center"
    assert found["Aigc"]["category"] == "ai"
    secret = found["JinZhiTaskCenter"]["settings"]["properties"]["app_secret"]
    assert secret["secret"] is True
    assert secret["label"]["zh"]
    assert set(found["Aigc"]["capabilities"]) >= {"ask", "stream"}


def test_the_task_center_in_memory_is_offered_on_one_machine_alone(desk: Desk) -> None:
    local = build_client(replace(desk.services, environment="local"), *AREAS)

    offered = [
        {each["name"] for each in admin.get("/v1/platform-types").json["items"]} for admin in (desk.admin, local)
    ]

    assert offered[1] - offered[0] == {"InMemoryTaskCenter"}
    form = {"name": "m", "class_name": "InMemoryTaskCenter", "settings": {}}
    assert local.post("/v1/platforms", form).status == 201


def test_on_one_machine_a_platform_may_be_there_too(desk: Desk) -> None:
    admin = build_client(replace(desk.services, platform_hosts=frozenset({"127.0.0.1"})), *AREAS)

    assert admin.post("/v1/platforms", desk.form(settings={"host": "http://127.0.0.1:9001"})).status == 201


# Reading and writing


def test_a_created_platform_is_read_with_its_secret_masked(desk: Desk) -> None:
    created = desk.create()

    assert created == {
        "id": "jz",
        "name": "金智",
        "class_name": "JinZhiTaskCenter",
        "category": "task_center",
        "enabled": True,
        "draining": False,
        "settings": {**JINZHI_SETTINGS, "app_secret": MASK},
        "version": 1,
        "unreadable": "",
    }
    assert desk.admin.get("/v1/platforms/jz").json == created
    assert desk.admin.get("/v1/platforms").json == {"items": [created], "next_cursor": None}


def test_the_secret_stands_in_the_parameter_store_alone(desk: Desk) -> None:
    desk.create()

    assert desk.secret() == (SECRET,)
    items = desk.dynamodb.scan(TableName=desk.tables.ConfigurationTable)["Items"]
    assert SECRET not in str(items)
    assert MASK not in str(items)


def test_workers_read_what_was_saved(desk: Desk) -> None:
    desk.create()

    config = desk.services.configuration.current().platforms["jz"]

    assert config.settings == JINZHI_SETTINGS
    assert config.enabled


def test_what_was_read_can_be_sent_back_and_keeps_the_secret(desk: Desk) -> None:
    created = desk.create()

    changed = desk.admin.put("/v1/platforms/jz", {**created, "name": "金智二"})

    assert changed.status == 200, changed.text
    assert changed.json == {**created, "name": "金智二", "version": 2}
    assert desk.secret() == (SECRET,)


def test_a_changed_secret_keeps_the_one_before(desk: Desk) -> None:
    created = desk.create()

    settings = {**created["settings"], "app_secret": "newer-secret"}
    answer = desk.admin.put("/v1/platforms/jz", {**created, "settings": settings})

    assert answer.json["settings"]["app_secret"] == MASK
    assert desk.secret() == ("newer-secret", SECRET)


def test_a_secret_that_is_left_out_stays(desk: Desk) -> None:
    created = desk.create()

    answer = desk.admin.put("/v1/platforms/jz", {**created, "settings": JINZHI_SETTINGS})

    assert answer.json["settings"]["app_secret"] == MASK
    assert desk.secret() == (SECRET,)


def test_an_enabled_platform_needs_its_secret_and_a_disabled_one_does_not(desk: Desk) -> None:
    form = desk.form()
    del form["settings"]["app_secret"]

    refused = desk.admin.post("/v1/platforms", form)
    created = desk.admin.post("/v1/platforms", {**form, "enabled": False})

    assert (refused.status, refused.code) == (422, "invalid_setting")
    assert refused.json["errors"][0]["field"] == "settings.app_secret"
    assert created.status == 201
    assert "app_secret" not in created.json["settings"]


@pytest.mark.parametrize("enabled", [True, False])
def test_a_mask_is_no_secret_of_a_new_platform(desk: Desk, enabled: bool) -> None:
    answer = desk.admin.post("/v1/platforms", desk.form(settings={"app_secret": MASK}, enabled=enabled))

    assert (answer.status, answer.code) == (422, "invalid_setting")
    assert answer.json["errors"][0]["field"] == "settings.app_secret"
    assert desk.stored_secrets() == []


@pytest.mark.parametrize("value", ["", "with\nbreak", " blank", "密钥", 7, None, "x" * 4097])
def test_a_secret_that_no_header_carries_is_refused_and_not_repeated(desk: Desk, value: Any) -> None:
    answer = desk.admin.post("/v1/platforms", desk.form(settings={"app_secret": value}))

    assert (answer.status, answer.code) == (422, "invalid_setting")
    assert answer.json["errors"][0]["field"] == "settings.app_secret"
    assert "密钥" not in answer.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"class_name": "Nobody"}, "class_name"),
        ({"settings": {"host": "jinzhi.test"}}, "settings.host"),
        ({"class_name": "InMemoryTaskCenter", "settings": {}}, "class_name"),
        ({"settings": {"host": "http://127.0.0.1:9001"}}, "settings.host"),
        ({"settings": {"host": "http://169.254.169.254"}}, "settings.host"),
        ({"settings": {"host": "http://localhost:9001"}}, "settings.host"),
        ({"settings": {"hots": "https://jinzhi.test"}}, "settings.hots"),
        ({"settings": {"timeout_s": 31}}, "settings.timeout_s"),
        ({"settings": {"timeout_s": 26}}, "settings.timeout_s"),  # the push function runs for 30 s
        ({"settings": {"timeout_s": 18, "max_rate_per_s": 5}}, "settings.timeout_s"),
        ({"settings": {"max_rate_per_s": 0.001}}, "settings.max_rate_per_s"),
        ({"settings": {"max_concurrency": 10**400}}, "settings.max_concurrency"),
        ({"id": "ai"}, "id"),
    ],
)
def test_a_setting_that_cannot_work_is_named(desk: Desk, changes: dict[str, Any], field: str) -> None:
    answer = desk.admin.post("/v1/platforms", desk.form(**changes))

    assert (answer.status, answer.code) == (422, "invalid_setting"), answer.text
    assert answer.json["errors"][0]["field"] == field
    assert desk.admin.get("/v1/platforms").json["items"] == []
    assert desk.stored_secrets() == []


def test_a_time_limit_that_the_push_function_has_no_time_for_is_refused_with_the_reason(desk: Desk) -> None:
    answer = desk.admin.post("/v1/platforms", desk.form(settings={"timeout_s": 27}))

    assert "expected at most 25, got 27" in answer.text
    assert "PushTimeoutSeconds" in answer.text


@pytest.mark.parametrize("settings", [{"timeout_s": 25}, {"timeout_s": 17.5, "max_rate_per_s": 0.01}])
def test_the_longest_time_limit_that_works_is_taken(desk: Desk, settings: dict[str, Any]) -> None:
    assert desk.admin.post("/v1/platforms", desk.form(settings=settings)).status == 201


@pytest.mark.parametrize("platform_id", ["", "JZ", "j_z", "a" * 41, "push:jz", "金智"])
def test_an_id_has_small_letters_digits_and_hyphens(desk: Desk, platform_id: str) -> None:
    assert desk.admin.post("/v1/platforms", desk.form(id=platform_id)).code == "invalid_request"


def test_without_an_id_one_is_made_up(desk: Desk) -> None:
    form = desk.form()
    del form["id"]

    first, second = (desk.admin.post("/v1/platforms", form).json["id"] for _ in range(2))

    assert first.startswith("jinzhitaskcenter-")
    assert first != second
    assert desk.admin.get(f"/v1/platforms/{first}").status == 200


def test_a_platform_is_not_created_over_another(desk: Desk) -> None:
    desk.create()

    answer = desk.admin.post("/v1/platforms", desk.form(settings={"app_secret": "other"}))

    assert (answer.status, answer.code) == (409, "platform_exists")
    assert desk.secret() == (SECRET,)


def test_who_read_an_older_version_changes_nothing(desk: Desk) -> None:
    created = desk.create()
    desk.admin.put("/v1/platforms/jz", {**created, "name": "一"})

    settings = {**created["settings"], "app_secret": "late"}
    answer = desk.admin.put("/v1/platforms/jz", {**created, "name": "二", "settings": settings})

    assert (answer.status, answer.code) == (409, "version_conflict")
    assert desk.admin.get("/v1/platforms/jz").json["name"] == "一"
    assert desk.stored_secrets() == [SECRET]


def test_a_platform_keeps_its_class(desk: Desk) -> None:
    created = desk.create()

    answer = desk.admin.put("/v1/platforms/jz", {**created, "class_name": "Aigc"})

    assert (answer.code, answer.json["errors"][0]["field"]) == ("invalid_setting", "class_name")


def test_a_platform_of_nobody_is_not_found(desk: Desk) -> None:
    change = {"name": "x", "class_name": "Aigc", "enabled": True, "settings": {}, "version": 1}

    for answer in (
        desk.admin.get("/v1/platforms/none"),
        desk.admin.put("/v1/platforms/none", change),
        desk.admin.delete("/v1/platforms/none"),
        desk.admin.post("/v1/platforms/none/test"),
    ):
        assert (answer.status, answer.code) == (404, "not_found")


def test_the_list_pages_by_cursor(desk: Desk) -> None:
    for number in range(5):
        desk.create(id=f"p{number}")

    found, cursor = [], None
    while True:
        page = desk.admin.get("/v1/platforms", limit=2, cursor=cursor).json
        found += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert found == ["p0", "p1", "p2", "p3", "p4"]


def test_a_class_that_is_gone_is_shown_as_it_was_stored(desk: Desk) -> None:
    desk.services.configurator.save_platform(PlatformConfig("old", "旧", "Gone", False, 0, {"host": "x"}))

    answer = desk.admin.get("/v1/platforms/old")

    assert answer.json["settings"] == {"host": "x"}
    assert answer.json["category"] is None


# The trail


def test_each_change_stands_on_the_trail_without_secrets(desk: Desk) -> None:
    created = desk.create()
    desk.now += 1
    settings = {**created["settings"], "app_secret": "newer-secret"}
    desk.admin.put("/v1/platforms/jz", {**created, "name": "金智二", "settings": settings})
    desk.now += 1
    desk.admin.delete("/v1/platforms/jz")

    first, second, third = desk.trail("platform", "jz")

    assert {each.who for each in (first, second, third)} == {"admin"}
    assert first.before is None
    assert second.before is not None
    assert second.after is not None
    assert (second.before["name"], second.after["name"]) == ("金智", "金智二")
    assert second.after["secrets_changed"] == ["app_secret"]
    assert third.after is None
    assert SECRET not in str([first, second, third])
    assert "newer-secret" not in str([first, second, third])


def test_a_refused_change_leaves_no_trace(desk: Desk) -> None:
    created = desk.create()
    desk.admin.put("/v1/platforms/jz", {**created, "version": 7})

    assert len(desk.trail("platform", "jz")) == 1


# Removal


def test_a_platform_that_nothing_waits_for_goes_with_its_secrets(desk: Desk) -> None:
    created = desk.create()
    settings = {**created["settings"], "app_secret": "newer-secret"}
    desk.admin.put("/v1/platforms/jz", {**created, "settings": settings})

    answer = desk.admin.delete("/v1/platforms/jz")

    assert (answer.status, answer.text) == (204, "")
    assert desk.admin.get("/v1/platforms/jz").status == 404
    assert desk.stored_secrets() == []


def test_a_platform_with_parked_work_stays_until_it_has_drained(desk: Desk) -> None:
    # given
    desk.create()
    desk.park()

    # when
    refused = desk.admin.delete("/v1/platforms/jz")
    drains = desk.admin.delete("/v1/platforms/jz", drain="true")

    # then: no new events go to it, what waits is still pushed
    assert (refused.status, refused.code) == (409, "platform_in_use")
    assert drains.status == 202
    assert drains.json == {"id": "jz", "draining": True, "waiting": {"parked": 1, "queued": False}}
    current = desk.services.configuration.current()
    assert current.enabled_platforms() == ()
    assert current.platforms["jz"].enabled

    # and when it is empty it goes
    assert desk.admin.delete("/v1/platforms/jz", drain="true").status == 202
    desk.unpark()
    assert desk.admin.delete("/v1/platforms/jz", drain="true").status == 204
    desk.now += REFRESH_S
    assert desk.services.configuration.current().platforms == {}


def test_a_draining_platform_that_is_saved_takes_events_again(desk: Desk) -> None:
    desk.create()
    desk.park()
    desk.admin.delete("/v1/platforms/jz", drain="true")
    draining = desk.admin.get("/v1/platforms/jz").json
    assert draining["draining"] is True

    answer = desk.admin.put("/v1/platforms/jz", draining)

    assert answer.json["draining"] is False
    assert desk.services.configuration.current().enabled_platforms() == ("jz",)


def test_a_disabled_platform_cannot_drain(desk: Desk) -> None:
    desk.create(enabled=False)
    desk.park()

    answer = desk.admin.delete("/v1/platforms/jz", drain="true")

    assert (answer.status, answer.code) == (409, "platform_disabled")


def test_messages_in_the_queue_keep_the_platform_that_is_worked_on(desk: Desk) -> None:
    desk.create()
    desk.create(id="other")
    desk.note_batch("jz")
    desk.queue_a_message()

    assert desk.admin.delete("/v1/platforms/jz").code == "platform_in_use"
    assert desk.admin.delete("/v1/platforms/other").status == 204


def test_a_quiet_platform_does_not_wait_for_the_messages_of_others(desk: Desk) -> None:
    desk.create()
    desk.note_batch("jz")
    desk.queue_a_message()
    desk.now += 901

    assert desk.admin.delete("/v1/platforms/jz").status == 204


def test_what_stands_in_the_way_of_a_deletion_is_told_before(desk: Desk) -> None:
    desk.create()
    free = desk.admin.get("/v1/platforms/jz/removal").json
    nothing = {"parked": 0, "queued": False}
    assert free == {
        "rules": [],
        "in_ai_settings": False,
        "waiting": nothing,
        "enabled": True,
        "draining": False,
        "version": 1,
    }

    desk.admin.post("/v1/trigger-rules", {"id": "r1", "name": "规则", "targets": ["push:jz"]})
    desk.park()
    held = desk.admin.get("/v1/platforms/jz/removal").json

    assert held == {**free, "rules": ["r1"], "waiting": {"parked": 1, "queued": False}}
    assert desk.admin.get("/v1/platforms/none/removal").code == "not_found"


def test_what_waits_is_looked_for_once(desk: Desk) -> None:
    desk.create()
    desk.queue_a_message()
    desk.admin.get("/v1/platforms/jz/removal")  # makes the tables
    calls: list[str] = []
    for client in (desk.dynamodb, desk.sqs, desk.ssm):
        client.meta.events.register("before-call", lambda model, **_: calls.append(model.name))

    assert desk.admin.get("/v1/platforms/jz/removal").status == 200

    assert Counter(calls) == {"GetQueueAttributes": 1, "Query": 8}, "beside the configurator's own"


def test_parked_work_of_another_platform_does_not_count(desk: Desk) -> None:
    desk.create()
    desk.park("jz-2")

    assert desk.admin.delete("/v1/platforms/jz").status == 204


def test_a_platform_that_a_rule_names_stays(desk: Desk) -> None:
    desk.create()
    desk.admin.post("/v1/trigger-rules", {"id": "r1", "name": "规则", "targets": ["push:jz"]})

    answer = desk.admin.delete("/v1/platforms/jz")

    assert answer.code == "platform_in_use"
    assert "r1" in answer.json["detail"]


def test_a_platform_that_ai_approval_asks_stays(desk: Desk) -> None:
    desk.create_ai()
    desk.create_ai("spare")
    fallbacks = [{"platform_id": "spare"}]
    settings = {"examine_enable": True, "platform_id": "aigc", "fallbacks": fallbacks}
    assert desk.admin.put("/v1/ai/settings", settings).status == 200

    assert desk.admin.delete("/v1/platforms/aigc").code == "platform_in_use"
    assert desk.admin.delete("/v1/platforms/spare").code == "platform_in_use"


def test_who_read_an_older_version_deletes_nothing(desk: Desk) -> None:
    created = desk.create()
    desk.admin.put("/v1/platforms/jz", {**created, "name": "金智二"})

    assert desk.admin.delete("/v1/platforms/jz", version=1).code == "version_conflict"
    assert desk.admin.delete("/v1/platforms/jz", version=2).status == 204


# What it costs


def test_the_secrets_of_a_page_are_looked_for_ten_a_call(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        desk.create(id=f"p{number}")
    read, calls = desk.ssm.get_parameters, list[dict[str, Any]]()

    def count(**request: Any) -> Any:
        calls.append(request)
        return read(**request)

    monkeypatch.setattr(desk.ssm, "get_parameters", count)

    assert len(desk.admin.get("/v1/platforms").json["items"]) == 12

    assert [len(call["Names"]) for call in calls] == [10, 2]
    assert not any(call["WithDecryption"] for call in calls)
