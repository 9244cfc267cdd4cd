"""In-memory stores behind the ports of the push half: as strict as the real ones about versions and keys."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from event_router.journal import RouterJournal
from push_task.journal import PushJournal
from reconciler.journal import ReconcilerJournal
from taskbridge.budgets import Room
from taskbridge.errors import UnreadableDocument
from taskbridge.push.concurrency import Held, leave_seats, take_seats
from taskbridge.push.instances import Instance, decode_instance, encode_instance
from taskbridge.push.logs import PushLog
from taskbridge.push.messages import Message, instance_key
from taskbridge.push.queue import PushQueue
from taskbridge.push.rates import Grant, Line, join_line
from taskbridge.queues import Visibility
from taskbridge.tables.agreements import AgreementTable
from taskbridge.tables.aside import Aside
from taskbridge.tables.coordination import BreakerState, CoordinationTable
from taskbridge.tables.events import EventTable, UnroutedEvent
from taskbridge.tables.instances import InstanceTable, StoredInstance
from taskbridge.tables.push_log_pages import LogPage, PushLogPageTable
from taskbridge.tables.push_logs import PushLogTable
from taskbridge.tables.riders import Rider


class MemoryInstances(InstanceTable, PushLogPageTable):
    """Instances and pages, written by compare-and-set. Documents go through their stored form."""

    def __init__(self) -> None:
        self.items: dict[str, tuple[int, bytes]] = {}
        self.pages: list[LogPage] = []
        self.writes = 0
        self.due_at: dict[str, float] = {}
        self.unsettled: set[str] = set()
        self.asides: dict[tuple[str, str], Aside] = {}

    def load(self, keys: Iterable[tuple[str, str]]) -> dict[str, StoredInstance]:
        """See InstanceTable."""
        return {instance_key(*key): self._stored(*key) for key in keys}

    def save(
        self, stored: Sequence[StoredInstance], page: LogPage | None = None, riders: Sequence[Rider] = ()
    ) -> set[str]:
        """See InstanceTable."""
        lost = set()
        for entry in stored:
            if self.items.get(entry.key, (0, b""))[0] != entry.version:
                lost.add(entry.key)
                continue
            entry.version += 1
            entry.due_at = entry.instance.due_at
            document = self.items[entry.key][1] if entry.unreadable else encode_instance(entry.instance)
            self.items[entry.key] = (entry.version, document)
            self._index(entry)
            self.writes += 1
        if page:
            self.pages.append(page)
        for rider in riders:
            rider.tell(True)
        return lost

    def due(self, platform_id: str, before: float, limit: int, *, newest_first: bool = False) -> list[tuple[str, str]]:
        """See InstanceTable."""
        due = sorted(((due_at, key) for key, due_at in self.due_at.items() if due_at <= before), reverse=newest_first)
        mine = [key.removeprefix(f"{platform_id}#") for _, key in due if key.startswith(f"{platform_id}#")]
        return [(platform_id, sess_id) for sess_id in mine[:limit]]

    def between(self, platform_id: str, start: float, end: float, limit: int) -> list[LogPage]:
        """See PushLogPageTable."""
        pages = [page for page in self.pages if page.platform_id == platform_id and start <= page.at < end]
        return sorted(pages, key=lambda page: page.at)[:limit]

    def stretch(self, platform_id: str, start: float, end: float, most: int) -> tuple[list[LogPage], float]:
        """See PushLogPageTable."""
        until = min((start // 86400 + 1) * 86400, end)
        pages = self.between(platform_id, start, until, len(self.pages))
        reached = pages[most].at if len(pages) > most else until
        reached = reached if reached > start else next((page.at for page in pages if page.at > start), until)
        return [page for page in pages if page.at < reached], reached

    def set_aside(self, messages: Iterable[Aside]) -> None:
        """See InstanceTable."""
        self.asides |= {(each.sess_id, each.body): each for each in messages}

    def aside(self, platform_id: str, now: float) -> list[Aside]:
        """See InstanceTable."""
        return [each for each in self.asides.values() if each.platform_id == platform_id]

    def drop_aside(self, messages: Iterable[Aside]) -> None:
        """See InstanceTable."""
        for each in messages:
            self.asides.pop((each.sess_id, each.body), None)

    def documents(self) -> list[Instance]:
        """Everything stored."""
        return [decode_instance(data) for _, data in self.items.values()]

    def _index(self, entry: StoredInstance) -> None:
        self.due_at.pop(entry.key, None)
        if entry.due_at:
            self.due_at[entry.key] = entry.due_at
        self.unsettled.discard(entry.key)
        if entry.instance.has_work:
            self.unsettled.add(entry.key)

    def _stored(self, platform_id: str, sess_id: str) -> StoredInstance:
        known = self.items.get(instance_key(platform_id, sess_id))
        if known is None:
            return StoredInstance(Instance(platform_id, sess_id))
        due_at = self.due_at.get(instance_key(platform_id, sess_id), 0.0)
        try:
            document = decode_instance(known[1])
        except UnreadableDocument as error:
            return StoredInstance(
                Instance(platform_id, sess_id, due_at=due_at), known[0], due_at, unreadable=str(error)
            )
        return StoredInstance(document, known[0], due_at)


class MemoryLogs(PushLogTable):
    """Push logs."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], PushLog] = {}

    def load(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], PushLog]:
        """See PushLogTable."""
        return {key: copy.deepcopy(self.items[key]) for key in keys if key in self.items}

    def put(self, logs: Iterable[PushLog], riders: Sequence[Rider] = ()) -> list[PushLog]:
        """See PushLogTable."""
        for rider in riders:
            rider.tell(True)
        return [log for log in logs if self._keep(log)]

    def _keep(self, log: PushLog) -> bool:
        """Store a log; tells whether it had to make room for the first."""
        first = self.items.get(log.key)
        clashes = first is not None and first.owner != log.owner
        if first is not None and clashes:
            first.shared_with = sorted({*first.shared_with, log.owner})
            log.is_beside, log.shared_with = True, [first.owner]
        log.is_stored = True
        known = self.items.get(log.key, log).shared_with
        self.items[log.key] = copy.deepcopy(
            msgspec.structs.replace(log, shared_with=sorted({*known, *log.shared_with}))
        )
        return clashes


