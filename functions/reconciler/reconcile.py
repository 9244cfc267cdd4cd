"""One run of the reconciler, each minute. It calls no platform itself: it wakes the push function by messages.

* Due instances (failed transiently, parked while a breaker was open, or waiting for their turn) are sent to the push
  queue, at their platform's rate; each is lent to the queue for `LEASE_S`.
* An open breaker gets one probe at a time: the oldest due instance goes with leave to try. A run that finds an open
  breaker stays for most of its minute and tries again every `PROBE_EVERY_S`, so that a backlog begins to drain
  within half a minute of the platform's return.
* Instances that somebody began to work on and never finished (the worker died, the message is lost) are found through
  the pages of the push log, each page looked at once, and become due.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Protocol, TypeVar

from reconciler.asides import Instances as AsideInstances
from reconciler.asides import send_on
from taskbridge.breaker import BreakerState
from taskbridge.errors import StoreError
from taskbridge.instances import Instance
from taskbridge.messages import Message, SyncMessage
from taskbridge.tables.configuration import Configuration, PlatformConfig
from taskbridge.tables.instances import Stored
from taskbridge.tables.push_log_pages import Page

T = TypeVar("T")

LEASE_S = 900.0
RUN_S = 60.0
PROBE_EVERY_S = 25.0
PROBE_LEASE_S = 20.0
PROBE_WAIT_S = 6.0
PROBE_POLL_S = 1.0
PROBE_CHOICE = 20
DRAIN_LIMIT = 2000  # instances a run and platform, where no rate is set
STUCK_AFTER_S = 900.0  # longer than any message stays invisible
PAGES_A_RUN = 500


class Instances(AsideInstances, Protocol):
    """The instance table, as far as the reconciler needs it."""

    def load(self, keys: Sequence[tuple[str, str]]) -> dict[str, Stored]:
        """See InstanceStore."""

    def save(self, stored: Sequence[Stored]) -> set[str]:
        """See InstanceStore."""

    def due(self, platform_id: str, before: float, limit: int) -> list[tuple[str, str]]:
        """See InstanceTable."""


class Coordination(Protocol):
    """The coordination table, as far as the reconciler needs it."""

    def read_breaker(self, platform_id: str) -> BreakerState:
        """See CoordinationTable."""

    def take_probe(self, platform_id: str, now: float, lease_s: float) -> bool:
        """See CoordinationTable."""

    def cursor(self, name: str) -> float:
        """See CoordinationTable."""

    def move_cursor(self, name: str, position: float) -> None:
        """See CoordinationTable."""


class Pages(Protocol):
    """The pages of the push log."""

    def between(self, platform_id: str, start: float, end: float, limit: int) -> list[Page]:
        """See PushLogPageTable."""


class Outbox(Protocol):
    """The push queue."""

    def send(self, messages: Sequence[Message]) -> set[int]:
        """Send messages; returns the positions of those that did not get in."""


class Journal(Protocol):
    """Who hears what happened."""

    def drained(self, platform_id: str, count: int) -> None:
        """Due instances were sent to the queue."""

    def probed(self, platform_id: str, *, closed: bool) -> None:
        """A probe was sent; whether the breaker closed."""

    def settled(self, platform_id: str, count: int) -> None:
        """Stuck instances were found."""

    def aside(self, platform_id: str, count: int) -> None:
        """So many messages wait, as their documents cannot be read."""

    def breaker(self, platform_id: str, *, is_open: bool) -> None:
        """How a breaker stands."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside."""

    configuration: Callable[[], Configuration]
    instances: Instances
    coordination: Coordination
    pages: Pages
    outbox: Outbox
    journal: Journal
    clock: Callable[[], float]
    sleep: Callable[[float], None]


def reconcile(ports: Ports, deadline: float) -> None:
    """One run over every configured platform; ends before `deadline`.

    Where a table fails one part, the others are done all the same. Raises the first such StoreError at the end.
    """
    platforms = list(ports.configuration().platforms.values())
    failures: list[StoreError] = []
    down = _tend_all(platforms, ports, failures)
    for platform in platforms:
        _note(partial(_settle_stuck, platform.id, ports), failures)
        _note(partial(_send_on, platform.id, ports), failures)
    while down and ports.clock() + PROBE_EVERY_S + PROBE_WAIT_S < deadline:
        ports.sleep(PROBE_EVERY_S)
        down = _tend_all(down, ports, failures)
    if failures:
        raise failures[0]


def _send_on(platform_id: str, ports: Ports) -> None:
    """Let go on what was set aside and can be read by now."""
    waiting = send_on(platform_id, ports.instances, ports.outbox, ports.clock())
    if waiting:
        ports.journal.aside(platform_id, waiting)


