"""The document of a process instance: what events do to the seats, in any order, any number of times."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.ai.process_seats import build_seats, places_of
from taskbridge.ai.processes import Process, concerns_ai, decode_process, encode_process, fold
from taskbridge.ai.seats import Seat, SeatState
from taskbridge.event_reading import parse_event
from tests.builders import calm, event, task, user
from tests.simulation.ai_histories import AiHistory, expected_seats, random_ai_history


def told(*events: dict[str, Any]) -> Process:
    process = Process("S1")
    for each in events:
        fold(process, parse_event(json.dumps(each).encode()))
    return process


def seats_of(process: Process) -> dict[str, Seat]:
    """By uid, of every task."""
    return {seat.uid: seat for seat in build_seats(process, 1, places_of(process, process.tasks))}


FORM = {"fields": [{"key": "a", "label": "事由", "type": "text", "value": "出差"}]}


def received(sequence: int = 1, **changes: Any) -> dict[str, Any]:
    return event("task_received", sequence, tasks=[task(form=FORM, **changes)])


def test_a_received_task_is_open_with_each_assignee() -> None:
    seats = seats_of(told(received(assignees=[user("u-1"), user("u-2")])))
    assert {uid: seat.state for uid, seat in seats.items()} == {"u-1": SeatState.OPEN, "u-2": SeatState.OPEN}
    assert seats["u-1"].form_hash
    assert seats["u-1"].received_on == "2026-11-22"
    assert seats["u-1"].subject == "张三的请假申请"


def test_a_changed_approver_leaves_the_one_before_with_nothing() -> None:
    changed = event("approver_changed", 2, tasks=[task(assignees=[user("u-9")])])
    seats = seats_of(told(received(assignees=[user("u-1")]), changed))
    assert seats["u-1"].state is SeatState.GONE
    assert seats["u-9"].state is SeatState.OPEN
    assert seats["u-9"].form_hash == seats["u-1"].form_hash, "the new one reads the form that was told before"


def test_an_approver_changed_that_comes_first_waits_for_the_form() -> None:
    changed = event("approver_changed", 2, tasks=[task(assignees=[user("u-9")])])
    process = told(changed)
    assert seats_of(process)["u-9"].form_hash == ""
    fold(process, parse_event(json.dumps(received(assignees=[user("u-1")])).encode()))
    assert set(seats_of(process)) == {"u-9"}, "who had it before was overtaken, and never had it here"
    assert seats_of(process)["u-9"].form_hash


def test_a_decision_is_kept_with_who_made_it() -> None:
    done = event("task_completed", 2, tasks=[task(status="completed", decision="rejected")], operator=user("u-2"))
    seat = seats_of(told(received(assignees=[user("u-2"), user("u-3")]), done))["u-2"]
    assert (seat.state, seat.decision, seat.decided_here) == (SeatState.DONE, "rejected", True)


def test_the_decision_of_one_is_no_decision_of_another() -> None:
    both = [user("u-2"), user("u-3")]
    done = event(
        "task_completed",
        2,
        tasks=[task(status="completed", decision="approved", assignees=both)],
        operator=user("u-2"),
    )
    seat = seats_of(told(received(assignees=both), done))["u-3"]
    assert (seat.state, seat.decision, seat.decided_here) == (SeatState.DONE, "approved", False)


def test_without_an_operator_the_only_assignee_decided() -> None:
    done = event("task_completed", 2, tasks=[task(status="completed", decision="approved")])
    assert seats_of(told(received(), done))["u-2"].decided_here


@pytest.mark.parametrize(
    "action", ["instance_completed", "instance_terminated", "instance_revoked", "instance_rejected"]
)
def test_an_ending_instance_ends_the_tasks_that_it_does_not_name(action: str) -> None:
    seats = seats_of(told(received(), event(action, 2, tasks=[])))
    assert seats["u-2"].state is SeatState.DONE
    assert seats["u-2"].decision == ""


def test_a_task_that_comes_after_a_rejection_is_open() -> None:
    again = event("task_received", 3, tasks=[task("T2", form=FORM)])
    process = told(received(), event("instance_rejected", 2, tasks=[]), again)
    states = {seat.task_id: seat.state for seat in build_seats(process, 1, places_of(process, process.tasks))}
    assert states == {"T1": SeatState.DONE, "T2": SeatState.OPEN}


def test_a_deleted_instance_never_comes_back() -> None:
    deleted = event("instance_deleted", 1, tasks=[], backup={"task_ids": ["T1"]})
    assert seats_of(told(deleted, received(9)))["u-2"].state is SeatState.GONE


def test_a_task_on_another_kind_of_node_has_no_seat() -> None:
    assert seats_of(told(received(node_kind="handle"))) == {}


def test_a_repeated_event_changes_nothing_and_is_known() -> None:
    process = told(received())
    again = fold(process, parse_event(json.dumps(received()).encode()))
    assert (again.changed, again.is_known) == (False, True)


def test_an_id_that_is_used_again_with_a_higher_sequence_is_a_newer_event() -> None:
    done = {**event("task_completed", 2, tasks=[task(status="completed")]), "id": received()["id"]}
    assert seats_of(told(received(), done))["u-2"].state is SeatState.DONE


def test_an_older_event_that_tells_nothing_new_is_superseded() -> None:
    newer = received(5)
    older = {**received(2), "id": "older"}
    folded = fold(told(newer), parse_event(json.dumps(older).encode()))
    assert (folded.changed, folded.is_known) == (False, False)


@pytest.mark.parametrize(
    ("given_event", "concerned"),
    [
        (received(), True),
        (received(node_kind="notify"), False),
        (event("task_completed", 1, tasks=[task(node_kind="handle")]), False),
        (event("instance_completed", 1, tasks=[]), True),
        (event("instance_deleted", 1, tasks=[], backup={"task_ids": []}), True),
        (event("node_published", 1, node={"node_id": "n"}), True),
        ({**received(), "app": {"app_id": "a", "name": "x", "kind": "questionnaire"}}, False),
        (event("something_new", 1), False),
    ],
)
def test_what_concerns_ai_approval(given_event: dict[str, Any], concerned: bool) -> None:
    assert concerns_ai(parse_event(json.dumps(given_event).encode())) is concerned


def test_the_stored_form_is_the_same_document() -> None:
    process = told(received(), event("instance_completed", 4, tasks=[]))
    assert decode_process(encode_process(process)) == process


@calm
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_any_order_and_repetition_ends_in_the_same_seats(seed: int, chance: random.Random) -> None:
    history: AiHistory = random_ai_history(random.Random(seed), 1)
    delivered = [each for each in history.events for _ in range(chance.choice((1, 1, 2)))]
    chance.shuffle(delivered)
    process = Process(history.sess_id)
    for each in delivered:
        fold(process, parse_event(json.dumps(each).encode()))

    seats = build_seats(process, 1, places_of(process, process.tasks))
    found = {(s.uid, s.task_id): (s.state.value, s.decision) for s in seats if s.state is not SeatState.GONE}
    wanted = {key: (seat.state, seat.decision) for key, seat in expected_seats(history).items()}
    assert found == wanted
