"""The circuit breaker of a platform, shared by the fleet.

Closed: every call goes. A worker that sees `FAILURES_TO_OPEN` transient failures in a row, over at least `STREAK_S`
and with no success between, opens it: calls stop, work waits in the instance table, and the reconciler lets one
probe at a time through. Any success closes it. A healthy platform costs no write, and one cached read every few
seconds.

Beside it stands until when the platform asked to be left alone (`Retry-After`): nobody calls it before, not even to
probe.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from taskbridge.errors import StoreError
from taskbridge.tables.coordination import BreakerState, CoordinationTable

T = TypeVar("T")
logger = logging.getLogger(__name__)

FAILURES_TO_OPEN = 8
STREAK_S = 2.0  # a hiccup of a moment fails a whole batch at once, and is no outage
CACHE_S = 5.0
CACHE_OPEN_S = 1.0  # who waits wants to know sooner
TOLD_S = 60.0  # of the answers of a minute one is written down


class Breakers:
    """The breakers as one worker sees them. Safe for threads."""

    def __init__(self, store: CoordinationTable, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[float, BreakerState]] = {}
        self._streaks: dict[str, tuple[int, float]] = {}  # failures in a row, and when the first was
        self._told: dict[str, float] = {}  # when an answer was last written down

    def allows(self, platform_id: str, *, probe: bool = False) -> bool:
        """Whether a call may go now. A probe may, until it has failed."""
        with self._lock:
            state = self._state(platform_id)
            if state.quiet_until > self._clock():
                return False
            if not state.is_open:
                return True
            return probe and platform_id not in self._streaks

    def is_open(self, platform_id: str) -> bool:
        """Whether nothing but probes may go now."""
        with self._lock:
            return self._state(platform_id).is_open

    def quiet_until(self, platform_id: str) -> float:
        """Until when the platform wants to be left alone; a time that has passed where it does not."""
        with self._lock:
            return self._state(platform_id).quiet_until

    def start_probe(self, platform_id: str) -> None:
        """A probe begins: what failed before does not count against it."""
        with self._lock:
            self._streaks.pop(platform_id, None)

    def note_success(self, platform_id: str) -> None:
        """The platform answered: whatever was wrong is over."""
        with self._lock:
            self._streaks.pop(platform_id, None)
            if self._state(platform_id).is_open:
                self._try(self._store.close_breaker, platform_id, self._clock())
                self._seen[platform_id] = (self._clock(), replace(self._state(platform_id), is_open=False))

    def note_answer(self, platform_id: str) -> None:
        """The platform did what it was asked: for whoever wants to know when it last did."""
        with self._lock:
            now = self._clock()
            if now - self._told.get(platform_id, 0.0) >= TOLD_S:
                self._try(self._store.note_answer, platform_id, now)
                self._told[platform_id] = now

    def note_failure(self, platform_id: str, reason: str) -> None:
        """A transient failure: enough of them in a row open the breaker."""
        with self._lock:
            now = self._clock()
            failures, since = self._streaks.get(platform_id, (0, now))
            self._streaks[platform_id] = (failures + 1, since)
            lasts = failures + 1 >= FAILURES_TO_OPEN and now - since >= STREAK_S
            if lasts and not self._state(platform_id).is_open:
                self._try(self._store.open_breaker, platform_id, now, reason)
                state = replace(self._state(platform_id), is_open=True, opened_at=now, reason=reason)
                self._seen[platform_id] = (now, state)

    def note_quiet(self, platform_id: str, seconds: float) -> None:
        """The platform asked to be left alone for so long: the whole fleet does."""
        with self._lock:
            now = self._clock()
            state = self._state(platform_id)
            if state.quiet_until < now + seconds:
                self._try(self._store.keep_quiet, platform_id, now + seconds)
                self._seen[platform_id] = (now, replace(state, quiet_until=now + seconds))

    def _state(self, platform_id: str) -> BreakerState:
        now = self._clock()
        read_at, state = self._seen.get(platform_id, (-CACHE_S, BreakerState()))
        if now - read_at >= (CACHE_OPEN_S if state.is_open else CACHE_S):
            state = self._try(self._store.read_breaker, platform_id) or state
            self._seen[platform_id] = (now, state)
        return state

    def _try(self, call: Callable[..., T], *args: object) -> T | None:
        """A breaker protects the platform; while its store does not answer, calls go on as before."""
        try:
            return call(*args)
        except StoreError as error:
            logger.warning("the breaker's store does not answer: %s", error)
            return None
