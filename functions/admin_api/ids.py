"""Ids as a path of the API carries them. The upstream's own may hold anything, a slash included.

A plain id goes as it is, any other as `~` and base64url. The id of a push log is `<platform>:<event>`; that of a log
whose event id another instance had used before is its own place in that of the platform.
"""

from __future__ import annotations

import base64
import binascii
import re

from admin_api.problems import not_found
from taskbridge.push.logs import LogKey

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@=+~-]*")
_CODED = "~"
_BYTES = 900  # a key of DynamoDB has 1,024 at most, and some hold more than the id


def encode_id(text: str) -> str:
    """The id as it stands in a path, the same for the same id only."""
    if _PLAIN.fullmatch(text):
        return text
    return _CODED + base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode_id(text: str) -> str:
    """The id that a path names. Raises Problem (404) for what is none."""
    coded = text.removeprefix(_CODED)
    try:
        if coded != text:
            text = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True).decode()
        is_key = 0 < len(text.encode()) <= _BYTES
    except (binascii.Error, ValueError):  # also what cannot be encoded
        is_key = False
    if not is_key:
        raise not_found("id")
    return text


def log_id(key: LogKey) -> str:
    """The id of the push log with this key."""
    event_id, place = key
    return encode_id(f"{place}:{event_id}")


def parse_log_id(text: str) -> LogKey:
    """The key of a push log. Raises Problem (404) for what names none."""
    place, colon, event_id = decode_id(text).partition(":")
    if not (place and colon and event_id):
        raise not_found("push log")
    return event_id, place
