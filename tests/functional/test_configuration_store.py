"""The configuration as people write it, with pynamodb, and as the workers read it, without."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from taskbridge.ai.settings import AiSettings
from taskbridge.errors import ConfigurationError, StaleVersion, StoreError
from taskbridge.push.trigger_rules import DEFAULT_RULE, TriggerRule
from taskbridge.tables.configuration import REFRESH_S, ConfigurationTable, PlatformConfig
from taskbridge.tables.configuration_models import Configurator
from tests.builders import JINZHI_SETTINGS, START
from tests.functional.aws import REGION, Tables

RULE = TriggerRule("r1", "请假只推金智", actions=("task_received",), app_ids=("leave",), targets=("push:jz",))
STORED = replace(RULE, version=1)


class Counting:
    """A client that counts its calls, and fails while it is told to."""

    def __init__(self, client: Any) -> None:
        self.calls: list[str] = []
        self.is_down = False
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.calls.append(name)
            if self.is_down:
                raise StoreError(f"{name}: throttled")
            return getattr(self._client, name)(**request)

        return call


class Bench:
    """A configurator and a reader of one table; the reader's clock moves when told."""

    def __init__(self, moto: Any, table: str) -> None:
        self.now = START
        self.client = Counting(moto)
        self.configurator = Configurator(table, REGION)
        self.reader = self.new_reader(table)
        self.table = table

    def new_reader(self, table: str) -> ConfigurationTable:
        return ConfigurationTable(self.client, table, lambda: self.now)  # type: ignore[arg-type]

    def save(self, platform_id: str = "jz", **changes: Any) -> None:
        values: dict[str, Any] = {
            "name": "金智",
            "class_name": "JinZhiTaskCenter",
            "enabled": True,
            "settings": JINZHI_SETTINGS,
        }
        self.configurator.save_platform(PlatformConfig(platform_id, **{"version": 0, **values, **changes}))


@pytest.fixture
def bench(moto: Any, moto_tables: Tables) -> Bench:
    return Bench(moto, moto_tables.ConfigurationTable)


# What is written is what is read


def test_a_platform_is_read_as_it_was_written(bench: Bench) -> None:
    settings = {**JINZHI_SETTINGS, "max_rate_per_s": 0.5, "task_type": 3, "subject": "🎓"}
    bench.save(settings=settings)

    current = bench.reader.current()

    assert current.platforms == {"jz": PlatformConfig("jz", "金智", "JinZhiTaskCenter", True, 1, settings)}
    assert current.enabled_platforms() == ("jz",)
    assert type(current.platforms["jz"].settings["task_type"]) is int


def test_a_rule_is_read_as_it_was_written(bench: Bench) -> None:
    bench.configurator.save_rule(RULE)
    bench.configurator.save_rule(TriggerRule("r2", "停用", enabled=False))

    assert set(bench.reader.current().rules) == {STORED, TriggerRule("r2", "停用", enabled=False, version=1)}


def test_an_empty_table_has_no_platform_and_the_rule_that_sends_everything(bench: Bench) -> None:
    current = bench.reader.current()

    assert (current.version, current.platforms, current.rules) == (0, {}, (DEFAULT_RULE,))


def test_a_disabled_platform_is_known_but_gets_no_events(bench: Bench) -> None:
    bench.save("jz")
    bench.save("old", enabled=False)

    current = bench.reader.current()

    assert set(current.platforms) == {"jz", "old"}
    assert current.enabled_platforms() == ("jz",)


def test_events_go_to_task_centers_only(bench: Bench) -> None:
    bench.save("jz")
    bench.save("aigc", class_name="Aigc", settings={"host": "https://ai.school.edu.cn", "app_id": "a", "model": "m"})
    bench.save("mistyped", class_name="JinZhiTaskCentre")

    current = bench.reader.current()

    assert set(current.platforms) == {"jz", "aigc", "mistyped"}
    # What nobody knows fails where it is pushed to, and is seen there.
    assert set(current.enabled_platforms()) == {"jz", "mistyped"}


