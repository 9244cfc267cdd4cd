"""What the push log says of a turn. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from push_task.settle import StepResult
from taskbridge.moments import utc_stamp
from taskbridge.push.event_order import MOST_PEOPLE, MOST_TASKS, RECENT_EVENTS, Effect
from taskbridge.push.instances import INSTANCE, Instance, Item, Work
from taskbridge.push.logs import Entry, LogStatus, PushLog
from taskbridge.push.messages import EventMessage
from taskbridge.reasons import build_reason

NOTHING_NEW = build_reason("nothing_new")
INSTANCE_DELETED = build_reason("instance_deleted")
TOO_LARGE = build_reason("instance_too_large", tasks=MOST_TASKS, people=MOST_PEOPLE)


class Story(msgspec.Struct):
    """What happened to one instance in one batch, as far as its logs are concerned.

    `folded`: each event of the batch with what it did; `overtaken`: events that were not settled yet when a
    newer one took their item over, as (event id, key). `known_before`: events that the document knew.
    `unsettled`: keys of the items that had work left when the calls were planned.
    """

    folded: list[tuple[EventMessage, Mapping[str, Effect]]] = msgspec.field(default_factory=list)
    overtaken: set[tuple[str, str]] = msgspec.field(default_factory=set)
    known_before: set[str] = msgspec.field(default_factory=set)
    unsettled: set[str] = msgspec.field(default_factory=set)


def events_to_load(story: Story, unsettled_events: Iterable[str]) -> set[str]:
    """Events whose log may exist already, and has to be carried on rather than written anew."""
    folded = {message.event_id for message, _ in story.folded}
    wanted = {event for event, _ in story.overtaken} | set(unsettled_events)
    forgot_some = len(story.known_before) >= RECENT_EVENTS  # then any event may have come before
    return (wanted - folded) | (folded if forgot_some else folded & story.known_before)


def write_logs(
    instance: Instance, story: Story, results: list[StepResult], loaded: Mapping[str, PushLog], now: float
) -> list[PushLog]:
    """The logs to store: each event of the batch, each overtaken one, each one that a call was made for."""
    stamp = utc_stamp(now)
    logs: dict[str, PushLog] = {}
    for message, changes in story.folded:
        log = loaded.get(message.event_id) or _new_log(message)
        known = dict(log.entries)
        log = logs.setdefault(message.event_id, log)
        if message.sequence > log.sequence:
            _tell_newer(log, message)
        for key, change in changes.items():
            log.entries[key] = _entry_of_event(instance, message, key, change, known.get(key), stamp)
    for event_id, key in sorted(story.overtaken):
        log = logs.setdefault(event_id, loaded.get(event_id) or _bare_log(instance, event_id))
        log.entries[key] = _superseded(log.entries.get(key), instance.get(key), event_id, stamp)
    called = {result.step.key: result for result in results}
    for key in sorted(story.unsettled):
        item = instance.get(key)
        log = logs.setdefault(item.event_id, loaded.get(item.event_id) or _bare_log(instance, item.event_id))
        log.entries[key] = _entry_of_item(item, log.entries.get(key), stamp)
        if key in called:
            _note_call(log.entries[key], called[key], stamp)
            log.add_attempts(list(called[key].attempts))
    for log in logs.values():
        log.updated_at = stamp
        log.app_id = log.app_id or instance.item.value("app_id", "")
    return [log for event_id, log in logs.items() if log.entries]


def _entry_of_event(
    instance: Instance, message: EventMessage, key: str, change: Effect, known: Entry | None, stamp: str
) -> Entry:
    item = instance.find(key)
    if change is Effect.TOO_LARGE:
        return Entry(LogStatus.FAILED, reason=TOO_LARGE, failed_at=stamp, settled_at=stamp)
    if item is not None and item.event_id == message.event_id and change is not Effect.DELETED:
        if change is Effect.UNCHANGED:
            return known or Entry(LogStatus.SKIPPED, reason=NOTHING_NEW, settled_at=stamp)
        return _entry_of_item(item, known, stamp)
    if known is not None and known.status not in (LogStatus.RETRYING, LogStatus.FAILED):
        return known
    if change is Effect.DELETED:
        return Entry(LogStatus.SUPERSEDED, reason=INSTANCE_DELETED, settled_at=stamp)
    return _superseded(known, item or Item(), message.event_id, stamp)


def _superseded(known: Entry | None, item: Item, event_id: str, stamp: str) -> Entry:
    """The event `event_id` was overtaken; where none took its item over, a deletion made it needless."""
    entry = known or Entry(LogStatus.SUPERSEDED)
    entry.reason = INSTANCE_DELETED if item.event_id == event_id else build_reason("newer_event", event=item.event_id)
    entry.status, entry.settled_at = LogStatus.SUPERSEDED, stamp
    return entry


def _entry_of_item(item: Item, known: Entry | None, stamp: str) -> Entry:
    entry = known or Entry(LogStatus.RETRYING)
    status = {
        Work.NONE: LogStatus.SUCCEEDED,
        Work.PENDING: LogStatus.RETRYING,
        Work.FAILED: LogStatus.FAILED,
    }[item.work]
    if entry.status is status and status is LogStatus.SUCCEEDED:
        return entry
    entry.status, entry.reason = status, item.reason
    if status is LogStatus.FAILED:
        entry.failed_at = entry.failed_at or stamp
    if status is not LogStatus.RETRYING:
        entry.settled_at = stamp
    return entry


def _note_call(entry: Entry, result: StepResult, stamp: str) -> None:
    entry.operation = result.step.command.operation
    if result.attempts:
        entry.attempts += 1
        entry.errcode = result.errcode
        if result.reason:
            entry.failed_at = stamp


def log_without_turn(message: EventMessage, status: LogStatus, reason: str, now: float) -> PushLog:
    """The log of an event that was not taken into a document."""
    log = _new_log(message)
    log.updated_at = stamp = utc_stamp(now)
    settled_at = "" if status is LogStatus.RETRYING else stamp
    keys = [task.task_id for task in message.tasks] or [*message.deleted_task_ids] or [INSTANCE]
    log.entries = {key: Entry(status, reason=reason, settled_at=settled_at) for key in keys}
    return log


def _new_log(message: EventMessage) -> PushLog:
    return PushLog(
        event_id=message.event_id,
        platform_id=message.platform_id,
        sess_id=message.sess_id,
        action=message.action,
        sequence=message.sequence,
        app_id=message.instance.app_id,
        occurred_at=message.occurred_at,
        received_at=message.received_at,
        notes=list(message.notes),
    )


def _tell_newer(log: PushLog, message: EventMessage) -> None:
    """An id that was used again has one log, which tells of the newest event."""
    log.action, log.sequence, log.occurred_at = message.action, message.sequence, message.occurred_at
    log.notes = list(message.notes)


def _bare_log(instance: Instance, event_id: str) -> PushLog:
    """A log that was lost, or has outlived its retention: what the document still knows of it."""
    return PushLog(event_id=event_id, platform_id=instance.platform_id, sess_id=instance.sess_id)
