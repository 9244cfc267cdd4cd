"""Our parser accepts what docs/trigger-event.schema.json accepts, and nothing else.

The known differences are written down here: `DIFFERENCES` for the parser's own demands, and the last tests for
how numbers and times may be written.
"""

from __future__ import annotations

import copy
import json
import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from local.settings import ROOT
from taskbridge.errors import InvalidEvent
from taskbridge.event_reading import parse_event
from taskbridge.events import PUSHED_ACTIONS
from tests.builders import HAPPENED_AT, as_json, calm, event, session, task, user

formats = FormatChecker(())
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)


@formats.checks("date-time")
def is_date_time(value: object) -> bool:
    """RFC 3339, section 5.6; the tests below tell what leap seconds there are."""
    if not isinstance(value, str):
        return True
    if not _RFC_3339.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", "", value.upper().replace("23:59:60", "23:59:59")))
    except ValueError:
        return False
    return True


SCHEMA = Draft202012Validator(
    json.loads((ROOT / "docs" / "trigger-event.schema.json").read_text(encoding="utf-8")), format_checker=formats
)


def is_accepted(detail: Any) -> bool:
    try:
        parse_event(as_json(detail))
    except InvalidEvent:
        return False
    return True


def is_refused_by_difference(detail: Any) -> bool:
    """What the schema lets pass and we refuse, by intent: an action without what it is about cannot be carried out."""
    if not isinstance(detail, dict) or not isinstance(detail.get("event"), str):
        return False
    action = [*detail["event"].split("."), ""][1]
    without_session = action in PUSHED_ACTIONS and "session" not in detail
    without_node = action == "node_published" and "node" not in detail
    return without_session or without_node or has_an_id_that_is_no_key(detail)


def has_an_id_that_is_no_key(detail: Any) -> bool:
    """An empty id names nothing, and what is longer than 500 characters cannot be a key of a table."""
    tasks = detail.get("tasks")
    ids = [each.get("task_id") for each in tasks if isinstance(each, dict)] if isinstance(tasks, list) else []
    session_part = detail.get("session")
    ids += [session_part.get("sess_id")] if isinstance(session_part, dict) else []
    return any(isinstance(each, str) and not 0 < len(each) <= 500 for each in ids)


def full_event() -> dict[str, Any]:
    """An event in which everything occurs that may occur."""
    option = {"value": 1, "label": [{"lang": "zh", "text": "事假"}]}
    field = {"key": "k", "label": {"zh": "类型"}, "type": "radio", "value": [1], "options": [option], "hidden": False}
    rich = task(
        node_key="n2",
        node_kind="approve",
        previous_assignees=[user("u-8")],
        finished_at=HAPPENED_AT,
        decision="approved",
        form={"fields": [field]},
    )
    node = {
        "node_id": "n",
        "node_key": "k",
        "node_name": "节点",
        "aiExamineRule": "r",
        "aiExamineMainInfo": "i",
        "aiExamineFileKey": ["f"],
        "aiExamineEnabled": True,
        "aiExamineAuto": False,
        "form_fields": [{"key": "k", "label": "l", "type": "text"}],
    }
    return event(
        tasks=[rich, {"task_id": "T2", "node_id": "n", "status": "init"}],
        session=session(subject=[{"lang": "zh", "text": None}]),
        app={"app_id": "leave", "name": "请假", "kind": "process"},
        operator=user(),
        backup={"task_ids": ["T1"], "tasks": [{"task_id": "T2"}]},
        node=node,
    )