class MemoryCoordination(AgreementTable, CoordinationTable):
    """Breakers, lines, seats and cursors."""

    def __init__(self) -> None:
        self.breakers: dict[str, BreakerState] = {}
        self.lines: dict[str, Line] = {}
        self.seats: dict[str, Held] = {}
        self.cursors: dict[str, float] = {}
        self.opened = 0
        self.rides: list[bool] = []  # whether seats were free, for each that were to be taken along

    def read_breaker(self, platform_id: str) -> BreakerState:
        """See CoordinationTable."""
        return self.breakers.get(platform_id, BreakerState())

    def open_breaker(self, platform_id: str, now: float, reason: str, *, wants_money: bool = False) -> bool:
        """See CoordinationTable."""
        state = self.read_breaker(platform_id)
        if state.is_open:
            return False
        self.opened += 1
        opened = replace(state, is_open=True, opened_at=now, probe_until=0.0, reason=reason, wants_money=wants_money)
        self.breakers[platform_id] = opened
        return True

    def close_breaker(self, platform_id: str, now: float) -> bool:
        """See CoordinationTable."""
        state = self.read_breaker(platform_id)
        self.breakers[platform_id] = replace(state, is_open=False)
        return state.is_open

    def take_probe(self, platform_id: str, now: float, lease_s: float) -> bool:
        """See CoordinationTable."""
        state = self.read_breaker(platform_id)
        if not state.is_open or state.probe_until > now:
            return False
        self.breakers[platform_id] = replace(state, probe_until=now + lease_s)
        return True

    def keep_quiet(self, platform_id: str, until: float) -> bool:
        """See CoordinationTable."""
        state = self.read_breaker(platform_id)
        self.breakers[platform_id] = replace(state, quiet_until=max(until, state.quiet_until))
        return until > state.quiet_until

    def note_answer(self, platform_id: str, at: float) -> bool:
        """See CoordinationTable."""
        state = self.read_breaker(platform_id)
        self.breakers[platform_id] = replace(state, answered_at=max(at, state.answered_at))
        return at > state.answered_at

    def reserve(self, platform_id: str, wanted: int, rate_per_s: float, now: float, until: float) -> Grant:
        """See AgreementTable."""
        starts, line = join_line(self.lines.get(platform_id, Line()), wanted, rate_per_s, now, until)
        self.lines[platform_id] = line
        return Grant(starts, line.next_at)

    def line_end(self, platform_id: str) -> float:
        """See CoordinationTable."""
        return self.lines.get(platform_id, Line()).next_at

    def take_seats(self, platform_id: str, holder: str, wanted: int, room: Room, bounds: tuple[float, float]) -> int:
        """See AgreementTable."""
        granted, held = take_seats(self.seats.get(platform_id, {}), holder, wanted, room, bounds)
        self.seats[platform_id] = held
        return granted

    def leave_seats(self, platform_id: str, holder: str) -> None:
        """See AgreementTable."""
        self.seats[platform_id] = leave_seats(self.seats.get(platform_id, {}), holder)

    def taking(
        self, platform_id: str, holder: str, seats: int, room: Room, until: float, tell: Callable[[bool], None]
    ) -> Rider:
        """See AgreementTable. Taken when it arrives; like a statement, it knows no clock."""

        def take(_: bool) -> None:
            granted, held = take_seats(self.seats.get(platform_id, {}), holder, seats, room, (0.0, until))
            is_taken = granted == seats and holder not in self.seats.get(platform_id, {})
            if is_taken:
                self.seats[platform_id] = held
            self.rides.append(is_taken)
            tell(is_taken)

        return Rider({}, take)

    def leaving(self, platform_id: str, holder: str, tell: Callable[[bool], None]) -> Rider:
        """See AgreementTable."""

        def leave(_: bool) -> None:
            self.leave_seats(platform_id, holder)
            tell(True)

        return Rider({}, leave)

    def cursor(self, name: str) -> float:
        """See CoordinationTable."""
        return self.cursors.get(name, 0.0)

    def move_cursor(self, name: str, position: float) -> None:
        """See CoordinationTable."""
        self.cursors[name] = max(position, self.cursors.get(name, 0.0))


