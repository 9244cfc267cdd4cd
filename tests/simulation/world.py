"""One process that holds the whole push half, with a clock that only moves when told to.

Real: the router's and the push function's batches, the reconciler, adapters, client, token cache, breaker. Simulated:
the queues (visibility, redelivery, reordering, dead letters), the stores (compare-and-set, throttling), the task
center (every fault of its contract), and death: any step outside may be the last of a worker.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast

import httpx

from event_router.batch import RouterPorts, route_batch
from event_router.route import IngestedEvent
from local.jinzhi_simulator.codes import ALREADY_GONE_CODES, ALREADY_THERE_CODES
from local.jinzhi_simulator.model import TaskCenter
from local.jinzhi_simulator.records import Settings
from local.simulating.transport import mock_transport
from push_task.batch import PushPorts, push_batch
from push_task.clients import build_clients
from push_task.crew import Crew
from push_task.gate import Gate
from push_task.send import ThreadedSender
from reconciler.ports import RunPorts
from reconciler.reconcile import reconcile
from taskbridge.access.breaker import Breakers
from taskbridge.access.tokens import TokenCache
from taskbridge.ai.queue import AiQueue
from taskbridge.budgets import Fleet
from taskbridge.errors import StoreError
from taskbridge.push.messages import Message, deduplication_id, encode_message, message_group
from taskbridge.push.trigger_rules import DEFAULT_RULE
from taskbridge.queues import Record as PushRecord
from taskbridge.tables.configuration import Configuration, PlatformConfig
from taskbridge.tables.events import UnroutedEvent
from tests.fakes import (
    FakeEvents,
    FakeQueue,
    MemoryCoordination,
    MemoryInstances,
    MemoryLogs,
    SilentPushJournal,
    SilentReconcilerJournal,
    SilentRouterJournal,
)
from tests.memory_tokens import MemoryTokenStore

START = 1_795_000_000.0
PLATFORM = "jz"
VISIBILITY_S = 60.0
FUNCTION_TIMEOUT_S = 30.0
MAX_RECEIVES = 6


class Death(BaseException):
    """The worker's process ends here."""


@dataclass
class Queued:
    """A message in a simulated queue."""

    body: str
    group: str
    visible_at: float
    receipt: str
    receives: int = 0


@dataclass
class Trouble:
    """How likely each thing goes wrong, at each chance."""

    death: float = 0.0
    throttle: float = 0.0
    meddle: float = 0.0  # the reconciler runs while a call is under way
    faults: float = 0.0


