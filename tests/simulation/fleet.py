"""A fleet of workers in simulated time: real batches, real agreements, a queue, the reconciler, a slow task center.

Only one thread runs at a time, the one whose moment has come, so a history is the same each time. A worker's calls
overlap: each is made at the moment it begins, and its answer comes when it ends.
"""

from __future__ import annotations

import heapq
import itertools
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import httpx

from local.jinzhi_simulator.model import TaskCenter
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
from taskbridge.budgets import TIME_TO_SETTLE_S, Fleet
from taskbridge.push.event_order import fold
from taskbridge.push.messages import EventMessage, Message, encode_message, message_group
from taskbridge.queues import Record
from taskbridge.tables.configuration import PlatformConfig
from tests.builders import START, configuration, message, platform
from tests.fakes import (
    FakeQueue,
    MemoryCoordination,
    MemoryInstances,
    MemoryLogs,
    SilentPushJournal,
    SilentReconcilerJournal,
)
from tests.memory_tokens import MemoryTokenStore

STORE_S = 0.008  # a call of a table
POLL_S = 0.1  # an empty receive
RUN_S = 57.0  # of the reconciler
BATCH = 10
STACK_BYTES = 512 * 1024


def line_to(platform_id: str = "jz", **settings: Any) -> PlatformConfig:
    """A platform whose host has its name."""
    return platform(platform_id, host=f"https://{platform_id}.test", **settings)


class TheEnd(BaseException):
    """The history is over: every thread ends."""


class Time:
    """A clock that jumps to the next moment at which a thread wants to go on."""

    def __init__(self) -> None:
        self.now = START
        self.ahead = 0.0  # of a call that is made in advance
        self.is_over = False
        self._moments: list[tuple[float, int, threading.Lock]] = []
        self._order = itertools.count()
        self._ended = threading.Semaphore(0)
        self._living = 0
        self.failure: BaseException | None = None

    def clock(self) -> float:
        """The time as whoever runs sees it."""
        return self.now + self.ahead

    def sleep(self, seconds: float) -> None:
        """Let time pass; a call that is made in advance only counts it."""
        if self.is_calling:
            self.ahead += seconds
            return
        until = self.now + max(0.0, seconds)
        if not self.is_over and self._moments and until < self._moments[0][0]:
            self.now = until  # nobody else's moment comes before: to wake oneself takes most of the time of a moment
            return
        mine = threading.Lock()
        mine.acquire()
        heapq.heappush(self._moments, (until, next(self._order), mine))
        self._pass_on()
        mine.acquire()
        if self.is_over:
            raise TheEnd

    is_calling = False

    def call(self, make: Callable[[], Any]) -> tuple[float, Any]:
        """Make a call that begins now; when it ends, and what it gives."""
        self.is_calling, self.ahead = True, 0.0
        try:
            result = make()
            return self.clock(), result
        finally:
            self.is_calling, self.ahead = False, 0.0

    def spawn(self, work: Callable[[], None]) -> None:
        """Have a thread that begins at its first moment."""
        begins = threading.Lock()
        begins.acquire()
        heapq.heappush(self._moments, (self.now, next(self._order), begins))
        self._living += 1

        def live() -> None:
            begins.acquire()
            try:
                if not self.is_over:
                    work()
            except TheEnd:
                pass
            except BaseException as error:  # noqa: BLE001 - told by run
                self.failure = self.failure or error
                self.is_over = True
            self._living -= 1
            self._pass_on()

        threading.Thread(target=live, daemon=True).start()

    def run(self) -> None:
        """Let everything happen, until a thread says that it is over. Raises what a thread raised."""
        self._pass_on()
        self._ended.acquire()
        if self.failure:
            raise self.failure

    def _pass_on(self) -> None:
        if not self._moments:
            self._ended.release()
            return
        moment, _, whose = heapq.heappop(self._moments)
        if not self.is_over:
            self.now = max(self.now, moment)
        whose.release()


class TimedCrew(Crew[Any]):
    """Calls that overlap, each made when it begins."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._order = itertools.count()
        self._flying: list[tuple[float, int, Any]] = []

    def start(self, call: Callable[[], Any]) -> None:
        """See Crew."""
        ends, result = self._time.call(call)
        heapq.heappush(self._flying, (ends, next(self._order), result))

    def next_ended(self, timeout_s: float) -> Any:
        """See Crew."""
        ends = self._flying[0][0] if self._flying else float("inf")
        if ends > self._time.now + timeout_s:
            self._time.sleep(timeout_s)
            return None
        if ends > self._time.now:
            self._time.sleep(ends - self._time.now)
        return heapq.heappop(self._flying)[2]


T = TypeVar("T")


class Timed:
    """A store whose calls take time."""

    def __init__(self, time: Time, port: Any) -> None:
        self._time = time
        self._port = port

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._time.sleep(STORE_S)
            return method(*args, **kwargs)

        return call


def timed(time: Time, port: T) -> T:
    """The store, with calls that take time."""
    return cast("T", Timed(time, port))


@dataclass
class Queued:
    """A message in the queue."""

    message_id: str
    body: str
    group: str
    sent_at: float
    receives: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A request as the task center got it."""

    platform_id: str
    path: str
    begun: float
    ended: float
    is_token: bool


