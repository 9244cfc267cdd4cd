"""Probes one platform that is down, one instance at a time, without waiting for it: others are tended meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.documents import build_wake
from reconciler.ports import RunPorts

PROBE_EVERY_S = 25.0
PROBE_LEASE_S = 20.0
PROBE_WAIT_S = 6.0
PROBE_POLL_S = 1.0
WATCH_S = 5.0  # somebody else's probe may have closed the breaker
PROBE_CHOICE = 20


@dataclass(slots=True)
class Probe:
    """The probes of one platform in one run."""

    platform_id: str
    ports: RunPorts
    sent_at: float = 0.0  # while one is under way
    next_at: float = 0.0

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
        due = self.ports.instances.due(self.platform_id, now, PROBE_CHOICE)
        if due and self.ports.coordination.take_probe(self.platform_id, now, PROBE_LEASE_S):
            chosen = due[int(now) % len(due)]  # not always the oldest: its own todo may be what the platform fails on
            self.ports.outbox.send([build_wake(chosen, "probe", now, probe=True)])
            self.sent_at = now
