"""Times as the API takes and gives them: RFC 3339, given in UTC."""

from __future__ import annotations

from datetime import datetime

from admin_api.problems import invalid
from taskbridge.flaws import flaw
from taskbridge.moments import utc_stamp, utc_text

EARLIEST = "1970-01-01T00:00:00.000+00:00"
SKEW_S = 60.0  # clocks differ


def to_utc(stamp: str) -> str | None:
    """A stored time in UTC, None where there is none."""
    return utc_text(datetime.fromisoformat(stamp)) if stamp else None


def at(seconds: float) -> str:
    """Epoch seconds as the API gives them."""
    return utc_stamp(seconds)


def seconds(stamp: str) -> float:
    """Epoch seconds of a time that the API gave."""
    return datetime.fromisoformat(stamp).timestamp()


def parse_moment(text: str, field: str, where: str = "query") -> str:
    """A time that a caller names, in UTC. Raises Problem (422): it has to say its zone."""
    try:
        moment = datetime.fromisoformat(text.upper())  # RFC 3339 takes t and z as well
        if moment.tzinfo is None:
            raise ValueError
        return utc_text(moment)
    except (ValueError, OverflowError):
        raise invalid(field, flaw("moment"), where) from None


def parse_range(start: str | None, end: str | None, now: float, where: str = "query") -> tuple[str, str]:
    """A span of time in UTC, each end empty where it is open. Raises Problem (422)."""
    latest = at(now + SKEW_S)
    first = max(parse_moment(start, "from", where), EARLIEST) if start else ""
    last = min(parse_moment(end, "to", where), latest) if end else ""
    if first > (last or latest):
        raise invalid("from", flaw("before_end"), where)
    if last and last < EARLIEST:
        raise invalid("to", flaw("after_1970"), where)
    return first, last
