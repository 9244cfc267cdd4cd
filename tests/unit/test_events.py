"""Events are read as agreed, and what cannot be read is refused in words that a person can act on."""

from __future__ import annotations

import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.commands import SessionStatus, TaskStatus
from taskbridge.errors import InvalidEvent
from taskbridge.event_reading import parse_event
from taskbridge.events import PUSHED_ACTIONS
from tests.builders import HAPPENED_AT, as_json, bare_task, calm, event, session, task

SECRET_VALUE = "机密-7391"


def refusal(detail: Any) -> InvalidEvent:
    with pytest.raises(InvalidEvent) as caught:
        parse_event(detail if isinstance(detail, bytes) else as_json(detail))
    return caught.value


def changed(path: str, value: Any) -> dict[str, Any]:
    """An event with one value replaced, `path` as errors name it."""
    detail = event(tasks=[task(form=form())])
    place, name = holder_of(detail, path)
    place[name] = value
    return detail


def holder_of(detail: Any, path: str) -> tuple[Any, str | int]:
    """The object or array that holds the value at `path`, and the name of the value in it."""
    names = path.replace("[", ".").replace("]", "").split(".")
    *parents, last = [int(name) if name.isdecimal() else name for name in names]
    for name in parents:
        detail = detail[name]
    return detail, last


def form(**changes: Any) -> dict[str, Any]:
    field = {"key": "reason", "label": {"zh": "事由"}, "type": "text", "value": SECRET_VALUE, "hidden": False}
    option = {"value": SECRET_VALUE, "label": "事假"}
    return {"fields": [{**field, **changes}, {"key": "k", "label": "类型", "type": "radio", "options": [option]}]}


def test_an_event_is_read_with_all_that_it_says() -> None:
    read = parse_event(as_json(event("task_completed", 4, tasks=[task(status="completed", decision="approved")])))

    assert (read.action, read.sequence, read.app.app_id, read.app.kind) == ("task_completed", 4, "leave", "process")
    assert isinstance(read.session, msgspec.Struct)
    assert read.session.status is SessionStatus.RUNNING
    assert read.session.initiator.person().account == "2026001"
    assert read.occurred_at.isoformat() == HAPPENED_AT
    (only,) = read.tasks
    assert (only.status, only.priority, only.decision) == (TaskStatus.COMPLETED, 2, "approved")


def test_what_an_event_leaves_out_is_not_known() -> None:
    detail = event(tasks=[bare_task()])
    detail["session"] = {"sess_id": "S1", "status": "running", "initiator": {"uid": "u-1"}}

    read = parse_event(as_json(detail))

    assert isinstance(read.session, msgspec.Struct)
    assert read.session.subject is msgspec.UNSET
    (only,) = read.tasks
    assert (only.assignees, only.priority, only.node_name) == (msgspec.UNSET,) * 3
    assert read.session.initiator.person().account == "u-1"


def test_form_values_are_kept_as_they_came() -> None:
    values = ['"text"', "12345678901234567890.10", '{"amount": 1e400}', "[]", "null", "true"]
    for value in values:
        text = json.dumps(event(tasks=[task(form=form(value="VALUE"))])).replace('"VALUE"', value)
        (only,) = parse_event(text.encode()).tasks
        assert isinstance(only.form, msgspec.Struct)
        assert bytes(only.form.fields[0].value) == value.encode()


@pytest.mark.parametrize("name", ["task_received", "task_received.x", "task_received.7", "task_received.A-b_9"])
def test_the_trigger_id_behind_an_action_means_nothing(name: str) -> None:
    assert parse_event(as_json(event(event=f"action.{name}"))).action == "task_received"


@pytest.mark.parametrize("event_id", ["x" * 128, "🎓" * 128])
def test_an_id_may_have_128_characters_of_any_kind(event_id: str) -> None:
    assert parse_event(as_json(event(id=event_id))).id == event_id


@pytest.mark.parametrize("path", ["session.sess_id", "tasks[0].task_id"])
def test_an_id_that_becomes_a_key_is_neither_empty_nor_too_long_for_one(path: str) -> None:
    assert parse_event(as_json(changed(path, "会" * 500)))
    assert refusal(changed(path, "")).field == path
    assert refusal(changed(path, "x" * 501)).field == path


