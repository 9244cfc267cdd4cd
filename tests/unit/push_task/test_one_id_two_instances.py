"""Two senders count alike: one event id for two instances. Both are pushed once, both are on record, and it is told."""

from __future__ import annotations

import pytest

from taskbridge.push.logs import PushLog
from taskbridge.push.messages import EventMessage
from tests.builders import event, message, message_of, sync
from tests.unit.push_task.worker import Worker


@pytest.fixture
def worker() -> Worker:
    return Worker()


def of(sess_id: str, action: str = "task_received", sequence: int = 1) -> EventMessage:
    return message_of(event(action, sequence, sess_id=sess_id, tasks=[f"{sess_id}-T"], id="1001"))


def logs(worker: Worker, event_id: str = "1001") -> dict[str, PushLog]:
    """By session."""
    return {log.sess_id: log for log in worker.logs.items.values() if log.event_id == event_id}


def clashes(worker: Worker) -> list[str]:
    return [heard[0].sess_id for name, (heard, _) in worker.journal.heard if name == "clashed"]


@pytest.mark.parametrize("together", [True, False])
def test_both_are_pushed_once_and_each_has_its_own_log_that_names_the_other(worker: Worker, *, together: bool) -> None:
    batches = [[of("A-1"), of("B-1")]] if together else [[of("A-1")], [of("B-1")]]

    for batch in batches:
        assert worker.push(*batch) == []

    assert worker.operations() == ["insert_task", "insert_task"]
    found = logs(worker)
    assert {sess_id: log.status for sess_id, log in found.items()} == {"A-1": "succeeded", "B-1": "succeeded"}
    assert {sess_id: log.shared_with for sess_id, log in found.items()} == {"A-1": ["B-1"], "B-1": ["A-1"]}
    assert clashes(worker) == ["B-1"]


def test_the_innocent_of_the_batch_are_settled_with_them(worker: Worker) -> None:
    innocent = [message(sess_id=f"S{number}", tasks=[f"T{number}"]) for number in range(8)]

    assert worker.push(of("A-1"), *innocent, of("B-1")) == []
    assert worker.push(of("A-1"), *innocent, of("B-1")) == []

    assert worker.operations() == ["insert_task"] * 10
    assert len(worker.logs.items) == 10


def test_each_log_is_carried_on_by_what_becomes_of_its_own_instance(worker: Worker) -> None:
    worker.push(of("A-1"))
    worker.fail("http_503")
    worker.push(of("B-1"))
    assert logs(worker)["B-1"].status == "retrying"

    worker.push(of("B-1"))

    found = logs(worker)
    assert {sess_id: log.status for sess_id, log in found.items()} == {"A-1": "succeeded", "B-1": "succeeded"}
    assert found["B-1"].entries["B-1-T"].attempts == 2
    assert found["A-1"].entries["A-1-T"].attempts == 1
    assert clashes(worker) == ["B-1"]


def test_a_replay_and_a_newer_event_tell_the_right_log(worker: Worker) -> None:
    worker.fail("errcode:40035", "errcode:40035")
    worker.push(of("A-1"), of("B-1"))

    worker.push(sync("B-1", replay=True))

    assert {sess_id: log.status for sess_id, log in logs(worker).items()} == {"A-1": "failed", "B-1": "succeeded"}


def test_the_same_event_of_the_same_instance_stays_a_duplicate(worker: Worker) -> None:
    worker.push(of("A-1"))
    worker.push(of("A-1"))

    assert worker.operations() == ["insert_task"]
    assert clashes(worker) == []
