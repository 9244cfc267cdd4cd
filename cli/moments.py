"""Times as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from cli.errors import WRONG_USE, CommandError

_AGO = re.compile(r"(\d{1,6})\s*([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def parse_moment(text: str, now: float) -> str:
    """A time as RFC 3339: `2h` is two hours before `now` (seconds since 1970), a date or time without a zone is local.

    Raises CommandError.
    """
    text = text.strip()
    if ago := _AGO.fullmatch(text):
        return datetime.fromtimestamp(now - int(ago[1]) * _SECONDS[ago[2]], UTC).isoformat()
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except (ValueError, OverflowError):
        raise CommandError(
            f"{text!r} is no time: write 30m, 2h or 3d (so long ago), 2026-11-22, or 2026-11-22T09:00:00+08:00.",
            WRONG_USE,
        ) from None