def places_of(detail: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every value in it, but for the whole."""
    names = list(detail) if isinstance(detail, dict) else list(range(len(detail))) if isinstance(detail, list) else []
    return [found for name in names for found in [(*place, name), *places_of(detail[name], (*place, name))]]


def at(detail: Any, place: tuple[Any, ...]) -> Any:
    for name in place:
        detail = detail[name]
    return detail


PLACES = places_of(full_event())
VALUES: tuple[Any, ...] = (None, "", "x", "1", "init", "running", "questionnaire", 0, 1, 3, 4, -1, 3.0, 2.5, 2**80)
VALUES += (True, False, [], {}, [None], ["x"], [{}], {"zh": "x"}, {"zh": None}, {"zh": 1}, {"uid": "u"}, {"uid": None})
VALUES += ([{"lang": "zh", "text": "x"}], [{"lang": "zh"}], "2026-11-22T09:30:00Z", "2026-11-22T09:30:00.5-08:00")
VALUES += (5.0, 2.0, 1e3, "0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59.9999999Z", "2016-12-31T23:59:60Z")
VALUES += ("2026-11-22T09:30:00", "2026-13-22T09:30:00Z", "2026-11-22T25:30:00Z", "2026-11-22", "action.coffee_made")
VALUES += ("action.task_received.", "action.node_published.1", "action..1", "x" * 128, "x" * 129, "🎓" * 128)

KINDS: tuple[Any, ...] = (None, "", "x", 1, 2.0, 2.5, True, [], {}, [None], {"zh": "x"})

removed = st.just("remove")
replaced = st.sampled_from(PLACES) | st.sampled_from(VALUES).map(lambda value: [value])
changes = st.tuples(st.sampled_from(PLACES), removed | replaced)


def mutated(what: list[tuple[tuple[Any, ...], Any]]) -> dict[str, Any]:
    """An event with values taken away, replaced by others, or by what stands elsewhere in it."""
    whole, detail = full_event(), full_event()
    for place, change in what:
        try:
            holder = at(detail, place[:-1])
            if change == "remove":
                del holder[place[-1]]
            else:
                new = change[0] if isinstance(change, list) else at(whole, change)
                holder[place[-1]] = copy.deepcopy(new)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    return detail


@settings(calm, max_examples=400)
@given(what=st.lists(changes, max_size=3))
@example(what=[])
def test_the_parser_accepts_exactly_what_the_schema_accepts(what: list[tuple[tuple[Any, ...], Any]]) -> None:
    detail = mutated(what)

    accepted = SCHEMA.is_valid(detail) and not is_refused_by_difference(detail)

    assert is_accepted(detail) == accepted, [error.message for error in SCHEMA.iter_errors(detail)]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)))
def test_each_single_change_is_judged_as_the_schema_judges_it(place: tuple[Any, ...]) -> None:
    for change in ["remove", *([value] for value in KINDS)]:
        detail = mutated([(place, change)])
        accepted = SCHEMA.is_valid(detail) and not is_refused_by_difference(detail)
        assert is_accepted(detail) == accepted, change


# How a time may be written


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-22T09:30:00Z",
        "2026-11-22t09:30:00z",
        "2026-11-22T09:30:00.123456789+08:00",
        "2024-02-29T23:59:59-23:59",
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:59:60.25Z",
        "2026-11-22T09:30:00.12345678901234567890Z",
        "2026-11-22T09:30:00-00:00",
        "9999-12-31T23:59:59.9999999Z",
        "0001-01-01T00:00:00+08:00",
    ],
)
def test_a_moment_of_rfc_3339_is_taken(moment: str) -> None:
    assert SCHEMA.is_valid(event(occurred_at=moment))
    assert is_accepted(event(occurred_at=moment))


@pytest.mark.parametrize("moment", ["2026-11-22 09:30:00+08:00", "2026-11-22T09:30:00+0800"])
def test_two_usual_ways_of_writing_a_moment_are_taken_though_the_schema_has_neither(moment: str) -> None:
    assert not SCHEMA.is_valid(event(occurred_at=moment))
    assert is_accepted(event(occurred_at=moment))


@pytest.mark.parametrize(
    "moment", ["2026-11-22T09:30+08:00", "2026-11-22T24:00:00Z", "2026-11-22T09:30:00.Z", "1795000000"]
)
def test_what_is_no_moment_is_refused(moment: str) -> None:
    assert not SCHEMA.is_valid(event(occurred_at=moment))
    assert not is_accepted(event(occurred_at=moment))


@pytest.mark.parametrize("number", [3.0, 0.0, -0.0, 1e3, 5e15])
def test_a_whole_number_with_a_point_is_an_integer_to_both(number: float) -> None:
    assert SCHEMA.is_valid(event() | {"sequence": number})
    assert is_accepted(event() | {"sequence": number})


def test_a_sequence_has_a_largest_number_that_the_schema_does_not_know() -> None:
    assert is_accepted(event(sequence=10**19 - 1))
    assert SCHEMA.is_valid(event(sequence=10**19))
    assert not is_accepted(event(sequence=10**19))


def test_an_action_ends_where_its_line_ends() -> None:
    assert not is_accepted(event(event="action.task_received\n"))
