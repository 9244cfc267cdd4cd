"""Every event can be accounted for: its log says what became of each of its tasks, and why."""

from __future__ import annotations

from typing import Any

import pytest

from push_task.logs import INSTANCE_DELETED, NOTHING_NEW, events_to_load, write_logs
from push_task.plan import NOBODY
from push_task.settle import End, mark_attempt, settle
from push_task.turn import begin_turn, dispose
from taskbridge.attempts import Attempt
from taskbridge.push.event_order import RECENT_EVENTS
from taskbridge.push.instances import INSTANCE, Instance
from taskbridge.push.logs import PushLog
from taskbridge.push.messages import Message
from taskbridge.tables.instances import StoredInstance
from tests.builders import HAPPENED_AT, RECEIVED_AT, START, bare_task, deletion, message, sync
from tests.unit.push_task.acting import Jitter, received, results_of

MINUTE = 60.0


class Book:
    """One instance and its logs, turn by turn, a minute apart. `loaded` is what the last turn had to read."""

    def __init__(self) -> None:
        self.stored = StoredInstance(Instance("jz", "S1"))
        self.logs: dict[str, PushLog] = {}
        self.now = START
        self.loaded: set[str] = set()

    def turn(self, *messages: Message, ends: tuple[End, ...] = (End.DONE,), **more: Any) -> Book:
        turn = begin_turn(self.stored, received(*messages))
        self.loaded = events_to_load(turn.story, turn.unsettled_events())
        mark_attempt(turn.instance, turn.plan.steps(), self.now)
        attempt = Attempt(self.now, "insert_task", "T1", "POST", "/task")
        tried = {"attempts": (attempt,)} if End.NOT_SENT not in ends else {}
        results = results_of(turn.plan, *ends, **{**tried, **more})
        settle(turn.instance, results, turn.story.overtaken, self.now)
        dispose(turn, results, self.now, Jitter())
        known = {event_id: self.logs[event_id] for event_id in self.loaded if event_id in self.logs}
        self.logs |= {log.event_id: log for log in write_logs(turn.instance, turn.story, results, known, self.now)}
        self.now += MINUTE
        return self

    def told(self, event_id: str, key: str = "T1") -> tuple[str, str, int]:
        """Status, reason and attempts of an entry."""
        entry = self.logs[event_id].entries[key]
        return entry.status.value, entry.reason, entry.attempts


@pytest.fixture
def book() -> Book:
    return Book()


# One event


def test_a_log_says_what_the_event_was(book: Book) -> None:
    log = book.turn(message("task_completed", 3)).logs["S1-e3"]

    assert (log.platform_id, log.sess_id, log.action, log.sequence) == ("jz", "S1", "task_completed", 3)
    assert (log.app_id, log.occurred_at, log.received_at) == ("leave", HAPPENED_AT, RECEIVED_AT)
    assert log.updated_at == "2026-11-18T11:06:40.000+00:00"


def test_a_success_is_told_with_its_attempt_and_its_time(book: Book) -> None:
    log = book.turn(message()).logs["S1-e1"]

    entry = log.entries["T1"]
    assert (log.status, entry.operation, entry.attempts, entry.errcode) == ("succeeded", "insert_task", 1, "")
    assert entry.settled_at == log.updated_at
    assert (entry.failed_at, len(log.attempts)) == ("", 1)


def test_a_failure_for_good_is_told_with_its_cause(book: Book) -> None:
    book.turn(message(), ends=(End.PERMANENT,), reason="sceneCode unknown", errcode="40002")

    entry = book.logs["S1-e1"].entries["T1"]
    assert (entry.status, entry.reason, entry.errcode) == ("failed", "sceneCode unknown", "40002")
    assert entry.failed_at == entry.settled_at != ""


def test_a_failure_that_may_pass_is_retrying_and_says_when_it_failed_last(book: Book) -> None:
    book.turn(message(), ends=(End.TRANSIENT,), reason="HTTP 503")
    first = book.logs["S1-e1"].entries["T1"].failed_at
    book.turn(message(), ends=(End.TRANSIENT,), reason="HTTP 502")

    entry = book.logs["S1-e1"].entries["T1"]
    assert (entry.status, entry.reason, entry.attempts) == ("retrying", "HTTP 502", 2)
    assert entry.failed_at > first
    assert entry.settled_at == ""


