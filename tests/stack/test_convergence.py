"""Random histories through the whole stack: shuffled, doubled, with a failing task center and killed workers."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from tests.simulation.histories import History, random_history
from tests.stack.convergence import SETTLED, check_calls, check_state, deliver
from tests.stack.harness import RunningStack
from tests.stack.workers import push_workers

FAULTS = {
    "failure_rate": 0.2,
    "kinds": [
        *("http_500", "http_503", "reset", "html", "expired_token", "timeout_before"),
        *("http_500_after", "reset_after", "html_after", "timeout_after"),
    ],
    "hang_s": 0.5,
}
KILLS = 3
# Little enough that each comes while there is work that no worker died with: that comes back after minutes.
CALLS_BETWEEN = 12


def test_instances_end_as_the_highest_sequences_imply(stack: RunningStack, request: pytest.FixtureRequest) -> None:
    histories = _histories(seed=7, count=request.config.getoption("--instances"), first=0)
    stack.simulator.set_faults(FAULTS)

    rows = deliver(stack, histories, lambda: None)

    assert {row.status for row in rows} <= SETTLED
    check_state(stack, histories)
    check_calls(stack, histories, killed_at=[])


def test_a_killed_worker_changes_nothing_about_the_end(stack: RunningStack) -> None:
    histories = _histories(seed=11, count=60, first=1000)
    stack.simulator.set_faults({"latency_ms": 50})
    killed_at: list[float] = []

    rows = deliver(stack, histories, lambda: _kill_in_the_middle(stack, killed_at))

    assert len(killed_at) == KILLS
    assert {row.status for row in rows} <= SETTLED
    check_state(stack, histories)
    check_calls(stack, histories, killed_at)


def _histories(*, seed: int, count: int, first: int) -> list[History]:
    rng = random.Random(seed)
    return [random_history(rng, first + number) for number in range(count)]


def _kill_in_the_middle(stack: RunningStack, killed_at: list[float]) -> None:
    """Kill the push worker while the task center is being called, again and again."""
    while len(killed_at) < KILLS:
        seen = len(stack.simulator.calls())
        while len(stack.simulator.calls(seen)) < CALLS_BETWEEN:
            time.sleep(0.05)
        for pid in push_workers(stack):
            os.kill(pid, signal.SIGKILL)
            killed_at.append(time.time())
