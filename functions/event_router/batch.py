"""A batch of the ingest queue: route each event, send its messages, record what goes nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from event_router.journal import RouterJournal
from event_router.route import Envelope, IngestedEvent, Routed, reject, route
from taskbridge.ai.queue import AiQueue
from taskbridge.errors import StoreError
from taskbridge.event_reading import UNREADABLE
from taskbridge.push.queue import PushQueue
from taskbridge.reasons import build_reason
from taskbridge.spellings import flatten, mend_halves
from taskbridge.tables.configuration import Configuration
from taskbridge.tables.events import EventTable, UnroutedEvent


@dataclass(frozen=True, slots=True)
class RouterPorts:
    """Everything outside."""

    configuration: Callable[[], Configuration]
    outbox: PushQueue
    ai_outbox: AiQueue
    unrouted: EventTable
    journal: RouterJournal
    retention_s: float = 0.0  # how long is remembered what has ended; 0 for good


M = TypeVar("M")
_decoder = msgspec.json.Decoder(Envelope)


def route_batch(records: Iterable[IngestedEvent], ports: RouterPorts) -> list[str]:
    """Route each event. Returns the ids of the messages that stay in the queue.

    Raises StoreError where the configuration cannot be read: then all of them stay.
    """
    configuration = ports.configuration()
    failed: list[str] = []
    routed: list[tuple[IngestedEvent, Routed]] = []
    for record in records:
        try:
            decision = _decide(record, configuration, ports.retention_s)
        except Exception as error:  # noqa: BLE001  # whatever it is, it must not take the others with it
            ports.journal.failed(record, error)
            failed.append(record.message_id)
            continue
        if isinstance(decision, Routed):
            routed.append((record, decision))
        elif not _record(record, decision, ports):
            failed.append(record.message_id)
    return failed + _send(routed, ports)


def _decide(record: IngestedEvent, configuration: Configuration, retention_s: float) -> Routed | UnroutedEvent:
    try:
        envelope = _read(record.body)
    except RecursionError:
        return _refuse_deep(record)
    except UNREADABLE as error:
        return _refuse(record, error)
    return route(envelope, record.received_at, configuration, retention_s)


def _refuse(record: IngestedEvent, error: Exception) -> UnroutedEvent:
    reason = build_reason("not_an_event", why=error)
    return UnroutedEvent(record.message_id, "rejected", reason, record.received_at)


def _refuse_deep(record: IngestedEvent) -> UnroutedEvent:
    """What is nested too deep for the decoder has an id all the same, by which somebody will look for it."""
    try:
        envelope = _read(flatten(record.body))
    except UNREADABLE as error:
        return _refuse(record, error)
    return reject(envelope, build_reason("nested_too_deep"), record.received_at)


def _read(body: bytes) -> Envelope:
    """The envelope; halves of characters, which a text may be cut to, become U+FFFD."""
    try:
        return _decoder.decode(body)
    except UNREADABLE:
        return _decoder.decode(mend_halves(body))


def _record(record: IngestedEvent, event: UnroutedEvent, ports: RouterPorts) -> bool:
    try:
        ports.unrouted.record(event, record.body, record.message_id)
    except Exception as error:  # noqa: BLE001  # whatever it is, it must not take the others with it
        ports.journal.failed(record, error)
        return False
    ports.journal.routed(record, event)
    return True


def _send(routed: list[tuple[IngestedEvent, Routed]], ports: RouterPorts) -> list[str]:
    pushes = [(record, message) for record, decision in routed for message in decision.messages]
    tracked = [(record, decision.tracked) for record, decision in routed if decision.tracked]
    refused = _send_all(ports.outbox.send, [message for _, message in pushes])
    refused_by_ai = _send_all(ports.ai_outbox.send, [message for _, message in tracked])
    failed = {pushes[position][0].message_id for position in refused}
    failed |= {tracked[position][0].message_id for position in refused_by_ai}
    for record, decision in routed:
        if record.message_id in failed:
            ports.journal.failed(record, StoreError("SendMessageBatch: refused"))
        else:
            ports.journal.routed(record, decision)
    return sorted(failed)


def _send_all(send: Callable[[Sequence[M]], set[int]], messages: Sequence[M]) -> set[int]:
    """Send messages, alone where one of them cannot be sent at all; returns the positions of what did not get in."""
    if not messages:
        return set()
    try:
        return send(messages)
    except Exception:  # noqa: BLE001  # as above
        alone = len(messages) == 1
    return {number for number, each in enumerate(messages) if alone or _send_all(send, [each])}
