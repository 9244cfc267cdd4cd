"""A batch of the ingest queue: route each event, send its messages, record what goes nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from event_router.route import Envelope, Routed, route
from taskbridge.ai.messages import TrackMessage
from taskbridge.errors import StoreError
from taskbridge.events import UNREADABLE
from taskbridge.messages import EventMessage
from taskbridge.tables.configuration import Configuration
from taskbridge.tables.events import UnroutedEvent


@dataclass(frozen=True, slots=True)
class Record:
    """An EventBridge event as the ingest queue delivers it; `received_at` is when it came into the queue."""

    message_id: str
    body: bytes
    received_at: str


class Outbox(Protocol):
    """The push queue."""

    def send(self, messages: Sequence[EventMessage]) -> set[int]:
        """Send messages; returns the positions of those that did not get in."""


class AiOutbox(Protocol):
    """The AI queue."""

    def send(self, messages: Sequence[TrackMessage]) -> set[int]:
        """As Outbox.send."""


class Unrouted(Protocol):
    """Where events stand that went nowhere; see EventTable."""

    def record(self, event: UnroutedEvent, body: bytes, spare_id: str) -> str:
        """Keep it."""


class Journal(Protocol):
    """Who hears what happened."""

    def routed(self, record: Record, decision: Routed | UnroutedEvent) -> None:
        """An event was sent on, or recorded."""

    def failed(self, record: Record, error: Exception) -> None:
        """An event stays in the queue."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside."""

    configuration: Callable[[], Configuration]
    outbox: Outbox
    ai_outbox: AiOutbox
    unrouted: Unrouted
    journal: Journal


_decoder = msgspec.json.Decoder(Envelope)


def route_batch(records: Iterable[Record], ports: Ports) -> list[str]:
    """Route each event. Returns the ids of the messages that stay in the queue.

    Raises StoreError where the configuration cannot be read: then all of them stay.
    """
    configuration = ports.configuration()
    failed: list[str] = []
    routed: list[tuple[Record, Routed]] = []
    for record in records:
        decision = _decide(record, configuration)
        if isinstance(decision, Routed):
            routed.append((record, decision))
        elif not _record(record, decision, ports):
            failed.append(record.message_id)
    return failed + _send(routed, ports)


def _decide(record: Record, configuration: Configuration) -> Routed | UnroutedEvent:
    try:
        envelope = _decoder.decode(record.body)
    except UNREADABLE as error:
        reason = f"not an EventBridge event: {error}"
        return UnroutedEvent(record.message_id, "rejected", reason, record.received_at)
    return route(envelope, record.received_at, configuration)


def _record(record: Record, event: UnroutedEvent, ports: Ports) -> bool:
    try:
        ports.unrouted.record(event, record.body, record.message_id)
    except StoreError as error:
        ports.journal.failed(record, error)
        return False
    ports.journal.routed(record, event)
    return True


def _send(routed: list[tuple[Record, Routed]], ports: Ports) -> list[str]:
    pushes = [(record, message) for record, decision in routed for message in decision.messages]
    tracked = [(record, decision.tracked) for record, decision in routed if decision.tracked]
    refused = ports.outbox.send([message for _, message in pushes]) if pushes else set()
    refused_by_ai = ports.ai_outbox.send([message for _, message in tracked]) if tracked else set()
    failed = {pushes[position][0].message_id for position in refused}
    failed |= {tracked[position][0].message_id for position in refused_by_ai}
    for record, decision in routed:
        if record.message_id in failed:
            ports.journal.failed(record, StoreError("SendMessageBatch: refused"))
        else:
            ports.journal.routed(record, decision)
    return sorted(failed)
