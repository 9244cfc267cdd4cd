"""Processor time of our process per pushed task, beside a lone-call loop and beside Celery.

User and system time, not wall time: what waits for a store or a task center costs nothing here. What is at the other
end of each connection runs in processes of its own and is not counted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import TypeVar

import boto3

from bench.celery_side import celery_python, celery_worker
from bench.errors import BenchError
from bench.lone_loop import DynamoStore, LoneLoop
from bench.ours import pushing
from bench.packages import CannotInstall
from bench.surroundings import ACCOUNT, Cloud, cloud, task_center
from bench.table import Row
from bench.work import batches, push_body, received
from local.simulators import SimulatorClient

ROUNDS = 9
TASKS = 100
LONE_TASKS = 40
BESIDE_LOOP = 0.6
BESIDE_CELERY = 0.5

T = TypeVar("T")
Bodies = Sequence[str]
Contestant = Callable[[Bodies], float]  # pushes messages, returns processor seconds


def measure(say: Callable[[str], None]) -> list[Row]:
    """One round is warm-up; then the contestants take turns."""
    with (
        task_center() as center,
        cloud(center.url) as made,
        _celery(center.url, say) as celery,
        pushing(made) as push,
    ):
        contestants: dict[str, tuple[Contestant, int]] = {
            "ours": (lambda bodies: _timed(push, batches(bodies)), TASKS),
            "loop": (_lone_loop(made, center.url), LONE_TASKS),
        }
        if celery:
            contestants["celery"] = (celery, TASKS)
        taken = _take_turns(contestants, say)
        _check_pushed(center, sum(count for _, count in contestants.values()) * (ROUNDS + 1))
    return _rows(taken)


def _check_pushed(center: SimulatorClient, expected: int) -> None:
    """A contestant that fails is fast."""
    held = len(center.state()["tasks"])
    if held != expected:
        raise BenchError(f"{expected} tasks were to be pushed, the task center has {held}")


def _take_turns(contestants: dict[str, tuple[Contestant, int]], say: Callable[[str], None]) -> dict[str, float]:
    """The median of each one's milliseconds per task."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(ROUNDS + 1):
        for name, (contestant, count) in contestants.items():
            bodies = [push_body(received(f"{name}-{turn}-{number}")) for number in range(count)]
            taken[name].append(contestant(bodies) / count * 1000)
    for name, values in taken.items():
        say(f"  {name}: {' '.join(f'{value:.2f}' for value in values)} ms a task (the first is warm-up)")
    return {name: median(values[1:]) for name, values in taken.items()}


def _timed(push: Callable[[T], None], work: Iterable[T]) -> float:
    """Processor seconds of this process, all its threads."""
    started = time.process_time()
    for piece in work:
        push(piece)
    return time.process_time() - started


def _lone_loop(made: Cloud, host: str) -> Contestant:
    client = boto3.client(
        "dynamodb",
        endpoint_url=made.aws.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    loop = LoneLoop(DynamoStore(client), host, ACCOUNT.app_id, ACCOUNT.app_secret, ACCOUNT.scene_code)
    return lambda bodies: _timed(lambda body: loop.push(json.loads(body)), bodies)


@contextmanager
def _celery(host: str, say: Callable[[str], None]) -> Iterator[Contestant | None]:
    """Celery as a contestant; None where it cannot be installed."""
    try:
        python = celery_python()
    except CannotInstall as error:
        say(f"  Celery is left out, it cannot be installed: {error}")
        yield None
        return
    with celery_worker(python, host) as work:
        yield lambda bodies: work([json.loads(body) for body in bodies])


def _rows(taken: dict[str, float]) -> list[Row]:
    ours, loop, celery = taken["ours"], taken["loop"], taken.get("celery")
    mine = f"{ours:.2f} ms"
    ratio = ours / celery if celery else None
    beside = f"{celery:.2f} ms, Celery with Redis" if celery else "Celery could not be installed"
    return [
        Row("CPU per pushed task", mine, f"{loop:.2f} ms, lone-call loop", ours / loop, ours / loop, BESIDE_LOOP),
        Row("CPU per pushed task", mine, beside, ratio, ratio, BESIDE_CELERY),
    ]
