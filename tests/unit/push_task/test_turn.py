"""One instance's turn in a batch: what wakes it, and what becomes of its messages."""

from __future__ import annotations

import pytest

from push_task.plan import plan_calls
from push_task.retry import GIVE_UP_AFTER_S
from push_task.settle import End, StepResult, mark_attempt, settle
from push_task.turn import Disposition, Turn, begin_turn, dispose
from taskbridge.push.instances import INSTANCE, Instance, Presence, Work
from taskbridge.push.messages import Message
from taskbridge.tables.instances import StoredInstance
from tests.builders import START, bare_task, deletion, instance_after, message, sync
from tests.unit.push_task.acting import Jitter, answer, calls_of, received, results_of, shown, turn_of


def ended(turn: Turn, *ends: End, now: float = START, **more: object) -> Disposition:
    """The turn's calls end so; what becomes of its messages."""
    mark_attempt(turn.instance, turn.plan.steps(), now)
    results = results_of(turn.plan, *ends, **more)
    settle(turn.instance, results, set(), now)
    return dispose(turn, results, now, Jitter())


def fresh_turn(*messages: Message) -> Turn:
    return begin_turn(StoredInstance(Instance("jz", "S1")), received(*messages))


# What is planned


def test_all_messages_of_a_turn_are_taken_in_before_anything_is_planned() -> None:
    turn = fresh_turn(*(message("approver_changed", number) for number in (3, 1, 5, 2, 4)))

    (step,) = turn.plan.steps()
    assert turn.instance.tasks["T1"].event_id == "S1-e5"
    assert step.revision == turn.instance.tasks["T1"].revision


def test_a_look_at_an_instance_with_nothing_left_plans_nothing() -> None:
    assert turn_of(shown(message()), sync()).plan.steps() == ()


def test_a_look_at_an_instance_sends_what_is_left() -> None:
    document = instance_after(message())
    answer(document, End.TRANSIENT)

    assert calls_of(turn_of(document, sync()).plan) == [[("insert_task", "T1")], []]


def test_a_look_alone_does_not_repeat_what_failed_for_good() -> None:
    document = instance_after(message())
    answer(document, End.PERMANENT)

    assert turn_of(document, sync()).plan.steps() == ()


def test_a_replay_repeats_what_failed_for_good_with_todays_state() -> None:
    document = instance_after(message())
    answer(document, End.PERMANENT)

    turn = turn_of(document, sync(reason="replay", replay=True))

    assert calls_of(turn.plan) == [[("insert_task", "T1")], []]
    assert document.tasks["T1"].attempts == 0


def test_a_replay_repeats_nothing_that_succeeded() -> None:
    document = shown(message(sequence=1, tasks=["T1"]))
    turn_of(document, message(sequence=2, tasks=["T2"]))
    answer(document, End.PERMANENT)

    assert calls_of(turn_of(document, sync(replay=True)).plan) == [[("insert_task", "T2")], []]


def test_force_sends_also_what_was_acknowledged_but_only_what_it_names() -> None:
    document = shown(message(sequence=1, tasks=["T1", "T2"]))

    turn = turn_of(document, sync(reason="replay", force=("T2", "T9")))

    assert calls_of(turn.plan) == [[("update_task", "T2")], []]


def test_force_may_name_the_instance() -> None:
    document = shown(message("instance_started_and_ended", 1))

    assert calls_of(turn_of(document, sync(force=(INSTANCE,))).plan) == [[], [("save_instance", INSTANCE)]]


def test_force_does_not_bring_back_what_was_deleted() -> None:
    document = shown(message(sequence=1))
    turn_of(document, deletion(5, "T1"))
    answer(document)

    assert turn_of(document, sync(force=("T1", INSTANCE), replay=True)).plan.steps() == ()


def test_a_replay_deletes_the_todo_that_could_not_be_deleted_and_then_its_instance() -> None:
    document = shown(message(sequence=1))
    turn_of(document, deletion(5, "T1"))
    answer(document, End.PERMANENT)

    turn = turn_of(document, sync(replay=True))

    assert calls_of(turn.plan) == [[("delete_task", "T1")], [("delete_instance", INSTANCE)]]


@pytest.mark.parametrize(("asked", "is_probe"), [([sync()], False), ([message(), sync(probe=True)], True)])
def test_one_probe_among_the_messages_makes_the_turn_a_probe(asked: list[Message], is_probe: bool) -> None:
    assert fresh_turn(*asked).is_probe is is_probe


def test_force_does_not_delete_an_instance_before_its_todo() -> None:
    document = shown(message(sequence=1))
    turn_of(document, deletion(5, "T1"))
    answer(document, End.PERMANENT)

    assert turn_of(document, sync(force=(INSTANCE,))).plan.steps() == ()
    assert document.item.work is Work.FAILED


# What becomes of the messages


def test_when_all_is_done_every_message_leaves_the_queue() -> None:
    turn = fresh_turn(message())

    assert ended(turn) == Disposition()
    assert turn.instance.due_at == 0.0


def test_a_failed_call_keeps_its_message_hidden_for_a_growing_time() -> None:
    turn = fresh_turn(message())
    waits = []
    for _ in range(4):
        disposition = ended(turn, End.TRANSIENT)
        assert [entry.message_id for entry in disposition.keep] == ["m0"]
        waits.append(disposition.wait_s)
        turn = turn_of(turn.instance, message())

    assert waits == pytest.approx([2.0, 6.0, 18.0, 54.0])


