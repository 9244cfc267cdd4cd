"""The push function's workers as a platform with a rate sees them: they book calls in its line, or park."""

from __future__ import annotations

from dataclasses import dataclass, field

from taskbridge.push.instances import Work
from taskbridge.push.messages import SyncMessage
from tests.builders import PLATFORM
from tests.unit.reconciler.minute import Minute

BATCH = 10
AHEAD_S = 12.0  # a worker waits so long for its turn
STEP_S = 0.1


@dataclass
class Fleet:
    """So many workers, each with ten messages at most, until all of them have had their call or are parked."""

    minute: Minute
    rate_per_s: float
    workers: int
    line_end: float = 0.0
    queue: list[SyncMessage] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)  # until when
    booked: list[tuple[float, str]] = field(default_factory=list)
    called: list[float] = field(default_factory=list)
    longest: int = 0

    def __post_init__(self) -> None:
        self.minute.coordination.line_end = lambda _: self.line_end  # type: ignore[method-assign, assignment]
        self.minute.on_send = self.queue.append

    def advance(self) -> None:
        """Take what is in the queue, and make the calls whose turn has come."""
        now = self.minute.now
        self.longest = max(self.longest, len(self.queue))
        self.busy = [until for until in self.busy if until > now]
        while self.queue and len(self.busy) < self.workers:
            batch, self.queue[:] = self.queue[:BATCH], self.queue[BATCH:]
            self.busy.append(max([now + STEP_S, *(self._book(each.sess_id, now) for each in batch)]))
        for start, sess_id in [each for each in self.booked if each[0] <= now]:
            self.booked.remove((start, sess_id))
            self._settle(sess_id, 0.0, Work.NONE)
            self.called.append(start)
        self.minute.queued = len(self.queue)

    def _book(self, sess_id: str, now: float) -> float:
        start = max(now, self.line_end)
        if start > now + AHEAD_S:
            self._settle(sess_id, self.line_end, Work.PENDING)
            return now
        self.line_end = start + 1 / self.rate_per_s
        self.booked.append((start, sess_id))
        return start

    def _settle(self, sess_id: str, due_at: float, work: Work) -> None:
        (stored,) = self.minute.instances.load([(PLATFORM, sess_id)]).values()
        stored.instance.due_at = due_at
        stored.instance.tasks["T1"].work = work
        self.minute.instances.save([stored])