def test_a_retry_that_succeeds_keeps_its_attempts_and_forgets_its_cause(book: Book) -> None:
    book.turn(message(), ends=(End.TRANSIENT,), reason="HTTP 503", errcode="50000")
    book.turn(message())

    log = book.logs["S1-e1"]
    entry = log.entries["T1"]
    assert (entry.status, entry.reason, entry.errcode, entry.attempts) == ("succeeded", "", "", 2)
    assert len(log.attempts) == 2


def test_waiting_is_told_and_is_no_attempt(book: Book) -> None:
    book.turn(message(), ends=(End.NOT_SENT,), reason="waiting: breaker open")

    assert book.told("S1-e1") == ("retrying", "waiting: breaker open", 0)
    assert book.logs["S1-e1"].attempts == []


def test_each_task_of_an_event_has_an_entry_and_the_log_is_as_bad_as_the_worst(book: Book) -> None:
    book.turn(message(tasks=["T1", "T2"]), ends=(End.DONE, End.PERMANENT), reason="no")

    assert book.logs["S1-e1"].status == "failed"
    assert book.told("S1-e1", "T1")[0] == "succeeded"
    assert book.told("S1-e1", "T2") == ("failed", "no", 1)


def test_a_todo_for_nobody_has_failed_and_says_so_without_a_call(book: Book) -> None:
    book.turn(message(tasks=[bare_task()]))

    assert book.told("S1-e1") == ("failed", NOBODY, 0)


def test_a_deletion_is_told_for_each_todo_and_the_instance(book: Book) -> None:
    book.turn(message(tasks=["T1", "T2"])).turn(deletion(5, "T1", "T2"))

    log = book.logs["S1-e5"]
    assert log.status == "succeeded"
    assert {key: entry.operation for key, entry in log.entries.items()} == {
        "T1": "delete_task",
        "T2": "delete_task",
        INSTANCE: "delete_instance",
    }


# Superseded and skipped


def test_older_events_of_a_batch_are_superseded_by_the_newest(book: Book) -> None:
    book.turn(*(message("approver_changed", number) for number in (2, 4, 1, 3)))

    assert book.told("S1-e4")[0] == "succeeded"
    for number in (1, 2, 3):
        assert book.told(f"S1-e{number}") == ("superseded", "event S1-e4 is newer", 0)


def test_an_event_that_comes_late_is_superseded(book: Book) -> None:
    book.turn(message("task_completed", 5)).turn(message(sequence=3))

    assert book.told("S1-e3") == ("superseded", "event S1-e5 is newer", 0)


def test_an_event_that_was_retrying_is_superseded_with_the_attempts_it_had(book: Book) -> None:
    book.turn(message(), ends=(End.TRANSIENT,)).turn(message("task_completed", 2))

    assert book.told("S1-e1") == ("superseded", "event S1-e2 is newer", 1)
    assert book.told("S1-e2")[0] == "succeeded"
    assert len(book.logs["S1-e1"].attempts) == 1


def test_an_event_that_had_failed_is_superseded_by_a_newer_one(book: Book) -> None:
    book.turn(message(), ends=(End.PERMANENT,)).turn(message("task_completed", 2))

    assert book.told("S1-e1")[0] == "superseded"


def test_an_event_that_had_succeeded_stays_a_success(book: Book) -> None:
    book.turn(message()).turn(message("task_completed", 2))

    assert book.told("S1-e1")[0] == "succeeded"
    assert "S1-e1" not in book.loaded


def test_the_same_event_again_leaves_its_log_as_it_is(book: Book) -> None:
    book.turn(message())
    before = dict(book.logs["S1-e1"].entries)

    book.turn(message())

    assert book.loaded == {"S1-e1"}
    assert book.logs["S1-e1"].entries == before
    assert len(book.logs["S1-e1"].attempts) == 1


@pytest.mark.parametrize("end", [End.TRANSIENT, End.PERMANENT])
def test_a_superseded_event_again_stays_superseded(book: Book, end: End) -> None:
    book.turn(message(), ends=(end,)).turn(message("task_completed", 2)).turn(message())

    assert book.told("S1-e1") == ("superseded", "event S1-e2 is newer", 1)


