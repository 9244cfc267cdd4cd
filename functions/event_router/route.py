"""Where an event goes, and why if nowhere. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from taskbridge.ai.messages import TrackMessage
from taskbridge.ai.processes import concerns_ai
from taskbridge.errors import InvalidEvent
from taskbridge.event_reading import UNREADABLE, parse_event
from taskbridge.events import PUSHED_ACTIONS, Action, TriggerEvent
from taskbridge.moments import DAY_S
from taskbridge.push.messages import EventMessage, build_event_message
from taskbridge.push.trigger_rules import goes_to_ai, is_for_nobody, resolve_platforms
from taskbridge.reasons import build_reason
from taskbridge.spellings import mend_halves
from taskbridge.tables.configuration import Configuration
from taskbridge.tables.events import UnroutedEvent
from taskbridge.tidying import tidy

QUESTIONNAIRE = build_reason("questionnaire")
NO_AI = build_reason("ai_not_concerned")
NO_TARGET = build_reason("no_target")
MEANT_FOR_NOBODY = build_reason("meant_for_nobody")
_ID_LIMIT = 128


class Envelope(msgspec.Struct, frozen=True):
    """What EventBridge puts around an event; `id` is its own."""

    id: str
    detail: msgspec.Raw = msgspec.Raw(b"null")


class _Named(msgspec.Struct, frozen=True):
    id: str


_named = msgspec.json.Decoder(_Named)


@dataclass(frozen=True, slots=True)
class IngestedEvent:
    """An EventBridge event as the ingest queue delivers it; `received_at` is when it came into the queue."""

    message_id: str
    body: bytes
    received_at: str


@dataclass(frozen=True, slots=True)
class Routed:
    """An event with a message for each platform that it goes to, and one for AI approval where that is concerned."""

    event_id: str
    sess_id: str
    messages: tuple[EventMessage, ...]
    tracked: TrackMessage | None = None


def route(
    envelope: Envelope, received_at: str, configuration: Configuration, retention_s: float = 0.0
) -> Routed | UnroutedEvent:
    """The messages that an event makes, or the reason why it makes none. Never raises for what an event holds.

    What happened more than `retention_s` before it came is left out: its instance may be forgotten, and would come
    back. 0 remembers for good.
    """
    try:
        event = parse_event(bytes(envelope.detail))
        reason = _skip_reason(event)
        event, notes = (event, ()) if reason else tidy(event, received_at)
    except InvalidEvent as error:
        return reject(envelope, str(error), received_at)
    reason = reason or _age_reason(event, received_at, retention_s)
    sess_id = "" if isinstance(event.session, msgspec.UnsetType) else event.session.sess_id
    messages = () if reason else _push_messages(event, received_at, notes, configuration)
    tracked = None if reason or not _is_tracked(event, configuration) else TrackMessage(received_at, envelope.detail)
    if messages or tracked:
        return Routed(event.id, sess_id, messages, tracked)
    return UnroutedEvent(
        event_id=event.id,
        status="skipped",
        reason=reason or _why_nowhere(event, configuration),
        received_at=received_at,
        action=event.action,
        app_id=event.app.app_id,
        sess_id=sess_id,
    )


def reject(envelope: Envelope, reason: str, received_at: str) -> UnroutedEvent:
    """An event that cannot be read, under its own id where it tells one."""
    return UnroutedEvent(event_id=_id_of(envelope), status="rejected", reason=reason, received_at=received_at)


def _skip_reason(event: TriggerEvent) -> str:
    if event.app.kind == "questionnaire":
        return QUESTIONNAIRE
    if event.action not in frozenset(Action):
        return build_reason("unknown_action", action=event.action)
    return ""


def _why_nowhere(event: TriggerEvent, configuration: Configuration) -> str:
    """Of an event that could have gone somewhere: whether somebody meant that it does not."""
    if event.action == Action.NODE_PUBLISHED:
        return NO_AI
    return MEANT_FOR_NOBODY if is_for_nobody(configuration.rules, event.action, event.app.app_id) else NO_TARGET


def _age_reason(event: TriggerEvent, received_at: str, retention_s: float) -> str:
    if not retention_s or not event.occurred_at:
        return ""
    age_s = datetime.fromisoformat(received_at).timestamp() - event.occurred_at.timestamp()
    if age_s <= retention_s:
        return ""
    return build_reason("happened_long_ago", day=event.occurred_at.date().isoformat(), days=round(retention_s / DAY_S))


def _push_messages(
    event: TriggerEvent, received_at: str, notes: tuple[str, ...], configuration: Configuration
) -> tuple[EventMessage, ...]:
    if event.action not in PUSHED_ACTIONS:
        return ()
    enabled = configuration.enabled_platforms()
    platforms = resolve_platforms(configuration.rules, event.action, event.app.app_id, enabled)
    return tuple(build_event_message(event, platform_id, received_at, notes) for platform_id in platforms)


def _is_tracked(event: TriggerEvent, configuration: Configuration) -> bool:
    """Tasks are tracked from the day that AI approval is set up, also while it is switched off."""
    if configuration.ai is None or not concerns_ai(event):
        return False
    return goes_to_ai(configuration.rules, event.action, event.app.app_id)


def _id_of(envelope: Envelope) -> str:
    """The event's own id where it has one that can be a key, else EventBridge's."""
    try:
        event_id = _named.decode(mend_halves(bytes(envelope.detail))).id
    except UNREADABLE:
        return envelope.id
    return event_id if 0 < len(event_id) <= _ID_LIMIT else envelope.id
