"""A trigger event read from its JSON; what is wrong with one is told by its field, with nothing personal. Pure."""

from __future__ import annotations

import re

import msgspec

from taskbridge.commands import SessionStatus, TaskStatus
from taskbridge.errors import InvalidEvent
from taskbridge.events import PUSHED_ACTIONS, Action, TriggerEvent
from taskbridge.reasons import build_reason
from taskbridge.spellings import SEQUENCE_DIGITS, mend_event, mend_halves

# What a field may be, for the error that names it.
_CHOICES: dict[str, tuple[str, ...]] = {
    "version": ("1",),
    "app.kind": ("process", "questionnaire"),
    "session.status": tuple(SessionStatus),
    "tasks[].status": tuple(TaskStatus),
    "tasks[].node_kind": ("approve", "handle", "notify"),
    "tasks[].decision": ("approved", "rejected", "returned"),
}

# Fields whose value an error may quote: the error is logged, and whatever else came may be personal.
_QUOTED = re.compile(
    r"version|id|event|sequence|occurred_at|app\.(app_id|kind)|session\.(sess_id|status|created_at)|node\.(node_id|node_key)"
    r"|tasks\[\d+\]\.(task_id|node_id|node_key|node_kind|status|priority|created_at|finished_at|decision)"
)

# What a decoder raises for bytes that are not JSON, or too deep a tree to be read.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_decoder = msgspec.json.Decoder(TriggerEvent)

_PATH = re.compile(r"^(?P<problem>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)


def parse_event(detail: bytes) -> TriggerEvent:
    """An event from the JSON of its `detail`.

    Raises InvalidEvent with the field (`tasks[0].node_id`), what was expected and what came.
    """
    try:
        event = _decoder.decode(detail)
    except UNREADABLE:
        event = _decode_again(detail)
    if event.sequence >= 10**SEQUENCE_DIGITS:
        raise InvalidEvent("sequence", build_reason("most_digits", most=SEQUENCE_DIGITS))
    if event.app.kind != "questionnaire":
        _require(event)
    return event


def _require(event: TriggerEvent) -> None:
    """What the schema leaves open, and an action cannot do without."""
    if event.action in PUSHED_ACTIONS and event.session is msgspec.UNSET:
        raise InvalidEvent("session", build_reason("field_required", action=event.action))
    if event.action == Action.NODE_PUBLISHED and event.node is msgspec.UNSET:
        raise InvalidEvent("node", build_reason("field_required", action=event.action))


def _decode_again(detail: bytes) -> TriggerEvent:
    """What the decoder refused: it may be a spelling that the schema has and the decoder has not."""
    try:
        return _decoder.decode(mend_event(detail))
    except msgspec.ValidationError as error:
        raise _named(error, detail) from None
    except UNREADABLE as error:
        raise InvalidEvent("detail", build_reason("no_json", why=error)) from None


def _named(error: msgspec.ValidationError, detail: bytes) -> InvalidEvent:
    """msgspec's message, which ends in "- at `$.app`", as field and problem with the value that came."""
    match = _PATH.match(str(error))
    problem, path = (match["problem"], match["path"] or "$") if match else (str(error), "$")
    field = path.removeprefix("$").removeprefix(".")
    missing = re.search(r"missing required field `(\w+)`", problem)
    if missing:
        return InvalidEvent(".".join(filter(None, [field, missing[1]])), build_reason("field_missing"))
    if problem.startswith("Invalid enum value"):
        choices = _CHOICES.get(re.sub(r"\[\d+\]", "[]", field), ())
        problem = f"expected one of {', '.join(choices)}"
    return InvalidEvent(field or "detail", f"{problem[:1].lower()}{problem[1:]}{_what_came(detail, field)}")


def _what_came(detail: bytes, field: str) -> str:
    """`, got 7` for a code, an id, a number or a time; never a text, a person or anything of a form."""
    if not _QUOTED.fullmatch(field):
        return ""
    try:
        value = msgspec.json.decode(mend_halves(detail))
        for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", field):
            value = value[int(index)] if index else value[name]
    except (*UNREADABLE, KeyError, IndexError, TypeError, ValueError):
        return ""
    if isinstance(value, str | int | float | bool) or value is None:
        return f", got {str(value)[:60]!r}" if isinstance(value, str) else f", got {value}"
    return ""
