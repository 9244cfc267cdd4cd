"""The messages of the push queue: what a platform has to know of one event, or of an instance as it is now.

Version 1, JSON. A message carries no form: a push never needs one, and a form is personal data.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from taskbridge.errors import InvalidEvent
from taskbridge.events import TriggerEvent, resolve_text
from taskbridge.reasons import build_reason

VERSION = 1
_GROUP_LIMIT = 128


class PersonFact(msgspec.Struct, frozen=True, array_like=True):
    """A user as [uid, number, name]."""

    uid: str
    number: str = ""
    name: str = ""


class TaskFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an event says of a task. None where it says nothing."""

    task_id: str
    status: str
    node_id: str
    node_name: str | None = None
    priority: int | None = None
    assignees: tuple[PersonFact, ...] | None = None
    created_at: str | None = None


class InstanceFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an event says of its process instance and application. None where it says nothing."""

    status: str
    app_id: str
    app_name: str
    initiator: PersonFact
    subject: str | None = None
    created_at: str | None = None


class EventMessage(msgspec.Struct, frozen=True, omit_defaults=True, tag="event", tag_field="kind"):
    """One event for one platform. Times are RFC 3339; `received_at` is when it came into the ingest queue.

    `notes`: what was set right in the event.
    """

    platform_id: str
    sess_id: str
    event_id: str
    action: str
    sequence: int
    occurred_at: str
    received_at: str
    instance: InstanceFact
    tasks: tuple[TaskFact, ...] = ()
    deleted_task_ids: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    version: int = VERSION


class SyncMessage(msgspec.Struct, frozen=True, omit_defaults=True, tag="sync", tag_field="kind"):
    """Look at this instance again and send what it is now: from the reconciler, or from a person's replay.

    `probe` allows one attempt through an open breaker; `replay` also repeats what failed for good;
    `force` sends also what was acknowledged before (empty: nothing; else the task ids).
    """

    platform_id: str
    sess_id: str
    reason: str
    requested_at: str
    probe: bool = False
    replay: bool = False
    force: tuple[str, ...] = ()
    version: int = VERSION


Message = EventMessage | SyncMessage

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Message)


def encode_message(message: Message) -> str:
    """The message as JSON."""
    return _encoder.encode(message).decode()


def parse_message(body: str) -> Message:
    """A message from the queue. Raises InvalidEvent where it is not one, or of a version not known here."""
    try:
        message: Message = _decoder.decode(body)
    except msgspec.DecodeError as error:
        raise InvalidEvent("message", str(error)) from None
    if message.version != VERSION:
        raise InvalidEvent("message.version", f"expected {VERSION}, got {message.version}")
    return message


def instance_key(platform_id: str, sess_id: str) -> str:
    """Key of an instance on a platform: of its item in the instance table, and of its message group."""
    return f"{platform_id}#{sess_id}"


def message_group(platform_id: str, sess_id: str) -> str:
    """MessageGroupId: one worker at a time per instance and platform. SQS takes 128 letters, digits and signs."""
    key = instance_key(platform_id, sess_id)
    if len(key) <= _GROUP_LIMIT and key.isascii() and key.isprintable() and " " not in key:
        return key
    return hashlib.sha256(key.encode()).hexdigest()


def deduplication_id(message: Message) -> str:
    """MessageDeduplicationId: the same event of the same instance, for the same platform, is one message within five
    minutes. An id that comes again with another sequence is another event.
    """
    if isinstance(message, EventMessage):
        told = (message.event_id, message.action, str(message.sequence))
    else:
        told = (message.reason, message.requested_at, "")
    return hashlib.sha256(_encoder.encode((message.platform_id, message.sess_id, *told))).hexdigest()


def build_event_message(
    event: TriggerEvent, platform_id: str, received_at: str, notes: tuple[str, ...] = ()
) -> EventMessage:
    """The part of an event that a task center has to know. The event must carry a session."""
    session = event.session
    if isinstance(session, msgspec.UnsetType):
        raise InvalidEvent("session", build_reason("field_required", action=event.action))
    backup = () if isinstance(event.backup, msgspec.UnsetType) else event.backup.all_task_ids()
    return EventMessage(
        platform_id=platform_id,
        sess_id=session.sess_id,
        event_id=event.id,
        action=event.action,
        sequence=event.sequence,
        occurred_at=event.occurred_at.isoformat(),
        received_at=received_at,
        instance=InstanceFact(
            status=session.status,
            app_id=event.app.app_id,
            app_name=resolve_text(event.app.name),
            initiator=PersonFact(session.initiator.uid, session.initiator.number, session.initiator.name),
            subject=_set(session.subject, resolve_text),
            created_at=_set(session.created_at, lambda moment: moment.isoformat()),
        ),
        tasks=tuple(
            TaskFact(
                task_id=task.task_id,
                status=task.status,
                node_id=task.node_id,
                node_name=_set(task.node_name, resolve_text),
                priority=_set(task.priority, int),
                assignees=_set(task.assignees, _people),
                created_at=_set(task.created_at, lambda moment: moment.isoformat()),
            )
            for task in event.tasks
        ),
        deleted_task_ids=backup,
        notes=notes,
    )


def _people(users: Any) -> tuple[PersonFact, ...]:
    return tuple(PersonFact(user.uid, user.number, user.name) for user in users)


def _set(value: Any, convert: Any) -> Any:
    """The converted value, or None where the event does not have it."""
    return None if value is msgspec.UNSET else convert(value)