def _tend_all(platforms: list[PlatformConfig], ports: Ports, failures: list[StoreError]) -> list[PlatformConfig]:
    """Tend each; returns those that are down."""
    return [each for each in platforms if _note(partial(_tend, each, ports), failures) is False]


def _note(part: Callable[[], T], failures: list[StoreError]) -> T | None:
    try:
        return part()
    except StoreError as error:
        failures.append(error)
        return None


def _tend(platform: PlatformConfig, ports: Ports) -> bool:
    """Probe a platform that is down, drain one that is up; tells whether it is up."""
    if not platform.enabled:
        return True
    is_open = ports.coordination.read_breaker(platform.id).is_open
    if is_open:
        is_open = not _probe(platform.id, ports)
    ports.journal.breaker(platform.id, is_open=is_open)
    if not is_open:
        _drain(platform, ports)
    return not is_open


def _probe(platform_id: str, ports: Ports) -> bool:
    """Let one instance through and see whether that closes the breaker."""
    now = ports.clock()
    due = ports.instances.due(platform_id, now, PROBE_CHOICE)
    if not due or not ports.coordination.take_probe(platform_id, now, PROBE_LEASE_S):
        return False
    chosen = due[int(now) % len(due)]  # not always the oldest: its own todo may be what the platform fails on
    ports.outbox.send([_sync(chosen, "probe", now, probe=True)])
    while ports.clock() < now + PROBE_WAIT_S:
        ports.sleep(PROBE_POLL_S)
        if not ports.coordination.read_breaker(platform_id).is_open:
            ports.journal.probed(platform_id, closed=True)
            return True
    ports.journal.probed(platform_id, closed=False)
    return False


def _drain(platform: PlatformConfig, ports: Ports) -> None:
    """Send due instances to the queue, as many as the platform takes in a minute."""
    rate = float(platform.settings.get("max_rate_per_s", 0) or 0)
    limit = max(1, int(rate * RUN_S)) if rate else DRAIN_LIMIT
    now = ports.clock()
    due = ports.instances.due(platform.id, now, limit)
    for start in range(0, len(due), 20):
        piece = _lend(due[start : start + 20], now, ports)
        ports.outbox.send([_sync(key, "due", now) for key in piece])
    if due:
        ports.journal.drained(platform.id, len(due))


def _lend(keys: Sequence[tuple[str, str]], now: float, ports: Ports) -> list[tuple[str, str]]:
    """Take instances off the list for a while; who changed meanwhile is left to whoever changed it."""
    stored = ports.instances.load(keys)
    for entry in stored.values():
        entry.instance.due_at = now + LEASE_S if entry.unreadable or _has_work(entry.instance) else 0.0
    stale = ports.instances.save(list(stored.values()))
    unreadable = sum(1 for entry in stored.values() if entry.unreadable)
    if unreadable:
        ports.journal.aside(keys[0][0], unreadable)
    return [
        (entry.instance.platform_id, entry.instance.sess_id)
        for key, entry in stored.items()
        if key not in stale and entry.instance.due_at and not entry.unreadable
    ]


def _settle_stuck(platform_id: str, ports: Ports) -> None:
    """Look once at every page that is old enough: whoever still has an attempt open there died."""
    name = f"pages#{platform_id}"
    end = ports.clock() - STUCK_AFTER_S
    start = ports.coordination.cursor(name)
    if not start:
        ports.coordination.move_cursor(name, end)
        return
    pages = ports.pages.between(platform_id, start, end, PAGES_A_RUN)
    stuck = _stuck_in(platform_id, pages, ports)
    for entry in stuck:
        entry.instance.due_at = ports.clock()
    for position in range(0, len(stuck), 20):
        ports.instances.save(stuck[position : position + 20])
    if stuck:
        ports.journal.settled(platform_id, len(stuck))
    full = len(pages) == PAGES_A_RUN
    ports.coordination.move_cursor(name, pages[-1].at if full else end)


def _stuck_in(platform_id: str, pages: Sequence[Page], ports: Ports) -> list[Stored]:
    """Work that nobody is going to look at again: no message waits that long, and nothing is due."""
    keys = dict.fromkeys((platform_id, sess_id) for page in pages for sess_id in page.instances)
    stored = ports.instances.load(list(keys)) if keys else {}
    return [entry for entry in stored.values() if _has_work(entry.instance) and not entry.instance.due_at]


def _has_work(instance: Instance) -> bool:
    return instance.has_work


def _sync(key: tuple[str, str], reason: str, now: float, *, probe: bool = False) -> SyncMessage:
    stamp = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
    return SyncMessage(platform_id=key[0], sess_id=key[1], reason=reason, requested_at=stamp, probe=probe)
