"""Finds what somebody began to work on and never finished, through the pages of the push log of one platform.

Each page is looked at once, when it is old enough, stretch by stretch, for as long as a run lasts. The cursor moves
behind a stretch when all of it has been looked at: it never passes a page that nobody saw.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reconciler.documents import Key, each_alone, load, work_left
from reconciler.ports import RunPorts
from taskbridge.aws import chunks
from taskbridge.tables.push_log_pages import LogPage

STUCK_AFTER_S = 900.0  # longer than any message stays invisible
PAGES = 100  # a stretch: a thousand instances or so, in a second or so
PIECE = 50
REMEMBERED = 50_000


@dataclass(slots=True)
class StuckSearch:
    """One run's search. `end`: younger pages may still be worked on."""

    platform_id: str
    end: float
    ports: RunPorts
    at: float = 0.0
    seen: set[str] = field(default_factory=set)

    @property
    def is_over(self) -> bool:
        """Whether every page that is old enough has been looked at."""
        return self.at >= self.end

    @property
    def behind_s(self) -> float:
        """How much of the log is left to the next run."""
        return max(0.0, self.end - self.at) if self.at else 0.0

    def look_on(self) -> None:
        """Look at the next stretch. Raises StoreError: then it is looked at again."""
        name = f"pages#{self.platform_id}"
        if not self.at:
            self.at = self.ports.coordination.cursor(name) or self.end  # the first run of all looks at nothing old
        pages: list[LogPage] = []
        reached = self.end
        if not self.is_over:
            pages, reached = self.ports.pages.stretch(self.platform_id, self.at, self.end, PAGES)
        self._settle(pages)
        self.ports.coordination.move_cursor(name, reached)
        self.at = reached

    def _settle(self, pages: Sequence[LogPage]) -> None:
        for page in pages:
            if page.unreadable:
                self.ports.journal.unreadable(self.platform_id, page.name, page.unreadable)
        found = 0
        for keys in chunks(list(self._unseen(pages)), PIECE):
            done, failed = each_alone(self._make_due, keys)
            found += len(done)
            if failed:
                raise next(iter(failed.values()))
        if found:
            self.ports.journal.settled(self.platform_id, found)

    def _unseen(self, pages: Sequence[LogPage]) -> Iterator[Key]:
        """Instances of these pages. One that an earlier page of this run named has been looked at."""
        if len(self.seen) > REMEMBERED:
            self.seen.clear()
        for page in pages:
            for sess_id in page.instances:
                if sess_id not in self.seen:
                    self.seen.add(sess_id)
                    yield self.platform_id, sess_id

    def _make_due(self, keys: Sequence[Key]) -> list[Key]:
        """Work that nobody is going to look at again: no message waits that long, and nothing is due."""
        loaded = load(keys, self.ports)
        stuck = [stored for stored in loaded if work_left(stored.instance) and not stored.instance.due_at]
        for stored in stuck:
            stored.instance.due_at = self.ports.clock()
        stale = self.ports.instances.save(stuck) if stuck else set()
        return [(self.platform_id, stored.instance.sess_id) for stored in stuck if stored.key not in stale]
