"""When to try again. Pure; times in seconds.

A failed call is first retried in the queue, which blocks only its own process instance; what still fails then is
left to the reconciler, so that no message grows old in a queue, and no outage is too long.
"""

from __future__ import annotations

import msgspec

from taskbridge.budgets import QUEUE_ATTEMPTS
from taskbridge.moments import DAY_S

QUEUE_WAITS_S = (2.0, 6.0, 18.0, 54.0)
RECONCILER_FIRST_WAIT_S = 60.0
RECONCILER_LONGEST_WAIT_S = 3600.0
GIVE_UP_AFTER_S = 14 * DAY_S
LONGEST_WAIT_IN_QUEUE_S = 300.0


class InQueue(msgspec.Struct, frozen=True):
    """Leave the message in the queue, invisible for this long."""

    wait_s: float


class Later(msgspec.Struct, frozen=True):
    """Take the message off the queue; the reconciler looks again at this time."""

    due_at: float


class GiveUp(msgspec.Struct, frozen=True):
    """Failing for fourteen days: a person has to look."""


def next_try(
    attempts: int, failing_since: float, now: float, jitter: float, retry_after: float = 0.0
) -> InQueue | Later | GiveUp:
    """What follows the failed attempt number `attempts`. `jitter` is uniform in [0, 1)."""
    if now - failing_since >= GIVE_UP_AFTER_S:
        return GiveUp()
    spread = 0.75 + jitter / 2
    if attempts < QUEUE_ATTEMPTS:
        wait = max(QUEUE_WAITS_S[attempts - 1] * spread, retry_after)
        return InQueue(wait) if wait <= LONGEST_WAIT_IN_QUEUE_S else Later(now + wait)
    doublings = min(attempts - QUEUE_ATTEMPTS, 10)
    wait = min(RECONCILER_FIRST_WAIT_S * 2**doublings, RECONCILER_LONGEST_WAIT_S) * spread
    return Later(now + max(wait, retry_after))
