"""What the outcomes of calls mean for a document, also for a newer one than they were made for."""

from __future__ import annotations

import pytest

from push_task.plan import plan_calls
from push_task.settle import End, mark_attempt, settle
from taskbridge.push.event_order import fold
from taskbridge.push.instances import INSTANCE, Instance, Presence, Search, Work, decode_instance, encode_instance
from tests.builders import START, deletion, instance_after, message
from tests.unit.push_task.acting import answer, calls_of, results_of, shown


@pytest.fixture
def document() -> Instance:
    """An instance with one task that has to be inserted."""
    return instance_after(message())


def stored_copy(document: Instance) -> Instance:
    return decode_instance(encode_instance(document))


# Before the calls


def test_before_a_save_is_called_it_is_written_down_that_it_may_have_got_in() -> None:
    document = instance_after(message(tasks=["T1", "T2"]), message("instance_started_and_ended", 2))
    document.due_at = START

    mark_attempt(document, plan_calls(document).steps(), START)

    assert {item.presence for item in document.items().values()} == {Presence.UNKNOWN}
    assert (document.attempt_started_at, document.due_at) == (START, 0.0)


def test_what_is_there_stays_known_to_be_there() -> None:
    document = shown(message())
    fold(document, message("task_completed", 2))

    mark_attempt(document, plan_calls(document).steps(), START)

    assert document.tasks["T1"].presence is Presence.PRESENT


def test_a_deletion_makes_nothing_more_uncertain() -> None:
    document = instance_after(deletion(5, "T1"))

    mark_attempt(document, plan_calls(document).steps(), START)

    assert {item.presence for item in document.items().values()} == {Presence.ABSENT}


# One call


@pytest.mark.parametrize(
    ("end", "work", "presence", "attempts"),
    [
        (End.DONE, Work.NONE, Presence.PRESENT, 0),
        (End.TRANSIENT, Work.PENDING, Presence.UNKNOWN, 1),
        (End.PERMANENT, Work.FAILED, Presence.ABSENT, 1),
        (End.NOT_SENT, Work.PENDING, Presence.ABSENT, 0),
    ],
)
def test_the_end_of_an_insert_is_taken_in(end: End, work: Work, presence: Presence, attempts: int) -> None:
    document = instance_after(message())

    answer(document, end, reason="" if end is End.DONE else "the cause")

    item = document.tasks["T1"]
    assert (item.work, item.presence, item.attempts) == (work, presence, attempts)
    assert item.reason == ("" if end is End.DONE else "the cause")
    assert document.attempt_started_at == 0.0


@pytest.mark.parametrize("end", [End.TRANSIENT, End.PERMANENT, End.NOT_SENT])
def test_a_failed_update_does_not_make_a_todo_unknown(end: End) -> None:
    document = shown(message())
    fold(document, message("task_completed", 2))

    answer(document, end)

    assert document.tasks["T1"].presence is Presence.PRESENT


def test_an_insert_that_was_refused_after_one_without_an_answer_may_still_be_there() -> None:
    document = instance_after(message())
    answer(document, End.TRANSIENT)

    answer(document, End.PERMANENT)

    assert document.tasks["T1"].presence is Presence.UNKNOWN


@pytest.mark.parametrize(("is_blocked", "since"), [(True, 0.0), (False, START)])
def test_waiting_is_no_attempt_and_a_blocked_platform_is_not_the_item_failing(
    document: Instance, is_blocked: bool, since: float
) -> None:
    answer(document, End.TRANSIENT, now=START)

    answer(document, End.NOT_SENT, now=START + 60, is_blocked=is_blocked)

    item = document.tasks["T1"]
    assert (item.attempts, item.failing_since) == (1, since)


def test_failures_count_from_the_first_one_and_a_success_ends_them() -> None:
    document = instance_after(message())
    for minute in range(3):
        answer(document, End.TRANSIENT, now=START + 60 * minute)
    item = document.tasks["T1"]
    assert (item.attempts, item.failing_since) == (3, START)

    answer(document, now=START + 600)

    assert (item.attempts, item.failing_since, item.work) == (0, 0.0, Work.NONE)