@dataclass
class History:
    """What a fleet did."""

    calls: list[Call] = field(default_factory=list)
    most_receives: int = 0
    settled: dict[str, float] = field(default_factory=dict)  # when the log of an instance said so
    longest_batch_s: float = 0.0

    def pushes(self, platform_id: str = "jz") -> list[Call]:
        """The calls of a platform but for tokens, by their beginning."""
        mine = [call for call in self.calls if call.platform_id == platform_id and not call.is_token]
        return sorted(mine, key=lambda call: call.begun)

    def most_at_once(self, platform_id: str = "jz") -> int:
        """The most requests that were under way together."""
        edges = [(call.begun, 1) for call in self.pushes(platform_id)]
        edges += [(call.ended, -1) for call in self.pushes(platform_id)]
        running = most = 0
        for _, edge in sorted(edges):
            running += edge
            most = max(most, running)
        return most

    def most_in_a_second(self, platform_id: str = "jz") -> int:
        """The most requests that began within any second."""
        begun = [call.begun for call in self.pushes(platform_id)]
        most = first = 0
        for place, at in enumerate(begun):
            while at - begun[first] >= 1.0:
                first += 1
            most = max(most, place - first + 1)
        return most

    def per_second(self, platform_id: str = "jz") -> float:
        """Requests a second, from the first to the last."""
        pushes = self.pushes(platform_id)
        lasted = pushes[-1].begun - pushes[0].begun
        return (len(pushes) - 1) / lasted if lasted else float("inf")


