"""Folding events into the document of an instance: any order, any number of times, gives the same document."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from push_task.plan import plan_calls
from taskbridge.commands import Operation
from taskbridge.push.event_order import SHOWN_BY_AN_UPDATE, Effect, fold
from taskbridge.push.instances import Instance, decode_instance, encode_instance
from taskbridge.push.messages import EventMessage
from tests.builders import (
    calm,
    event,
    instance_after,
    message,
    message_of,
    session,
)
from tests.simulation.histories import random_history
from tests.unit.documents import acknowledge, pending, revisions

DELETES = {Operation.DELETE_TASK, Operation.DELETE_INSTANCE}


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


@settings(calm, max_examples=200)
@given(delivery=deliveries())
def test_any_order_and_repetition_folds_to_the_same_document(
    delivery: tuple[list[EventMessage], list[EventMessage]],
) -> None:
    told, delivered = delivery

    assert known(folded(delivered)) == known(folded(told))


@settings(calm, max_examples=120)
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


@settings(calm, max_examples=120)
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
            assert each.action == "instance_deleted" or set(changes.values()) == {Effect.DELETED}
        else:
            assert operations.isdisjoint(DELETES)


@settings(calm, max_examples=120)
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
            assert changes[key] in (Effect.NEWER, Effect.FILLED)
            if changes[key] is Effect.FILLED:
                shown = {
                    name for name in SHOWN_BY_AN_UPDATE if facts.get(key).value(name) != document.get(key).value(name)
                }
                assert shown
        seen.add(each.event_id)
        if number in acknowledged:
            acknowledge(document)


@settings(calm, max_examples=120)
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
        assert Effect.NEWER not in fold(document, each).values()

    assert pending(document) == set()
    assert revisions(document) == before


@calm
@given(delivery=deliveries())
def test_a_document_comes_back_as_it_was_stored(delivery: tuple[list[EventMessage], list[EventMessage]]) -> None:
    document = folded(delivery[1])

    assert encode_instance(decode_instance(encode_instance(document))) == encode_instance(document)


# How it is stored


def test_an_instance_with_one_task_takes_some_300_bytes() -> None:
    assert len(encode_instance(instance_after(message()))) < 500


def test_a_long_subject_is_stored_whole() -> None:
    subject = "🎓" + "长" * 9_999

    document = decode_instance(encode_instance(instance_after(message_of(event(session=session(subject=subject))))))

    assert document.item.value("subject") == subject