class SilentJournal:
    """Hears everything, says nothing, and remembers what was said."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: self.heard.append((name, (args, kwargs)))


class _Silent:
    """Makes a journal one that says nothing, and remembers what it was told."""

    heard: list[tuple[str, Any]]

    __setattr__ = object.__setattr__  # journals are frozen

    def __init__(self) -> None:
        self.heard = []

    def __init_subclass__(cls) -> None:
        for name in dir(cls):
            if not name.startswith("_") and name not in vars(cls) and callable(getattr(cls, name)):
                setattr(cls, name, _hear(name))


def _hear(name: str) -> Callable[..., None]:
    return lambda self, *args, **kwargs: self.heard.append((name, (args, kwargs)))


class SilentRouterJournal(_Silent, RouterJournal):
    """See RouterJournal."""


class SilentPushJournal(_Silent, PushJournal):
    """See PushJournal."""


class SilentReconcilerJournal(_Silent, ReconcilerJournal):
    """See ReconcilerJournal."""


class FakeQueue(PushQueue, Visibility):
    """The push queue as its senders and its consumer see it; what becomes of it is given."""

    def __init__(
        self,
        send: Callable[[Sequence[Any]], set[int]] = lambda _: set(),
        hide: Callable[[Sequence[tuple[str, float]]], None] = lambda _: None,
        depth: Callable[[], int] = lambda: 0,
    ) -> None:
        self._take, self._hide, self._count = send, hide, depth

    def send(self, messages: Sequence[Message]) -> set[int]:
        """See PushQueue."""
        return self._take(messages)

    def hide(self, receipts: Sequence[tuple[str, float]]) -> None:
        """See Visibility."""
        self._hide(receipts)

    def depth(self) -> int:
        """See Queue."""
        return self._count()


class FakeEvents(EventTable):
    """The event table; what becomes of an event that goes nowhere is given."""

    def __init__(self, record: Callable[[UnroutedEvent, bytes, str], str]) -> None:
        self._keep = record

    def record(self, event: UnroutedEvent, body: bytes, spare_id: str) -> str:
        """See EventTable."""
        return self._keep(event, body, spare_id)
