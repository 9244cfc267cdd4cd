"""Messages of the push queue: what they carry, and what SQS demands of them."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.errors import InvalidEvent
from taskbridge.event_reading import parse_event
from taskbridge.push.messages import (
    EventMessage,
    build_event_message,
    deduplication_id,
    encode_message,
    instance_key,
    message_group,
    parse_message,
)
from tests.builders import (
    HAPPENED_AT,
    PLATFORM,
    RECEIVED_AT,
    as_json,
    bare_task,
    calm,
    deletion,
    event,
    message,
    message_of,
    session,
    sync,
    task,
    user,
)

TAKEN_AS_GROUP = re.compile(r"[A-Za-z0-9!-/:-@\[-`{-~]{1,128}", re.ASCII)


def test_a_message_carries_what_a_task_center_has_to_know() -> None:
    told = message("approver_changed", 4, tasks=[task(assignees=[user("u-5", "2026005", "王五"), {"uid": "u-6"}])])

    assert (told.platform_id, told.sess_id, told.event_id) == (PLATFORM, "S1", "S1-e4")
    assert (told.action, told.sequence) == ("approver_changed", 4)
    assert (told.occurred_at, told.received_at) == (HAPPENED_AT, RECEIVED_AT)
    assert (told.instance.status, told.instance.app_id, told.instance.app_name) == ("running", "leave", "请假")
    assert (told.instance.initiator.uid, told.instance.initiator.number) == ("u-1", "2026001")
    (only,) = told.tasks
    assert (only.task_id, only.status, only.node_name, only.priority) == ("T1", "init", "院系审批", 2)
    assert only.assignees is not None
    assert [(person.uid, person.number) for person in only.assignees] == [("u-5", "2026005"), ("u-6", "")]


def test_what_an_event_does_not_say_a_message_does_not_either() -> None:
    detail = event(tasks=[bare_task()], session=session(subject=None, created_at=None))

    told = message_of(detail)

    assert (told.instance.subject, told.instance.created_at) == (None, None)
    (only,) = told.tasks
    assert (only.node_name, only.priority, only.assignees, only.created_at) == (None,) * 4


def test_no_form_goes_into_a_message() -> None:
    field = {"key": "reason", "label": "事由", "type": "text", "value": "机密-7391"}

    body = encode_message(message(tasks=[task(form={"fields": [field]})]))

    assert "7391" not in body
    assert "事由" not in body


def test_the_deleted_tasks_of_both_lists_go_into_a_message_once_each() -> None:
    backup = {"task_ids": ["b", "a"], "tasks": [{"task_id": "a"}, {"task_id": "c"}]}

    assert message("instance_deleted", 9, backup=backup).deleted_task_ids == ("b", "a", "c")
    assert message("instance_deleted", 9).deleted_task_ids == ()


def test_an_event_without_an_instance_makes_no_message() -> None:
    with pytest.raises(InvalidEvent, match="session"):
        build_event_message(parse_event(as_json(event("coffee_made", session=None))), PLATFORM, RECEIVED_AT)


@pytest.mark.parametrize(
    "sent",
    [
        message(),
        message("task_completed", 2**63),
        deletion(9, "T1", "T2"),
        message("instance_started_and_ended", 1),
        message_of(event(session=session(subject="🎓" + "长" * 9_999))),
        sync(),
        sync(reason="replay", replay=True, probe=True, force=("", "T1")),
    ],
    ids=lambda sent: getattr(sent, "action", sent.__class__.__name__),
)
def test_a_message_comes_out_of_the_queue_as_it_went_in(sent: EventMessage) -> None:
    assert parse_message(encode_message(sent)) == sent


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("", "truncated"),
        ("not json", "malformed"),
        ("{}", "missing required field `kind`"),
        ('{"kind": "coffee"}', "coffee"),
        ('{"kind": "sync", "platform_id": "jz"}', "missing required field"),
        (json.dumps({**json.loads(encode_message(sync())), "version": 2}), "expected 1, got 2"),
    ],
)
def test_what_is_no_message_is_refused_with_the_cause(body: str, problem: str) -> None:
    with pytest.raises(InvalidEvent, match=re.escape(problem)):
        parse_message(body)


def test_a_message_of_a_later_writer_may_say_more() -> None:
    body = json.dumps({**json.loads(encode_message(message())), "more": [1]})

    assert parse_message(body) == message()


@pytest.mark.parametrize(
    "sess_id", ["S1", "会议-7", "a b", "x" * 125, "x" * 126, "x" * 5000, "", "\x00", "a\n", "[]{}~!@#$%^&*()"]
)
def test_every_instance_has_a_group_that_sqs_takes(sess_id: str) -> None:
    assert TAKEN_AS_GROUP.fullmatch(message_group("jz", sess_id))


@calm
@given(first=st.text(max_size=200), second=st.text(max_size=200))
def test_two_instances_share_a_group_only_if_they_are_one(first: str, second: str) -> None:
    assert (message_group("jz", first) == message_group("jz", second)) == (first == second)
    assert message_group("jz", first) != message_group("jz-2", first)


def test_the_key_of_an_instance_names_its_platform() -> None:
    assert instance_key("jz", "S1") == "jz#S1"


def test_the_same_event_for_the_same_platform_is_one_message() -> None:
    assert deduplication_id(message(sequence=1)) == deduplication_id(message(sequence=1, tasks=["T2"]))
    assert deduplication_id(message(sequence=1)) != deduplication_id(message(sequence=2))
    assert deduplication_id(message()) != deduplication_id(message(platform_id="jz-2"))


def test_one_event_id_of_two_instances_is_two_messages() -> None:
    first, second = (message_of(event(sess_id=sess_id, id="1001")) for sess_id in ("A-1", "B-1"))

    assert deduplication_id(first) != deduplication_id(second)


def test_no_sign_in_an_id_makes_two_messages_one() -> None:
    first, second = (message_of(event(sess_id=s, id=i)) for s, i in (("a#b", "c"), ("a", "b#c")))

    assert deduplication_id(first) != deduplication_id(second)


def test_two_requests_to_look_again_are_two_messages() -> None:
    first = sync(requested_at="2026-11-22T01:30:05.000+00:00")

    assert deduplication_id(first) == deduplication_id(first)
    assert deduplication_id(first) != deduplication_id(sync(requested_at="2026-11-22T01:30:05.001+00:00"))
    assert deduplication_id(first) != deduplication_id(sync(reason="probe", requested_at=first.requested_at))