def test_after_the_fifth_failure_the_message_leaves_and_the_reconciler_takes_over() -> None:
    turn = fresh_turn(message())
    turn.instance.tasks["T1"].attempts = 4

    assert ended(turn, End.TRANSIENT) == Disposition()
    assert turn.instance.due_at == pytest.approx(START + 60)


def test_only_the_message_of_the_newest_event_stays() -> None:
    turn = fresh_turn(message(sequence=1), message("task_completed", 3), message("approver_changed", 2))

    disposition = ended(turn, End.TRANSIENT)

    assert [entry.message_id for entry in disposition.keep] == ["m1"]


def test_a_message_stays_while_any_of_its_tasks_is_unfinished() -> None:
    turn = fresh_turn(message(tasks=["T1", "T2"]))

    disposition = ended(turn, End.DONE, End.TRANSIENT)

    assert [entry.message_id for entry in disposition.keep] == ["m0"]


def test_a_look_again_is_never_kept_the_instance_becomes_due_instead() -> None:
    document = instance_after(message())
    answer(document, End.TRANSIENT)
    turn = turn_of(document, sync())

    assert ended(turn, End.TRANSIENT) == Disposition()
    assert turn.instance.due_at == pytest.approx(START + 6)


def test_a_permanent_failure_leaves_the_queue_and_nothing_is_due() -> None:
    turn = fresh_turn(message())

    assert ended(turn, End.PERMANENT) == Disposition()
    assert turn.instance.due_at == 0.0
    assert turn.instance.tasks["T1"].work is Work.FAILED


def test_what_the_platform_asked_to_wait_is_waited() -> None:
    turn = fresh_turn(message())

    assert ended(turn, End.TRANSIENT, wait_s=77.0).wait_s == 77.0


def test_what_waits_for_the_breaker_leaves_the_queue_and_is_due_at_once() -> None:
    turn = fresh_turn(message())

    assert ended(turn, End.NOT_SENT) == Disposition()
    assert turn.instance.due_at == START


def test_a_probe_that_failed_waits_like_whatever_waits_for_the_breaker() -> None:
    document = instance_after(message())
    answer(document, End.TRANSIENT)
    turn = turn_of(document, sync(probe=True))

    assert ended(turn, End.TRANSIENT, is_probe=True) == Disposition()
    assert turn.instance.due_at == START


@pytest.mark.parametrize("wait_s", [0.5, 60.0, 3600.0])
def test_waiting_costs_no_receive_the_message_leaves_and_the_instance_is_due_when_its_turn_comes(wait_s: float) -> None:
    turn = fresh_turn(message())

    assert ended(turn, End.NOT_SENT, wait_s=wait_s) == Disposition()
    assert turn.instance.due_at == START + wait_s


def test_one_task_that_is_left_to_the_reconciler_takes_the_message_off_the_queue() -> None:
    turn = fresh_turn(message(tasks=["T1", "T2"]))
    turn.instance.tasks["T2"].attempts = 4

    assert ended(turn, End.TRANSIENT) == Disposition()
    assert turn.instance.due_at == pytest.approx(START + 2)


def test_a_state_that_came_in_during_the_call_is_sent_soon() -> None:
    turn = fresh_turn(message())
    turn.instance.tasks["T1"].revision += 1
    (step,) = turn.plan.steps()

    disposition = dispose(turn, [StepResult(step, End.DONE)], START, Jitter())

    assert disposition.wait_s == 1.0


def test_a_second_stage_that_was_not_tried_is_due_at_once() -> None:
    turn = fresh_turn(message("instance_started_and_ended", 1), message(sequence=2))

    assert ended(turn, End.PERMANENT) == Disposition()

    assert turn.instance.due_at == START
    assert calls_of(plan_calls(turn.instance)) == [[], [("save_instance", INSTANCE)]]


def test_fourteen_days_without_a_success_fail_and_say_so() -> None:
    document = instance_after(message())
    answer(document, End.TRANSIENT, now=START)
    turn = turn_of(document, sync())

    disposition = ended(turn, End.TRANSIENT, now=START + GIVE_UP_AFTER_S, reason="HTTP 503")

    item = turn.instance.tasks["T1"]
    assert disposition == Disposition()
    assert (item.work, item.reason) == (Work.FAILED, "no success in 14 days: HTTP 503")
    assert turn.instance.due_at == 0.0


def test_a_replay_after_giving_up_tries_again() -> None:
    document = instance_after(message())
    answer(document, End.TRANSIENT, now=START)
    ended(turn_of(document, sync()), End.TRANSIENT, now=START + GIVE_UP_AFTER_S)

    turn = turn_of(document, sync(replay=True))
    ended(turn, now=START + GIVE_UP_AFTER_S)

    assert (document.tasks["T1"].work, document.tasks["T1"].presence) == (Work.NONE, Presence.PRESENT)


def test_a_todo_for_nobody_leaves_the_queue() -> None:
    turn = fresh_turn(message(tasks=[bare_task()]))

    assert ended(turn) == Disposition()
    assert turn.instance.tasks["T1"].work is Work.FAILED