def test_more_rules_than_one_answer_holds_are_all_read(bench: Bench) -> None:
    for number in range(5):
        bench.configurator.save_rule(TriggerRule(f"r{number}", "规" * 100_000))

    assert len(bench.reader.current().rules) == 5
    assert bench.client.calls.count("query") > 2


# Two people at once


def test_who_changes_a_platform_that_somebody_else_has_changed_is_refused(bench: Bench) -> None:
    bench.save()
    bench.save(name="金智一", version=1)

    with pytest.raises(StaleVersion):
        bench.save(name="金智二", version=1)

    assert bench.reader.current().platforms["jz"].name == "金智一"
    assert bench.reader.current().platforms["jz"].version == 2


def test_a_platform_is_not_created_over_another(bench: Bench) -> None:
    bench.save()

    with pytest.raises(StaleVersion):
        bench.save(name="金智二")


def test_a_rule_that_cannot_work_is_refused_and_not_stored(bench: Bench) -> None:
    with pytest.raises(ConfigurationError, match="targets"):
        bench.configurator.save_rule(TriggerRule("r1", "规则", targets=("jz",)))

    assert bench.reader.current().rules == (DEFAULT_RULE,)


# Both or neither


@pytest.mark.parametrize(
    "change",
    [
        lambda bench: bench.save(name="金智二", version=1),
        lambda bench: bench.save("jz-2"),
        lambda bench: bench.configurator.delete_platform("jz", version=1),
        lambda bench: bench.configurator.save_rule(RULE),
        lambda bench: bench.configurator.delete_rule("r0"),
        lambda bench: bench.configurator.save_ai_settings(AiSettings(masking=True)),
    ],
    ids=["platform", "new platform", "platform deleted", "rule", "rule deleted", "AI settings"],
)
def test_a_change_that_cannot_be_told_to_the_workers_is_not_made(
    bench: Bench, moto: Any, change: Callable[[Bench], None]
) -> None:
    # given: a counter that cannot count
    bench.save()
    bench.configurator.save_rule(TriggerRule("r0", "规则"))
    counter = {"kind": {"S": "version"}, "id": {"S": "configuration"}, "value": {"S": "?"}}
    moto.put_item(TableName=bench.table, Item=counter)
    before = moto.scan(TableName=bench.table)["Items"]

    # when
    with pytest.raises(StoreError):
        change(bench)

    # then
    assert moto.scan(TableName=bench.table)["Items"] == before


def test_a_change_that_the_sdk_sends_again_is_known_as_the_same(bench: Bench) -> None:
    # given
    bench.save()
    sent: list[dict[str, Any]] = []

    def note(request: Any, **_: Any) -> None:
        sent.append(json.loads(request.body))

    client: Any = bench.configurator._raw.connection.client
    client.meta.events.register("before-send.dynamodb.TransactWriteItems", note)

    # when
    bench.save(name="金智二", version=1)

    # then: it carries a token, by which DynamoDB knows it again where only the answer was lost
    assert [bool(each["ClientRequestToken"]) for each in sent] == [True]


# One item that cannot be read

BROKEN = [
    ({"settings": {"S": "{"}}, "truncated"),
    ({"settings": {"S": "[]"}}, "object"),
    ({"enabled": {"S": "yes"}}, "BOOL"),
    ({"version": {"N": "1"}, "class_name": {"M": {}}}, "'S'"),
    ({"secrets": {"S": '{"app_secret": 7}'}}, "array"),
]


@pytest.mark.parametrize(("attributes", "reason"), BROKEN)
def test_a_platform_that_cannot_be_read_harms_itself_alone(
    bench: Bench, moto: Any, attributes: dict[str, Any], reason: str
) -> None:
    # given
    for platform_id in ("a", "jz", "z"):
        bench.save(platform_id)
    spoil(moto, bench.table, "platform", "jz", attributes)

    # when
    current = bench.reader.current()
    shown = bench.configurator.list_platforms().items

    # then: it still gets its events, which are refused with the reason
    assert current.enabled_platforms() == ("a", "jz", "z")
    assert current.platforms["a"].settings == current.platforms["z"].settings == JINZHI_SETTINGS
    assert (current.platforms["jz"].settings, current.platforms["jz"].version) == ({}, 1)
    assert reason in current.platforms["jz"].unreadable
    assert shown == list(current.platforms.values())
    assert bench.configurator.read_platform("jz") == current.platforms["jz"]
    # and it can be entered anew
    bench.save(version=1)
    assert bench.configurator.read_platform("jz") == PlatformConfig(
        "jz", "金智", "JinZhiTaskCenter", True, 2, JINZHI_SETTINGS
    )


