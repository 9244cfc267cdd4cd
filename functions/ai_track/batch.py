"""A batch of the AI queue: each message by itself; what fails stays in the queue.

What a turn has no time for goes back as a fresh message (see pieces): waiting is no failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import msgspec

from ai_track.journal import TrackJournal
from ai_track.pace import OutOfTime, Pace
from ai_track.pieces import MAX_TURNS, gather
from ai_track.rule_changes import RuleChangePorts, clear_outdated, publish_node, sweep_piece
from ai_track.track import Tracked, TrackPorts, track_event, update_seats
from taskbridge.ai.messages import AiMessage, RuleChanged, SeatsMessage, SweepMessage, TrackMessage, parse_ai_message
from taskbridge.ai.queue import AiQueue
from taskbridge.errors import InvalidEvent
from taskbridge.event_reading import parse_event
from taskbridge.events import Action, TriggerEvent
from taskbridge.push.instances import INSTANCE
from taskbridge.push.logs import Entry, LogStatus, PushLog
from taskbridge.push.trigger_rules import AI
from taskbridge.queues import Record
from taskbridge.reasons import build_reason
from taskbridge.tables.ai_processes import StoredProcess
from taskbridge.tables.push_logs import PushLogTable
from taskbridge.tidying import tidy


@dataclass(frozen=True, slots=True)
class TrackBatchPorts:
    """Everything outside. `now` gives RFC 3339 in UTC."""

    track: TrackPorts
    publish: RuleChangePorts
    logs: PushLogTable
    outbox: AiQueue
    journal: TrackJournal
    now: Callable[[], str]


def track_batch(records: Iterable[Record], ports: TrackBatchPorts, deadline: float = float("inf")) -> list[str]:
    """Take each message in until `deadline` (epoch seconds). Returns the ids of those that stay in the queue."""
    pace = Pace(ports.track.clock, deadline)
    load = cache(ports.track.processes.load)  # of the pieces of one instance there may be ten
    staying: list[str] = []
    unfinished: list[tuple[str, AiMessage]] = []
    for message_id, message in _read(records, staying, ports):
        try:
            _handle(message, ports, pace, load)
        except OutOfTime as end:
            unfinished.append((message_id, _left_of(message, end)))
        except Exception as error:  # noqa: BLE001  # whatever it is, it must not take the others with it
            ports.journal.failed(message_id, error)
            staying.append(message_id)
    return staying + _put_back(unfinished, ports)


def _read(records: Iterable[Record], staying: list[str], ports: TrackBatchPorts) -> list[tuple[str, AiMessage]]:
    """The messages: what is small before pieces of what is large, and of these the oldest first."""
    found: list[tuple[str, AiMessage]] = []
    for record in records:
        try:
            found.append((record.message_id, parse_ai_message(record.body)))
        except InvalidEvent as error:
            ports.journal.failed(record.message_id, error)
            staying.append(record.message_id)
    return sorted(found, key=lambda each: (isinstance(each[1], SeatsMessage | SweepMessage), -each[1].turn))


def _left_of(message: AiMessage, end: OutOfTime) -> AiMessage:
    """What a turn leaves of a message. An event stays whole: its log is not written yet."""
    if end.left is None or not isinstance(message, SeatsMessage | SweepMessage):
        return message
    return msgspec.structs.replace(message, places=gather((task_id, uid) for uid, task_id in end.left))


def _put_back(unfinished: list[tuple[str, AiMessage]], ports: TrackBatchPorts) -> list[str]:
    """Send what the turn did not finish as fresh messages; returns the ids of those that stay instead."""
    fresh = [(message_id, message) for message_id, message in unfinished if message.turn < MAX_TURNS]
    messages = [msgspec.structs.replace(message, turn=message.turn + 1) for _, message in fresh]
    lost = ports.outbox.send(messages) if messages else set()
    if len(messages) > len(lost):
        ports.journal.put_back(len(messages) - len(lost))
    kept = {message_id for position, (message_id, _) in enumerate(fresh) if position not in lost}
    return [message_id for message_id, _ in unfinished if message_id not in kept]


def _handle(message: AiMessage, ports: TrackBatchPorts, pace: Pace, load: Callable[[str], StoredProcess]) -> None:
    pace.step()
    match message:
        case TrackMessage():
            _take_in(message, ports, pace)
        case RuleChanged(app_id, node_id, uid, turn=turn):
            ports.journal.cleared(app_id, node_id, clear_outdated(app_id, node_id, uid, ports.publish, pace, turn))
        case SweepMessage(app_id, node_id):
            ports.journal.cleared(app_id, node_id, sweep_piece(message, ports.publish, pace))
        case SeatsMessage(sess_id, places, turn=turn):
            ports.journal.updated(sess_id, update_seats(load(sess_id), places, ports.track, pace, turn))


def _take_in(message: TrackMessage, ports: TrackBatchPorts, pace: Pace) -> None:
    event, notes = tidy(parse_event(bytes(message.detail)), message.received_at)
    tracked, kept_out = Tracked(), ""
    refused: InvalidEvent | None = None
    try:
        tracked, kept_out = _track(event, ports, pace, message.turn)
    except InvalidEvent as error:  # it would be refused again
        refused = error
        ports.journal.refused(event, error)
    now = ports.now()
    entry = _entry(refused, now, superseded=tracked.is_superseded, kept_out=kept_out)
    for log in ports.logs.put([_log(event, message.received_at, now, entry, notes)]):
        ports.journal.clashed(log)
    if refused is None:
        ports.journal.tracked(event, tracked)


def _track(event: TriggerEvent, ports: TrackBatchPorts, pace: Pace, turn: int) -> tuple[Tracked, str]:
    """What came of the event, and what was kept out."""
    if event.action == Action.NODE_PUBLISHED:
        published = publish_node(event, ports.publish, pace, turn)
        return Tracked(published.is_superseded), published.kept_out
    if isinstance(event.session, msgspec.UnsetType):
        raise InvalidEvent("session", build_reason("field_required", action=event.action))
    return track_event(event, ports.track, pace, turn), ""


def _entry(refused: InvalidEvent | None, now: str, *, superseded: bool, kept_out: str) -> Entry:
    if refused is not None:
        return Entry(status=LogStatus.FAILED, operation="track", reason=str(refused), failed_at=now)
    if kept_out and not superseded:
        return Entry(
            status=LogStatus.SKIPPED, operation="track", reason=build_reason("no_rule", why=kept_out), settled_at=now
        )
    status = LogStatus.SUPERSEDED if superseded else LogStatus.SUCCEEDED
    reason = build_reason("told_already") if superseded else ""
    return Entry(status=status, operation="track", reason=reason, settled_at=now)


def _log(event: TriggerEvent, received_at: str, now: str, entry: Entry, notes: tuple[str, ...]) -> PushLog:
    """The event's record beside those of the platforms that it was pushed to."""
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
        notes=list(notes),
    )