@pytest.mark.parametrize(
    ("path", "value", "expected", "came"),
    [
        ("version", "2", "expected one of 1", "got '2'"),
        ("version", 1, "expected `str`", "got 1"),
        ("id", "", "length >= 1", "got ''"),
        ("id", "x" * 129, "length <= 128", "got 'xxxx"),
        ("event", "task_received", "matching regex", "got 'task_received'"),
        ("event", "action.Task.7", "matching regex", "got 'action.Task.7'"),
        ("sequence", -1, "`int` >= 0", "got -1"),
        ("sequence", "1", "`int`", "got '1'"),
        ("sequence", 2.5, "`int`", "got 2.5"),
        ("sequence", True, "`int`", "got True"),
        ("occurred_at", "yesterday", "RFC3339", "got 'yesterday'"),
        ("occurred_at", "2026-11-22T09:30:00", "timezone", "got '2026-11-22T09:30:00'"),
        ("occurred_at", "2026-02-29T09:30:00Z", "RFC3339", "got '2026-02-29"),
        ("app.app_id", 7, "`str`", "got 7"),
        ("app.kind", "survey", "one of process, questionnaire", "got 'survey'"),
        ("session.status", "done", "one of draft, running, completed, aborted, revoked, rejected", "got 'done'"),
        ("session.created_at", "2026-11-22", "RFC3339", "got '2026-11-22'"),
        ("session.subject", 7, "`str | object | array`", "got `int`"),
        ("tasks[0].status", "done", "one of init, completed, aborted", "got 'done'"),
        ("tasks[0].node_kind", "vote", "one of approve, handle, notify", "got 'vote'"),
        ("tasks[0].decision", "yes", "one of approved, rejected, returned", "got 'yes'"),
        ("tasks[0].priority", 4, "`int` <= 3", "got 4"),
        ("tasks[0].priority", 0, "`int` >= 1", "got 0"),
        ("tasks[0].task_id", None, "`str`", "got None"),
        ("tasks[0].assignees", None, "`array`", "got `null`"),
        ("tasks[0].form.fields[0].hidden", 1, "`bool`", "got `int`"),
        ("backup", [], "`object`", "got `array`"),
        ("backup", {"task_ids": [7]}, "`str`", "got `int`"),
        ("tasks", {}, "`array`", "got `object`"),
    ],
)
def test_an_error_names_the_field_what_was_expected_and_what_came(
    path: str, value: Any, expected: str, came: str
) -> None:
    error = refusal(changed(path, value))

    assert error.field.startswith(path)
    assert expected in error.problem
    assert came in error.problem


REQUIRED = (
    *("version", "id", "event", "sequence", "occurred_at", "app", "app.app_id", "app.name"),
    *("session", "session.sess_id", "session.status", "session.initiator", "session.initiator.uid"),
    *("tasks[0].task_id", "tasks[0].node_id", "tasks[0].status", "tasks[0].assignees[0].uid"),
    *("tasks[0].form.fields", "tasks[0].form.fields[0].label", "tasks[0].form.fields[1].options[0].value"),
)


@pytest.mark.parametrize("path", REQUIRED)
def test_what_is_missing_is_named(path: str) -> None:
    detail = changed(path, None)
    place, name = holder_of(detail, path)
    del place[name]

    error = refusal(detail)

    assert error.field == path
    assert "required" in error.problem
    assert "missing" in error.problem


@pytest.mark.parametrize("action", sorted(PUSHED_ACTIONS))
def test_an_action_about_an_instance_needs_its_session(action: str) -> None:
    error = refusal(event(action, session=None))

    assert (error.field, action in error.problem, "missing" in error.problem) == ("session", True, True)


def test_a_published_node_needs_the_node() -> None:
    assert refusal(event("node_published", session=None)).field == "node"
    assert parse_event(as_json(event("node_published", session=None, node={"node_id": "n"}))).action == "node_published"


def test_an_unknown_action_needs_neither() -> None:
    assert parse_event(as_json(event("coffee_made", session=None, tasks=[]))).action == "coffee_made"


