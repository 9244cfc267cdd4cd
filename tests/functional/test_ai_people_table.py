"""The AI person table itself: reminders that come once, and what is listed of a person."""

from __future__ import annotations

from typing import Any

import pytest

from taskbridge.ai.people import EVERYONE
from tests.functional.ai_stores import TableStores
from tests.functional.ai_suites.builders import APP, NODE, UID, done_seat, seat
from tests.functional.aws import Tables

AT, LATER = "2026-11-22T01:30:00.000+00:00", "2026-11-23T01:30:00.000+00:00"


@pytest.fixture
def stores(moto: Any, moto_tables: Tables) -> TableStores:
    return TableStores(moto, moto_tables)


def test_names_are_kept_beside_the_counts(stores: TableStores) -> None:
    assert stores.tasks.project(seat(), None)

    (found,) = stores.people.list(UID)

    assert (found.uid, found.app_id, found.node_id) == (UID, APP, NODE)
    assert (found.app_name, found.node_name, found.node_key) == ("请假申请", "院系审批", "dept")
    assert (found.open_count, found.decided, found.agreement) == (1, 0, {})


def test_the_nodes_of_a_person_are_listed_all_or_of_one_application(stores: TableStores) -> None:
    for number, (app_id, node_id) in enumerate([("A", "1"), ("A", "2"), ("A1", "1"), ("B", "1")]):
        assert stores.tasks.project(done_seat(task_id=f"T{number}", app_id=app_id, node_id=node_id), None)

    assert len(stores.people.list(UID)) == 4
    assert [each.node_id for each in stores.people.list(UID, "A")] == ["1", "2"]
    assert stores.people.list("u-404") == []


def test_a_person_is_reminded_once_of_each_version(stores: TableStores) -> None:
    people = stores.people
    assert people.set_reminder(UID, APP, NODE, AT, "default-7") is True
    assert people.set_reminder(UID, APP, NODE, LATER, "default-7") is False

    found = people.get(UID, APP, NODE)
    assert found is not None
    assert (found.rule_updated_at, found.rule_updated_version) == (AT, "default-7")


def test_who_has_looked_is_not_reminded_of_the_same_again(stores: TableStores) -> None:
    people = stores.people
    people.set_reminder(UID, APP, NODE, AT, "default-7")
    people.set_reminder(UID, APP, "other", AT, "default-2")

    people.clear_reminders(UID)

    assert [each.rule_updated_at for each in people.list(UID)] == ["", ""]
    assert people.set_reminder(UID, APP, NODE, LATER, "default-7") is False
    assert people.set_reminder(UID, APP, NODE, LATER, "default-8") is True
    assert [each.rule_updated_at for each in people.list(UID)] == [LATER, ""]


def test_only_ones_own_reminders_are_cleared_and_counters_stay(stores: TableStores) -> None:
    assert stores.tasks.project(seat(), None)
    for uid in (UID, "u-3"):
        stores.people.set_reminder(uid, APP, NODE, AT, "default-7")

    stores.people.clear_reminders(UID)

    (mine,), (other,) = stores.people.list(UID), stores.people.list("u-3")
    assert (mine.rule_updated_at, mine.open_count) == ("", 1)
    assert other.rule_updated_at == AT


def test_a_dismissed_recommendation_stays_dismissed(stores: TableStores) -> None:
    stores.people.dismiss(UID, APP, NODE, AT)
    assert stores.tasks.project(seat(), None)

    found = stores.people.get(UID, APP, NODE)
    assert found is not None
    assert (found.dismissed_at, found.open_count) == (AT, 1)


def test_a_person_whose_id_is_that_of_everyone_is_not_counted_as_everyone(stores: TableStores) -> None:
    assert stores.tasks.project(seat(uid=EVERYONE), None)

    assert stores.people.get(EVERYONE, APP, NODE) is None


def test_a_list_is_one_query_and_a_look_one_more_for_each_reminder(stores: TableStores) -> None:
    people = stores.people
    for node_id in ("n1", "n2", "n3"):
        people.set_reminder(UID, APP, node_id, AT, "default-1")
    stores.client.taken()

    people.list(UID)
    assert stores.client.taken() == {"query": 1}
    people.clear_reminders(UID)
    assert stores.client.taken() == {"query": 1, "update_item": 3}
