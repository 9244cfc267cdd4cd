"""Wall time of a batch of ten instances against a task center that takes its time to answer.

Sender, adapter, HTTP client and token cache are the real ones, over the loopback; the stores are in memory, so that
only what the calls do to each other is measured.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from bench.errors import BenchError
from bench.surroundings import ACCOUNT, platform_settings, task_center
from bench.table import Row
from bench.work import BATCH, PLATFORM, push_body, received, records
from push_task.batch import PushPorts, push_batch
from push_task.clients import build_clients
from push_task.crew import Crew
from push_task.gate import Gate
from push_task.send import ThreadedSender
from taskbridge.access.breaker import Breakers
from taskbridge.access.tokens import TokenCache
from taskbridge.budgets import THREADS, Fleet
from taskbridge.platforms.http import build_http_client
from taskbridge.push.trigger_rules import DEFAULT_RULE
from taskbridge.tables.configuration import Configuration, PlatformConfig
from tests.fakes import FakeQueue, MemoryCoordination, MemoryInstances, MemoryLogs, SilentPushJournal
from tests.memory_tokens import MemoryTokenStore

LATENCY_MS = 200.0
ROUNDS = 15
TARGET = 1.3


def measure(say: Callable[[str], None]) -> list[Row]:
    """One batch fetches the token and connects; then batches and single tasks take turns."""
    with task_center() as center:
        center.set_faults({"latency_ms": LATENCY_MS})
        with ThreadPoolExecutor(THREADS) as pool:
            ports = _ports(center.url, pool)
            full, single = [], []
            for turn in range(ROUNDS + 1):
                full.append(_timed(f"b{turn}", BATCH, ports))
                single.append(_timed(f"s{turn}", 1, ports))
    say(f"  a batch of {BATCH}: {' '.join(f'{value:.0f}' for value in full)} ms (the first connects)")
    ours, one = median(full[1:]), median(single[1:])
    beside = f"{LATENCY_MS:.0f} ms, one call ({one:.0f} ms, one task)"
    return [Row(f"batch of {BATCH} instances", f"{ours:.0f} ms", beside, ours / LATENCY_MS, ours / LATENCY_MS, TARGET)]


def _timed(name: str, count: int, ports: PushPorts) -> float:
    """Milliseconds that a batch of so many new instances takes."""
    bodies: Sequence[str] = [push_body(received(f"{name}-{number}")) for number in range(count)]
    started = time.perf_counter()
    kept = push_batch(records(bodies), ports, time.time() + 27)
    taken = time.perf_counter() - started
    if kept:
        raise BenchError(f"{len(kept)} messages were not pushed")
    return taken * 1000


def _ports(host: str, pool: ThreadPoolExecutor) -> PushPorts:
    platform = PlatformConfig(PLATFORM, "金智", "JinZhiTaskCenter", True, 1, platform_settings(host))
    configuration = Configuration(1, {PLATFORM: platform}, (DEFAULT_RULE,))
    coordination = MemoryCoordination()
    breakers = Breakers(coordination, time.time)
    lines = build_clients(
        lambda: configuration,
        build_http_client(THREADS),
        TokenCache(MemoryTokenStore(time.time), time.time, time.sleep, random.random),
        lambda *_: (ACCOUNT.app_secret,),
        time.time,
    )
    return PushPorts(
        instances=MemoryInstances(),
        logs=MemoryLogs(),
        sender=ThreadedSender(
            lines,
            breakers,
            Gate(lines, breakers, coordination, time.time, Fleet()),
            time.time,
            sleep=time.sleep,
            crew=lambda: Crew(pool),
        ),
        queue=FakeQueue(),
        journal=SilentPushJournal(),
        clock=time.time,
        random=random.random,
        new_id=lambda: "page",
    )
