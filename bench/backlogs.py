"""A backlog under a rate limit, in simulated time: sends a second against the limit, with fleets of one to fifty.

The fleet is that of tests/simulation: real batches, agreements and reconciler; queue and task center are simulated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.errors import BenchError
from bench.table import Row
from tests.simulation.fleet import SimulatedFleet, line_to

LEAST = 0.95
LATENCY_S = 0.1
LASTS_S = 60.0


@dataclass(frozen=True, slots=True)
class Backlog:
    """So many workers under so many calls a second; `parked`: what an outage left, and nothing in the queue."""

    workers: int
    rate: float
    parked: bool = False

    @property
    def name(self) -> str:
        """What the row is called."""
        return f"sends a second, {self.workers} workers, limit {self.rate:g}{', parked' if self.parked else ''}"


BACKLOGS = (Backlog(1, 10), Backlog(2, 5), Backlog(10, 10), Backlog(50, 50), Backlog(10, 20, parked=True))


def measure(say: Callable[[str], None]) -> list[Row]:
    """Live through each backlog."""
    return [_row(backlog, live_through(backlog), say) for backlog in BACKLOGS]


def live_through(backlog: Backlog) -> float:
    """Sends a second. Raises BenchError where the limit is not kept, a todo is missing, or waiting cost a receive."""
    tasks = int(backlog.rate * LASTS_S)
    fleet = SimulatedFleet(backlog.workers, line_to(max_rate_per_s=backlog.rate), latency_s=lambda *_: LATENCY_S)
    (fleet.park_many if backlog.parked else fleet.put_many)(tasks)
    history = fleet.run(3 * LASTS_S)
    most = history.most_in_a_second()
    if len(fleet.center.tasks) != tasks or most > backlog.rate + 1 or history.most_receives > 1:
        arrived = f"{len(fleet.center.tasks)} of {tasks} arrived"
        raise BenchError(f"{backlog.name}: {arrived}, {most} in a second, {history.most_receives} receives")
    return history.per_second()


def _row(backlog: Backlog, per_second: float, say: Callable[[str], None]) -> Row:
    share = per_second / backlog.rate
    say(f"  {backlog.name}: {per_second:.2f}, {share:.3f} of the limit")
    shortfall = 1.0 - share
    beside = f"{backlog.rate:g}, the limit"
    return Row(backlog.name, f"{per_second:.2f}", beside, share, shortfall, 1.0 - LEAST, unit=" below it")
