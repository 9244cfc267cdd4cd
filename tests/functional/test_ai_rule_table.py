"""The AI rule table itself: every version is kept, lists are one Query, and of a crowd one saves."""

from __future__ import annotations

from typing import Any

import pytest

from taskbridge.errors import StaleVersion, StoreError
from taskbridge.tables.ai_rules import RuleTable, owner_of
from tests.functional.ai_stores import TableStores
from tests.functional.ai_suites.builders import APP, CROWD, NODE, UID, node_default, own_rule, together
from tests.functional.aws import Tables


@pytest.fixture
def stores(moto: Any, moto_tables: Tables) -> TableStores:
    return TableStores(moto, moto_tables)


@pytest.fixture
def rules(stores: TableStores) -> RuleTable:
    return stores.rules


def test_every_version_is_kept_the_newest_first(rules: RuleTable) -> None:
    for version in range(12):
        rules.save_default(node_default(rule=f"第 {version + 1} 版"), version)
        rules.save_own(own_rule(rule=f"第 {version + 1} 版"), version)

    page = rules.own_versions(UID, APP, NODE, limit=5)
    assert [rule.version for rule in page.items] == [12, 11, 10, 9, 8]
    assert page.items[0] == own_rule(rule="第 12 版", version=12)
    assert [rule.version for rule in rules.own_versions(UID, APP, NODE, page.next, 5).items] == [7, 6, 5, 4, 3]
    assert rules.default(APP, NODE) == node_default(rule="第 12 版", version=12)
    assert rules.own_version(UID, APP, NODE, 3) == own_rule(rule="第 3 版", version=3)
    assert rules.own_version(UID, APP, NODE, 13) is None


def test_a_deleted_rule_keeps_its_versions_and_goes_on_counting(rules: RuleTable) -> None:
    for version in range(2):
        rules.save_own(own_rule(), version)

    with pytest.raises(StaleVersion):
        rules.delete_own(UID, APP, NODE, 1)
    rules.delete_own(UID, APP, NODE, 2)

    assert rules.own(UID, APP, NODE) is None
    assert [rule.version for rule in rules.own_versions(UID, APP, NODE).items] == [2, 1]
    with pytest.raises(StaleVersion):
        rules.save_own(own_rule(), 2)
    assert rules.save_own(own_rule(rule="又来"), 0).version == 3
    assert rules.own(UID, APP, NODE) == own_rule(rule="又来", version=3)


def test_a_rule_that_is_not_there_cannot_be_deleted_or_marked(rules: RuleTable) -> None:
    with pytest.raises(StaleVersion):
        rules.delete_own(UID, APP, NODE, 0)
    assert rules.mark_published(APP, NODE, 7, 1) is False
    assert rules.mark_cleared(owner_of(UID), APP, NODE, 1) is False
    assert rules.default(APP, NODE) is None


def test_an_own_rule_remembers_what_was_cleared(rules: RuleTable) -> None:
    rules.save_own(own_rule(), 0)

    assert rules.mark_cleared(owner_of(UID), APP, NODE, 1) is True

    assert rules.own(UID, APP, NODE) == own_rule(version=1, cleared_version=1)


def test_nobody_sees_the_rules_of_another(rules: RuleTable) -> None:
    for uid in ("u-2", "u-2#x", "u-3", "default", "*"):
        rules.save_own(own_rule(uid=uid, rule=f"规则 {uid}"), 0)
    rules.save_default(node_default(), 0)

    for uid in ("u-2", "u-2#x", "u-3", "default", "*"):
        assert [rule.rule for rule in rules.list_own(uid)] == [f"规则 {uid}"]
    assert rules.list_own("u-9") == []


def test_the_defaults_of_all_nodes_come_in_pages(rules: RuleTable) -> None:
    for number in range(5):
        rules.save_default(node_default(node_id=f"n{number}"), 0)

    first = rules.list_defaults(limit=3)
    second = rules.list_defaults(first.next, 3)

    assert [rule.node_id for rule in [*first.items, *second.items]] == ["n0", "n1", "n2", "n3", "n4"]
    assert second.next is None


def test_of_a_crowd_one_saves_each_version(dynamodb: Any, tables: Tables) -> None:
    rules = TableStores(dynamodb, tables).rules
    rules.save_own(own_rule(), 0)

    def save(number: int) -> int:
        try:
            return rules.save_own(own_rule(rule=f"规则 {number}"), 1).version
        except StaleVersion:
            return 0

    saved = together(save)

    assert sorted(saved) == [0] * (CROWD - 1) + [2]
    assert rules.own(UID, APP, NODE) == own_rule(rule=f"规则 {saved.index(2)}", version=2)
    assert len(rules.own_versions(UID, APP, NODE).items) == 2


def test_the_rules_of_a_hundred_people_are_one_call(stores: TableStores) -> None:
    keys = [(f"u-{number}", APP, NODE) for number in range(100)]
    stores.rules.save_own(own_rule(uid="u-7"), 0)
    stores.client.taken()

    assert list(stores.rules.owns(keys)) == [("u-7", APP, NODE)]
    assert stores.client.taken() == {"batch_get_item": 1}


def test_saving_is_one_call_but_for_the_first_version(stores: TableStores) -> None:
    stores.rules.save_own(own_rule(), 0)
    assert stores.client.taken() == {"query": 1, "transact_write_items": 1}
    stores.rules.save_own(own_rule(), 1)
    assert stores.client.taken() == {"transact_write_items": 1}


def test_a_table_that_is_not_there_is_a_store_error_and_no_stale_version(moto: Any) -> None:
    table = RuleTable(moto, "no-such-table", "neither")
    with pytest.raises(StoreError, match="ResourceNotFound"):
        table.default(APP, NODE)
    with pytest.raises(StoreError, match="ResourceNotFound") as caught:
        table.save_own(own_rule(), 1)
    assert not isinstance(caught.value, StaleVersion)
