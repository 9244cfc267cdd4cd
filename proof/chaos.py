"""A whole stack under chaos: shuffled and doubled events, a failing task center, killed workers, and an AWS that
throttles, fails and hangs up. Seed by seed, each with thousands of events; the end has to be what the events imply.
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from threading import Event, Thread

from local.stack import down
from proof import record
from proof.record import Data, Options, Say
from proof.trouble import Trouble, troubled
from tests.simulation.histories import History, random_history
from tests.stack.convergence import SETTLED, check_state, deliver, second_inserts
from tests.stack.harness import RunningStack, new_settings, running
from tests.stack.workers import push_workers

EVENTS = 2000
RATE = 0.05
KILL_EVERY_S = 10.0
KILLS = 5
FAULTS = {
    "failure_rate": 0.1,
    "kinds": ["http_500", "http_503", "reset", "html", "expired_token", "http_500_after", "reset_after"],
}


def run(options: Options, say: Say) -> Data:
    """One stack, one seed after the other. Raises AssertionError with the seed that ended wrong."""
    trouble = Trouble(options.first_seed, 0.0)
    earlier, seeds = earlier_seeds(record.load().get("chaos"), options), list[Data]()
    with _stack(trouble) as stack:
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            seeds.append(_one_seed(stack, trouble, seed, options.events))
            say(f"chaos: seed {seed} ended right, {len(seeds)} of {options.seeds} seeds: {seeds[-1]}")
    return {"seeds": earlier + seeds, "events": options.events}


def earlier_seeds(found: record.Record | None, options: Options) -> list[Data]:
    """The seeds before the first of these, as an earlier run of as many events found them; each says of which run."""
    if found is None or found.data["events"] != options.events:
        return []
    return [{"run": found.at, **row} for row in found.data["seeds"] if row["seed"] < options.first_seed]


@contextmanager
def _stack(trouble: Trouble) -> Iterator[RunningStack]:
    folder, is_kept = Path(tempfile.mkdtemp(prefix="taskbridge-proof-")), False
    settings = new_settings(folder)
    with troubled(settings.endpoint_url, trouble) as address:
        behind = replace(settings, functions_endpoint=address)
        try:
            with running(behind) as stack:
                yield stack
        except AssertionError as error:
            error.add_note(f"What the stack left is in {folder}")
            is_kept = True
            raise
        finally:
            trouble.rate = 0.0
            down(behind, lambda _: None)
            if not is_kept:
                rmtree(folder)


def _one_seed(stack: RunningStack, trouble: Trouble, seed: int, events: int) -> Data:
    histories = _histories(seed, events)
    count = sum(len(history.events) for history in histories)
    before, calls, started = trouble.told.copy(), trouble.calls, time.monotonic()
    first_call = len(stack.simulator.calls())
    trouble.rate = RATE
    stack.simulator.set_faults(FAULTS)
    with _killing(stack) as killed_at:
        rows = deliver(stack, histories, lambda: None)
    trouble.rate = 0.0
    wrong = sorted({row.status for row in rows} - SETTLED)
    assert not wrong, f"seed {seed}: events ended as {', '.join(wrong)}"
    check_state(stack, histories)
    return {
        "seed": seed,
        "instances": len(histories),
        "events": count,
        "seconds": round(time.monotonic() - started),
        "killed": len(killed_at),
        "aws_calls": trouble.calls - calls,
        "aws_trouble": dict(trouble.told - before),
        "second_inserts": second_inserts(stack, histories, first_call),
    }


def _histories(seed: int, events: int) -> list[History]:
    rng = random.Random(seed)
    histories: list[History] = []
    while sum(len(history.events) for history in histories) < events:
        histories.append(random_history(rng, seed * 100_000 + len(histories)))
    return histories


@contextmanager
def _killing(stack: RunningStack) -> Iterator[list[float]]:
    """Kill the push workers again and again, in the middle of whatever they do."""
    over, killed_at = Event(), list[float]()

    def kill() -> None:
        while len(killed_at) < KILLS and not over.wait(KILL_EVERY_S):
            for pid in push_workers(stack):
                os.kill(pid, signal.SIGKILL)
                killed_at.append(time.time())

    thread = Thread(target=kill, name="killer")
    thread.start()
    try:
        yield killed_at
    finally:
        over.set()
        thread.join()