NOT_JSON = {
    "nothing": b"",
    "cut": b"{",
    "words": b"not json",
    "wrong and cut": b'{"version": "2", "id": 3',
    "no utf-8": b"\xff\xfe",
    "no utf-8 in a text": b'{"id": "\xff"}',
    "wrong, and half a character": as_json(event(version="2"))[:-1] + b', "more": "\\ud800"}',
    "wrong, and a number that is too long": as_json(event(version="2"))[:-1] + b', "more": ' + b"1" * 5000 + b"}",
    "a hundred thousand brackets": as_json(event())[:-1] + b', "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("detail", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_not_json_is_an_invalid_event_and_nothing_else(detail: bytes) -> None:
    assert refusal(detail).field


@pytest.mark.parametrize("detail", [b"null", b"[]", b'"text"', b"7"])
def test_json_that_is_no_object_is_refused_as_a_whole(detail: bytes) -> None:
    error = refusal(detail)

    assert error.field == "detail"
    assert "expected `object`" in error.problem


@pytest.mark.parametrize(
    "wrong", [SECRET_VALUE, [SECRET_VALUE], {"fields": SECRET_VALUE}, {"fields": [SECRET_VALUE]}, {"fields": 7391}]
)
def test_no_error_quotes_what_stands_where_a_form_should_be(wrong: Any) -> None:
    assert SECRET_VALUE not in str(refusal(event(tasks=[task(form=wrong)])))


@pytest.mark.parametrize("name", ["key", "label", "type", "options", "hidden"])
@pytest.mark.parametrize("wrong", [7, None, {"zh": [SECRET_VALUE]}, [SECRET_VALUE]])
def test_no_error_quotes_the_value_of_a_field_that_is_wrong(name: str, wrong: Any) -> None:
    detail = event(tasks=[task(form=form(**{name: wrong}))])

    assert SECRET_VALUE not in str(refusal(detail))


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("session.initiator", SECRET_VALUE),
        ("session", SECRET_VALUE),
        ("tasks[0].assignees[0]", SECRET_VALUE),
        ("tasks[0].assignees", SECRET_VALUE),
        ("operator", SECRET_VALUE),
        ("session.initiator.name", 7391),
    ],
)
def test_no_error_quotes_a_person(path: str, wrong: Any) -> None:
    assert "7391" not in str(refusal(changed(path, wrong)))


def objects_of(detail: Any) -> list[dict[str, Any]]:
    """Every object of the agreed form; multilingual texts and values of form fields are no such objects."""
    if isinstance(detail, list):
        return [found for each in detail for found in objects_of(each)]
    if not isinstance(detail, dict):
        return []
    texts = {"subject", "name", "node_name", "label", "value"}
    inner = [found for name, value in detail.items() if name not in texts for found in objects_of(value)]
    return [detail, *inner]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@calm
@given(data=st.data(), value=anything)
def test_unknown_properties_are_ignored_wherever_they_stand(data: st.DataObject, value: Any) -> None:
    detail = event(tasks=[task(form=form())], operator={"uid": "u-9"}, backup={"tasks": [{"task_id": "T1"}]})
    known = parse_event(as_json(detail))
    extended = copy.deepcopy(detail)
    data.draw(st.sampled_from(objects_of(extended)))["x-unknown"] = value

    assert parse_event(as_json(extended)) == known


def test_a_backup_names_tasks_in_two_ways_and_each_counts_once() -> None:
    def named(backup: dict[str, Any]) -> tuple[str, ...]:
        read = parse_event(as_json(event("instance_deleted", backup=backup)))
        assert isinstance(read.backup, msgspec.Struct)
        return read.backup.all_task_ids()

    assert named({"task_ids": ["b", "a", "b"]}) == ("b", "a")
    assert named({"tasks": [{"task_id": "c", "status": "x"}, {"task_id": "a"}]}) == ("c", "a")
    assert named({"task_ids": ["b", "a"], "tasks": [{"task_id": "a"}, {"task_id": "c"}]}) == ("b", "a", "c")
    assert named({"task_ids": ["", "a"], "tasks": [{"task_id": ""}]}) == ("a",)
    assert named({}) == ()


def test_a_long_subject_with_every_kind_of_character_stays_what_it_is() -> None:
    subject = "🎓👩‍🏫" + "长" * 9_990 + '\u2028"\\\n\t\x7f'

    read = parse_event(as_json(event(session=session(subject=subject))))

    assert isinstance(read.session, msgspec.Struct)
    assert read.session.subject == subject
