"""How long an analysis waits before it is tried again: a quota that is used up pauses it, a failure delays it. Pure."""

from __future__ import annotations

import zlib
from typing import NamedTuple

from taskbridge.ai.caps import seconds_to_tomorrow
from taskbridge.errors import (
    ConfigurationError,
    IncompleteAnswer,
    PlatformError,
    QuotaExhausted,
    ThrottledError,
    TransientError,
)
from taskbridge.reasons import build_reason

PAUSED_S = 60.0
THROTTLED_S, THROTTLED_SPREAD_S = 60.0, 12.0
# A platform that always says "in a second" must not use up the receives of a message within the day that it has.
RECEIVES_A_SECOND, LONGEST_AGAIN_S = 3, 200.0
FIRST_RETRY_S, LONGEST_RETRY_S = 5.0, 600.0
FOLLOW_S, LONGEST_FOLLOW_S = 3.0, 30.0
LONGEST_CAPPED_S = 3600.0

PAUSED = build_reason("ai_paused")


class Pause(NamedTuple):
    """Why an analysis waits, and for how many seconds."""

    reason: str
    again_in: float


def pause_after(error: PlatformError | ConfigurationError, receives: int, key: str = "") -> Pause | None:
    """What an error means for the next try, of a message that came `receives` times; None where there is none.

    `key` names what waits: others do not come back at the same moment.
    """
    if isinstance(error, QuotaExhausted):
        return paused(receives)
    if isinstance(error, IncompleteAnswer):
        return None  # it was asked for twice: cut again, it would only cost again
    if isinstance(error, ThrottledError):
        return Pause(str(error), max(throttled_s(error, key), min(receives / RECEIVES_A_SECOND, LONGEST_AGAIN_S)))
    if isinstance(error, TransientError | ConfigurationError):
        return Pause(str(error), retry_s(receives))
    return None


def throttled_s(error: ThrottledError, key: str) -> float:
    """What the platform asks for, else about a minute: another one for each `key`."""
    share = zlib.crc32(key.encode()) / 2**32
    return error.retry_after or THROTTLED_S + THROTTLED_SPREAD_S * (2 * share - 1)


def paused(receives: int) -> Pause:
    """No platform takes a question now."""
    return Pause(PAUSED, max(PAUSED_S, retry_s(receives)))


def retry_s(receives: int) -> float:
    """The wait after a failure: twice as long each time."""
    return float(min(FIRST_RETRY_S * 2 ** min(receives - 1, 10), LONGEST_RETRY_S))


def follow_s(receives: int) -> float:
    """The wait for another worker that is at the same question."""
    return min(FOLLOW_S * receives, LONGEST_FOLLOW_S)


def capped_s(now: float) -> float:
    """The wait where enough was asked today."""
    return min(LONGEST_CAPPED_S, seconds_to_tomorrow(now))