class InlineExecutor(Executor):
    """Runs what is submitted at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See Executor."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - a death must reach whoever waits
            future.set_exception(error)
        return future


@dataclass
class Sent:
    """A request that the task center got, whether its sender was told that it worked, and whether it forgot.

    `forgotten`: the sender died, or its store failed it, before it could write the answer down.
    """

    body: dict[str, Any]
    path: str
    acknowledged: bool
    forgotten: bool = False


class World:
    """Everything, from the bus to the task center."""

    def __init__(self, seed: int, trouble: Trouble | None = None, **settings: Any) -> None:
        self.rng = random.Random(seed)
        self.now = START
        self.trouble = trouble or Trouble()
        self.center = TaskCenter(lambda: self.now, random.Random(seed + 1), Settings(**settings))
        self.instances = MemoryInstances()
        self.logs = MemoryLogs()
        self.coordination = MemoryCoordination()
        self.tokens = MemoryTokenStore(lambda: self.now)
        self.unrouted: dict[str, UnroutedEvent] = {}
        self.ingest: list[tuple[float, str, str]] = []  # (visible at, message id, body)
        self.queue: list[Queued] = []
        self.dead: list[Queued] = []
        self.recent: dict[str, float] = {}
        self.sent: list[Sent] = []
        self.story: list[str] = []
        self.deaths = 0
        self.next_tick = START + 60
        self._busy = False
        self._counter = 0
        self.platform = PlatformConfig(
            PLATFORM, "金智", "JinZhiTaskCenter", enabled=True, version=1, settings=_settings()
        )
        self._start_worker()

    # -- what is simulated

    def put(self, event: dict[str, Any], delay: float = 0.0) -> None:
        """An event comes over the bus after `delay` seconds."""
        body = json.dumps({"id": self._name("bus"), "detail": event}, ensure_ascii=False)
        self.ingest.append((self.now + delay, self._name("in"), body))

    def run(self, days: float = 20.0) -> None:
        """Let time pass until nothing is left to do."""
        if not self.run_for(days * 86400):
            raise AssertionError("the world does not come to rest")

    def run_for(self, seconds: float) -> bool:
        """Let so much time pass, or less where nothing is left to do; tells whether that is so."""
        end = self.now + seconds
        while self.now < end:
            moment = self._next_moment()
            if moment is None:
                return True
            self.now = max(self.now, moment)
            self._work()
            if self.now >= self.next_tick:
                self._tick()
        return False

    def redrive(self) -> None:
        """An operator moves the dead letters back."""
        for message in self.dead:
            message.receives, message.visible_at = 0, self.now
        self.queue += self.dead
        self.dead = []

    def _next_moment(self) -> float | None:
        waiting = [at for at, _, _ in self.ingest]
        in_flight = self._groups_in_flight()
        waiting += [m.visible_at for m in self.queue if m.visible_at > self.now or m.group not in in_flight]
        if self.instances.unsettled:
            waiting.append(self.next_tick)
        return min(waiting, default=None)

    def _work(self) -> None:
        """Deliver everything that is visible now."""
        self._route()
        while batch := self._receive():
            self._push(batch)

    def _route(self) -> None:
        due = [entry for entry in self.ingest if entry[0] <= self.now]
        self.rng.shuffle(due)
        for start in range(0, len(due), 10):
            piece = due[start : start + 10]
            records = [IngestedEvent(name, body.encode(), "2026-11-22T01:30:00.000+00:00") for _, name, body in piece]
            self.ingest = [entry for entry in self.ingest if entry not in piece]
            try:
                failed = set(route_batch(records, self._router_ports()))
            except (Death, StoreError):
                failed = {name for _, name, _ in piece}
            self.ingest += [(self.now + 30, name, body) for _, name, body in piece if name in failed]

    def _receive(self) -> list[Queued]:
        """As SQS FIFO: groups in flight are left alone, order within a group is kept, at most ten."""
        in_flight = self._groups_in_flight()
        batch: list[Queued] = []
        for message in list(self.queue):
            if message.visible_at > self.now or message.group in in_flight or len(batch) == 10:
                continue
            if message.receives >= MAX_RECEIVES:
                self.queue.remove(message)
                self.dead.append(message)
                continue
            message.receives += 1
            message.receipt = self._name("r")
            message.visible_at = self.now + VISIBILITY_S
            batch.append(message)
        return batch

    def _groups_in_flight(self) -> set[str]:
        return {message.group for message in self.queue if message.visible_at > self.now and message.receives}

    def _push(self, batch: list[Queued]) -> None:
        records = [PushRecord(message.receipt, message.receipt, message.body) for message in batch]
        self._busy = True
        before = len(self.sent)
        try:
            kept = set(push_batch(records, self._ports, self.now + FUNCTION_TIMEOUT_S))
        except (Death, StoreError) as error:
            for sent in self.sent[before:]:
                sent.forgotten = True
            if isinstance(error, Death):
                self.deaths += 1
                self._start_worker()
            return
        finally:
            self._busy = False
        done = {message.receipt for message in batch} - kept
        self.queue = [message for message in self.queue if message.receipt not in done]

    def _tick(self) -> None:
        self.next_tick = self.now + 60
        try:
            reconcile(self._reconciler_ports(), self.now + 58)
        except (Death, StoreError):
            self.deaths += 1

    def _advance(self, seconds: float) -> None:
        """Time passes while somebody waits; the queues go on."""
        self.now += seconds
        if not self._busy:
            self._work()

    def _may_end(self, where: str) -> None:
        if self.rng.random() < self.trouble.death:
            self.story.append(f"death at {where}")
            raise Death(where)

    def _name(self, prefix: str) -> str:
        self._counter += 1
        return f"{prefix}{self._counter}"

    # -- what is real, wired

    def _start_worker(self) -> None:
        """A new process: nothing is in memory."""
        clock = self._clock
        http = httpx.Client(transport=httpx.MockTransport(self._call))
        tokens = TokenCache(self.tokens, clock, self._advance, self.rng.random)
        lines = build_clients(self._configuration, http, tokens, lambda *_: ("simulated-secret",), clock)
        breakers = Breakers(self.coordination, clock)
        sender = ThreadedSender(
            lines,
            breakers,
            Gate(lines, breakers, self.coordination, clock, Fleet()),
            clock,
            sleep=self._advance,
            crew=lambda: Crew(InlineExecutor()),
        )
        self._ports = PushPorts(
            instances=risky(self, self.instances),
            logs=risky(self, self.logs),
            sender=sender,
            queue=risky(self, self._as_queue()),
            journal=SilentPushJournal(),
            clock=clock,
            random=self.rng.random,
            new_id=lambda: self._name("page"),
        )

    def hide(self, receipts: Sequence[tuple[str, float]]) -> None:
        """See Visibility."""
        for receipt, seconds in receipts:
            for message in self.queue:
                if message.receipt == receipt:
                    message.visible_at = self.now + seconds

    def send(self, messages: Sequence[Message]) -> set[int]:
        """See PushQueue: the push queue with its five minutes of deduplication."""
        refused = set()
        for position, message in enumerate(messages):
            if self.rng.random() < self.trouble.throttle:
                refused.add(position)
                continue
            group, once = message_group(message.platform_id, message.sess_id), deduplication_id(message)
            if self.recent.get(group + once, 0.0) > self.now:
                continue
            self.recent[group + once] = self.now + 300
            self.queue.append(Queued(encode_message(message), group, self.now, self._name("r")))
        return refused

    def depth(self) -> int:
        """See PushQueue."""
        return len(self.queue)

    def record(self, event: UnroutedEvent, body: bytes, spare_id: str) -> str:
        """See EventTable."""
        self.unrouted[event.event_id] = event
        return event.event_id

    def _as_queue(self) -> FakeQueue:
        return FakeQueue(self.send, self.hide, self.depth)

    def _clock(self) -> float:
        return self.now

    def _configuration(self) -> Configuration:
        return Configuration(1, {PLATFORM: self.platform}, (DEFAULT_RULE,))

    def _router_ports(self) -> RouterPorts:
        return RouterPorts(
            self._configuration,
            risky(self, self._as_queue()),
            _NoAi(),
            risky(self, FakeEvents(self.record)),
            SilentRouterJournal(),
        )

    def _reconciler_ports(self) -> RunPorts:
        return RunPorts(
            configuration=self._configuration,
            instances=risky(self, self.instances),
            coordination=self.coordination,
            pages=self.instances,
            outbox=risky(self, self._as_queue()),
            journal=SilentReconcilerJournal(),
            clock=self._clock,
            sleep=self._advance,
        )

    def _call(self, request: httpx.Request) -> httpx.Response:
        """A call to the task center: the worker may die before or after it, the reconciler may run meanwhile."""
        self._may_end("before a call")
        if self.rng.random() < self.trouble.meddle:
            self._tick()
        before = len(self.center.calls)
        transport = mock_transport(self.center, self._pass)
        try:
            response = transport.handle_request(request)
        finally:
            heard = any(call.verdict == "acknowledged" for call in self.center.calls[before:])
            if request.method == "POST":
                body = json.loads(request.content)
                self.sent.append(Sent(body, request.url.path, heard))
        self._may_end("after a call")
        return response

    def _pass(self, seconds: float) -> None:
        self.now += seconds


class _NoAi(AiQueue):
    """No AI approval in this world."""

    def __init__(self) -> None:
        pass

    def send(self, messages: Sequence[Any]) -> set[int]:
        """See AiQueue."""
        raise AssertionError(messages)


T = TypeVar("T")

THROTTLED = frozenset({"load", "save", "put", "record", "due"})


class RiskyWorld(Protocol):
    """What decides over a risky port."""

    rng: random.Random

    @property
    def trouble(self) -> Any:
        """How likely a worker dies, and a store is throttled."""


class Risky:
    """A port at which the worker may die, before or after, and whose store may be throttled."""

    def __init__(self, world: RiskyWorld, port: Any, throttled: frozenset[str] = THROTTLED) -> None:
        self._world = world
        self._port = port
        self._throttled = throttled

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._may_end(f"before {name}")
            if name in self._throttled and self._world.rng.random() < self._world.trouble.throttle:
                raise StoreError(f"{name}: throttled")
            result = method(*args, **kwargs)
            self._may_end(f"after {name}")
            return result

        return call

    def _may_end(self, where: str) -> None:
        if self._world.rng.random() < self._world.trouble.death:
            raise Death(where)


def risky(world: RiskyWorld, port: T) -> T:
    """The port, at which the worker may die."""
    return cast("T", Risky(world, port))


def _settings() -> dict[str, Any]:
    return {
        "host": "https://jinzhi.test",
        "app_id": "taskbridge",
        "scene_code": "todo",
        "pc_todo_url": "https://process.test/todo/{sess_id}/{task_id}",
        "pc_apply_url": "https://process.test/apply/{sess_id}",
        "already_there_codes": list(ALREADY_THERE_CODES),
        "already_gone_codes": list(ALREADY_GONE_CODES),
    }


@dataclass
class Findings:
    """What is wrong with how a world ended."""

    problems: list[str] = field(default_factory=list)

    def expect(self, holds: bool, problem: str) -> None:
        """Note a problem unless it holds."""
        if not holds:
            self.problems.append(problem)
