"""Tasks sorted by several fields, and which orders the index has."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_api.ai.ordering import SORT_PATTERN, SeatEntry, SortField, index_order, order, parse_sort
from taskbridge.ai.results import Verdict
from taskbridge.ai.seats import SeatState
from tests.functional.ai_suites.builders import finished, seat

OPEN, DONE = SeatState.OPEN, SeatState.DONE


def entry(task_id: str, verdict: Verdict | None = None, **facts: Any) -> SeatEntry:
    return SeatEntry(seat(task_id=task_id, **facts), finished(verdict=verdict) if verdict else None)


def names(entries: list[SeatEntry]) -> list[str]:
    return [each.seat.task_id for each in entries]


def test_what_needs_attention_comes_first_and_what_has_no_verdict_last() -> None:
    entries = [
        entry("none"),
        entry("yes", Verdict.APPROVE),
        entry("no", Verdict.REJECT),
        entry("?", Verdict.NEEDS_HUMAN),
    ]

    assert names(order(entries, parse_sort("verdict"))) == ["no", "?", "yes", "none"]
    assert names(order(entries, parse_sort("-verdict"))) == ["yes", "?", "no", "none"]


def test_the_second_field_orders_what_is_equal_in_the_first() -> None:
    entries = [
        entry("a", priority=2, subject="乙"),
        entry("b", priority=1, subject="丙"),
        entry("c", priority=2, subject="甲"),
    ]

    assert names(order(entries, parse_sort("priority,subject"))) == ["b", "a", "c"]
    assert names(order(entries, parse_sort("-priority,-subject"))) == ["c", "a", "b"]


PRIORITIES = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["", "approved", "rejected"])), max_size=20)


@given(PRIORITIES)
def test_sorting_is_stable_and_loses_nothing(facts: list[tuple[int, str]]) -> None:
    entries = [entry(f"{place:02}", priority=p, decision=d) for place, (p, d) in enumerate(facts)]

    ordered = order(entries, parse_sort("-priority,decision"))

    assert sorted(names(ordered)) == names(entries)
    keys = [(-e.seat.priority, not e.seat.decision, e.seat.decision, e.seat.task_id) for e in ordered]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("sort", "states", "newest_first"),
    [
        (None, (OPEN, DONE), True),
        ("created_at", (OPEN,), False),
        ("-created_at", (OPEN,), True),
        ("-finished_at", (DONE,), True),
        ("-created_at", (DONE,), None),
        ("-created_at", (OPEN, DONE), None),
        ("created_at,priority", (OPEN,), None),
    ],
)
def test_the_index_has_open_tasks_by_creation_and_done_ones_by_their_end(
    sort: str | None, states: tuple[SeatState, ...], newest_first: bool | None
) -> None:
    assert index_order(parse_sort(sort), states) is newest_first


@pytest.mark.parametrize(
    "text", ["", "form", "priority,", "--priority", "priority;subject", ",".join(["priority"] * 6)]
)
def test_other_texts_are_no_order(text: str) -> None:
    assert re.search(SORT_PATTERN, text) is None


def test_fields_are_read_in_order() -> None:
    assert re.search(SORT_PATTERN, "verdict,-created_at")
    assert parse_sort("verdict,-created_at") == (SortField("verdict"), SortField("created_at", is_descending=True))
