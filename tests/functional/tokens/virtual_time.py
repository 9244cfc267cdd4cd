"""Threads on one simulated clock: one runs at a time, and time only passes while all of them sleep."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Sequence

START = 1_750_000_000.0


class VirtualTime:
    """Runs jobs as threads that take turns by their time, which is the same in every run."""

    def __init__(self) -> None:
        self.now = START
        self._turns: list[tuple[float, int, threading.Event]] = []
        self._numbers = itertools.count()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """To be called by a job: the others run until its time has come."""
        mine = threading.Event()
        heapq.heappush(self._turns, (self.now + seconds, next(self._numbers), mine))
        self._pass_on()
        mine.wait()

    def run(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Runs all jobs, each from now on, to their ends."""
        threads = [threading.Thread(target=self._job, args=(job, self._line_up())) for job in jobs]
        for thread in threads:
            thread.start()
        self._pass_on()
        for thread in threads:
            thread.join()

    def _line_up(self) -> threading.Event:
        turn = threading.Event()
        heapq.heappush(self._turns, (self.now, next(self._numbers), turn))
        return turn

    def _job(self, job: Callable[[], None], turn: threading.Event) -> None:
        turn.wait()
        try:
            job()
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        if self._turns:
            self.now, _, turn = heapq.heappop(self._turns)
            turn.set()
