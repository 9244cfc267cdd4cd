"""What the release before stored is read by this one; what it does not know harms nothing else, nor is it lost."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from push_task.batch import PushPorts, push_batch
from push_task.plan import plan_calls
from reconciler.asides import send_on
from taskbridge.errors import UnreadableDocument
from taskbridge.push.instances import SEATS_IN_PLACE, decode_instance, encode_instance
from taskbridge.push.logs import LogStatus
from taskbridge.push.messages import encode_message, parse_message
from taskbridge.queues import Record
from taskbridge.tables.instances import InstanceTable
from taskbridge.tables.push_log_pages import _read
from taskbridge.tables.push_logs import PushLogTable
from tests.builders import PLATFORM, START, event, instance_after, message, message_of, sync, task, user
from tests.fakes import FakeQueue
from tests.unit.push_task.worker import Worker

STORED = json.loads((Path(__file__).parent / "stored_by_0_1_0.json").read_text(encoding="utf-8"))


def items(kind: str) -> list[dict[str, Any]]:
    def value(attribute: dict[str, str]) -> dict[str, Any]:
        return {"B": base64.b64decode(attribute["B"])} if "B" in attribute else attribute

    return [{name: value(attribute) for name, attribute in item.items()} for item in STORED[kind]]


class Given:
    """A client whose tables hold these items."""

    def __init__(self, found: list[dict[str, Any]]) -> None:
        self.found = found

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        (table,) = RequestItems
        return {"Responses": {table: self.found}}


def changed(document: bytes, **changes: Any) -> bytes:
    values = json.loads(zlib.decompress(document))
    return zlib.compress(json.dumps({**values, **changes}).encode())


# The release before


def test_every_document_of_the_release_before_is_read_and_written_as_it_was() -> None:
    keys = [tuple(item["instance"]["S"].split("#", 1)) for item in items("instances")]
    stored = InstanceTable(Given(items("instances")), "t").load(keys)  # type: ignore[arg-type]

    assert len(stored) == 5
    for item, entry in zip(items("instances"), stored.values(), strict=True):
        assert not entry.unreadable
        assert zlib.decompress(encode_instance(entry.instance)) == zlib.decompress(item["document"]["B"])
        plan_calls(entry.instance)


def test_a_document_of_the_release_before_says_what_it_said() -> None:
    documents = [decode_instance(item["document"]["B"]) for item in items("instances")]
    waiting = next(each for each in documents if each.sess_id == "waiting")

    assert (waiting.tasks["T1"].work, waiting.tasks["T1"].presence, waiting.has_work) == ("pending", "unknown", True)
    assert [each.sess_id for each in documents if each.is_deleted] == ["gone"]
    assert [each.sess_id for each in documents if each.is_over] == ["gone"]


def test_every_log_and_page_of_the_release_before_is_read() -> None:
    logs = PushLogTable(Given(items("push_logs")), "t", 1.0).load([("e1", PLATFORM)])  # type: ignore[arg-type]
    pages = [_read(item) for item in items("push_log_pages")]

    assert [log.unreadable for log in logs.values()] == [""] * 8
    assert {log.status for log in logs.values()} == {
        LogStatus.SUCCEEDED, LogStatus.FAILED, LogStatus.RETRYING, LogStatus.SUPERSEDED
    }  # fmt: skip
    assert {event_id for page in pages for event_id in page.events} == {log.event_id for log in logs.values()}


def test_every_message_that_the_release_before_left_in_the_queue_is_read() -> None:
    assert [encode_message(parse_message(body)) for body in STORED["messages"]] == STORED["messages"]


def test_an_ordinary_document_carries_no_schema_and_one_whose_people_stand_apart_does() -> None:
    assert b"schema" not in zlib.decompress(encode_instance(instance_after(message())))
    people = [user(f"u{number}") for number in range(SEATS_IN_PLACE // 2 + 1)]
    large = instance_after(message_of(event(tasks=[task(each, assignees=people) for each in ("T1", "T2")])))

    data = encode_instance(large)

    assert json.loads(zlib.decompress(data))["schema"] == 2
    assert decode_instance(data) == large
    first, second = decode_instance(data).tasks.values()
    assert first.value("assignees")[0] is second.value("assignees")[0]


# What this release does not know


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: changed(data, schema=3),
        lambda data: changed(data, schema="new"),
        lambda data: changed(data, tasks={"T1": {"work": "paused"}}),
        lambda data: changed(data, tasks={"T1": {"facts": {"status": [1, "withdrawn"]}}}),
        lambda data: changed(data, item={"facts": {"status": [1, "archived"]}}),
        lambda data: changed(data, schema=2, people=[], tasks={"T1": {"facts": {"assignees": [1, [7]]}}}),
        lambda data: data[:-7],
        lambda data: b"",
        lambda data: zlib.compress(b"\xff\xfe"),
        lambda data: zlib.compress(b"[]"),
    ],
)
def test_a_document_that_is_not_known_here_is_told_from_one_that_is(damage: Any) -> None:
    with pytest.raises(UnreadableDocument):
        decode_instance(damage(encode_instance(instance_after(message()))))


def spoil(worker: Worker, sess_id: str) -> bytes:
    """The document of an instance is one of a later release."""
    version, data = worker.instances.items[f"{PLATFORM}#{sess_id}"]
    worker.instances.items[f"{PLATFORM}#{sess_id}"] = (version, changed(data, schema=3))
    return bytes(data)


def test_messages_of_a_document_that_is_not_known_wait_aside_and_their_batch_mates_go_on() -> None:
    worker = Worker()
    worker.push(message(sess_id="S1"))
    spoil(worker, "S1")
    unknown = worker.instances.items[f"{PLATFORM}#S1"]

    kept = worker.push(message("task_completed", 2, sess_id="S1"), message(sess_id="S2", tasks=("T2",)), sync("S1"))

    assert kept == []  # no receive is burnt
    assert [parse_message(each.body) for each in worker.instances.asides.values()] == [
        message("task_completed", 2, sess_id="S1")
    ]
    assert worker.instances.items[f"{PLATFORM}#S1"] == unknown
    assert worker.told("S2-e1", "T2")[0] == "succeeded"
    status, reason, attempts = worker.told("S1-e2")
    assert (status, attempts) == ("retrying", 0)
    assert reason == "waiting: what is known of the instance cannot be read: schema 3 is not known to this release"
    assert [name for name, _ in worker.journal.heard if name == "set_aside"] == ["set_aside"]


def test_what_waited_aside_goes_on_when_its_document_can_be_read_again() -> None:
    worker = Worker()
    worker.push(message(sess_id="S1"))
    data = spoil(worker, "S1")
    worker.push(message("task_completed", 2, sess_id="S1"))
    sent: list[Any] = []

    def send(messages: Sequence[Any]) -> set[int]:
        sent.extend(messages)
        return set()

    queue = FakeQueue(send)
    worker.now += 600
    assert send_on(PLATFORM, worker.instances, queue, worker.now) == 1
    worker.instances.items[f"{PLATFORM}#S1"] = (1, data)
    assert send_on(PLATFORM, worker.instances, queue, START) == 1  # the queue would take it for a repetition
    assert send_on(PLATFORM, worker.instances, queue, worker.now) == 0

    assert worker.instances.asides == {}
    worker.push(*sent)
    assert worker.told("S1-e2")[0] == "succeeded"
    assert worker.document().tasks["T1"].value("status") == "completed"


def test_a_log_that_is_not_known_here_says_so_and_is_not_written_over() -> None:
    (item,) = [each for each in items("push_logs") if each["event_id"]["S"] == "e4"]
    item["detail"] = {"B": b"\x07" + item["detail"]["B"][1:]}
    table = PushLogTable(Given([item]), "t", 1.0)  # type: ignore[arg-type]

    (log,) = table.load([("e4", PLATFORM)]).values()

    assert (log.event_id, log.status) == ("e4", LogStatus.RETRYING)
    assert log.entries[""].reason.startswith("this log cannot be read: KeyError")
    table.put([log])  # the client would fail


# What is older than what is remembered


def mortal(worker: Worker) -> PushPorts:
    """The ports of a worker that remembers what has ended for a day."""
    return replace(worker.ports(), retention_s=86_400.0)


def test_an_event_older_than_what_is_remembered_brings_nothing_back_however_long_it_waited() -> None:
    worker = Worker()
    old = message("task_received", 1, sess_id="forgotten")
    worker.now += 30 * 86_400.0

    kept = push_batch([Record("m", "r", encode_message(old))], mortal(worker), worker.now + 30)

    assert kept == []
    assert worker.operations() == []
    status, reason, _ = worker.told("forgotten-e1")
    assert (status, reason) == (
        "skipped",
        "happened on 2026-11-22: nothing is remembered of an instance for longer than 1 days after its end",
    )


def test_an_old_event_of_an_instance_that_is_remembered_is_taken_in() -> None:
    worker = Worker()
    worker.push(message("task_completed", 2))
    worker.now += 30 * 86_400.0

    push_batch([Record("m", "r", encode_message(message("task_received", 1)))], mortal(worker), worker.now + 30)

    assert worker.told("S1-e1")[0] == "superseded"


def test_a_document_to_which_a_later_release_added_something_under_the_same_schema_is_read() -> None:
    data = changed(encode_instance(instance_after(message())), colour="red")

    assert decode_instance(data) == instance_after(message())
