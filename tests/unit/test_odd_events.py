"""Odd events on their whole way: bus, router, push worker, task center. None is lost, none harms another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from event_router.batch import RouterPorts, route_batch
from event_router.route import IngestedEvent
from push_task.plan import NOBODY as PLAN_NOBODY
from taskbridge.ai.messages import AiMessage, AnalysisMessage, TrackMessage, encode_ai_message, parse_ai_message
from taskbridge.ai.queue import AiQueue
from taskbridge.ai.settings import AiSettings
from taskbridge.event_reading import parse_event
from taskbridge.push.logs import PushLog
from taskbridge.push.messages import EventMessage, deduplication_id, encode_message, parse_message
from taskbridge.tables.events import UnroutedEvent
from taskbridge.tidying import NOBODY, tidy
from tests.builders import PLATFORM, RECEIVED_AT, configuration, message_of
from tests.fakes import FakeEvents, FakeQueue, SilentRouterJournal
from tests.unit.push_task.worker import Worker

LIN = {"uid": "u-lin", "number": "20260001", "name": "林晓"}
NO_DATES = ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59Z"]


def person(number: str) -> dict[str, str]:
    return {"uid": f"u-{number}", "number": number}


def odd(event_id: str, sess_id: str, *assignees: dict[str, str], **changes: Any) -> dict[str, Any]:
    """A received task as a small sender writes it."""
    task = {"task_id": f"{sess_id}-T", "node_id": "tutor", "node_name": "导师", "status": "init"}
    session = {"sess_id": sess_id, "status": "running", "subject": "林晓的请假", "initiator": LIN}
    return {
        "version": "1",
        "id": event_id,
        "event": "action.task_received.t1",
        "sequence": 1,
        "occurred_at": "2026-11-22T09:00:00+08:00",
        "app": {"app_id": "leave", "name": "请假"},
        "session": session,
        "tasks": [{**task, "assignees": list(assignees) or [person("30001")]}],
        **changes,
    }


class Ways:
    """A router and a worker: what the bus brings goes through both, each in one batch."""

    def __init__(self) -> None:
        self.worker = Worker()
        self.recorded: list[UnroutedEvent] = []
        self.sent: list[EventMessage] = []
        self.tracked: list[TrackMessage] = []
        self.journal = SilentRouterJournal()

    def take(self, *details: dict[str, Any] | bytes) -> None:
        """Each event is on its way, or recorded; what was pushed is settled."""
        bodies = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in details]
        records = [
            IngestedEvent(f"m{number}", b'{"id": "bus-%d", "detail": %s}' % (number, body), RECEIVED_AT)
            for number, body in enumerate(bodies)
        ]
        self.sent.clear()
        outbox, ai_outbox = FakeQueue(self.send), Tracked(self.tracked)
        ports = RouterPorts(lambda: WITH_AI, outbox, ai_outbox, FakeEvents(self.record), self.journal)
        assert route_batch(records, ports) == []
        assert self.worker.push(*(parse_message(encode_message(each)) for each in self.sent)) == []

    def send(self, messages: Sequence[EventMessage]) -> set[int]:
        self.sent += messages
        return set()

    def record(self, event: UnroutedEvent, body: bytes, spare_id: str) -> str:
        self.recorded.append(event)
        return event.event_id

    def log(self, event_id: str) -> PushLog:
        (found,) = [each for each in self.worker.logs.items.values() if each.event_id == event_id]
        log: PushLog = found
        return log

    def processors(self, task_id: str) -> list[str]:
        return list(self.worker.center.tasks[task_id].processors)


class Tracked(AiQueue):
    def __init__(self, sent: list[TrackMessage]) -> None:
        self._sent = sent

    def send(self, messages: Sequence[AiMessage | AnalysisMessage]) -> set[int]:
        for each in messages:
            again = parse_ai_message(encode_ai_message(each))
            assert isinstance(again, TrackMessage)
            tidy(parse_event(bytes(again.detail)), again.received_at)
            self._sent.append(again)
        return set()


WITH_AI = configuration(ai=AiSettings(examine_enable=True))


@pytest.fixture
def ways() -> Ways:
    return Ways()


def test_a_task_that_is_named_twice_is_one_todo_for_the_people_of_both(ways: Ways) -> None:
    detail = odd("twice-1", "W-1")
    detail["tasks"].append({**detail["tasks"][0], "assignees": [person("30002")]})

    ways.take(detail)

    assert ways.worker.operations() == ["insert_task"]
    assert ways.processors("W-1-T") == ["30001", "30002"]
    assert ways.log("twice-1").status == "succeeded"
    assert ways.log("twice-1").notes[0].startswith("tasks[1]: names a task that another entry names")


def test_a_task_that_is_named_twice_with_two_statuses_is_rejected_with_its_place(ways: Ways) -> None:
    detail = odd("twice-2", "W-2")
    detail["tasks"].append({**detail["tasks"][0], "status": "completed"})

    ways.take(detail, odd("innocent", "W-3"))

    (rejected,) = ways.recorded
    assert (rejected.event_id, rejected.status) == ("twice-2", "rejected")
    assert rejected.reason.startswith("tasks[1].task_id: ")
    assert ways.log("innocent").status == "succeeded"


def test_half_a_character_is_read_and_found_under_its_own_id(ways: Ways) -> None:
    detail = odd("half-1", "H-1")
    detail["session"]["subject"] = "林晓的请假\ud83d"

    ways.take(detail)

    assert ways.log("half-1").status == "succeeded"
    assert ways.worker.document("H-1").item.value("subject") == "林晓的请假\ufffd"
    assert [msgspec.json.decode(each.detail)["id"] for each in ways.tracked] == ["half-1"]


def test_what_is_invalid_is_found_under_its_own_id_also_with_half_a_character(ways: Ways) -> None:
    detail = odd("half-2", "H-2", sequence=-1)
    detail["session"]["subject"] = "\ud83d"

    ways.take(detail)

    assert [(each.event_id, each.reason.split(":")[0]) for each in ways.recorded] == [("half-2", "sequence")]


def test_whole_numbers_with_a_point_are_read(ways: Ways) -> None:
    urgent = odd("point-2", "F-2")
    urgent["tasks"][0]["priority"] = 2.0

    ways.take(odd("point-1", "F-1", sequence=5.0), urgent)

    assert (ways.log("point-1").sequence, ways.log("point-2").status) == (5, "succeeded")
    assert ways.worker.document("F-2").tasks["F-2-T"].value("priority") == 2


def test_a_person_twice_two_uids_of_one_number_and_nobody_are_each_person_once(ways: Ways) -> None:
    ways.take(
        odd("person-1", "N-1", person("30001"), person("30002"), person("30001")),
        odd("person-2", "N-2", person("30001"), {"uid": "", "number": ""}),
        odd("person-3", "N-3", person("30001"), {"uid": "second-uid", "number": "30001"}),
    )

    assert ways.processors("N-1-T") == ["30001", "30002"]
    assert ways.processors("N-2-T") == ["30001"]
    assert ways.processors("N-3-T") == ["30001"]
    assert ways.log("person-1").notes == ["tasks[0].assignees[2]: named twice"]
    assert ways.log("person-2").notes == [f"tasks[0].assignees[1]: {NOBODY}"]


def test_all_of_them_nobody_is_a_todo_for_nobody(ways: Ways) -> None:
    ways.take(odd("person-4", "N-4", {"uid": "", "number": ""}, {"uid": ""}))

    assert ways.worker.operations() == []
    assert (ways.log("person-4").status, ways.log("person-4").entries["N-4-T"].reason) == ("failed", PLAN_NOBODY)


@pytest.mark.parametrize("together", [True, False])
def test_one_event_id_of_two_instances_is_pushed_for_both(ways: Ways, *, together: bool) -> None:
    first, second = odd("1001", "A-1"), odd("1001", "B-1", person("30002"))

    for batch in [[first, second]] if together else [[first], [second]]:
        ways.take(*batch)
    ways.take(first, second)

    assert ways.worker.operations() == ["insert_task", "insert_task"]
    assert sorted(log.sess_id for log in ways.worker.logs.items.values()) == ["A-1", "B-1"]
    assert len({deduplication_id(each) for each in ways.sent}) == 2


def test_a_leap_second_is_read(ways: Ways) -> None:
    ways.take(odd("leap-1", "L-1", occurred_at="2016-12-31T23:59:60Z"))

    assert ways.log("leap-1").occurred_at == "2016-12-31T23:59:59+00:00"
    assert ways.log("leap-1").status == "succeeded"


@pytest.mark.parametrize("no_date", NO_DATES)
def test_a_date_that_is_none_is_not_sent(ways: Ways, no_date: str) -> None:
    detail = odd("none-1", "D-1", occurred_at=no_date)
    detail["session"]["created_at"] = detail["tasks"][0]["created_at"] = no_date

    ways.take(detail, odd("innocent", "D-2"))

    assert ways.log("none-1").status == "succeeded"
    assert ways.log("none-1").occurred_at == "2026-11-22T01:30:05+00:00"
    assert '"createTime":"2026-11-22 09:30:05"' in ways.log("none-1").attempts[-1].request


@pytest.mark.parametrize("no_date", NO_DATES)
def test_a_document_of_before_that_holds_such_a_date_is_pushed_without(ways: Ways, no_date: str) -> None:
    ways.worker.fail("http_503")
    ways.worker.push(message_of(odd("before", "D-3")))
    (stored,) = ways.worker.instances.load([(PLATFORM, "D-3")]).values()
    for item in stored.instance.items().values():
        item.facts["created_at"] = (1, no_date)
    ways.worker.instances.save([stored])

    ways.take(odd("after", "D-3", sequence=2))

    assert ways.log("after").status == "succeeded"
    assert '"createTime":"2026-11-22 09:00:00"' in ways.log("after").attempts[-1].request


def test_what_cannot_be_worked_on_stays_alone(ways: Ways) -> None:
    ways.take(odd("before", "X-1"))
    (stored,) = ways.worker.instances.load([(PLATFORM, "X-1")]).values()
    stored.instance.tasks["X-1-T"].facts["assignees"] = (99, [7])  # that no code ever wrote
    ways.worker.instances.save([stored])
    details = [odd("broken", "X-1", sequence=2), odd("innocent", "X-2")]
    messages = [message_of(each) for each in details]

    assert ways.worker.push(*messages) == ["m0"]

    assert ways.log("innocent").status == "succeeded"
    (heard,) = [args for name, (args, _) in ways.worker.journal.heard if name == "failed"]
    assert heard[0] == (PLATFORM, "X-1")
