"""What an invocation, a message, a platform and a person have to spend, in one place. Pure; seconds, unless said.

An invocation of the push function lasts `push_timeout_s`: it begins (reads, marks), calls, and settles. A call is only
begun where it can end in time; what a step needs beside its first call (a token, a repeat, an update of what is there
already) gets what is left.

A message is received once for each try in the queue, and once for each worker that dies with it or loses a race.
Waiting costs no receive: who waits longer than an invocation is parked in the table.

A platform has a rate and a number of requests at the same time. Both are the fleet's, whatever its size.

A person whose task stands in a batch beside slower ones has it settled after `SETTLE_EVERY_S`.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from taskbridge.errors import ConfigurationError
from taskbridge.flaws import flaw

# An invocation
TIME_TO_BEGIN_S = 2.0
TIME_TO_SETTLE_S = 3.0
LEAST_CALL_S = 1.0  # what is left has to be as long as this, or nothing more is called
THREADS = 16
DEFAULT_PUSH_TIMEOUT_S = 30.0
SHORTEST_PUSH_TIMEOUT_S = 15.0  # the default `timeout_s` fits
LONGEST_PUSH_TIMEOUT_S = 150.0  # a sixth of the longest visibility

# A message
QUEUE_ATTEMPTS = 5
LEAST_RECEIVES = 4 * QUEUE_ATTEMPTS  # the tries, and as many deaths and lost races again, thrice
LONGEST_VISIBILITY_S = 900.0  # after that, work that nobody finished is looked for

# A platform
LINE_AHEAD = 0.25  # of an invocation: a worker waits at least so long for its turn under a rate
LOWEST_RATE_PER_S = 0.01
SEAT_WAIT_S = 2.0  # a worker waits so long for a seat where it has other platforms to serve, and parks then
TURN_WAIT_S = 2.0  # a step that has begun holds a seat: it waits so long for the turn of a further call
SHORT_QUIET_S = 5.0  # a platform that asks for so little quiet is waited for
SLOW_S = 2.0  # a platform whose calls take so long gets half of the fleet, where there are others

# A person
SETTLE_EVERY_S = 1.0
SLICE = 100  # calls of one instance that are settled together


class Room(NamedTuple):
    """How many seats a platform has, and how many workers may hold some at the same time."""

    seats: int
    holders: int


class Fleet(msgspec.Struct, frozen=True):
    """The push function as it is deployed: how long a worker may run, and how many there are."""

    push_timeout_s: float = DEFAULT_PUSH_TIMEOUT_S
    workers: int = 1

    def longest_call_s(self, rate_per_s: float) -> float:
        """The longest `timeout_s` with which every step gets its turn."""
        return max(LEAST_CALL_S, self.horizon_s(self.turn_s(rate_per_s)))

    def turn_s(self, rate_per_s: float) -> float:
        """What an invocation keeps free to wait for turns in a line."""
        return self.push_timeout_s * LINE_AHEAD if rate_per_s else 0.0

    def horizon_s(self, timeout_s: float) -> float:
        """So far ahead a worker that begins now takes turns in a line: whoever is fed to it has to fit."""
        return self.push_timeout_s - TIME_TO_BEGIN_S - TIME_TO_SETTLE_S - timeout_s

    def room(self, max_concurrency: int, *, is_slow: bool) -> Room | None:
        """What workers have to share of a platform; None where they cannot exceed it.

        One worker alone counts its own calls. A slow platform gets at most half of the workers.
        """
        if self.workers == 1:
            return None
        if is_slow:
            return Room(max_concurrency, max(1, self.workers // 2))
        return Room(max_concurrency, self.workers) if max_concurrency < self.workers * THREADS else None


DEFAULT_FLEET = Fleet()


def check_limits(timeout_s: float, rate_per_s: float, fleet: Fleet) -> None:
    """Refuse what could not work with the function as it is deployed. Raises ConfigurationError."""
    if 0 < rate_per_s < LOWEST_RATE_PER_S:
        raise ConfigurationError(
            "max_rate_per_s", flaw("rate_too_low", least=f"{LOWEST_RATE_PER_S:g}", got=f"{rate_per_s:g}")
        )
    longest = fleet.longest_call_s(rate_per_s)
    if timeout_s > longest:
        own_s = TIME_TO_BEGIN_S + TIME_TO_SETTLE_S
        seconds = (longest, timeout_s, fleet.push_timeout_s, own_s, fleet.turn_s(rate_per_s))
        told = dict(zip(("most", "got", "whole", "own", "turn"), (f"{each:g}" for each in seconds), strict=True))
        raise ConfigurationError("timeout_s", flaw("push_too_long", **told))
