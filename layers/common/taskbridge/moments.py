"""Times: how they are written, and which are times at all. Pure.

Systems that have no date write the first or the last of their calendar: year 1 (.NET, Go), 9999 (.NET, SQL), the epoch
of Unix, 1753 and 1900 (SQL). All of them are valid by RFC 3339 and mean "not given".
"""

from __future__ import annotations

from datetime import UTC, datetime

DAY_S = 86_400
FIRST_YEAR = 1971
LAST_YEAR = 2099


def utc_text(moment: datetime) -> str:
    """A time as it is stored and shown: RFC 3339 in UTC, to the millisecond, so that texts are in the order of time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def utc_stamp(at: float) -> str:
    """Epoch seconds as `utc_text` writes them."""
    return utc_text(datetime.fromtimestamp(at, UTC))


def is_given(moment: datetime) -> bool:
    """Whether a time is one that something can have happened at: from 1971 to 2099, by its own clock."""
    return FIRST_YEAR <= moment.year <= LAST_YEAR


def read_moment(text: str | None) -> datetime | None:
    """A stored time, timezone-aware; None where there is none, or where it means none."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None and is_given(moment) else None