def test_a_rule_that_cannot_be_read_harms_itself_alone(bench: Bench, moto: Any) -> None:
    bench.configurator.save_rule(RULE)
    bench.configurator.save_rule(TriggerRule("r0", "坏", targets=("push:*",)))
    spoil(moto, bench.table, "rule", "r0", {"targets": {"S": "push:*"}})

    (broken, readable), shown = bench.reader.current().rules, bench.configurator.list_rules().items[0]

    assert readable == STORED
    assert (broken.id, broken.name, broken.enabled) == ("r0", "坏", False)
    assert "'L'" in broken.unreadable
    assert shown == broken


def test_switches_that_cannot_be_read_leave_the_pushing_alone_and_tasks_tracked(bench: Bench, moto: Any) -> None:
    bench.save()
    bench.configurator.save_ai_settings(AiSettings(masking=True))
    spoil(moto, bench.table, "ai", "settings", {"settings": {"S": '{"masking": "perhaps"}'}})

    assert bench.reader.current().ai == AiSettings(version=1)
    assert bench.reader.current().enabled_platforms() == ("jz",)
    assert bench.configurator.read_ai_settings() == AiSettings(version=1)


def spoil(moto: Any, table: str, kind: str, item_id: str, attributes: dict[str, Any]) -> None:
    """Overwrite attributes of a stored item with something else."""
    key = {"kind": {"S": kind}, "id": {"S": item_id}}
    item = moto.get_item(TableName=table, Key=key)["Item"]
    moto.put_item(TableName=table, Item={**item, **attributes})


# Which rules count


def test_a_draft_does_not_replace_the_rule_that_sends_everything(bench: Bench) -> None:
    draft = TriggerRule("r1", "草稿", enabled=False, targets=("push:jz",))
    bench.configurator.save_rule(draft)

    assert bench.reader.current().rules == (replace(draft, version=1), DEFAULT_RULE)


def test_the_first_enabled_rule_replaces_it_and_the_last_one_that_is_disabled_brings_it_back(bench: Bench) -> None:
    bench.configurator.save_rule(RULE)
    assert bench.reader.current().rules == (STORED,)

    bench.configurator.save_rule(replace(RULE, enabled=False, version=1))
    bench.now += REFRESH_S

    assert bench.reader.current().rules == (replace(RULE, enabled=False, version=2), DEFAULT_RULE)


# How soon a change is seen, and what looking costs


def test_a_change_is_seen_within_twenty_seconds_and_not_looked_for_sooner(bench: Bench) -> None:
    bench.save()
    assert bench.reader.current().version == 1
    bench.save("jz-2")

    bench.now += REFRESH_S - 0.1
    assert set(bench.reader.current().platforms) == {"jz"}
    bench.now += 0.1
    assert set(bench.reader.current().platforms) == {"jz", "jz-2"}


def test_whoever_has_reason_to_looks_at_once_for_one_small_read(bench: Bench) -> None:
    bench.save()
    known = bench.reader.current()
    bench.client.calls.clear()

    assert bench.reader.anew() is known
    assert bench.client.calls == ["get_item"]

    bench.save("jz-2")
    assert set(bench.reader.anew().platforms) == {"jz", "jz-2"}


@pytest.mark.parametrize(
    "change",
    [
        lambda configurator: configurator.save_rule(RULE),
        lambda configurator: configurator.delete_rule("r0"),
        lambda configurator: configurator.delete_platform("jz"),
    ],
    ids=["rule saved", "rule deleted", "platform deleted"],
)
def test_every_change_counts_the_version_up(bench: Bench, change: Callable[[Configurator], None]) -> None:
    bench.save()
    bench.configurator.save_rule(TriggerRule("r0", "规则", targets=("push:jz",)))
    before = bench.reader.current()

    change(bench.configurator)
    bench.now += REFRESH_S

    assert bench.reader.current().version == before.version + 1
    assert bench.reader.current() != before


