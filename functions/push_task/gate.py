"""Whether the next step of a platform may go: time, the breaker, the quiet it asked for, seats and its line."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import msgspec

from push_task.clients import LimitedClient
from push_task.dispatch import Lane, Refusal
from push_task.leave import OUT_OF_TIME, RATE_LIMITED
from push_task.settle import End
from taskbridge.access.breaker import Breakers
from taskbridge.budgets import SEAT_WAIT_S, SHORT_QUIET_S, SLOW_S, THREADS, TIME_TO_SETTLE_S, Fleet, Room
from taskbridge.errors import ConfigurationError, StoreError
from taskbridge.platforms.configured import Configured
from taskbridge.push.rates import Grant, slack_s
from taskbridge.reasons import build_reason
from taskbridge.tables.agreements import AgreementTable
from taskbridge.tables.riders import Rider

T = TypeVar("T")
logger = logging.getLogger(__name__)

DISABLED_WAIT_S = 60.0  # nobody drains a disabled platform; it may be enabled already, and this worker not know it yet
SHORTEST_SEAT_POLL_S = 0.1
LONGEST_SEAT_POLL_S = 0.25
SEAT_AGAIN_S = 5.0  # who is parked without a seat, or without an answer about turns, comes back then
SOON_S = 1.0  # a seat is kept for a turn that comes within this time
CROWDED_S = 10.0  # after a platform had too few seats, others are taken to wait for those that are not used
NEWEST = 0.1  # how much the newest call counts in what a platform's calls take

DISABLED = build_reason("waits_disabled")
BREAKER_OPEN = build_reason("waits_breaker")
QUIET = build_reason("waits_quiet")
NO_SEAT = build_reason("waits_seat")


class Shift(msgspec.Struct, frozen=True):
    """One batch: its name among the fleet, when its calls must have ended, and each platform's share of threads."""

    holder: str
    deadline: float
    share: int