def test_a_newer_event_starts_the_count_anew() -> None:
    document = instance_after(message())
    answer(document, End.TRANSIENT)

    fold(document, message("task_completed", 2))

    item = document.tasks["T1"]
    assert (item.attempts, item.failing_since, item.work) == (0, 0.0, Work.PENDING)


def test_a_deleted_todo_leaves_nothing_but_that_it_is_gone() -> None:
    document = shown(message())
    fold(document, deletion(5, "T1"))

    answer(document)

    for item in document.items().values():
        assert (item.presence, item.work, item.facts) == (Presence.GONE, Work.NONE, {})


# Outcomes of calls that were made for an older document


def test_what_came_in_during_a_call_is_still_to_be_sent_after_it() -> None:
    document = instance_after(message())
    plan = plan_calls(document)
    mark_attempt(document, plan.steps(), START)
    newer = stored_copy(document)
    fold(newer, message("task_completed", 2))

    settle(newer, results_of(plan, End.DONE), set(), START)

    item = newer.tasks["T1"]
    assert (item.presence, item.work) == (Presence.PRESENT, Work.PENDING)
    assert calls_of(plan_calls(newer)) == [[("update_task", "T1")], []]


@pytest.mark.parametrize("end", [End.TRANSIENT, End.PERMANENT])
def test_a_failure_of_an_older_state_does_not_count_against_the_newer(end: End) -> None:
    document = instance_after(message())
    plan = plan_calls(document)
    newer = stored_copy(document)
    fold(newer, message("task_completed", 2))

    settle(newer, results_of(plan, end, reason="the cause"), set(), START)

    item = newer.tasks["T1"]
    assert (item.work, item.attempts, item.reason) == (Work.PENDING, 0, "")


def test_a_save_that_was_answered_after_a_deletion_has_to_be_deleted() -> None:
    document = instance_after(message())
    plan = plan_calls(document)
    mark_attempt(document, plan.steps(), START)
    newer = stored_copy(document)
    fold(newer, deletion(5))
    answer(newer)
    assert newer.tasks["T1"].presence is Presence.GONE

    settle(newer, results_of(plan, End.DONE), set(), START)

    assert calls_of(plan_calls(newer))[0] == [("delete_task", "T1")]


def test_settling_twice_is_settling_once() -> None:
    document = instance_after(message())
    plan = plan_calls(document)
    mark_attempt(document, plan.steps(), START)
    results = results_of(plan, End.DONE)
    settle(document, results, set(), START)
    once = encode_instance(document)

    settle(document, results, set(), START)

    assert encode_instance(document) == once


# The status of the instance


def test_an_instance_status_is_told_when_any_call_carried_it() -> None:
    document = instance_after(message(), message("instance_completed", 2, tasks=[]))

    answer(document)

    assert document.carried_status == "completed"
    assert document.item.work is Work.NONE


def test_an_instance_status_is_not_told_by_a_call_that_failed() -> None:
    document = shown(message())
    fold(document, message("instance_completed", 2, tasks=[]))

    answer(document, End.TRANSIENT)

    assert document.carried_status == "running"
    assert document.item.work is Work.PENDING


def test_an_older_status_that_was_carried_does_not_count_as_the_newer() -> None:
    document = shown(message())
    fold(document, message("instance_rejected", 2, tasks=[]))
    plan = plan_calls(document)
    newer = stored_copy(document)
    fold(newer, message("instance_completed", 3, tasks=[]))

    settle(newer, results_of(plan, End.DONE), set(), START)

    assert newer.item.work is Work.PENDING
    assert calls_of(plan_calls(newer)) == [[], [("update_task", INSTANCE)]]