def test_while_nothing_changes_a_thousand_events_cost_one_small_read_in_twenty_seconds(bench: Bench) -> None:
    bench.save()
    bench.reader.current()
    bench.client.calls.clear()

    for number in range(1, 1001):
        bench.now = START + number / 10
        bench.reader.current()

    assert bench.client.calls == ["get_item"] * 5


def test_the_first_look_reads_the_version_and_each_kind_once(bench: Bench) -> None:
    bench.reader.current()

    assert bench.client.calls == ["get_item", "query", "query", "query"]


def test_without_the_table_a_worker_goes_on_with_what_it_knows(bench: Bench) -> None:
    bench.save()
    known = bench.reader.current()
    bench.client.is_down = True
    bench.now += REFRESH_S

    assert bench.reader.current() is known


def test_without_the_table_a_new_worker_cannot_begin(bench: Bench) -> None:
    bench.client.is_down = True

    with pytest.raises(StoreError):
        bench.reader.current()


# What people read before they change it


def test_a_platform_is_read_for_editing_with_its_version(bench: Bench) -> None:
    bench.save()
    bench.save(name="金智二", version=1, draining=True)

    stored = bench.configurator.read_platform("jz")

    assert stored == PlatformConfig("jz", "金智二", "JinZhiTaskCenter", True, 2, JINZHI_SETTINGS, draining=True)
    assert bench.reader.current().platforms["jz"] == stored
    assert bench.configurator.read_platform("none") is None


def test_a_draining_platform_gets_no_events_and_stays_enabled(bench: Bench) -> None:
    bench.save(draining=True)

    current = bench.reader.current()

    assert current.enabled_platforms() == ()
    assert current.platforms["jz"].enabled


def test_a_rule_is_read_for_editing_with_its_version(bench: Bench) -> None:
    assert bench.configurator.save_rule(RULE) == STORED

    assert bench.configurator.read_rule("r1") == STORED
    assert bench.configurator.read_rule("none") is None


def test_lists_page_by_id(bench: Bench) -> None:
    for number in range(3):
        bench.save(f"p{number}")
        bench.configurator.save_rule(TriggerRule(f"r{number}", "规则"))

    first = bench.configurator.list_platforms(None, 2)
    second = bench.configurator.list_platforms(first.next, 2)
    rules = bench.configurator.list_rules("r0", 2)

    assert [each.id for each in first.items + second.items] == ["p0", "p1", "p2"]
    assert [rule.id for rule in rules.items] == ["r1", "r2"]


def test_the_switches_are_read_for_editing_with_their_version(bench: Bench) -> None:
    assert bench.configurator.read_ai_settings() == AiSettings()
    assert bench.configurator.save_ai_settings(AiSettings(masking=True)).version == 1
    assert bench.configurator.read_ai_settings() == AiSettings(masking=True, version=1)

    with pytest.raises(StaleVersion):
        bench.configurator.save_ai_settings(AiSettings())


def test_what_was_changed_since_is_not_deleted(bench: Bench) -> None:
    bench.save()
    bench.save(name="金智二", version=1)

    with pytest.raises(StaleVersion):
        bench.configurator.delete_platform("jz", version=1)
    bench.configurator.delete_platform("jz", version=2)

    assert bench.reader.current().platforms == {}


def test_a_table_that_does_not_answer_is_a_store_error_without_what_was_sent(bench: Bench) -> None:
    lost = Configurator("no-such-table", REGION)

    with pytest.raises(StoreError) as raised:
        lost.save_rule(TriggerRule("r1", "秘密"))

    assert not isinstance(raised.value, StaleVersion)
    assert "秘密" not in str(raised.value)
    with pytest.raises(StoreError):
        lost.read_platform("jz")
    with pytest.raises(StoreError):
        lost.list_platforms()