class Gate:
    """Decides, and remembers how long the calls of each platform take. One for each process."""

    def __init__(
        self,
        lines: Configured[LimitedClient],
        breakers: Breakers,
        agreements: AgreementTable,
        clock: Callable[[], float],
        fleet: Fleet,
    ) -> None:
        self._lines = lines
        self._breakers = breakers
        self._agreements = agreements
        self._clock = clock
        self._fleet = fleet
        self._took: dict[str, float] = {}
        self._crowded: dict[str, float] = {}  # until when platforms are that had too few seats free

    def look(self, lane: Lane, shift: Shift) -> LimitedClient | float | Refusal:
        """The line by which the next step may go now, or when to look again, or why it does not go in this batch.

        `math.inf`: when another has ended.
        """
        try:
            line = self._lines.get(lane.platform_id)
        except ConfigurationError as error:
            return Refusal(str(error), end=End.PERMANENT)
        if line is None:
            return Refusal(DISABLED, DISABLED_WAIT_S, is_blocked=True)
        if lane.closed:
            return lane.closed
        if self._clock() + line.timeout_s > shift.deadline:
            return Refusal(OUT_OF_TIME, 1.0)
        if lane.running >= min(line.max_concurrency, shift.share):
            return math.inf
        answer = self._quiet(lane) or self._turn(lane, line, shift) or self._seat(lane, line, shift)
        lane.closed = answer if isinstance(answer, Refusal) and not answer.is_blocked else None
        return answer or line

    def book(self, platform_id: str, calls: int, shift: Shift, note: Callable[[int], None]) -> Rider | None:
        """Take seats along with another call, where nothing tells that they are short; `note` hears how many.

        Under a rate they are taken from the first turn on, and where a platform is quiet, after that.
        """
        line = self._line(platform_id)
        room = self._room(platform_id, line) if line and not line.max_rate_per_s else None
        if room is None or self._is_crowded(platform_id) or self._breakers.quiet_until(platform_id) > self._clock():
            return None
        seats = min(calls, shift.share, room.seats)
        until = shift.deadline + TIME_TO_SETTLE_S

        def tell(is_taken: bool) -> None:  # noqa: FBT001
            note(seats if is_taken else 0)

        return self._agreements.taking(platform_id, shift.holder, seats, room, until, tell)

    def leaving(self, lane: Lane, holder: str) -> Rider:
        """Give the seats of a lane back along with another call."""

        def tell(is_left: bool) -> None:  # noqa: FBT001
            lane.seats = 0 if is_left else lane.seats

        return self._agreements.leaving(lane.platform_id, holder, tell)

    def leave(self, lane: Lane, holder: str) -> None:
        """The batch has nothing more for this platform."""
        if lane.seats:
            lane.seats = 0
            self._try(None, self._agreements.leave_seats, lane.platform_id, holder)

    def make_room(self, lane: Lane, shift: Shift) -> None:
        """Whoever waits for seats, or is next in the line where calls go in turn, needs those that are not used."""
        line = self._line(lane.platform_id) if lane.seats > lane.running else None
        if line is None or not (line.max_rate_per_s or self._is_crowded(lane.platform_id)):
            return
        room = self._room(lane.platform_id, line)
        if room is None:
            return
        useful = self._useful_seats(lane, line, room)
        if not useful:
            self.leave(lane, shift.holder)
        elif lane.seats - useful >= max(1, room.seats // 4):
            self._take_seats(lane, useful, room, shift)

    def reserve(self, platform_id: str, line: LimitedClient, wanted: int, until: float) -> Grant:
        """Join the line of a platform that has one."""
        now = self._clock()
        none = Grant((), now + SEAT_AGAIN_S)
        return self._try(none, self._agreements.reserve, platform_id, wanted, self._pace(platform_id, line), now, until)

    def note_took(self, platform_id: str, seconds: float) -> None:
        """A call took so long."""
        known = self._took.get(platform_id, seconds)
        self._took[platform_id] = known + NEWEST * (seconds - known)

    def _quiet(self, lane: Lane) -> float | Refusal | None:
        now = self._clock()
        if self._breakers.allows(lane.platform_id, probe=lane.ready[0].is_probe):
            # Through an open breaker goes one call; what it came to decides about the next.
            return math.inf if lane.running and self._breakers.is_open(lane.platform_id) else None
        quiet_s = self._breakers.quiet_until(lane.platform_id) - now
        if quiet_s > SHORT_QUIET_S:
            return Refusal(QUIET, quiet_s, is_blocked=True)
        if quiet_s > 0:
            return now + quiet_s
        return Refusal(BREAKER_OPEN, is_blocked=True)  # due at once: nobody drains it before the breaker closes

    def _seat(self, lane: Lane, line: LimitedClient, shift: Shift) -> float | Refusal | None:
        """Seats are taken when the first call may go, and kept until nothing is left."""
        if lane.running < lane.seats:
            return None
        room = self._room(lane.platform_id, line)
        if room is None:
            return None
        now = self._clock()
        wanted = min(self._useful_seats(lane, line, room), shift.share)
        if not lane.seats or line.max_rate_per_s or (now >= lane.seats_again_at and wanted > lane.seats):
            self._take_seats(lane, wanted, room, shift)
        if lane.running < lane.seats:
            return None
        lane.seats_again_at = now + self._poll_s(lane.platform_id)
        if lane.seats:
            return lane.seats_again_at if self._is_crowded(lane.platform_id) else math.inf
        lane.seats_asked_at = lane.seats_asked_at or now
        is_patient = now - lane.seats_asked_at < SEAT_WAIT_S or len(self._took) < 2
        return lane.seats_again_at if is_patient else Refusal(NO_SEAT, SEAT_AGAIN_S)

    def _poll_s(self, platform_id: str) -> float:
        """When to look again for seats: soon, where they change hands soon."""
        return min(LONGEST_SEAT_POLL_S, max(SHORTEST_SEAT_POLL_S, self._took.get(platform_id, 0.0) / 4))

    def _take_seats(self, lane: Lane, wanted: int, room: Room, shift: Shift) -> None:
        """Have so many seats in the place of those that the lane has; where none is granted, it keeps those."""
        bounds = (self._clock(), shift.deadline + TIME_TO_SETTLE_S)
        granted = self._try(0, self._agreements.take_seats, lane.platform_id, shift.holder, wanted, room, bounds)
        lane.seats = granted or lane.seats
        if granted < min(wanted, room.seats):
            self._crowded[lane.platform_id] = self._clock() + CROWDED_S

    def _try(self, otherwise: T, call: Callable[..., T], *args: object) -> T:
        """Where the fleet's agreement cannot be had, this platform waits and its batch mates go on."""
        try:
            return call(*args)
        except StoreError as error:
            logger.warning("what the fleet agrees upon is not known: %s", error)
            return otherwise

    def _useful_seats(self, lane: Lane, line: LimitedClient, room: Room) -> int:
        """As many as there are calls; where these go in turn, a few more than are used, if the next turn is soon."""
        if not line.max_rate_per_s:
            return lane.running + lane.left
        is_soon = lane.starts and lane.starts[0] < self._clock() + SOON_S
        return lane.running + (min(lane.left, max(1, room.seats // 4)) if is_soon else 0)

    def _line(self, platform_id: str) -> LimitedClient | None:
        """None also where the platform was deleted meanwhile."""
        with suppress(ConfigurationError):
            return self._lines.get(platform_id)
        return None

    def _room(self, platform_id: str, line: LimitedClient) -> Room | None:
        return self._fleet.room(line.max_concurrency, is_slow=self._is_slow(platform_id))

    def _is_crowded(self, platform_id: str) -> bool:
        return self._crowded.get(platform_id, 0.0) > self._clock()

    def _pace(self, platform_id: str, line: LimitedClient) -> float:
        """How fast calls may follow one another: turns that come faster than seats get free would be missed."""
        took = self._took.get(platform_id, 0.0)
        return min(line.max_rate_per_s, line.max_concurrency / took) if took else line.max_rate_per_s

    def _turn(self, lane: Lane, line: LimitedClient, shift: Shift) -> float | Refusal | None:
        if not line.max_rate_per_s:
            return None
        now = self._clock()
        lane.drop_late(now, slack_s(line.max_rate_per_s))
        if not lane.starts:
            grant = self.reserve(lane.platform_id, line, min(lane.left, THREADS), shift.deadline - line.timeout_s)
            if not grant.starts:
                return Refusal(RATE_LIMITED, max(0.0, grant.line_end - now))
            lane.starts.extend(grant.starts)
        return lane.starts[0] if lane.starts[0] > now else None

    def _is_slow(self, platform_id: str) -> bool:
        """Whether a platform would hold up others: each process learns it from its own calls."""
        return len(self._took) > 1 and self._took.get(platform_id, 0.0) > SLOW_S
