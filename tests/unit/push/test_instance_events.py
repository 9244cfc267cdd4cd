"""What an event does to the items that it names, one example each."""

from __future__ import annotations

from typing import Any

import pytest

from taskbridge.push.event_order import RECENT_EVENTS, Effect, fold
from taskbridge.push.instances import INSTANCE, Instance, Presence, Work
from taskbridge.push.messages import EventMessage
from tests.builders import (
    bare_task,
    deletion,
    event,
    instance_after,
    message,
    message_of,
    session,
    task,
    user,
)
from tests.unit.documents import acknowledge, pending, revisions

# What an event does to the items that it names


def test_a_new_task_has_to_be_sent() -> None:
    document = Instance("jz", "S1")

    assert fold(document, message(sequence=3)) == {"T1": Effect.NEWER}

    item = document.tasks["T1"]
    assert (item.work, item.presence, item.sequence, item.event_id) == (Work.PENDING, Presence.ABSENT, 3, "S1-e3")
    assert document.item.work is Work.NONE
    assert document.item.value("subject") == "张三的请假申请"


def test_the_same_event_again_is_a_duplicate() -> None:
    document = instance_after(message())

    assert fold(document, message()) == {"T1": Effect.DUPLICATE}
    assert document.events == ["S1-e1"]


def reused(action: str, sequence: int, **more: Any) -> EventMessage:
    return message_of(event(action, sequence, id="used-again", **more))


def test_an_id_that_is_used_again_with_a_higher_sequence_is_a_newer_event() -> None:
    document = instance_after(reused("task_received", 1))
    acknowledge(document)

    assert fold(document, reused("task_completed", 2, tasks=["T1"])) == {"T1": Effect.NEWER}

    item = document.tasks["T1"]
    assert (item.work, item.sequence, item.value("status")) == (Work.PENDING, 2, "completed")


def test_an_id_that_is_used_again_is_not_overtaken_by_itself() -> None:
    document = instance_after(reused("task_received", 1))

    fold(document, reused("task_completed", 2))

    assert document.overtaken == []


def test_the_order_in_which_the_events_of_one_id_come_makes_no_difference() -> None:
    events = [reused("task_received", 1), reused("task_completed", 2, tasks=[bare_task(status="completed")])]

    documents = [instance_after(*order) for order in (events, events[::-1])]

    assert documents[0].tasks["T1"].facts == documents[1].tasks["T1"].facts
    assert documents[0].tasks["T1"].sequence == documents[1].tasks["T1"].sequence == 2


def test_an_instance_is_deleted_also_by_an_id_that_was_used_before() -> None:
    document = instance_after(reused("task_received", 1))
    acknowledge(document)

    changes = fold(document, reused("instance_deleted", 2, tasks=[], backup={"task_ids": ["T1"]}))

    assert changes == {"T1": Effect.NEWER, INSTANCE: Effect.NEWER}


def test_an_older_event_changes_nothing_that_is_known_newer() -> None:
    document = instance_after(message("task_completed", 5))

    assert fold(document, message(sequence=3)) == {"T1": Effect.OLDER}

    assert document.tasks["T1"].value("status") == "completed"


def test_an_older_event_fills_in_what_no_newer_one_said() -> None:
    document = instance_after(message("task_completed", 5, tasks=[bare_task(status="completed")]))
    acknowledge(document)

    assert fold(document, message(sequence=3)) == {"T1": Effect.FILLED}

    item = document.tasks["T1"]
    assert (item.value("status"), item.value("assignees")) == ("completed", [["u-2", "2026002", "李四"]])
    assert (item.work, item.event_id) == (Work.PENDING, "S1-e5")


def test_what_an_update_does_not_show_is_filled_in_without_a_call() -> None:
    people = {"assignees": [user()], "node_name": "院系审批"}
    document = instance_after(message("task_completed", 5, tasks=[{**bare_task(status="completed"), **people}]))
    acknowledge(document)

    assert fold(document, message(sequence=3, tasks=[task(priority=1)])) == {"T1": Effect.OLDER}

    assert document.tasks["T1"].value("priority") == 1
    assert pending(document) == set()


def test_an_older_event_may_help_a_task_that_failed() -> None:
    document = instance_after(message("task_completed", 5))
    document.tasks["T1"].work = Work.FAILED
    document.tasks["T1"].facts.pop("priority")

    assert fold(document, message(sequence=3)) == {"T1": Effect.FILLED}
    assert pending(document) == {"T1"}


@pytest.mark.parametrize("nobody", [None, []])
def test_an_event_without_assignees_takes_nobody_away(nobody: Any) -> None:
    document = instance_after(message(sequence=1), message("task_completed", 2, tasks=[task(assignees=nobody)]))

    assert document.tasks["T1"].value("assignees") == [["u-2", "2026002", "李四"]]


def test_an_instance_knows_its_newest_subject_also_from_an_event_without_one() -> None:
    document = instance_after(
        message_of(event(sequence=1)),
        message_of(event("task_completed", 2, session=session(subject=None, status="completed"))),
    )

    assert document.item.value("subject") == "张三的请假申请"
    assert document.item.value("status") == "completed"


# Events about the instance itself


