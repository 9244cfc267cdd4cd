"""An event as it is meant: each task and each person once, nobody left out, no date where there is none."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from taskbridge.errors import InvalidEvent
from taskbridge.event_reading import parse_event
from taskbridge.events import TriggerEvent
from taskbridge.tidying import NO_DATE, NOBODY, NOTES_KEPT, tidy
from tests.builders import HAPPENED_AT, RECEIVED_AT, as_json, bare_task, event, session, task, user

NO_DATES = [
    *("0001-01-01T00:00:00+08:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-08:00"),
    *("9999-12-31T23:59:59.9999999Z", "1970-01-01T00:00:00Z", "1970-01-01T08:00:00+08:00", "1900-01-01T00:00:00Z"),
    *("1753-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
]


def tidied(detail: dict[str, Any]) -> tuple[TriggerEvent, tuple[str, ...]]:
    return tidy(parse_event(as_json(detail)), RECEIVED_AT)


def people(*users: dict[str, Any]) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    read, notes = tidied(event(tasks=[task(assignees=list(users))]))
    assert isinstance(read.tasks[0].assignees, list)
    return [(each.uid, each.number) for each in read.tasks[0].assignees], notes


def test_an_ordinary_event_is_the_very_same() -> None:
    read = parse_event(as_json(event(tasks=[task(), task("T2")])))

    assert tidy(read, RECEIVED_AT) == (read, ())
    assert tidy(read, RECEIVED_AT)[0] is read


@pytest.mark.parametrize("no_date", NO_DATES)
def test_a_date_that_is_none_counts_as_not_given(no_date: str) -> None:
    detail = event(tasks=[task(created_at=no_date, finished_at=no_date)], occurred_at=no_date)
    detail["session"]["created_at"] = no_date

    read, notes = tidied(detail)

    assert read.occurred_at.isoformat() == "2026-11-22T01:30:05+00:00"  # when it came in
    assert read.session.created_at is msgspec.UNSET  # type: ignore[union-attr]
    assert (read.tasks[0].created_at, read.tasks[0].finished_at) == (msgspec.UNSET, msgspec.UNSET)
    places = ("occurred_at", "session.created_at", "tasks[0].created_at", "tasks[0].finished_at")
    assert notes == tuple(f"{place}: {NO_DATE}" for place in places)


@pytest.mark.parametrize("moment", ["1971-01-01T00:00:00Z", "2099-12-31T23:59:59+08:00", HAPPENED_AT])
def test_any_other_date_is_one(moment: str) -> None:
    read, notes = tidied(event(occurred_at=moment))

    assert (read.occurred_at.year, notes) == (int(moment[:4]), ())


def test_a_task_that_is_named_twice_is_one_with_the_people_of_both() -> None:
    first = {**bare_task(), "assignees": [user("u1", "1"), user("u2", "2")]}
    second = task("T1", assignees=[user("u2", "2"), user("u3", "3")])

    read, notes = tidied(event(tasks=[first, task("T2"), second]))

    assert [each.task_id for each in read.tasks] == ["T1", "T2"]
    assert [each.uid for each in read.tasks[0].assignees] == ["u1", "u2", "u3"]  # type: ignore[union-attr]
    assert read.tasks[0].priority == 2  # what only the second says is known too
    assert notes[0] == "tasks[2]: names a task that another entry names: both are one, with the people of both"


@pytest.mark.parametrize(("name", "value"), [("status", "completed"), ("node_id", "node-9"), ("node_kind", "notify")])
def test_two_entries_of_a_task_that_contradict_each_other_are_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidEvent, match=f"different {name}.*'T1' twice") as caught:
        tidied(event(tasks=[task("T0"), task("T1"), task("T1", **{name: value})]))

    assert caught.value.field == "tasks[2].task_id"


def test_a_person_who_is_named_twice_is_one_who_is_known_by_all_that_was_said() -> None:
    assert people(user("u1", "1"), user("u2", "2"), user("u1", "1")) == (
        [("u1", "1"), ("u2", "2")],
        ("tasks[0].assignees[2]: named twice",),
    )
    assert people({"uid": "u1"}, user("u1", "1"))[0] == [("u1", "1")]
    assert people({"uid": "", "number": "1"}, {"uid": "", "number": "1"})[0] == [("", "1")]


def test_nobody_is_left_out_and_all_of_them_are_an_empty_list() -> None:
    empty = {"uid": "", "number": ""}

    assert people(user("u1", "1"), empty, {"uid": ""})[0] == [("u1", "1")]
    assert people(empty, {"uid": ""}) == ([], (f"tasks[0].assignees[0]: {NOBODY}", f"tasks[0].assignees[1]: {NOBODY}"))


def test_previous_assignees_are_tidied_alike() -> None:
    previous = [user("u1", "1"), user("u1", "1"), {"uid": ""}]

    read, _ = tidied(event("approver_changed", tasks=[task(previous_assignees=previous)]))

    assert [each.uid for each in read.tasks[0].previous_assignees] == ["u1"]


def test_no_more_is_noted_than_a_log_can_show() -> None:
    _, notes = tidied(event(session=session(), tasks=[task(assignees=[{"uid": ""}] * 1000)]))

    assert len(notes) == NOTES_KEPT + 1
    assert notes[-1] == f"and {1000 - NOTES_KEPT} more"