class SimulatedFleet:
    """So many workers over one queue, one set of tables and one task center."""

    def __init__(
        self,
        workers: int,
        *platforms: PlatformConfig,
        latency_s: Callable[[str, float], float] = lambda *_: 0.1,
        push_timeout_s: float = 30.0,
    ) -> None:
        self.fleet = Fleet(push_timeout_s, workers)
        self.configuration = configuration(platforms)
        self.latency_s = latency_s
        self.fails: Callable[[str], bool] = lambda _: False  # whether a call of this path is answered by a page and 404
        self.time = Time()
        self.rng = random.Random(5)
        self.center = TaskCenter(self.time.clock, random.Random(6))
        self.instances = MemoryInstances()
        self.logs = MemoryLogs()
        self.coordination = MemoryCoordination()
        self.tokens = MemoryTokenStore(self.time.clock)
        self.history = History()
        self._queue: list[tuple[float, int, Queued]] = []  # by the time from which it is visible
        self._busy: set[str] = set()
        self._hidden: dict[str, float] = {}
        self._held: dict[str, list[tuple[float, int, Queued]]] = {}
        self._order = itertools.count()
        self._names = itertools.count()

    # -- what a test does

    def put(self, *messages: EventMessage, after_s: float = 0.0) -> None:
        """Messages that come into the queue."""
        for each in messages:
            self._enqueue(each, self.time.now + after_s)

    def put_many(self, count: int, platform_id: str = "jz", after_s: float = 0.0, every_s: float = 0.0) -> None:
        """So many tasks of so many instances."""
        for number in range(count):
            sess_id = f"{platform_id}-{after_s:g}-{number}"
            self.put(
                message(platform_id=platform_id, sess_id=sess_id, tasks=[f"T-{sess_id}"]),
                after_s=after_s + number * every_s,
            )

    def park_many(self, count: int, platform_id: str = "jz") -> None:
        """As an outage leaves them: nothing in the queue, everything due."""
        for number in range(count):
            sess_id = f"{platform_id}-parked-{number}"
            each = message(platform_id=platform_id, sess_id=sess_id, tasks=[f"T-{sess_id}"])
            stored = next(iter(self.instances.load([(platform_id, sess_id)]).values()))
            fold(stored.instance, each)
            stored.instance.due_at = START
            self.instances.save([stored])

    def configure(self, *platforms: PlatformConfig, after_s: float) -> None:
        """Somebody changes the settings, and everybody sees them at once."""

        def change() -> None:
            self.time.sleep(after_s)
            self.configuration = configuration(platforms)

        self.time.spawn(change)

    def run(self, seconds: float) -> History:
        """Let so much time pass, or less where nothing is left to do."""
        end = START + seconds
        for _ in range(self.fleet.workers):
            self.time.spawn(self._work)
        self.time.spawn(self._reconcile)
        self.time.spawn(lambda: self._watch(end))
        self.time.run()
        return self.history

    # -- the threads

    def _watch(self, end: float) -> None:
        while self.time.now < end:
            self.time.sleep(1.0)
            if not self._queue and not self._busy and not self._held and not self.instances.unsettled:
                break
        self.time.is_over = True

    def _work(self) -> None:
        ports = self._ports()
        self.time.sleep(self.rng.random() * 0.2)
        while True:
            batch = self._receive()
            if not batch:
                self.time.sleep(POLL_S)
                continue
            self._push(batch, ports)

    def _push(self, batch: list[Queued], ports: PushPorts) -> None:
        began = self.time.now
        records = [Record(each.message_id, each.message_id, each.body) for each in batch]
        kept = set(push_batch(records, ports, began + self.fleet.push_timeout_s - TIME_TO_SETTLE_S))
        self.history.longest_batch_s = max(self.history.longest_batch_s, self.time.now - began)
        for each in batch:
            self._free(each.group)
            if each.message_id in kept:
                self._show(each, self._hidden.pop(each.message_id, self.time.now + 180))

    def _reconcile(self) -> None:
        while True:
            began = self.time.now
            reconcile(self._reconciler_ports(), began + RUN_S)
            self.time.sleep(began + 60 - self.time.now)

    # -- the queue

    def _enqueue(self, each: Message, at: float) -> None:
        group = message_group(each.platform_id, each.sess_id)
        self._show(Queued(f"m{next(self._names)}", encode_message(each), group, at), at)

    def _show(self, each: Queued, at: float) -> None:
        heapq.heappush(self._queue, (at, next(self._order), each))

    def _receive(self) -> list[Queued]:
        batch: list[Queued] = []
        while self._queue and self._queue[0][0] <= self.time.now and len(batch) < BATCH:
            entry = heapq.heappop(self._queue)
            group = entry[2].group
            if group in self._busy:
                self._held.setdefault(group, []).append(entry)
                continue
            batch.append(entry[2])
            self._busy.add(group)
        for each in batch:
            each.receives += 1
            self.history.most_receives = max(self.history.most_receives, each.receives)
        return batch

    def _free(self, group: str) -> None:
        self._busy.discard(group)
        for entry in self._held.pop(group, []):
            heapq.heappush(self._queue, entry)

    def hide(self, receipts: Sequence[tuple[str, float]]) -> None:
        """See Visibility."""
        for receipt, seconds in receipts:
            self._hidden[receipt] = self.time.now + seconds

    def send(self, messages: Sequence[Message]) -> set[int]:
        """See PushQueue."""
        for each in messages:
            self._enqueue(each, self.time.now)
        return set()

    def depth(self) -> int:
        """See PushQueue."""
        return len(self._queue) + len(self._busy)

    # -- what is real, wired

    def _ports(self) -> PushPorts:
        clock = self.time.clock
        http = httpx.Client(transport=httpx.MockTransport(self._answer))
        tokens = TokenCache(self.tokens, clock, self.time.sleep, self.rng.random)
        lines = build_clients(
            lambda: self.configuration, http, tokens, lambda *_: ("simulated-secret",), clock, self.fleet
        )
        breakers = Breakers(self.coordination, clock)
        agreements = timed(self.time, self.coordination)
        gate = Gate(lines, breakers, agreements, clock, self.fleet)
        sender = ThreadedSender(lines, breakers, gate, clock, sleep=self.time.sleep, crew=lambda: TimedCrew(self.time))
        return PushPorts(
            instances=timed(self.time, self.instances),
            logs=timed(self.time, self.logs),
            sender=sender,
            queue=FakeQueue(hide=self.hide),
            journal=_Settled(self),
            clock=clock,
            random=self.rng.random,
            new_id=lambda: f"p{next(self._names)}",
        )

    def _reconciler_ports(self) -> RunPorts:
        return RunPorts(
            configuration=lambda: self.configuration,
            instances=timed(self.time, self.instances),
            coordination=self.coordination,
            pages=self.instances,
            outbox=FakeQueue(self.send, depth=self.depth),
            journal=SilentReconcilerJournal(),
            clock=self.time.clock,
            sleep=self.time.sleep,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        """The answer of the task center, which takes its time and no longer than the caller waits."""
        platform_id = request.url.host.split(".")[0]
        begun, limit_s = self.time.clock(), float(request.extensions["timeout"]["read"])
        wanted_s = self.latency_s(platform_id, begun)
        self.time.sleep(min(wanted_s, limit_s))
        is_token = "token" in request.url.path.lower()
        self.history.calls.append(Call(platform_id, request.url.path, begun, self.time.clock(), is_token))
        if wanted_s > limit_s:
            raise httpx.ReadTimeout("too slow", request=request)
        if self.fails(request.url.path):
            return httpx.Response(404, text="<h1>Not Found</h1>")
        return mock_transport(self.center, lambda _: None).handle_request(request)


class _Settled(SilentPushJournal):
    """Notes when each instance was told to be done."""

    def __init__(self, fleet: SimulatedFleet) -> None:
        super().__init__()
        self._fleet = fleet

    def turned(self, turn: Any, _results: Any, _logs: Any) -> None:
        """See PushJournal."""
        if not any(item.work.value == "pending" for item in turn.instance.items().values()):
            self._fleet.history.settled.setdefault(turn.instance.sess_id, self._fleet.time.now)
