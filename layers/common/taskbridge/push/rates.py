"""The line in front of a platform with a rate limit: when each call of the fleet may begin. Pure.

Of any `rate` calls in a row, the next may begin a second after the first (for a rate that is no whole number: the next
whole number of calls, and the time they take). So no second ever sees more than the rate plus one, however the calls
are spread. Where the line is busy, calls follow one another evenly. A worker that is alone leaves gaps while it writes
down what it did; it makes up for them in the second that follows, and for no more.

The line aims at `SHARE` of the rate: clocks differ by some milliseconds, and threads wake late.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec

SHARE = 0.98
HURRY = 4  # who makes up for a gap calls at most so many times as fast
TICKS = 64  # so finely a second is remembered
SLACK_S = 0.03  # a thread wakes late, and a seat takes a moment
BUSY = 0.25  # of a second: a line that is booked for longer is spread evenly
MOST_PER_S = 10_000  # no fleet comes near it, and a line of so many calls a second costs more than they do


class Line(msgspec.Struct, frozen=True):
    """`next_at`: from then on even spacing is safe, whatever came before (epoch seconds).

    `calls`: the last calls as (millisecond, how many), oldest first. Without, they were evenly spaced.
    """

    next_at: float = 0.0
    calls: tuple[tuple[int, int], ...] = ()


class Grant(NamedTuple):
    """When calls may begin, and from when on the line is free."""

    starts: tuple[float, ...]
    line_end: float


def limit_of(rate: float) -> float:
    """The rate that a line has to keep, 0 for none: what no fleet reaches is no limit."""
    return rate if 0 < rate <= MOST_PER_S else 0.0


def join_line(line: Line, wanted: int, rate: float, now: float, until: float) -> tuple[tuple[float, ...], Line]:
    """Grant at most `wanted` calls that begin before `until`; the line as it is then."""
    pace = rate * SHARE
    crowd = math.ceil(rate)
    span = crowd / pace
    if line.next_at > now + BUSY * span or line.next_at < now - span:
        begin = max(now, line.next_at)
        starts = [begin + index / pace for index in range(wanted) if begin + index / pace < until]
        past = _evenly(begin, crowd, pace) if line.next_at > now else []
    else:
        past = _recent(line, crowd, pace)
        starts = _catch_up(past, wanted, pace, span, (now, until))
    if not starts:
        return (), line
    return tuple(starts), _line_after([*past, *starts][-crowd:], pace, span)


def slack_s(rate: float) -> float:
    """How late a call may begin after its turn, so that no second sees more than the rate plus one."""
    return max(SLACK_S, math.floor(rate + 1) / rate - 1)


def _catch_up(past: list[float], wanted: int, pace: float, span: float, bounds: tuple[float, float]) -> list[float]:
    now, until = bounds
    calls, starts = list(past), []
    for _ in range(wanted):
        start = max(now, calls[-1] + 1 / (HURRY * pace), calls[-len(past)] + span)
        if start >= until:
            break
        calls.append(start)
        starts.append(start)
    return starts


def _recent(line: Line, crowd: int, pace: float) -> list[float]:
    """The last `crowd` calls; what is not known was even."""
    known = [at / 1000 for at, count in line.calls for _ in range(count)][-crowd:]
    first = min(known[0], line.next_at - len(known) / pace) if known else line.next_at
    return [*_evenly(first, crowd - len(known), pace), *known]


def _evenly(end: float, count: int, pace: float) -> list[float]:
    return [end - index / pace for index in range(count, 0, -1)]


def _line_after(calls: list[float], pace: float, span: float) -> Line:
    """The line after these calls, which are remembered as a little later than they were."""
    grain = max(1, int(span * 1000 / TICKS))
    counts: dict[int, int] = {}
    for call in calls:
        at = math.ceil(call * 1000 / grain) * grain
        counts[at] = counts.get(at, 0) + 1
    next_at = max(call + (len(calls) - index) / pace for index, call in enumerate(calls))
    return Line(next_at, tuple(counts.items()))
