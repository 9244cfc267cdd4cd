"""Which calls follow from a document: from what the task center has acknowledged, not from what an event is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from push_task.plan import ENDED_NODE, NOBODY, plan_calls
from push_task.settle import End
from taskbridge.commands import Operation, Person, SaveInstance, SaveTask, SessionStatus, TaskStatus
from taskbridge.events import PUSHED_ACTIONS
from taskbridge.push.event_order import fold
from taskbridge.push.instances import INSTANCE, Instance, Presence, Work
from tests.builders import (
    HAPPENED_AT,
    WITHOUT_TASKS,
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
from tests.unit.push_task.acting import answer, calls_of, only_step, shown, statuses_of

INSERT, UPDATE = ("insert_task", "T1"), ("update_task", "T1")
SAVE, DELETE = ("save_instance", INSTANCE), ("delete_instance", INSTANCE)


def saved_task(document: Instance) -> SaveTask:
    command = only_step(plan_calls(document)).command
    assert isinstance(command, SaveTask)
    return command


def saved_instance(document: Instance) -> SaveInstance:
    command = only_step(plan_calls(document)).command
    assert isinstance(command, SaveInstance)
    return command


# The operator follows from what was acknowledged


@pytest.mark.parametrize("action", sorted(PUSHED_ACTIONS - WITHOUT_TASKS))
def test_a_task_is_inserted_unless_its_insert_was_acknowledged(action: str) -> None:
    unknown = instance_after(message(action, 2))
    known = shown(message(sequence=1))
    fold(known, message(action, 2))

    assert calls_of(plan_calls(unknown)) == [[INSERT], []]
    assert calls_of(plan_calls(known)) == [[UPDATE], []]


@pytest.mark.parametrize(
    ("end", "next_call"),
    [
        (End.DONE, UPDATE),
        (End.TRANSIENT, INSERT),
        (End.PERMANENT, INSERT),
        (End.NOT_SENT, INSERT),
    ],
)
def test_an_insert_without_an_acknowledgement_is_an_insert_again(end: End, next_call: tuple[str, str]) -> None:
    document = instance_after(message(sequence=1))
    answer(document, end)

    fold(document, message("task_completed", 2))

    assert calls_of(plan_calls(document)) == [[next_call], []]


def test_a_task_that_ended_before_it_was_sent_is_inserted_as_it_is_today() -> None:
    document = instance_after(message(sequence=1), message("task_completed", 2))

    command = saved_task(document)

    assert (command.operation, command.task.status) == (Operation.INSERT_TASK, TaskStatus.COMPLETED)


def test_each_task_of_an_event_is_a_call_of_its_own() -> None:
    document = shown(message(sequence=1, tasks=["T1"]))
    fold(document, message("task_received", 2, tasks=["T1", "T2", "T3"]))

    assert calls_of(plan_calls(document)) == [[UPDATE, ("insert_task", "T2"), ("insert_task", "T3")], []]


def test_nothing_is_called_twice_for_the_same_state() -> None:
    document = shown(message(sequence=1), message("instance_completed", 2))

    assert plan_calls(document).steps() == ()


# What a call carries


def test_a_task_is_shown_as_it_is_now() -> None:
    command = saved_task(instance_after(message(sequence=1)))

    assert (command.task.task_id, command.task.node_id, command.task.node_name) == ("T1", "node-2", "院系审批")
    assert command.task.assignees == (Person("u-2", "2026002", "李四"),)
    assert command.task.priority == 2
    assert command.task.created_at is not None
    assert command.task.created_at.isoformat() == HAPPENED_AT
    assert (command.instance.sess_id, command.instance.app_id, command.instance.app_name) == ("S1", "leave", "请假")
    assert command.instance.initiator == Person("u-1", "2026001", "张三")
    assert command.instance.subject == "张三的请假申请"


def test_a_task_carries_the_newest_status_of_its_instance_whatever_its_own_event_said() -> None:
    document = instance_after(message("instance_completed", 5, tasks=["T2"]), message("task_completed", 3))

    assert statuses_of(plan_calls(document)) == {"completed"}


def test_a_task_keeps_its_people_when_its_newest_event_names_none() -> None:
    document = instance_after(
        message("approver_changed", 2, tasks=[task(assignees=[user("u-5", "2026005", "王五")])]),
        message("task_completed", 3, tasks=[bare_task(status="completed")]),
    )

    assert saved_task(document).task.assignees == (Person("u-5", "2026005", "王五"),)


def test_an_instance_without_a_subject_is_called_by_its_application() -> None:
    document = instance_after(message_of(event(session=session(subject=None))))

    assert saved_task(document).instance.subject == "请假"


def test_a_task_without_a_time_of_its_own_began_when_it_was_last_heard_of() -> None:
    happened = "2026-11-25T10:00:00+08:00"
    document = instance_after(message_of(event(occurred_at=happened, tasks=[task(created_at=None)])))

    created_at = saved_task(document).task.created_at

    assert created_at is not None
    assert created_at.isoformat() == happened


def test_a_task_without_a_priority_is_normal() -> None:
    assert saved_task(instance_after(message(tasks=[task(priority=None)]))).task.priority == 3


# Nobody to show it to


@pytest.mark.parametrize("nobody", [None, []])
def test_a_todo_for_nobody_fails_and_says_why(nobody: Any) -> None:
    document = instance_after(message(tasks=[task(assignees=nobody)]))

    assert plan_calls(document).steps() == ()
    assert (document.tasks["T1"].work, document.tasks["T1"].reason) == (Work.FAILED, NOBODY)


def test_a_todo_that_is_there_can_be_updated_without_naming_anybody() -> None:
    document = shown(message(sequence=1))
    document.tasks["T1"].facts.pop("assignees")
    fold(document, message("task_completed", 2, tasks=[bare_task(status="completed")]))

    assert calls_of(plan_calls(document)) == [[UPDATE], []]


def test_a_todo_for_nobody_is_sent_once_somebody_is_known() -> None:
    document = instance_after(message("task_completed", 5, tasks=[bare_task(status="completed")]))
    plan_calls(document)

    fold(document, message(sequence=3))

    assert calls_of(plan_calls(document)) == [[INSERT], []]
    assert saved_task(document).task.status is TaskStatus.COMPLETED


def test_a_todo_for_nobody_does_not_hold_up_the_others() -> None:
    document = instance_after(message(tasks=[task("T1"), task("T2", assignees=None)]))

    assert calls_of(plan_calls(document)) == [[INSERT], []]


# The status of an instance whose event names no task


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("instance_completed", "completed"),
        ("instance_terminated", "aborted"),
        ("instance_revoked", "revoked"),
        ("instance_rejected", "rejected"),
    ],
)
def test_the_status_travels_with_the_last_known_task(action: str, status: str) -> None:
    document = shown(message(sequence=1, tasks=["T2"]), message(sequence=2, tasks=["T1"]))
    fold(document, message(action, 5, tasks=[]))

    plan = plan_calls(document)

    step = only_step(plan)
    assert isinstance(step.command, SaveTask)
    assert (step.key, step.command.operation) == (INSTANCE, Operation.UPDATE_TASK)
    assert step.command.task.task_id == "T1"
    assert statuses_of(plan) == {status}


@pytest.mark.parametrize(
    "untold",
    [
        lambda: Instance("jz", "S1"),
        lambda: instance_after(message(tasks=[task(assignees=None)])),
    ],
    ids=["no task", "a task that nobody was shown"],
)
def test_where_no_task_is_there_the_process_instance_carries_the_status(untold: Callable[[], Instance]) -> None:
    document = untold()
    fold(document, message("instance_completed", 5, tasks=[]))

    command = saved_instance(document)

    assert (command.instance.status, command.node_name) == (SessionStatus.COMPLETED, ENDED_NODE)


def test_a_status_that_goes_along_with_a_task_needs_no_call_of_its_own() -> None:
    document = instance_after(message(sequence=1), message("instance_completed", 5, tasks=[]))

    plan = plan_calls(document)

    assert calls_of(plan) == [[INSERT], []]
    assert statuses_of(plan) == {"completed"}
    answer(document)
    assert document.item.work is Work.NONE
    assert plan_calls(document).steps() == ()


def test_a_status_that_a_task_could_not_carry_is_sent_alone() -> None:
    document = shown(message(sequence=1))
    fold(document, message("instance_completed", 5, tasks=[]))
    fold(document, message("instance_completed", 6, tasks=[bare_task("T2", "completed")]))  # nobody to show it to

    plan = plan_calls(document)

    assert calls_of(plan) == [[], [("update_task", INSTANCE)]]
    assert statuses_of(plan) == {"completed"}


# Started and ended at once


def test_what_started_and_ended_at_once_is_created_with_the_node_of_an_ended_matter() -> None:
    document = instance_after(message("instance_started_and_ended", 1))

    command = saved_instance(document)

    assert ENDED_NODE == "事项结束"
    assert (command.operation, command.node_name) == (Operation.SAVE_INSTANCE, ENDED_NODE)
    assert command.instance.status is SessionStatus.COMPLETED
    answer(document)
    assert document.item.presence is Presence.PRESENT
    assert plan_calls(document).steps() == ()


def test_it_is_created_although_tasks_carry_its_status_but_only_after_them() -> None:
    document = instance_after(message("instance_started_and_ended", 1), message(sequence=2))

    assert calls_of(plan_calls(document)) == [[INSERT], [SAVE]]


def test_it_is_created_once() -> None:
    document = shown(message("instance_started_and_ended", 1))
    fold(document, message("instance_revoked", 2, tasks=[]))

    command = saved_instance(document)

    assert command.instance.status is SessionStatus.REVOKED
    answer(document)
    assert plan_calls(document).steps() == ()


# Deletions


def test_todos_are_deleted_before_their_instance() -> None:
    document = shown(message(sequence=1, tasks=["T1", "T2"]))
    fold(document, deletion(5, "T2", "T1"))

    plan = plan_calls(document)

    assert sorted(calls_of(plan)[0]) == [("delete_task", "T1"), ("delete_task", "T2")]
    assert calls_of(plan)[1] == [DELETE]


def test_a_todo_that_only_the_backup_knows_is_deleted_too() -> None:
    assert calls_of(plan_calls(instance_after(deletion(5, "T7")))) == [[("delete_task", "T7")], [DELETE]]


def test_an_insert_that_may_have_got_in_is_deleted() -> None:
    document = instance_after(message(sequence=1))
    answer(document, End.TRANSIENT)
    fold(document, deletion(5))

    assert calls_of(plan_calls(document)) == [[("delete_task", "T1")], [DELETE]]


def test_a_deletion_resumes_where_it_stopped() -> None:
    document = shown(message(sequence=1, tasks=["T1", "T2"]))
    fold(document, deletion(5, "T1", "T2"))
    answer(document, End.DONE, End.TRANSIENT)

    plan = plan_calls(document)

    assert calls_of(plan) == [[("delete_task", "T2")], [DELETE]]
    answer(document)
    assert plan_calls(document).steps() == ()
    assert {item.presence for item in document.items().values()} == {Presence.GONE}


def test_an_instance_stays_while_one_of_its_todos_cannot_be_deleted() -> None:
    document = shown(message(sequence=1, tasks=["T1", "T2"]))
    fold(document, deletion(5, "T1", "T2"))

    answer(document, End.PERMANENT, End.DONE, reason="no such permission")

    assert plan_calls(document).steps() == ()
    assert document.item.work is Work.FAILED
    assert "could not be deleted before its instance" in document.item.reason


def test_a_deleted_instance_is_never_saved_again() -> None:
    document = shown(message(sequence=1))
    fold(document, deletion(5, "T1"))
    answer(document)

    fold(document, message("task_completed", 7))
    fold(document, message("instance_started_and_ended", 8))

    assert plan_calls(document).steps() == ()
