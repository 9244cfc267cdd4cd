"""One worker of the push function over fakes and the strict task center, all in this process.

Its clock moves only when told, or when the worker waits.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

import httpx

from local.jinzhi_simulator import Faults, Settings, TaskCenter, mock_transport
from push_task.batch import PushPorts, push_batch
from push_task.clients import build_clients
from push_task.crew import Crew
from push_task.gate import Gate
from push_task.send import ThreadedSender
from taskbridge.access.breaker import Breakers
from taskbridge.access.tokens import TokenCache
from taskbridge.budgets import Fleet
from taskbridge.push.logs import PushLog
from taskbridge.push.messages import EventMessage, Message, encode_message
from taskbridge.queues import Record
from taskbridge.tables.configuration import PlatformConfig
from tests.builders import PLATFORM, START, configuration, platform
from tests.fakes import FakeQueue, MemoryCoordination, MemoryInstances, MemoryLogs, SilentPushJournal
from tests.memory_tokens import MemoryTokenStore
from tests.simulation.world import InlineExecutor

SECRET = "simulated-secret"
TIMEOUT_S = 30.0
CALLS = ("insert_task", "update_task", "delete_task", "save_instance", "delete_instance")


class Worker:
    """The worker, its stores and its task center; everything may be replaced before the first batch."""

    def __init__(self, *platforms: PlatformConfig, pool: Executor | None = None, **center: Any) -> None:
        self.now = START
        self.platforms: Sequence[PlatformConfig] = platforms or (platform(),)
        self.secrets: tuple[str, ...] = (SECRET,)
        self.center = TaskCenter(self.clock, random.Random(7), Settings(**center))
        self.instances: Any = MemoryInstances()
        self.logs: Any = MemoryLogs()
        self.coordination = MemoryCoordination()
        self.agreements: Any = self.coordination
        self.fleet = Fleet()
        self.hidden: list[tuple[str, float]] = []
        self.slept: list[float] = []
        self.journal = SilentPushJournal()
        self.wrap: Callable[[httpx.BaseTransport], httpx.BaseTransport] = lambda inner: inner
        self._pool = pool or InlineExecutor()
        self._tokens = MemoryTokenStore(self.clock)
        self._pages = itertools.count(0x5EED_0000_0000)
        self._sender: ThreadedSender | None = None

    # -- what a test does

    def push(self, *messages: Message, deadline: float | None = None) -> list[str]:
        """A batch; returns the ids of the messages that stay in the queue: m0, m1, ... in order."""
        return self.deliver({f"m{number}": each for number, each in enumerate(messages)}, deadline)

    def deliver(self, messages: dict[str, Message | str], deadline: float | None = None) -> list[str]:
        bodies = {name: each if isinstance(each, str) else encode_message(each) for name, each in messages.items()}
        records = [Record(name, f"receipt-{name}", body) for name, body in bodies.items()]
        return push_batch(records, self.ports(), self.now + TIMEOUT_S if deadline is None else deadline)

    def fail(self, *kinds: str, operations: Sequence[str] = CALLS, **more: Any) -> None:
        """The next calls to the task center fail so."""
        self.center.faults = Faults(fail_next=tuple(kinds), operations=tuple(operations), **more)

    # -- what a test looks at

    def operations(self) -> list[str]:
        """What the task center was asked, but for tokens."""
        return [call.operation.value for call in self.center.calls if call.operation.value != "token"]

    def log(self, event_id: str, platform_id: str = PLATFORM) -> PushLog:
        found: PushLog = self.logs.items[event_id, platform_id]
        return found

    def told(self, event_id: str, key: str = "T1") -> tuple[str, str, int]:
        """Status, reason and attempts of an entry."""
        entry = self.log(event_id).entries[key]
        return entry.status.value, entry.reason, entry.attempts

    def told_by(self, message: EventMessage, key: str = "T1") -> tuple[str, str, int]:
        """As told, of a store of any kind."""
        key_of_log = (message.event_id, message.platform_id)
        entry = self.logs.load([key_of_log])[key_of_log].entries[key]
        return entry.status.value, entry.reason, entry.attempts

    def document(self, sess_id: str = "S1") -> Any:
        (stored,) = self.instances.load([(PLATFORM, sess_id)]).values()
        return stored.instance

    # -- how it is wired

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def hide(self, receipts: Sequence[tuple[str, float]]) -> None:
        """See Visibility."""
        self.hidden += receipts

    def ports(self) -> PushPorts:
        self._sender = self._sender or self._build_sender()
        return PushPorts(
            instances=self.instances,
            logs=self.logs,
            sender=self._sender,
            queue=FakeQueue(hide=self.hide),
            journal=self.journal,
            clock=self.clock,
            random=lambda: 0.5,
            new_id=lambda: f"{next(self._pages):012x}",
        )

    def restart(self) -> None:
        """A new process: nothing is in memory."""
        self._sender = None

    def _build_sender(self) -> ThreadedSender:
        http = httpx.Client(transport=self.wrap(mock_transport(self.center, self.sleep)))
        tokens = TokenCache(self._tokens, self.clock, self.sleep, lambda: 0.5)
        lines = build_clients(lambda: configuration(self.platforms), http, tokens, lambda *_: self.secrets, self.clock)
        breakers = Breakers(self.coordination, self.clock)
        gate = Gate(lines, breakers, self.agreements, self.clock, self.fleet)
        return ThreadedSender(lines, breakers, gate, self.clock, sleep=self.sleep, crew=lambda: Crew(self._pool))
