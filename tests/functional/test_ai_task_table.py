"""The AI task table itself: lists by one Query, hostile ids, crowds of workers, and what a call costs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest

from taskbridge.ai.people import EVERYONE
from taskbridge.ai.results import Verdict
from taskbridge.ai.seats import AnalysisStatus, Seat, SeatState
from taskbridge.errors import StoreError
from taskbridge.tables.ai_tasks import TOMBSTONE_S, TaskTable
from tests.functional.ai_stores import RETENTION_S, TableStores
from tests.functional.ai_suites.builders import (
    APP,
    CROWD,
    NODE,
    NOW,
    TASK,
    UID,
    analysis,
    done_seat,
    finished,
    seat,
    together,
)
from tests.functional.aws import Tables, unreachable

HOSTILE_IDS = ["", "#", "a#b", "%23", "*", "!", "长" * 500, "长" * 501, "🎓" * 500, "a b/c?d=\n\u2028", "x" * 5000]


@pytest.fixture
def stores(dynamodb: Any, tables: Tables) -> TableStores:
    return TableStores(dynamodb, tables)


@pytest.fixture
def local(dynamodb: Any, tables: Tables) -> TableStores:
    """In this process: for what has no need of a server."""
    return TableStores(dynamodb, tables)


def put(stores: TableStores, *seats: Seat) -> None:
    for each in seats:
        assert stores.tasks.project(each, None)


def task_ids(page: Any) -> list[str]:
    return [each.task_id for each in page.items]


def at(minute: int) -> str:
    return f"2026-11-22T01:{minute:02}:00.000+00:00"


# Lists


def test_a_person_sees_open_tasks_as_they_were_created_and_done_ones_as_they_were_finished(
    local: TableStores,
) -> None:
    for number in range(3):
        put(local, seat(task_id=f"open-{number}", created_at=at(number)))
        put(local, done_seat(task_id=f"done-{number}", created_at=at(9), finished_at=at(9 - number)))
    put(local, seat(uid="u-9", task_id="other"))

    assert task_ids(local.tasks.list_person(UID, "open")) == ["open-2", "open-1", "open-0"]
    assert task_ids(local.tasks.list_person(UID, "open", newest_first=False)) == ["open-0", "open-1", "open-2"]
    assert task_ids(local.tasks.list_person(UID, "done")) == ["done-0", "done-1", "done-2"]
    assert task_ids(local.tasks.list_person("u-404", "open")) == []


def test_a_person_sees_the_tasks_of_an_application_and_of_a_node(local: TableStores) -> None:
    put(local, seat(task_id="a1", app_id="A", node_id="1"), seat(task_id="a2", app_id="A", node_id="2"))
    put(local, seat(task_id="b1", app_id="B", node_id="1"), done_seat(task_id="a1-done", app_id="A", node_id="1"))
    put(local, seat(task_id="ab", app_id="A#1", node_id=""), seat(uid="u-9", task_id="other", app_id="A", node_id="1"))

    assert task_ids(local.tasks.list_person(UID, "open", app_id="A")) == ["a2", "a1"]
    assert task_ids(local.tasks.list_person(UID, "open", app_id="A", node_id="1")) == ["a1"]
    assert task_ids(local.tasks.list_person(UID, "done", app_id="A", node_id="1")) == ["a1-done"]
    assert task_ids(local.tasks.list_person_node_open(UID, "A", "1")) == ["a1"]


def test_a_node_shows_the_open_tasks_of_everybody(local: TableStores) -> None:
    for uid in ("u-3", "u-1", "u-2"):
        put(local, seat(uid=uid))
    put(local, done_seat(uid="u-4"), seat(uid="u-5", state=SeatState.GONE), seat(uid="u-6", node_id="other"))

    found = local.tasks.list_node_open(APP, NODE)

    assert [each.uid for each in found.items] == ["u-1", "u-2", "u-3"]
    assert found.items[0] == seat(uid="u-1")


def test_a_node_shows_the_done_tasks_of_everybody_the_last_one_first(local: TableStores) -> None:
    put(local, done_seat(task_id="a", finished_at=at(1)), done_seat(uid="u-1", task_id="b", finished_at=at(3)))
    put(local, done_seat(uid="u-0", task_id="c", finished_at=at(2)), seat(uid="u-1", task_id="open"))
    put(local, done_seat(task_id="d", node_id="other"), done_seat(task_id="e", app_id="done", node_id=f"{APP}#{NODE}"))

    assert task_ids(local.tasks.list_node_done(APP, NODE)) == ["b", "c", "a"]


def test_a_list_comes_in_pages_that_lose_and_repeat_nothing(local: TableStores) -> None:
    for number in range(7):
        put(local, seat(task_id=f"T{number}", created_at=at(number // 3)))

    seen, cursor, sizes = [], None, []
    while True:
        page = local.tasks.list_person(UID, "open", limit=3, cursor=cursor)
        seen += task_ids(page)
        sizes.append(len(page.items))
        cursor = page.next
        if cursor is None:
            break

    assert seen == [f"T{number}" for number in reversed(range(7))]
    assert sizes == [3, 3, 1]


def test_a_cursor_that_no_page_gave_is_refused(local: TableStores) -> None:
    for cursor in ("", "{}x", "[1]", '{"uid": "u-2"}', "\ud800"):
        with pytest.raises(ValueError, match="cursor"):
            local.tasks.list_person(UID, "open", cursor=cursor)


def test_a_list_shows_the_verdict_that_stands_there(local: TableStores) -> None:
    put(local, seat())
    local.tasks.begin(UID, TASK, analysis(), "")
    local.tasks.settle(UID, TASK, "a1", finished())

    assert local.tasks.list_person(UID, "open").items == [seat(analysis=finished())]


def test_what_moves_changes_its_lists(local: TableStores) -> None:
    put(local, seat())
    for version, state in enumerate([SeatState.DONE, SeatState.OPEN, SeatState.GONE], start=2):
        before = local.tasks.get(UID, TASK)
        assert local.tasks.project(seat(state=state, version=version), before)

        open_lists = [
            local.tasks.list_person(UID, "open"),
            local.tasks.list_person(UID, "open", app_id=APP),
            local.tasks.list_person_node_open(UID, APP, NODE),
            local.tasks.list_node_open(APP, NODE),
        ]
        assert [len(page.items) for page in open_lists] == [int(state is SeatState.OPEN)] * 4
        done_lists = [local.tasks.list_person(UID, "done"), local.tasks.list_node_done(APP, NODE)]
        assert [len(page.items) for page in done_lists] == [int(state is SeatState.DONE)] * 2


# Items


def test_what_is_gone_goes_by_itself_after_90_days_and_stands_in_no_index(local: TableStores) -> None:
    put(local, seat(state=SeatState.GONE))

    (item,) = local.items("AiTaskTable")

    assert int(item["expires_at"]["N"]) == int(NOW) + TOMBSTONE_S
    assert item.keys().isdisjoint({"uid_state", "uid_node", "uid_app", "since", "state_since", "node", "seat"})


def test_what_came_back_does_not_go(local: TableStores) -> None:
    put(local, seat(state=SeatState.GONE))
    assert local.tasks.project(seat(version=2), local.tasks.get(UID, TASK))

    (item,) = local.items("AiTaskTable")
    assert "expires_at" not in item


def test_a_done_seat_has_an_end_from_the_end_of_its_instance_on(local: TableStores) -> None:
    put(local, done_seat())
    assert "expires_at" not in local.items("AiTaskTable")[0]
    assert local.tasks.project(done_seat(version=2, is_over=True), done_seat())
    assert int(local.items("AiTaskTable")[0]["expires_at"]["N"]) == int(NOW + RETENTION_S)
    again = done_seat(version=2, is_over=True)
    assert local.tasks.project(seat(version=3), again), "opened again: it must not go while it is open"
    assert "expires_at" not in local.items("AiTaskTable")[0]


@pytest.mark.parametrize("hostile", HOSTILE_IDS, ids=range(len(HOSTILE_IDS)))
def test_ids_may_hold_anything_and_be_of_any_length(local: TableStores, hostile: str) -> None:
    put(local, seat(uid=hostile, task_id=hostile, app_id=hostile, node_id=hostile), seat(uid="plain"))

    found = local.tasks.get(hostile, hostile)

    assert found is not None
    assert (found.uid, found.task_id, found.app_id, found.node_id) == (hostile,) * 4
    assert local.tasks.list_person(hostile, "open").items == [found]
    assert local.tasks.list_node_open(hostile, hostile).items == [found]
    assert local.tasks.begin(hostile, hostile, analysis(), "")
    counted = local.people.get(hostile, hostile, hostile) if hostile != EVERYONE else None
    assert counted is None or (counted.uid, counted.open_count) == (hostile, 1)


def test_a_subject_that_is_very_long_is_cut_and_the_task_still_kept(local: TableStores) -> None:
    put(local, seat(subject="长" * 100_000))

    found = local.tasks.get(UID, TASK)
    assert found is not None
    assert found.subject == "长" * 2000


def test_what_a_person_thinks_of_an_analysis_is_kept_also_when_the_task_is_done(local: TableStores) -> None:
    put(local, seat())
    local.tasks.begin(UID, TASK, analysis(), "")
    local.tasks.settle(UID, TASK, "a1", finished())
    assert local.tasks.project(done_seat(), local.tasks.get(UID, TASK))

    assert local.tasks.give_feedback(UID, TASK, "a0", "useful", "") is False
    assert local.tasks.give_feedback(UID, TASK, "a1", "wrong_verdict", "漏看了附件") is True

    found = local.tasks.get(UID, TASK)
    assert found is not None
    assert found.analysis == finished(feedback_tag="wrong_verdict", feedback_comment="漏看了附件")


def test_the_same_end_of_an_analysis_twice_is_no_late_answer(local: TableStores) -> None:
    # The SDK repeats a call whose answer was lost.
    put(local, seat())
    local.tasks.begin(UID, TASK, analysis(), "")

    assert all(local.tasks.settle(UID, TASK, "a1", finished()) for _ in range(2))


# Crowds


def test_of_a_crowd_one_begins_one_works_and_each_has_what_stands_there(stores: TableStores) -> None:
    put(stores, seat())

    begun = together(lambda n: stores.tasks.begin(UID, TASK, analysis(id=f"a{n}"), ""))
    winner = f"a{begun.index(True)}"
    claimed = together(lambda n: stores.tasks.claim(UID, TASK, winner, f"worker-{n}", NOW, NOW + 60))

    assert begun.count(True) == 1
    assert [each.attempts for each in claimed if each] == [1]


def test_of_a_crowd_one_writes_a_new_seat_and_it_is_counted_once(stores: TableStores) -> None:
    written = together(lambda _: stores.tasks.project(seat(), None))

    assert written.count(True) == 1
    counted = stores.people.get(UID, APP, NODE)
    assert counted is not None
    assert counted.open_count == 1


def test_the_decisions_of_a_crowd_on_one_node_are_all_counted(stores: TableStores) -> None:
    def decide(number: int) -> bool:
        uid = f"u-{number}"
        put(stores, seat(uid=uid))
        assert stores.tasks.begin(uid, TASK, analysis(), "")
        assert stores.tasks.settle(uid, TASK, "a1", finished())
        before = stores.tasks.get(uid, TASK)
        decided: bool = stores.tasks.project(done_seat(uid=uid), before)
        return decided

    assert all(together(decide))

    everyone = stores.people.get(EVERYONE, APP, NODE)
    assert everyone is not None
    assert everyone.agreement == {(Verdict.APPROVE, "approved"): CROWD}


def test_a_decision_and_a_verdict_at_the_same_moment_are_counted_as_they_stand(stores: TableStores) -> None:
    for number in range(CROWD):
        task_id = f"T{number}"
        put(stores, seat(task_id=task_id))
        assert stores.tasks.begin(UID, task_id, analysis(), "")

    def race(number: int) -> None:
        task_id = f"T{number // 2}"
        if number % 2:
            stores.tasks.settle(UID, task_id, "a1", finished())
            return
        while not stores.tasks.project(done_seat(task_id=task_id), stores.tasks.get(UID, task_id)):
            pass

    together(race, 2 * CROWD)

    found = [stores.tasks.get(UID, f"T{number}") for number in range(CROWD)]
    verdicts = [each for each in found if each and each.analysis and each.analysis.status is AnalysisStatus.DONE]
    counted = stores.people.get(UID, APP, NODE)
    assert counted is not None
    assert (counted.open_count, counted.decided) == (0, CROWD)
    assert sum(counted.agreement.values()) == len(verdicts)


# Calls


def test_a_turn_costs_one_call_and_a_list_one_query(local: TableStores) -> None:
    tasks, calls = local.tasks, local.client

    tasks.project(seat(), None)
    assert calls.taken() == {"transact_write_items": 1}
    tasks.project(seat(version=2), tasks.get(UID, TASK))
    assert calls.taken() == {"get_item": 1, "update_item": 1}
    tasks.begin(UID, TASK, analysis(), "")
    tasks.claim(UID, TASK, "a1", "w", NOW, NOW + 60)
    tasks.settle(UID, TASK, "a1", finished())
    assert calls.taken() == {"update_item": 3}
    tasks.get_many([(UID, TASK), ("u-3", TASK)])
    assert calls.taken() == {"batch_get_item": 1}
    tasks.list_person(UID, "open")
    tasks.list_person(UID, "open", app_id=APP, node_id=NODE)
    tasks.list_node_open(APP, NODE)
    assert calls.taken() == {"query": 3}
    tasks.project(done_seat(version=3), seat(version=2, analysis=finished()))
    assert calls.taken() == {"transact_write_items": 1}


def test_a_table_that_is_not_there_or_cannot_be_reached_is_a_store_error(moto: Any) -> None:
    for client, reason in ((moto, "ResourceNotFound"), (unreachable("dynamodb"), "EndpointConnectionError")):
        table = TaskTable(client, "no-such-table", "neither")
        calls: tuple[Callable[[], object], ...] = (
            partial(table.get, UID, TASK),
            partial(table.get_many, [(UID, TASK)]),
            partial(table.project, seat(), None),
            partial(table.project, done_seat(decided_here=False), None),
            partial(table.begin, UID, TASK, analysis(), ""),
            partial(table.list_person, UID, "open"),
        )
        for call in calls:
            with pytest.raises(StoreError, match=reason):
                call()


def test_a_seat_with_every_field_empty_is_read_as_it_was_written(local: TableStores) -> None:
    empty = msgspec.structs.replace(
        seat(), **dict.fromkeys(("app_name", "node_key", "node_name", "subject", "initiator", "form_hash"), "")
    )
    put(local, empty)

    assert local.tasks.get(UID, TASK) == empty
