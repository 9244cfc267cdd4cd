"""How long a turn may last, and what it had no time for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from taskbridge.ai.requests import RequestPorts, request_each, wanted_automatically
from taskbridge.ai.rulebook import RuleBook, SeatKey
from taskbridge.ai.seats import Seat


class OutOfTime(Exception):
    """The turn ends here: what is left of its messages is for a later one.

    `left` is the seats that are left of a message; None where that is all of it.
    """

    def __init__(self, left: Sequence[SeatKey] | None = None) -> None:
        super().__init__("out of time")
        self.left = left


@dataclass(frozen=True, slots=True)
class Pace:
    """The end of a turn. Both in epoch seconds."""

    clock: Callable[[], float]
    end: float = float("inf")

    def step(self) -> None:
        """To be called before each small piece of work. Raises OutOfTime where there is no time for it."""
        if self.clock() >= self.end:
            raise OutOfTime


def request_in_time(seats: Iterable[Seat], book: RuleBook, ports: RequestPorts, pace: Pace) -> int:
    """Ask for what open seats need without anybody asking.

    Raises OutOfTime with the seats that were not asked for any more.
    """
    wanted = wanted_automatically(seats, book)
    begun = 0

    def step() -> None:
        nonlocal begun
        pace.step()
        begun += 1

    try:
        return request_each(wanted, ports, step)
    except OutOfTime:
        raise OutOfTime([(seat.uid, seat.task_id) for seat, _ in wanted[begun:]]) from None
