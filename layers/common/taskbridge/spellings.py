"""Spellings that JSON, JSON Schema and RFC 3339 allow and our decoder does not: put into those that it reads. Pure.

Only for what the decoder refused: it costs several times what reading does.

* half a surrogate pair in a text becomes U+FFFD;
* a whole number with a point or an exponent (`5.0`, `5e0`) becomes one without;
* a leap second becomes the second before it; digits behind the microsecond go; the year 0000 becomes 0001.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

import msgspec

_HIGH, _LOW = rb"\\u[dD][89abAB][0-9a-fA-F]{2}", rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
# A backslash only ever stands in a string. Pairs and other escapes are passed over, halves are what is left.
_ESCAPES = re.compile(rb"(?P<whole>" + _HIGH + _LOW + rb")|(?P<half>" + _HIGH + rb"|" + _LOW + rb")|\\.", re.DOTALL)
_NUMBER = re.compile(rb"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_MOMENT = re.compile(r"(\d{4})(-\d\d-\d\dT\d\d:\d\d:)(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)
_NESTING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
LEVELS = 100
SEQUENCE_DIGITS = 19  # no whole number of an event has more

Mend = Callable[[bytes], bytes]


def mend_halves(text: bytes) -> bytes:
    """JSON with U+FFFD in the place of every half of a surrogate pair."""
    return _ESCAPES.sub(lambda match: rb"\ufffd" if match["half"] else match[0], text)


def flatten(text: bytes) -> bytes:
    """JSON with null in the place of what is nested deeper than `LEVELS`; only to see what the rest says."""
    pieces: list[bytes] = []
    depth = start = 0
    for found in _NESTING.finditer(text):
        if found[0] in b"[{":
            depth += 1
            if depth == LEVELS + 1:
                pieces += [text[start : found.start()], b"null"]
        elif found[0] in b"]}":
            if depth == LEVELS + 1:
                start = found.end()
            depth -= 1
    return b"".join([*pieces, text[start:]] if depth <= LEVELS else pieces)


def mend_whole_number(raw: bytes) -> bytes:
    """`5` for `5.0` and `5e0`; anything else as it is."""
    if not _NUMBER.fullmatch(raw):
        return raw
    try:
        number = Decimal(raw.decode())
    except InvalidOperation:
        return raw
    is_small = number.is_zero() or number.adjusted() < SEQUENCE_DIGITS
    return str(int(number)).encode() if is_small and number == number.to_integral_value() else raw


def mend_moment(raw: bytes) -> bytes:
    """A time of RFC 3339 in the spelling of Python; anything else as it is."""
    try:
        found = _MOMENT.fullmatch(msgspec.json.decode(raw, type=str))
    except msgspec.DecodeError:
        return raw
    if found is None:
        return raw
    year, middle, seconds, fraction, offset = found.groups(default="")
    year = "0001" if year == "0000" else year
    if seconds == "60":
        if not _is_leap(f"{year}{middle}59{offset}"):
            return raw
        seconds = "59"
    return f'"{year}{middle}{seconds}{fraction[:7]}{offset}"'.encode()


def _is_leap(last: str) -> bool:
    """Whether the second after this one may be a leap second: they come at the end of a day of UTC."""
    try:
        moment = datetime.fromisoformat(last.upper())
    except ValueError:
        return False
    offset = moment.utcoffset()
    minutes = moment.hour * 60 + moment.minute - (int(offset.total_seconds()) // 60 if offset else 0)
    return minutes % 1440 == 1439


def mend_event(detail: bytes) -> bytes:
    """An event in the spellings that the decoder reads; what is none comes back as it is. Values of forms stay as they
    came, but for halves.
    """
    detail = mend_halves(detail)
    try:
        return _mend_object(detail, _EVENT)
    except msgspec.DecodeError:
        return detail


_Tree = Mapping[str, Mend]


def _mend_object(raw: bytes, fields: _Tree) -> bytes:
    held = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    for name in held.keys() & fields.keys():
        held[name] = msgspec.Raw(fields[name](bytes(held[name])))
    return msgspec.json.encode(held)


def _mend_session(raw: bytes) -> bytes:
    return _mend_object(raw, {"created_at": mend_moment}) if raw.startswith(b"{") else raw


def _mend_tasks(raw: bytes) -> bytes:
    if not raw.startswith(b"["):
        return raw
    tasks = msgspec.json.decode(raw, type=list[msgspec.Raw])
    return msgspec.json.encode([msgspec.Raw(_mend_task(bytes(task))) for task in tasks])


def _mend_task(raw: bytes) -> bytes:
    return _mend_object(raw, _TASK) if raw.startswith(b"{") else raw


_TASK: _Tree = {"priority": mend_whole_number, "created_at": mend_moment, "finished_at": mend_moment}
_EVENT: _Tree = {
    "sequence": mend_whole_number,
    "occurred_at": mend_moment,
    "session": _mend_session,
    "tasks": _mend_tasks,
}
