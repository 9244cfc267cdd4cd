"""A batch of the AI queue: each message by itself; what fails stays in the queue."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from ai_track.publish import PublishPorts, clear_outdated, publish_node
from ai_track.track import TrackPorts, track_event
from taskbridge.ai.messages import RuleChanged, parse_ai_message
from taskbridge.errors import InvalidEvent, TaskbridgeError
from taskbridge.events import Action, TriggerEvent, parse_event
from taskbridge.instances import INSTANCE
from taskbridge.push_logs import Entry, LogStatus, PushLog
from taskbridge.rules import AI


@dataclass(frozen=True, slots=True)
class Record:
    """A message as SQS delivers it."""

    message_id: str
    body: str


class Logs(Protocol):
    """Where it stands what became of an event; see PushLogTable."""

    def put(self, logs: Iterable[PushLog]) -> None:
        """Write logs."""


class Journal(Protocol):
    """Who hears what happened."""

    def tracked(self, event: TriggerEvent, *, superseded: bool, requested: int) -> None:
        """An event was taken in."""

    def cleared(self, app_id: str, node_id: str, count: int) -> None:
        """Results of an older rule were removed."""

    def failed(self, message_id: str, error: Exception) -> None:
        """A message stays in the queue."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside. `now` gives RFC 3339 in UTC."""

    track: TrackPorts
    publish: PublishPorts
    logs: Logs
    journal: Journal
    now: Callable[[], str]


def track_batch(records: Iterable[Record], ports: Ports) -> list[str]:
    """Take each message in. Returns the ids of those that stay in the queue."""
    return [record.message_id for record in records if not _handled(record, ports)]


def _handled(record: Record, ports: Ports) -> bool:
    try:
        _handle(record.body, ports)
    except TaskbridgeError as error:
        ports.journal.failed(record.message_id, error)
        return False
    return True


def _handle(body: str, ports: Ports) -> None:
    message = parse_ai_message(body)
    if isinstance(message, RuleChanged):
        count = clear_outdated(message.app_id, message.node_id, message.uid, ports.publish)
        ports.journal.cleared(message.app_id, message.node_id, count)
        return
    event = parse_event(bytes(message.detail))
    superseded, requested = _take_in(event, ports)
    ports.logs.put([_log(event, message.received_at, ports.now(), superseded=superseded)])
    ports.journal.tracked(event, superseded=superseded, requested=requested)


def _take_in(event: TriggerEvent, ports: Ports) -> tuple[bool, int]:
    if event.action == Action.NODE_PUBLISHED:
        return publish_node(event, ports.publish), 0
    if isinstance(event.session, msgspec.UnsetType):
        raise InvalidEvent("session", f"required by {event.action}, missing")
    tracked = track_event(event, ports.track)
    return tracked.is_superseded, tracked.requested


def _log(event: TriggerEvent, received_at: str, now: str, *, superseded: bool) -> PushLog:
    """The event's record beside those of the platforms that it was pushed to."""
    status = LogStatus.SUPERSEDED if superseded else LogStatus.SUCCEEDED
    reason = "a newer event has told all of it" if superseded else ""
    entry = Entry(status=status, operation="track", reason=reason, settled_at=now)
    return PushLog(
        event_id=event.id,
        platform_id=AI,
        sess_id="" if isinstance(event.session, msgspec.UnsetType) else event.session.sess_id,
        action=event.action,
        sequence=event.sequence,
        app_id=event.app.app_id,
        occurred_at=event.occurred_at.isoformat(),
        received_at=received_at,
        updated_at=now,
        entries=dict.fromkeys([task.task_id for task in event.tasks] or [INSTANCE], entry),
    )
