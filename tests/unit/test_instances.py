"""Folding events into the document of an instance: any order, any number of times, gives the same document."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from push_task.plan import plan_calls
from taskbridge.commands import Operation
from taskbridge.instances import (
    INSTANCE,
    RECENT_EVENTS,
    SHOWN_BY_AN_UPDATE,
    Change,
    Instance,
    Presence,
    Work,
    decode_instance,
    encode_instance,
    fold,
)
from taskbridge.messages import EventMessage
from tests.builders import (
    bare_task,
    calm,
    deletion,
    event,
    instance_after,
    message,
    message_of,
    session,
    task,
    user,
)
from tests.simulation.histories import random_history

DELETES = {Operation.DELETE_TASK, Operation.DELETE_INSTANCE}


def acknowledge(instance: Instance) -> None:
    """The task center has taken everything."""
    for item in instance.items().values():
        if item.work is Work.PENDING:
            item.work = Work.NONE
            item.presence = Presence.GONE if instance.is_deleted else Presence.PRESENT
    instance.carried_status = instance.item.value("status", "running")


def pending(instance: Instance) -> set[str]:
    return {key for key, item in instance.items().items() if item.work is Work.PENDING}


def revisions(instance: Instance) -> dict[str, int]:
    return {key: item.revision for key, item in instance.items().items()}


# Properties, over histories as the simulation tells them


histories = st.integers(0, 2**32).map(lambda seed: random_history(random.Random(seed), 1))


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[EventMessage], list[EventMessage]]:
    """The messages of a history in their order, and as they may be delivered: in any order, some of them again."""
    told = [message_of(detail) for detail in draw(histories).events]
    delivered = list(draw(st.permutations(told)))
    for again in draw(st.lists(st.sampled_from(told), max_size=5)):
        delivered.insert(draw(st.integers(0, len(delivered))), again)
    return told, delivered


def folded(messages: Sequence[EventMessage]) -> Instance:
    return instance_after(*messages)


def known(instance: Instance) -> dict[str, Any]:
    """All that must not depend on the delivery.

    A deleted instance has nothing left to be known but what has to be deleted.
    """
    if instance.is_deleted:
        commands = {step.command for step in plan_calls(copy.deepcopy(instance)).steps()}
        left = {key: item.facts for key, item in instance.tasks.items() if item.facts}
        return {"deleted": instance.deleted_sequence, "commands": commands, "facts": left}
    return {
        "instance": instance.item.facts,
        "tasks": {key: (item.facts, item.sequence) for key, item in instance.tasks.items()},
        "ended": instance.ended_sequence,
        "commands": sorted(map(repr, (step.command for step in plan_calls(copy.deepcopy(instance)).first))),
    }


@settings(calm, max_examples=300)
@given(delivery=deliveries())
def test_any_order_and_repetition_folds_to_the_same_document(
    delivery: tuple[list[EventMessage], list[EventMessage]],
) -> None:
    told, delivered = delivery

    assert known(folded(delivered)) == known(folded(told))


@settings(calm, max_examples=200)
@given(delivery=deliveries())
def test_every_fact_is_what_the_highest_sequence_said(
    delivery: tuple[list[EventMessage], list[EventMessage]],
) -> None:
    told, delivered = delivery
    document = folded(delivered)
    if document.is_deleted:
        return

    for task_id, item in document.tasks.items():
        said = [(each.sequence, fact) for each in told for fact in each.tasks if fact.task_id == task_id]
        newest = max(said, key=lambda pair: pair[0])
        assert (item.sequence, item.value("status")) == (newest[0], newest[1].status)
        people = max(((at, fact.assignees) for at, fact in said if fact.assignees), key=lambda pair: pair[0])
        assert item.value("assignees") == [[person.uid, person.number, person.name] for person in people[1]]


@settings(calm, max_examples=200)
@given(delivery=deliveries())
def test_what_is_deleted_never_comes_back(delivery: tuple[list[EventMessage], list[EventMessage]]) -> None:
    _, delivered = delivery
    document = Instance("jz", delivered[0].sess_id)
    deleted = False

    for each in delivered:
        changes = fold(document, each)
        deleted = deleted or each.action == "instance_deleted"
        operations = {step.command.operation for step in plan_calls(copy.deepcopy(document)).steps()}
        if deleted:
            assert document.is_deleted
            assert operations <= DELETES
            assert each.action == "instance_deleted" or set(changes.values()) == {Change.DELETED}
        else:
            assert operations.isdisjoint(DELETES)


@settings(calm, max_examples=200)
@given(delivery=deliveries(), acknowledged=st.sets(st.integers(0, 20)))
def test_work_is_only_wanted_for_something_new(
    delivery: tuple[list[EventMessage], list[EventMessage]], acknowledged: set[int]
) -> None:
    document = Instance("jz", delivery[1][0].sess_id)
    seen: set[str] = set()

    for number, each in enumerate(delivery[1]):
        before, facts = revisions(document), copy.deepcopy(document)
        changes = fold(document, each)
        grown = {key for key, revision in revisions(document).items() if revision > before.get(key, 0)}
        assert not (grown and each.event_id in seen)
        for key in grown:
            assert changes[key] in (Change.NEWER, Change.FILLED)
            if changes[key] is Change.FILLED:
                shown = {
                    name for name in SHOWN_BY_AN_UPDATE if facts.get(key).value(name) != document.get(key).value(name)
                }
                assert shown
        seen.add(each.event_id)
        if number in acknowledged:
            acknowledge(document)


@settings(calm, max_examples=200)
@given(delivery=deliveries(), again=st.randoms())
def test_all_of_it_once_more_wants_nothing(
    delivery: tuple[list[EventMessage], list[EventMessage]], again: random.Random
) -> None:
    told, delivered = delivery
    document = folded(delivered)
    acknowledge(document)
    before = revisions(document)
    again.shuffle(told)

    for each in told:
        assert Change.NEWER not in fold(document, each).values()

    assert pending(document) == set()
    assert revisions(document) == before


@calm
@given(delivery=deliveries())
def test_a_document_comes_back_as_it_was_stored(delivery: tuple[list[EventMessage], list[EventMessage]]) -> None:
    document = folded(delivery[1])

    assert encode_instance(decode_instance(encode_instance(document))) == encode_instance(document)


# What an event does to the items that it names


def test_a_new_task_has_to_be_sent() -> None:
    document = Instance("jz", "S1")

    assert fold(document, message(sequence=3)) == {"T1": Change.NEWER}

    item = document.tasks["T1"]
    assert (item.work, item.presence, item.sequence, item.event_id) == (Work.PENDING, Presence.ABSENT, 3, "S1-e3")
    assert document.item.work is Work.NONE
    assert document.item.value("subject") == "张三的请假申请"


def test_the_same_event_again_is_a_duplicate() -> None:
    document = instance_after(message())

    assert fold(document, message()) == {"T1": Change.DUPLICATE}
    assert document.events == ["S1-e1"]


def test_an_older_event_changes_nothing_that_is_known_newer() -> None:
    document = instance_after(message("task_completed", 5))

    assert fold(document, message(sequence=3)) == {"T1": Change.OLDER}

    assert document.tasks["T1"].value("status") == "completed"


def test_an_older_event_fills_in_what_no_newer_one_said() -> None:
    document = instance_after(message("task_completed", 5, tasks=[bare_task(status="completed")]))
    acknowledge(document)

    assert fold(document, message(sequence=3)) == {"T1": Change.FILLED}

    item = document.tasks["T1"]
    assert (item.value("status"), item.value("assignees")) == ("completed", [["u-2", "2026002", "李四"]])
    assert (item.work, item.event_id) == (Work.PENDING, "S1-e5")


def test_what_an_update_does_not_show_is_filled_in_without_a_call() -> None:
    people = {"assignees": [user()], "node_name": "院系审批"}
    document = instance_after(message("task_completed", 5, tasks=[{**bare_task(status="completed"), **people}]))
    acknowledge(document)

    assert fold(document, message(sequence=3, tasks=[task(priority=1)])) == {"T1": Change.OLDER}

    assert document.tasks["T1"].value("priority") == 1
    assert pending(document) == set()


def test_an_older_event_may_help_a_task_that_failed() -> None:
    document = instance_after(message("task_completed", 5))
    document.tasks["T1"].work = Work.FAILED
    document.tasks["T1"].facts.pop("priority")

    assert fold(document, message(sequence=3)) == {"T1": Change.FILLED}
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

    assert fold(document, message("instance_completed", 2, tasks=[])) == {INSTANCE: Change.NEWER}
    assert pending(document) == {INSTANCE}


def test_a_status_that_the_task_center_was_told_is_no_news() -> None:
    document = instance_after(message())
    acknowledge(document)

    assert fold(document, message("task_completed", 2, tasks=[])) == {INSTANCE: Change.UNCHANGED}
    assert pending(document) == set()


def test_an_instance_in_nobodys_list_is_no_news() -> None:
    assert fold(Instance("jz", "S1"), message("task_received", 2, tasks=[])) == {INSTANCE: Change.UNCHANGED}


def test_an_older_status_is_no_news() -> None:
    document = instance_after(message("instance_completed", 5, tasks=[]))

    assert fold(document, message("instance_revoked", 3, tasks=[])) == {INSTANCE: Change.OLDER}
    assert document.item.value("status") == "completed"


def test_what_started_and_ended_at_once_has_to_be_created_even_when_it_is_told_late() -> None:
    document = instance_after(message("instance_completed", 5))
    acknowledge(document)

    assert fold(document, message("instance_started_and_ended", 3)) == {INSTANCE: Change.NEWER}

    assert (document.ended_sequence, pending(document)) == (3, {INSTANCE})
    assert document.item.value("status") == "completed"


def test_started_and_ended_is_wanted_once() -> None:
    document = instance_after(message("instance_started_and_ended", 1))
    acknowledge(document)

    assert fold(document, message("instance_started_and_ended", 1)) == {INSTANCE: Change.DUPLICATE}
    assert pending(document) == set()


# Deletions


def test_a_deletion_wants_the_backups_todos_and_every_other_gone_and_then_the_instance() -> None:
    document = instance_after(message(sequence=1, tasks=["T1", "T2"]))
    acknowledge(document)

    changes = fold(document, deletion(5, "T2", "T9"))

    assert changes == {"T2": Change.NEWER, "T9": Change.NEWER, "T1": Change.NEWER, INSTANCE: Change.NEWER}
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

    assert fold(document, message(sequence=9)) == {"T1": Change.DELETED}
    assert fold(document, message("instance_completed", 10, tasks=[])) == {INSTANCE: Change.DELETED}
    assert pending(document) == set()


def test_a_second_deletion_may_name_more_todos() -> None:
    document = instance_after(deletion(5, "T1"))
    acknowledge(document)

    changes = fold(document, deletion(6, "T1", "T2"))

    assert changes == {"T1": Change.OLDER, "T2": Change.NEWER, INSTANCE: Change.OLDER}
    assert document.deleted_sequence == 6


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


# How it is stored


def test_an_instance_with_one_task_takes_some_300_bytes() -> None:
    assert len(encode_instance(instance_after(message()))) < 500


def test_a_long_subject_is_stored_whole() -> None:
    subject = "🎓" + "长" * 9_999

    document = decode_instance(encode_instance(instance_after(message_of(event(session=session(subject=subject))))))

    assert document.item.value("subject") == subject
