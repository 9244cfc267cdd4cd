"""What several lists and jobs are asked by: platforms, and a span of time."""

from __future__ import annotations

from admin_api.moments import EARLIEST, at, parse_moment
from admin_api.problems import invalid
from taskbridge.push.trigger_rules import AI
from taskbridge.registry import category_of
from taskbridge.tables.configuration import Configuration

ID_CHARS = 200
SKEW_S = 60.0  # clocks differ


def configured_platforms(configuration: Configuration, platform_id: str | None, where: str) -> tuple[str, ...]:
    """The task center that is asked for, or all of them. Raises Problem (422) for one that is not configured."""
    known = tuple(
        sorted(key for key, platform in configuration.platforms.items() if category_of(platform.class_name) != "ai")
    )
    if platform_id is None:
        return known
    if platform_id == AI:
        raise invalid("platform_id", "nothing is pushed to AI approval: look at the event, or at the AI audit", where)
    if platform_id not in known:
        raise invalid("platform_id", "no such task center is configured", where)
    return (platform_id,)


def parse_range(start: str | None, end: str | None, now: float, where: str = "query") -> tuple[str, str]:
    """A span of time in UTC, each end empty where it is open. Raises Problem (422)."""
    latest = at(now + SKEW_S)
    first = max(parse_moment(start, "from", where), EARLIEST) if start else ""
    last = min(parse_moment(end, "to", where), latest) if end else ""
    if first > (last or latest):
        raise invalid("from", "expected a time before `to`, and before now", where)
    if last and last < EARLIEST:
        raise invalid("to", "expected a time after 1970", where)
    return first, last
