"""Files of trigger events: read, and checked against the agreed form. Pure but for the schema's file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from cli.errors import WRONG_USE, CommandError
from taskbridge.errors import InvalidEvent
from taskbridge.event_reading import parse_event

SCHEMA_NAME = "trigger-event.schema.json"
_PROBLEMS_OF_ONE = 5
_VALUE_CHARS = 300


@dataclass(frozen=True, slots=True)
class Found:
    """An event where it stands: `line 3` or `event 3`. `text` is its JSON as it was written."""

    place: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with an event: the field, and what was expected of it."""

    place: str
    field: str
    problem: str


def read_events(content: bytes) -> list[Found]:
    """The events of a file: one JSON object, an array of them, or one a line. Raises CommandError, with the place."""
    content = content.removeprefix(b"\xef\xbb\xbf").strip()
    if not content:
        raise CommandError("There is no event in it.", WRONG_USE)
    if content.startswith(b"["):
        pieces = _decode(content, list[msgspec.Raw], "the array")
        return [_object(f"event {number}", bytes(piece)) for number, piece in enumerate(pieces, 1)]
    if _is_json(content):
        return [_object("event 1", content)]
    lines = enumerate(content.splitlines(), 1)
    return [_object(f"line {number}", line.strip()) for number, line in lines if line.strip()]


def find_flaws(events: Sequence[Found]) -> Iterator[Flaw]:
    """What the schema, or else the router, has against the events; nothing where they have the agreed form."""
    for event in events:
        flaws = list(_against_schema(event))
        yield from flaws or _against_parser(event)


def _against_schema(event: Found) -> Iterator[Flaw]:
    try:
        errors = sorted(_schema().iter_errors(json.loads(event.text)), key=_place_in_order)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, or thousands of brackets
        yield Flaw(event.place, "the event", f"cannot be read: {error}")
        return
    for each in errors[:_PROBLEMS_OF_ONE]:
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in each.absolute_path)
        yield Flaw(event.place, place.removeprefix(".") or "the event", each.message[:_VALUE_CHARS])


def _against_parser(event: Found) -> Iterator[Flaw]:
    """What the schema cannot say, such as that an action needs its session."""
    try:
        parse_event(event.text)
    except InvalidEvent as error:
        yield Flaw(event.place, error.field, error.problem[:_VALUE_CHARS])


def _place_in_order(error: Any) -> list[str]:
    return [str(part) for part in error.absolute_path]


@cache
def _schema() -> Any:
    from jsonschema import Draft202012Validator

    schema = files("taskbridge").joinpath(SCHEMA_NAME).read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(schema))


def _object(place: str, text: bytes) -> Found:
    if not text.startswith(b"{"):
        raise CommandError(f"{place}: an event is a JSON object.", WRONG_USE)
    _decode(text, dict[str, msgspec.Raw], place)
    return Found(place, text)


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _decode(text: bytes, kind: Any, place: str) -> Any:
    try:
        text.decode()
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CommandError(f"{place} cannot be read as JSON: {error}", WRONG_USE) from None