def test_the_end_of_an_instance_without_tasks_is_news_of_the_instance() -> None:
    document = instance_after(message())
    acknowledge(document)

    assert fold(document, message("instance_completed", 2, tasks=[])) == {INSTANCE: Effect.NEWER}
    assert pending(document) == {INSTANCE}


def test_a_status_that_the_task_center_was_told_is_no_news() -> None:
    document = instance_after(message())
    acknowledge(document)

    assert fold(document, message("task_completed", 2, tasks=[])) == {INSTANCE: Effect.UNCHANGED}
    assert pending(document) == set()


def test_an_instance_in_nobodys_list_is_no_news() -> None:
    assert fold(Instance("jz", "S1"), message("task_received", 2, tasks=[])) == {INSTANCE: Effect.UNCHANGED}


def test_an_older_status_is_no_news() -> None:
    document = instance_after(message("instance_completed", 5, tasks=[]))

    assert fold(document, message("instance_revoked", 3, tasks=[])) == {INSTANCE: Effect.OLDER}
    assert document.item.value("status") == "completed"


def test_what_started_and_ended_at_once_has_to_be_created_even_when_it_is_told_late() -> None:
    document = instance_after(message("instance_completed", 5))
    acknowledge(document)

    assert fold(document, message("instance_started_and_ended", 3)) == {INSTANCE: Effect.NEWER}

    assert (document.ended_sequence, pending(document)) == (3, {INSTANCE})
    assert document.item.value("status") == "completed"


def test_started_and_ended_is_wanted_once() -> None:
    document = instance_after(message("instance_started_and_ended", 1))
    acknowledge(document)

    assert fold(document, message("instance_started_and_ended", 1)) == {INSTANCE: Effect.DUPLICATE}
    assert pending(document) == set()


# Deletions


def test_a_deletion_wants_the_backups_todos_and_every_other_gone_and_then_the_instance() -> None:
    document = instance_after(message(sequence=1, tasks=["T1", "T2"]))
    acknowledge(document)

    changes = fold(document, deletion(5, "T2", "T9"))

    assert changes == {"T2": Effect.NEWER, "T9": Effect.NEWER, "T1": Effect.NEWER, INSTANCE: Effect.NEWER}
    assert pending(document) == {"T1", "T2", "T9", INSTANCE}
    assert document.deleted_sequence == 5


def test_what_was_never_sent_need_not_be_deleted() -> None:
    document = instance_after(message(sequence=1), deletion(5))

    assert pending(document) == {INSTANCE}
    assert document.tasks["T1"].presence is Presence.GONE


def test_nothing_personal_stays_known_of_deleted_tasks() -> None:
    document = instance_after(message(sequence=1), deletion(5, "T1"))

    assert document.tasks["T1"].facts == {}


def test_an_event_after_a_deletion_changes_nothing_even_with_a_higher_sequence() -> None:
    document = instance_after(message(sequence=1), deletion(5, "T1"))
    acknowledge(document)

    assert fold(document, message(sequence=9)) == {"T1": Effect.DELETED}
    assert fold(document, message("instance_completed", 10, tasks=[])) == {INSTANCE: Effect.DELETED}
    assert pending(document) == set()


def test_a_second_deletion_may_name_more_todos() -> None:
    document = instance_after(deletion(5, "T1"))
    acknowledge(document)

    changes = fold(document, deletion(6, "T1", "T2"))

    assert changes == {"T1": Effect.OLDER, "T2": Effect.NEWER, INSTANCE: Effect.OLDER}
    assert document.deleted_sequence == 6


def test_a_second_deletion_while_the_first_is_under_way_begins_nothing_anew() -> None:
    document = instance_after(deletion(6, "T1"))
    before = revisions(document)

    assert fold(document, deletion(5, "T1")) == {"T1": Effect.OLDER, INSTANCE: Effect.OLDER}

    assert revisions(document) == before
    assert document.deleted_sequence == 6


def test_of_two_deletions_and_of_two_ends_at_once_the_higher_sequence_is_known() -> None:
    ends = [message("instance_started_and_ended", number) for number in (5, 1)]

    for told in (ends, ends[::-1]):
        assert instance_after(*told).ended_sequence == 5
    for numbers in ((5, 6), (6, 5)):
        assert instance_after(*(deletion(number) for number in numbers)).deleted_sequence == 6


# Who tells the logs


def test_an_event_that_was_overtaken_before_it_was_settled_is_noted_for_its_log() -> None:
    document = instance_after(message(sequence=1), message("approver_changed", 2), message("task_completed", 3))

    assert document.overtaken == [("S1-e1", "T1"), ("S1-e2", "T1")]


def test_an_event_that_was_settled_is_not_overtaken() -> None:
    document = instance_after(message(sequence=1))
    acknowledge(document)
    fold(document, message("task_completed", 2))

    assert document.overtaken == []


def test_a_task_that_a_deletion_made_needless_is_overtaken_too() -> None:
    document = instance_after(message(sequence=1), deletion(5))

    assert document.overtaken == [("S1-e1", "T1")]


def test_only_the_newest_event_ids_are_remembered() -> None:
    document = instance_after(*(message("approver_changed", number) for number in range(RECENT_EVENTS + 5)))

    assert document.events == [f"S1-e{number}" for number in range(5, RECENT_EVENTS + 5)]
