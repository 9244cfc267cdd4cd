"""Probes one platform that is down, one instance at a time, without waiting for it: others are tended meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.documents import Key, build_wake, kinds_of
from reconciler.ports import RunPorts

PROBE_EVERY_S = 25.0
PROBE_LEASE_S = 20.0
PROBE_WAIT_S = 6.0
PROBE_POLL_S = 1.0
WATCH_S = 5.0  # somebody else's probe may have closed the breaker
PROBE_CHOICE = 40  # of the oldest, and as many of the newest


@dataclass(slots=True)
class Probe:
    """The probes of one platform in one run. `kind`: of the call of the last one, empty before the first."""

    platform_id: str
    ports: RunPorts
    sent_at: float = 0.0  # while one is under way
    next_at: float = 0.0
    kind: str = ""

    def go_on(self) -> float:
        """The breaker is open: try where it is time; returns when to look at the breaker again. Raises StoreError."""
        now = self.ports.clock()
        if self.sent_at and now >= self.sent_at + PROBE_WAIT_S:
            self.end(closed=False)
        if not self.sent_at and now >= self.next_at:
            self.next_at = now + PROBE_EVERY_S
            self._send(now)
        return now + PROBE_POLL_S if self.sent_at else min(self.next_at, now + WATCH_S)

    def end(self, *, closed: bool) -> None:
        """A probe that is under way has closed the breaker, or was waited for long enough."""
        if self.sent_at:
            self.ports.journal.probed(self.platform_id, closed=closed)
            self.sent_at, self.next_at = 0.0, self.ports.clock() + PROBE_EVERY_S

    def _send(self, now: float) -> None:
        due = self._due(now)
        if due and self.ports.coordination.take_probe(self.platform_id, now, PROBE_LEASE_S):
            self.ports.outbox.send([build_wake(self._choose(due, now), "probe", now, probe=True)])
            self.sent_at = now

    def _due(self, now: float) -> list[Key]:
        """Some of what is due, each once: the newest may need another kind of call than what the platform fails on."""
        due = self.ports.instances.due(self.platform_id, now, PROBE_CHOICE)
        if len(due) == PROBE_CHOICE:
            due += self.ports.instances.due(self.platform_id, now, PROBE_CHOICE, newest_first=True)
        return list(dict.fromkeys(due))

    def _choose(self, due: Sequence[Key], now: float) -> Key:
        """Each kind of call in turn: a platform that fails at one of them is up for the others. And not always the same
        instance: its own todo may be what the platform fails on.
        """
        kinds = kinds_of(due, self.ports) or dict.fromkeys(due, "")
        told = sorted(set(kinds.values()))
        self.kind = told[int(now // PROBE_EVERY_S) % len(told)]
        mine = [key for key, kind in kinds.items() if kind == self.kind]
        return mine[int(now) % len(mine)]
