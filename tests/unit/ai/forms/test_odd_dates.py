"""Dates that are none, and people who are nobody, on their way into the tasks of each person."""

from __future__ import annotations

from typing import Any

import pytest

from taskbridge.ai.process_seats import LONG_AGO, build_seats
from taskbridge.ai.processes import Process, fold
from taskbridge.ai.seats import Seat
from taskbridge.event_reading import parse_event
from taskbridge.tidying import tidy
from tests.builders import RECEIVED_AT, as_json, event, task, user

NO_DATES = ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"]


def after(*details: dict[str, Any], process: Process | None = None) -> Process:
    document = process or Process("S1")
    for detail in details:
        fold(document, tidy(parse_event(as_json(detail)), RECEIVED_AT)[0])
    return document


def seats(document: Process) -> list[Seat]:
    return build_seats(document, 1, {task_id: each.seats for task_id, each in document.tasks.items()})


@pytest.mark.parametrize("no_date", NO_DATES)
def test_a_task_came_when_its_event_did_where_all_its_dates_are_none(no_date: str) -> None:
    named = task(created_at=no_date, finished_at=no_date, status="completed")

    (seat,) = seats(after(event(tasks=[named], occurred_at=no_date)))

    assert (seat.created_at, seat.received_on) == ("2026-11-22T01:30:05.000+00:00", "2026-11-22")
    assert seat.finished_at == "2026-11-22T01:30:05.000+00:00"


@pytest.mark.parametrize("stored", ["0001-01-01T00:00:00.000+00:00", "9999-12-31T23:59:59.000+00:00"])
def test_a_document_that_holds_such_a_date_breaks_no_later_event(stored: str) -> None:
    document = after(event(tasks=["T1", "T2"]))
    for each in document.tasks.values():
        each.first_seen = stored
        each.facts["created_at"] = (1, stored)

    after(event("instance_completed", 2, tasks=[task("T1", status="completed", created_at=None)]), process=document)

    first, second = seats(document)
    assert first.created_at == "2026-11-22T01:30:00.000+00:00"
    assert second.created_at == LONG_AGO


def test_who_cannot_sign_in_has_no_seat_and_everybody_has_one() -> None:
    people = [user("u1", "1"), user("u1", "1"), {"uid": "", "number": "7"}, {"uid": ""}]

    document = after(event(tasks=[task(assignees=people)]))

    assert [seat.uid for seat in seats(document)] == ["u1"]