def test_a_status_carried_by_a_task_does_not_create_what_started_and_ended_at_once() -> None:
    document = instance_after(message("instance_started_and_ended", 1), message(sequence=2))

    answer(document, End.DONE, End.TRANSIENT)

    assert document.item.work is Work.PENDING
    assert calls_of(plan_calls(document)) == [[], [("save_instance", INSTANCE)]]


# A probe through an open breaker


def test_a_probe_that_fails_is_no_attempt_of_the_item(document: Instance) -> None:
    answer(document, End.TRANSIENT, now=START, reason="HTTP 503")

    answer(document, End.TRANSIENT, now=START + 3600, reason="HTTP 502", is_probe=True)

    item = document.tasks["T1"]
    assert (item.work, item.attempts, item.failing_since) == (Work.PENDING, 1, START)
    assert (item.presence, item.reason) == (Presence.UNKNOWN, "HTTP 502")


@pytest.mark.parametrize(("end", "work"), [(End.DONE, Work.NONE), (End.PERMANENT, Work.FAILED)])
def test_a_probe_that_is_answered_counts_as_any_call(document: Instance, end: End, work: Work) -> None:
    answer(document, end, is_probe=True)

    assert document.tasks["T1"].work is work


# Deletions, and logs that have been told


def test_a_refusal_to_delete_what_was_never_sent_counts_as_done() -> None:
    document = instance_after(deletion(5, "T1"))

    answer(document, End.PERMANENT)
    answer(document, End.PERMANENT)

    for item in document.items().values():
        assert (item.work, item.presence) == (Work.NONE, Presence.GONE)


def test_a_refusal_to_delete_what_is_there_is_a_failure(document: Instance) -> None:
    answer(document)
    fold(document, deletion(5, "T1"))

    answer(document, End.PERMANENT)

    assert document.tasks["T1"].work is Work.FAILED
    assert document.item.work is Work.FAILED


def test_a_refusal_to_delete_what_may_be_there_is_asked_about_once(document: Instance) -> None:
    # given a todo whose insert was never answered
    answer(document, End.TRANSIENT)
    fold(document, deletion(5, "T1"))
    answer(document, End.PERMANENT)
    item = document.tasks["T1"]
    assert (item.work, item.search, document.item.work) == (Work.PENDING, Search.WANTED, Work.PENDING)

    # when an update finds it, and it cannot be deleted all the same
    answer(document)
    assert (item.work, item.search, item.presence) == (Work.PENDING, Search.FOUND, Presence.PRESENT)
    answer(document, End.PERMANENT)

    # then
    assert (item.work, document.item.work) == (Work.FAILED, Work.FAILED)


def test_what_an_update_does_not_find_was_never_there_nor_was_its_instance(document: Instance) -> None:
    answer(document, End.TRANSIENT)
    fold(document, deletion(5, "T1"))
    answer(document, End.PERMANENT)

    answer(document, End.PERMANENT)
    item = document.tasks["T1"]
    assert (item.work, item.search, item.presence) == (Work.NONE, Search.MISSING, Presence.GONE)
    answer(document, End.PERMANENT)

    assert (document.item.work, document.item.presence) == (Work.NONE, Presence.GONE)


def test_a_refusal_to_delete_the_instance_of_something_that_was_sent_is_a_failure(document: Instance) -> None:
    answer(document)
    fold(document, deletion(5, "T1"))

    answer(document, End.DONE, End.PERMANENT)

    assert document.tasks["T1"].work is Work.NONE
    assert document.item.work is Work.FAILED


def test_a_permanent_failure_of_a_todo_fails_the_deletion_of_its_instance() -> None:
    document = shown(message())
    fold(document, deletion(5, "T1"))

    answer(document, End.PERMANENT)

    assert (document.tasks["T1"].work, document.item.work) == (Work.FAILED, Work.FAILED)


def test_only_the_overtaken_events_whose_logs_were_told_are_forgotten() -> None:
    document = instance_after(message(sequence=1), message("approver_changed", 2), message("task_completed", 3))

    settle(document, [], {("S1-e1", "T1")}, START)

    assert document.overtaken == [("S1-e2", "T1")]
