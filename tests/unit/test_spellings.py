"""What the schema allows is read, however it is spelled."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.errors import InvalidEvent
from taskbridge.event_reading import parse_event
from taskbridge.spellings import mend_event, mend_halves, mend_moment, mend_whole_number
from tests.builders import as_json, calm, event, session, task


def spelled(place: str, text: str) -> bytes:
    """An event with one value in this very spelling."""
    detail = event(tasks=[task(form={"fields": [{"key": "k", "label": "l", "type": "number", "value": "FORM"}]})])
    holders: dict[str, Any] = {"event": detail, "session": detail["session"], "task": detail["tasks"][0]}
    holder, name = place.split(".")
    holders[holder][name] = "SPELLED"
    return as_json(detail).replace(b'"SPELLED"', text.encode()).replace(b'"FORM"', b"5.0")


@pytest.mark.parametrize("text", ["5.0", "5e0", "5.000", "0.5e1", "50e-1", "5E+0"])
def test_a_whole_number_with_a_point_or_an_exponent_is_one(text: str) -> None:
    read = parse_event(spelled("event.sequence", text))

    assert read.sequence == 5
    (only,) = read.tasks
    assert isinstance(only.form, msgspec.Struct)
    assert bytes(only.form.fields[0].value) == b"5.0"  # what a person wrote into a form stays as it is


def test_a_priority_with_a_point_is_read() -> None:
    assert parse_event(spelled("task.priority", "2.0")).tasks[0].priority == 2


def test_digits_beyond_those_of_a_float_are_kept() -> None:
    assert parse_event(spelled("event.sequence", "9007199254740993.0")).sequence == 9007199254740993


@pytest.mark.parametrize("text", ["5.5", "1e400", "1e-400", "10000000000000000000", "1e19", "NaN", "Infinity", "-1.0"])
def test_what_is_no_whole_number_in_range_names_its_field_or_is_no_json(text: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        parse_event(spelled("event.sequence", text))

    assert caught.value.field == ("detail" if text in ("NaN", "Infinity") else "sequence")


@pytest.mark.parametrize("place", ["event.occurred_at", "session.created_at", "task.created_at", "task.finished_at"])
@pytest.mark.parametrize("text", ["2016-12-31T23:59:60Z", "2017-01-01T07:59:60+08:00", "2016-12-31T23:59:60.5z"])
def test_a_leap_second_is_read_as_the_second_before_it(place: str, text: str) -> None:
    read = parse_event(spelled(place, f'"{text}"'))

    found = {
        "event.occurred_at": read.occurred_at,
        "session.created_at": read.session.created_at,  # type: ignore[union-attr]
        "task.created_at": read.tasks[0].created_at,
        "task.finished_at": read.tasks[0].finished_at,
    }[place]
    assert isinstance(found, datetime)
    assert found.astimezone(UTC).replace(microsecond=0) == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2016-12-31T12:30:60Z", "2016-12-31T23:59:61Z", "2016-13-31T23:59:60Z"])
def test_no_other_minute_has_sixty_one_seconds(text: str) -> None:
    with pytest.raises(InvalidEvent, match="occurred_at"):
        parse_event(spelled("event.occurred_at", f'"{text}"'))


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59.9999999Z", "0000-01-01T00:00:00Z"])
def test_the_ends_of_other_calendars_are_read(text: str) -> None:
    assert parse_event(spelled("session.created_at", f'"{text}"')).session


@pytest.mark.parametrize("half", ["\\ud83d", "\\uDC00", "\\udc00\\ud83d", "\\ud83d\\ud83d\\ude00"])
def test_half_a_surrogate_pair_becomes_the_replacement_character(half: str) -> None:
    detail = as_json(event(session=session(subject="HALF"))).replace(b"HALF", f"a{half}b".encode())

    subject = parse_event(detail).session.subject  # type: ignore[union-attr]

    assert isinstance(subject, str)
    assert "\ufffd" in subject
    assert (subject[0], subject[-1]) == ("a", "b")
    assert ("😀" in subject) == half.endswith("\\ude00")


def test_a_backslash_before_a_u_is_no_escape() -> None:
    text = rb'{"a": "\\ud83d", "b": "\\\ud83d"}'

    assert json.loads(mend_halves(text)) == {"a": "\\ud83d", "b": "\\\ufffd"}


texts = st.text(st.characters(codec=None, categories=("L", "N", "P", "Cs", "Zs")), max_size=8)


@calm
@given(texts)
def test_a_text_with_halves_is_json_that_can_be_read_afterwards(text: str) -> None:
    mended = mend_halves(json.dumps({text: text}).encode())

    ((name, value),) = msgspec.json.decode(mended).items()
    assert name == value == text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@calm
@given(st.text(max_size=20), st.integers(-(2**70), 2**70))
def test_what_is_spelled_as_usual_stays_as_it_is(text: str, number: int) -> None:
    raw = json.dumps(text).encode()

    assert mend_moment(raw) == raw
    assert mend_whole_number(raw) == raw
    assert msgspec.json.decode(mend_whole_number(str(number).encode())) == number
    assert json.loads(mend_event(as_json(event()))) == event()
