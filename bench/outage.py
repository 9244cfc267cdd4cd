"""A long outage of the task center, in simulated time: what it costs in attempts, and how fast it is made up for.

Queues, stores and task center are simulated (tests/simulation), what decides is real. Tasks come in while the task
center is down for six hours; the outage ends at four different moments of a minute, and the worst counts. A small
backlog is looked at as well, since all of it has been used to see whether the task center is back. Fleets of one to
fifty workers over a backlog under a rate limit stand in bench/backlogs.py.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import httpx

from bench import backlogs
from bench.table import Row
from bench.work import received
from local.jinzhi_simulator import Faults
from tests.simulation.world import World

TASKS = 1000
FEW_TASKS = 20
OUTAGE_S = 6 * 3600.0
ARRIVAL_S = 600.0  # the tasks come in during the first ten minutes
BLIND_EVERY_S = 30.0
RATE_PER_S = 20.0
ENDS_S = (0.0, 15.0, 30.0, 45.0)  # where in its minute the outage ends
ATTEMPTS_TARGET = 0.01
DRAIN_TARGET_S = 120.0
PATIENCE_S = 7200.0


@dataclass(frozen=True, slots=True)
class Outage:
    """How one outage went: attempts while it lasted, those of blind retrying, seconds from its end to the last todo."""

    attempts: int
    blind: int
    drained_s: float


def measure(say: Callable[[str], None]) -> list[Row]:
    """Live through the outage four times with many tasks, and four times with few."""
    rows = []
    for tasks in (TASKS, FEW_TASKS):
        seen = [live_through(OUTAGE_S + late, tasks) for late in ENDS_S]
        for late, outage in zip(ENDS_S, seen, strict=True):
            told = f"{outage.attempts} attempts, drained after {outage.drained_s:.0f} s"
            say(f"  {tasks} tasks, ends {late:.0f} s into a minute: {told}")
        rows += [_attempts_row(seen)] if tasks == TASKS else []
        rows.append(_drain_row(tasks, max(outage.drained_s for outage in seen)))
    return rows + backlogs.measure(say)


def _attempts_row(seen: list[Outage]) -> Row:
    most = max(seen, key=lambda outage: outage.attempts / outage.blind)
    share = most.attempts / most.blind
    beside = f"{most.blind}, a retry every {BLIND_EVERY_S:.0f} s"
    return Row("attempts in a 6 h outage", str(most.attempts), beside, share, share, ATTEMPTS_TARGET, strict=True)


def _drain_row(tasks: int, slowest_s: float) -> Row:
    backlog_s = tasks / RATE_PER_S
    limit = backlog_s + DRAIN_TARGET_S
    beside = f"{backlog_s:.0f} s, the backlog at {RATE_PER_S:.0f}/s"
    return Row(f"{tasks} tasks drained after it", f"{slowest_s:.0f} s", beside, None, slowest_s, limit, unit=" s")


class _Outage(World):
    """A world whose task center is down for so many seconds from its beginning, to the second."""

    def __init__(self, outage_s: float) -> None:
        super().__init__(seed=1)
        self.back_at = self.now + outage_s
        self.attempts = 0
        self.last_arrival = 0.0
        self.center.faults = Faults(down=True)
        self.platform = replace(self.platform, settings={**self.platform.settings, "max_rate_per_s": RATE_PER_S})

    def _call(self, request: httpx.Request) -> httpx.Response:
        is_over = self.now >= self.back_at
        if is_over:
            self.center.faults = Faults()
        self.attempts += not is_over
        before = len(self.center.tasks)
        try:
            return super()._call(request)
        finally:
            if len(self.center.tasks) > before:
                self.last_arrival = self.now


def live_through(outage_s: float, tasks: int) -> Outage:
    """One outage of so many seconds, from the first task to the last todo.

    Raises AssertionError where one is lost, or has not arrived two hours after the end.
    """
    world = _Outage(outage_s)
    arrivals = random.Random(1)
    blind = 0
    for number in range(tasks):
        delay = arrivals.random() * ARRIVAL_S
        blind += int((outage_s - delay) // BLIND_EVERY_S) + 1
        world.put(received(str(number)), delay)
    world.run_for(outage_s + PATIENCE_S)
    if len(world.center.tasks) != tasks or world.dead:
        raise AssertionError(f"{len(world.center.tasks)} of {tasks} tasks arrived, {len(world.dead)} dead letters")
    return Outage(world.attempts, blind, world.last_arrival - world.back_at)
