"""One run of the reconciler, each minute. It calls no platform itself: it wakes the push function by messages.

* Due instances (failed transiently, parked while a breaker was open, or waiting for their turn) are released to the
  push queue, portion by portion, at their platform's rate; each is lent to the queue for `LEASE_S`.
* An open breaker gets one probe at a time: a due instance goes with leave to try. A run that finds an open breaker
  stays for its minute and tries again every `PROBE_EVERY_S`, so that a backlog begins to drain within half a minute of
  the platform's return. Probes are made with each kind of call in turn, and what goes well drains first: a task center
  may fail at one kind alone (deletions, where their path is a wrong one).
* Instances that somebody began to work on and never finished (the worker died, the message is lost) are found through
  the pages of the push log, each page looked at once, and become due.
* Messages whose document could not be read go on when it can.

All platforms share a run: nobody waits for another's platform, and every run begins with the next one.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from reconciler.asides import send_on
from reconciler.draining import Drain
from reconciler.feeding import PORTION_S, Feed
from reconciler.ports import RunPorts
from reconciler.probing import Probe
from reconciler.stuck import STUCK_AFTER_S, StuckSearch
from taskbridge.push.rates import limit_of
from taskbridge.tables.configuration import PlatformConfig

SEARCH_SHARE = 0.9  # of a run; bulk jobs get the rest
AGAIN_S = 20.0  # after a table failed a platform


@dataclass(slots=True)
class Tended:
    """One platform in one run. `next_at`: when to look at it again."""

    platform_id: str
    drain: Drain
    probe: Probe
    ports: RunPorts
    is_open: bool | None = None
    next_at: float = 0.0

    def tend(self) -> None:
        """Probe it while it is down, drain it while it is up, and set when to look again. Raises StoreError.

        A run lasts longer than a configuration is held for: what was changed meanwhile is in force.
        """
        config = self.ports.configuration().platforms.get(self.platform_id)
        if config is None or not config.enabled:
            self.next_at = math.inf
            return
        self.drain.feed.keep_to(_rate(config), self.ports.clock())
        state = self.ports.coordination.read_breaker(self.platform_id)
        self.is_open = state.is_open
        if state.quiet_until > self.ports.clock():
            self.next_at = math.inf  # it asked to be left alone; a later run goes on
        elif state.is_open:
            self.next_at = self.probe.go_on()
        else:
            self.probe.end(closed=True)
            self.drain.first = self.probe.kind
            self.next_at = self.ports.clock() + PORTION_S if self.drain.release_portion() else math.inf


def reconcile(ports: RunPorts, deadline: float) -> None:
    """One run over every configured platform; ends before `deadline`.

    What fails for one platform is told at the end, by raising the first failure, and the others are done all the same.
    """
    begun_at = ports.clock()
    platforms = _rotate(list(ports.configuration().platforms.values()), begun_at)
    tended = [_tended(each, begun_at, deadline, ports) for each in platforms if each.enabled]
    searches = deque(StuckSearch(each.id, begun_at - STUCK_AFTER_S, ports) for each in platforms)
    run = _Run(ports, deadline, begun_at + SEARCH_SHARE * (deadline - begun_at), tended, searches, [])
    run.go_on([partial(_send_on, each.id, ports) for each in platforms])
    run.tell()


@dataclass(slots=True)
class _Run:
    ports: RunPorts
    deadline: float
    search_until: float
    tended: list[Tended]
    searches: deque[StuckSearch]
    failures: list[Exception]

    def go_on(self, once: list[Callable[[], None]]) -> None:
        """Tend whatever is due for it, do what is done once and look for stuck work in between, and else wait."""
        behind: list[StuckSearch] = []
        while True:
            self._tend()
            if once:
                self._try(once.pop())
                continue
            if self.searches:
                search = self.searches.popleft()
                if self.ports.clock() >= self.search_until:
                    behind.append(search)
                elif self._try(search.look_on) and not search.is_over:
                    self.searches.append(search)
                continue
            moment = min((each.next_at for each in self.tended), default=math.inf)
            now = self.ports.clock()
            if max(moment, now) >= self.deadline:
                break
            self.ports.sleep(max(0.0, moment - now))
        for search in behind:
            self.ports.journal.behind(search.platform_id, search.behind_s)

    def tell(self) -> None:
        """Say how the breakers stand, and raise what failed first."""
        for each in self.tended:
            if each.is_open is not None:
                self.ports.journal.breaker(each.platform_id, is_open=each.is_open)
        if self.failures:
            raise self.failures[0]

    def _tend(self) -> None:
        for each in self.tended:
            now = self.ports.clock()
            if each.next_at <= now < self.deadline:
                each.next_at = now + AGAIN_S
                self._try(each.tend)

    def _try(self, part: Callable[[], object]) -> bool:
        try:
            part()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this platform's
            self.failures.append(error)
            return False
        return True


def _send_on(platform_id: str, ports: RunPorts) -> None:
    """Let go on what was set aside and can be read by now."""
    waiting = send_on(platform_id, ports.instances, ports.outbox, ports.clock())
    if waiting:
        ports.journal.aside(platform_id, waiting)


def _tended(platform: PlatformConfig, begun_at: float, deadline: float, ports: RunPorts) -> Tended:
    drain = Drain(platform.id, Feed(_rate(platform)), begun_at, deadline, ports)
    return Tended(platform.id, drain, Probe(platform.id, ports), ports)


def _rate(platform: PlatformConfig) -> float:
    """Its calls a second, 0 for no limit. What no form would take is the push function's to refuse."""
    rate = platform.settings.get("max_rate_per_s", 0)
    return limit_of(float(rate)) if isinstance(rate, int | float) else 0.0


def _rotate(platforms: list[PlatformConfig], now: float) -> list[PlatformConfig]:
    """Each minute begins with the next one."""
    first = int(now // 60) % max(1, len(platforms))
    return platforms[first:] + platforms[:first]
