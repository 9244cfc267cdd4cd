"""A batch of the ingest queue: every event goes on, is recorded, or stays in the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from event_router.batch import RouterPorts, route_batch
from event_router.route import IngestedEvent, route
from taskbridge.ai.messages import AiMessage, AnalysisMessage
from taskbridge.ai.queue import AiQueue
from taskbridge.ai.settings import AiSettings
from taskbridge.errors import StoreError
from taskbridge.push.messages import EventMessage
from taskbridge.tables.configuration import Configuration
from taskbridge.tables.events import UnroutedEvent
from tests.builders import RECEIVED_AT, configuration, event, message_of, on_bus, platform
from tests.fakes import FakeEvents, FakeQueue, SilentRouterJournal

INVALID = event(sequence=-1, id="bad")
SKIPPED = event("coffee_made", id="skipped")


class AiQueueFake(AiQueue):
    """The AI queue; `is_closed`: it takes nothing."""

    def __init__(self) -> None:
        self.sent: list[AiMessage | AnalysisMessage] = []
        self.is_closed = False

    def send(self, messages: Sequence[AiMessage | AnalysisMessage]) -> set[int]:
        self.sent += messages
        return set(range(len(messages))) if self.is_closed else set()


@dataclass
class Outside:
    """Everything outside of the router; `refused` are event ids that the queue does not take."""

    config: Configuration = field(default_factory=configuration)
    refused: set[str] = field(default_factory=set)
    is_full: bool = False
    sent: list[list[EventMessage]] = field(default_factory=list)
    ai_queue: AiQueueFake = field(default_factory=AiQueueFake)
    recorded: list[tuple[UnroutedEvent, bytes, str]] = field(default_factory=list)
    journal: SilentRouterJournal = field(default_factory=SilentRouterJournal)

    def send(self, messages: Sequence[EventMessage]) -> set[int]:
        self.sent.append(list(messages))
        return {position for position, each in enumerate(messages) if each.event_id in self.refused}

    def record(self, unrouted: UnroutedEvent, body: bytes, spare_id: str) -> str:
        if self.is_full:
            raise StoreError("PutItem: throttled")
        self.recorded.append((unrouted, body, spare_id))
        return unrouted.event_id

    def route(self, *details: Any) -> list[str]:
        bodies = [each if isinstance(each, bytes) else on_bus(each, f"bus-{n}") for n, each in enumerate(details)]
        records = [IngestedEvent(f"m{number}", body, RECEIVED_AT) for number, body in enumerate(bodies)]
        return route_batch(
            records,
            RouterPorts(
                lambda: self.config, FakeQueue(self.send), self.ai_queue, FakeEvents(self.record), self.journal
            ),
        )


@pytest.fixture
def outside() -> Outside:
    return Outside()


def test_a_whole_batch_is_one_request_to_the_queue_with_a_message_for_each_event_and_platform() -> None:
    outside = Outside(configuration([platform("jz"), platform("jz-2")]))
    details = [event(sequence=number) for number in range(10)]

    assert outside.route(*details) == []

    expected = [message_of(detail, platform_id) for detail in details for platform_id in ("jz", "jz-2")]
    assert outside.sent == [expected]


def test_what_goes_nowhere_is_recorded_with_the_whole_event_and_sent_nowhere(outside: Outside) -> None:
    assert outside.route(SKIPPED, INVALID) == []

    assert outside.sent == []
    (skipped, _, _), (rejected, body, spare_id) = outside.recorded
    assert (skipped.event_id, skipped.status) == ("skipped", "skipped")
    assert (rejected.event_id, rejected.status) == ("bad", "rejected")
    assert (body, spare_id) == (on_bus(INVALID, "bus-1"), "m1")


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'{"detail": {}}', b'{"id": 7}', b"[" * 20_000])
def test_what_the_bus_cannot_have_sent_is_rejected_under_the_id_of_its_message(outside: Outside, body: bytes) -> None:
    assert outside.route(body) == []

    ((rejected, kept, _),) = outside.recorded
    assert (rejected.event_id, rejected.status, kept) == ("m0", "rejected", body)
    assert "not an EventBridge event" in rejected.reason


def test_one_event_that_cannot_be_read_does_not_hold_up_the_others(outside: Outside) -> None:
    deep = on_bus(event())[:-2] + b', "more": ' + b"[" * 20_000 + b"]" * 20_000 + b"}}"

    assert outside.route(INVALID, event(), deep, SKIPPED) == []

    assert [message.event_id for message in outside.sent[0]] == ["S1-e1"]
    assert [unrouted.status for unrouted, _, _ in outside.recorded] == ["rejected", "rejected", "skipped"]


@pytest.mark.parametrize("inner", [b'"[" ', b'{"a": "}]\\\\", "b": [1, {}]}'])
def test_what_is_nested_too_deep_is_found_under_its_own_id_and_says_so(outside: Outside, inner: bytes) -> None:
    deep = on_bus(event())[:-2] + b', "more": ' + b"[" * 20_000 + inner + b"]" * 20_000 + b', "after": {}}}'

    assert outside.route(deep) == []

    ((rejected, kept, _),) = outside.recorded
    assert (rejected.event_id, rejected.status, kept) == ("S1-e1", "rejected", deep)
    assert rejected.reason == "its JSON is nested too deep to be read"


def test_only_the_events_whose_message_did_not_get_in_stay(outside: Outside) -> None:
    outside.refused = {"S1-e2"}

    assert outside.route(event(sequence=1), event(sequence=2), event(sequence=3)) == ["m1"]


def test_an_event_stays_when_one_of_its_messages_did_not_get_in() -> None:
    outside = Outside(configuration([platform("jz"), platform("jz-2")]))

    def refuse_the_second_platform(messages: Sequence[EventMessage]) -> set[int]:
        return {position for position, each in enumerate(messages) if each.platform_id == "jz-2"}

    outside.send = refuse_the_second_platform  # type: ignore[method-assign]

    assert outside.route(event()) == ["m0"]


def test_an_event_that_cannot_be_recorded_stays_and_the_others_go_on(outside: Outside) -> None:
    outside.is_full = True

    assert outside.route(INVALID, event(), SKIPPED) == ["m0", "m2"]

    assert [message.event_id for message in outside.sent[0]] == ["S1-e1"]


def test_an_empty_batch_asks_nothing_of_the_queue(outside: Outside) -> None:
    assert outside.route() == []

    assert outside.sent == []


def test_without_a_configuration_everything_stays(outside: Outside) -> None:
    def unreadable() -> Configuration:
        raise StoreError("GetItem: throttled")

    with pytest.raises(StoreError):
        route_batch(
            [IngestedEvent("m0", on_bus(event()), RECEIVED_AT)],
            RouterPorts(
                unreadable, FakeQueue(outside.send), outside.ai_queue, FakeEvents(outside.record), outside.journal
            ),
        )

    assert (outside.sent, outside.recorded) == ([], [])


def test_every_event_is_told_to_the_journal_once(outside: Outside) -> None:
    outside.refused = {"S1-e2"}

    outside.route(event(sequence=1), event(sequence=2), INVALID, SKIPPED)

    assert sorted(name for name, _ in outside.journal.heard) == ["failed", "routed", "routed", "routed"]


def test_no_form_is_sent_on(outside: Outside) -> None:
    field = {"key": "reason", "label": "事由", "type": "text", "value": "机密-7391"}
    detail = event()
    detail["tasks"][0]["form"] = {"fields": [field]}

    outside.route(detail)

    assert "7391" not in repr(outside.sent)


def test_events_of_ai_approval_go_into_its_queue_in_one_request() -> None:
    outside = Outside(configuration([platform("jz")], ai=AiSettings()))

    assert outside.route(event(sequence=1), event("node_published", 2, node={"node_id": "n"})) == []

    assert len(outside.ai_queue.sent) == 2
    assert [len(messages) for messages in outside.sent] == [1], "a published node is nothing for a task center"


def test_an_event_that_the_ai_queue_does_not_take_stays() -> None:
    outside = Outside(configuration([platform("jz")], ai=AiSettings()))
    outside.ai_queue.is_closed = True

    assert outside.route(event(), SKIPPED) == ["m0"]


def test_what_no_code_foresaw_stays_alone_in_the_queue(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(envelope: Any, *rest: Any) -> Any:
        if b'"boom"' in bytes(envelope.detail):
            raise ZeroDivisionError
        return route(envelope, *rest)

    monkeypatch.setattr("event_router.batch.route", broken)

    assert outside.route(event(sess_id="S1"), event(sess_id="S2", id="boom"), event(sess_id="S3")) == ["m1"]

    assert [message.sess_id for batch in outside.sent for message in batch] == ["S1", "S3"]
    assert [name for name, _ in outside.journal.heard].count("failed") == 1


def test_a_message_that_cannot_be_sent_at_all_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    outside = Outside()
    send = outside.send

    def broken(messages: Sequence[EventMessage]) -> set[int]:
        if any(message.sess_id == "S2" for message in messages):
            raise OverflowError
        return send(messages)

    monkeypatch.setattr(outside, "send", broken)

    assert outside.route(*(event(sess_id=f"S{number}") for number in range(1, 4))) == ["m1"]

    assert [message.sess_id for batch in outside.sent for message in batch] == ["S1", "S3"]


def test_what_cannot_be_recorded_for_a_fault_of_our_own_stays_alone(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(outside, "record", broken)

    assert outside.route(INVALID, event()) == ["m0"]

    assert len(outside.sent) == 1