def test_a_status_that_is_known_already_is_skipped_with_the_reason(book: Book) -> None:
    book.turn(message()).turn(message("task_completed", 2, tasks=[]))

    assert book.told("S1-e2", INSTANCE) == ("skipped", NOTHING_NEW, 0)


def test_an_event_after_a_deletion_is_superseded_by_it(book: Book) -> None:
    book.turn(deletion(5, "T1")).turn(message(sequence=9, tasks=["T1", "T2"]))

    for task_id in ("T1", "T2"):
        assert book.told("S1-e9", task_id) == ("superseded", INSTANCE_DELETED, 0)


def test_an_event_whose_todo_was_never_sent_is_superseded_by_the_deletion(book: Book) -> None:
    book.turn(message(), deletion(5))

    assert book.told("S1-e1") == ("superseded", INSTANCE_DELETED, 0)


def test_an_event_that_waited_when_the_instance_was_deleted_is_superseded_by_the_deletion(book: Book) -> None:
    book.turn(message(), ends=(End.NOT_SENT,)).turn(deletion(5))

    assert book.told("S1-e1") == ("superseded", INSTANCE_DELETED, 0)


@pytest.mark.parametrize(
    ("ends", "status", "attempts"),
    [((End.DONE,), "succeeded", 1), ((End.TRANSIENT,), "superseded", 1), ((End.NOT_SENT,), "superseded", 0)],
)
def test_an_event_that_comes_again_after_a_deletion_keeps_what_was_told(
    book: Book, ends: tuple[End, ...], status: str, attempts: int
) -> None:
    book.turn(message(), ends=ends).turn(deletion(5))
    before = book.told("S1-e1")

    book.turn(message()).turn(message())

    assert book.told("S1-e1") == before
    assert (before[0], before[2]) == (status, attempts)


def test_a_status_that_went_along_with_a_task_is_a_success_of_its_event(book: Book) -> None:
    book.turn(message(), message("instance_completed", 2, tasks=[]))

    assert book.told("S1-e2", INSTANCE)[0] == "succeeded"


# What later turns say of earlier events


def test_a_look_again_carries_the_log_of_the_event_on(book: Book) -> None:
    book.turn(message(), ends=(End.TRANSIENT,)).turn(sync())

    assert book.loaded == {"S1-e1"}
    assert book.told("S1-e1") == ("succeeded", "", 2)


def test_a_replay_turns_a_failure_into_a_success(book: Book) -> None:
    book.turn(message(), ends=(End.PERMANENT,), reason="no", errcode="40001").turn(sync(replay=True))

    assert book.told("S1-e1") == ("succeeded", "", 2)
    assert book.logs["S1-e1"].entries["T1"].errcode == ""


def test_a_late_event_that_fills_something_in_is_superseded_and_the_newer_one_is_sent_again(book: Book) -> None:
    book.turn(message("task_completed", 5, tasks=[bare_task(status="completed")]))
    assert book.told("S1-e5")[0] == "failed"  # nobody to show it to

    book.turn(message(sequence=3))

    assert book.told("S1-e5")[0] == "succeeded"
    assert book.told("S1-e3")[0] == "superseded"


def test_a_log_that_has_outlived_its_retention_is_begun_anew(book: Book) -> None:
    book.turn(message(), ends=(End.TRANSIENT,))
    book.logs.clear()

    log = book.turn(sync()).logs["S1-e1"]

    assert (log.status, log.sess_id, log.platform_id, log.app_id) == ("succeeded", "S1", "jz", "leave")


# What has to be read


def test_an_event_that_comes_again_after_more_events_than_a_document_remembers_keeps_its_log(book: Book) -> None:
    book.turn(message())
    for sequence in range(2, RECENT_EVENTS + 5):
        book.turn(message("approver_changed", sequence))

    book.turn(message())

    assert "S1-e1" not in book.stored.instance.events[:-1]
    assert book.told("S1-e1") == ("succeeded", "", 1)


def test_the_log_of_a_new_event_is_not_read(book: Book) -> None:
    assert book.turn(message(), message("task_completed", 2)).loaded == set()


def test_the_logs_of_events_that_were_not_settled_are_read_when_they_are_overtaken(book: Book) -> None:
    book.turn(message(), ends=(End.TRANSIENT,)).turn(message("task_completed", 2))

    assert book.loaded == {"S1-e1"}
