"""The task center is down for two hours, in simulated time: nothing is lost, and how long the backlog takes."""

from __future__ import annotations

from dataclasses import asdict

from bench.outage import TASKS, live_through
from proof.record import Data, Options, Say

HOURS = 2


def run(options: Options, say: Say) -> Data:
    """One outage; raises AssertionError where a todo is missing in the end."""
    say(f"outage: {TASKS} tasks, {HOURS} hours")
    return {"hours": HOURS, "tasks": TASKS, **asdict(live_through(HOURS * 3600.0, TASKS))}
