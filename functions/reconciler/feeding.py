"""How much of what is due is released, and when. Pure; times in epoch seconds.

The push queue is fed a few seconds of work at a time. A platform with a rate has two lines: that of the calls, which
workers book (`rate#<platform>`), and that of what was released, which ends at `fed_until`: it grows by the time that
the calls of each released instance take, is shared by all runs, and is what keeps the queue from being flooded. One
without a rate is fed while the queue has room, less where what was released comes back unsent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

AHEAD_S = 15.0  # so much work of a platform waits in the queue at any time
PORTION_S = 2.0  # between two portions
NEXT_RUN_S = 60.0  # from the beginning of a run to that of the next
LAST_S = 4.0  # before a run ends: the portion that has to last until the next
LONGEST_INSTANCE_S = 60.0  # of the line that one instance takes, however many tasks it has
SHARE_EVERY_S = 20.0  # a portion goes, however much others have booked or queued
PORTION = 500  # instances, where there is no rate: 250 a second
LEAST_PORTION = 20
MAY_COME_BACK = 5  # released instances: for fewer, a run does not stay to see whether they come back unsent
QUEUE_ROOM = 2000  # messages: what waits behind more of them is only older, and no faster


@dataclass(slots=True)
class Feed:
    """What was released of one platform in this run, and how long it lasts."""

    rate_per_s: float
    fed_until: float = 0.0
    shared: float = 0.0  # as it was last read or written
    fed_at: float = -math.inf
    portion: int = PORTION
    came_back: int = 0  # of the last portion: released before in this run
    released: int = 0  # in the last portion
    calls: dict[tuple[str, str], int] = field(default_factory=dict)

    def keep_to(self, rate_per_s: float, now: float) -> None:
        """The limit may have been changed: what is released already takes as much longer, or less long."""
        if self.rate_per_s and rate_per_s and rate_per_s != self.rate_per_s:
            self.fed_until = now + max(0.0, self.fed_until - now) * self.rate_per_s / rate_per_s
        self.rate_per_s = rate_per_s

    def hear(self, shared: float) -> None:
        """What other runs have released since."""
        self.fed_until += max(0.0, shared - self.shared)
        self.shared = max(shared, self.shared)

    def room(self, now: float, until: float, line_end: float, queued: int) -> int:
        """How many calls to release, so that the queue holds work until `until`; instances, where there is no rate."""
        wants = self.most(now, until)
        self._size_portion()
        if self.rate_per_s:
            open_line = _whole((until - max(now, line_end)) * self.rate_per_s)
            has_place = queued < max(QUEUE_ROOM, (NEXT_RUN_S + AHEAD_S) * self.rate_per_s)
            room = min(wants, open_line) if has_place else 0
            share = math.ceil(PORTION_S * self.rate_per_s)
        else:
            room, share = min(wants, self.portion, QUEUE_ROOM - queued), PORTION // 10
        if room <= 0 and now >= self.fed_at + SHARE_EVERY_S:
            room = min(wants, share)
        return max(0, room)

    def most(self, now: float, until: float) -> int:
        """What would be released, had the others booked and queued nothing."""
        if not self.rate_per_s:
            return PORTION
        return _whole((until - max(now, self.fed_until)) * self.rate_per_s)

    def take(self, key: tuple[str, str], calls: int, now: float) -> int:
        """An instance is released that needs so many calls; returns how many of the room it takes.

        One that comes back within the run has not been sent: its calls are not counted twice.
        """
        self.fed_at = now
        self.released += 1
        self.came_back += key in self.calls
        if not self.rate_per_s:
            self.calls[key] = 1
            return 1
        back = min(calls, self.calls.get(key, 0)) / self.rate_per_s
        calls = min(calls, max(1, int(LONGEST_INSTANCE_S * self.rate_per_s)))
        self.calls[key] = calls
        self.fed_until = max(now, self.fed_until - back) + calls / self.rate_per_s
        return calls

    def goes_on(self, now: float, end: float) -> bool:
        """Whether what was released may come back, and there will be room for it, before `end`."""
        if len(self.calls) >= MAY_COME_BACK and now < self.fed_at + SHARE_EVERY_S:
            return True
        return bool(self.calls) and now + PORTION_S < self.fed_until < end + AHEAD_S

    def _size_portion(self) -> None:
        """Where most of a portion came back unsent, the platform takes less than that at the same time."""
        if self.released:
            is_too_much = 2 * self.came_back > self.released
            self.portion = max(LEAST_PORTION, self.portion // 2) if is_too_much else min(PORTION, 2 * self.portion)
        self.released = self.came_back = 0


def _whole(calls: float) -> int:
    """Begun calls count; what times of a few nanoseconds make of them does not."""
    return math.ceil(calls - 1e-3)


def lasts_until(now: float, begun_at: float, *, is_last: bool) -> float:
    """How long the work in the queue has to last after a portion; after the last of a run, until the next runs."""
    soon = now + PORTION_S + AHEAD_S
    return max(soon, begun_at + NEXT_RUN_S + AHEAD_S) if is_last else soon
