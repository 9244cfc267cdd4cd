"""The threads that make the calls of a batch, and one line in which they hand in how each ended."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class Crew(Generic[T]):
    """A crew of threads that makes the calls of one batch."""

    def __init__(self, pool: Executor) -> None:
        self._pool = pool
        self._ended: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def start(self, call: Callable[[], T]) -> None:
        """Have a call made."""
        self._pool.submit(self._run, call)

    def next_ended(self, timeout_s: float) -> T | None:
        """What the next call gave, whichever ends first; None after so long. Raises what the call raised."""
        try:
            result, error = self._ended.get(timeout=max(0.0, timeout_s))
        except Empty:
            return None
        if error:
            raise error
        return result

    def _run(self, call: Callable[[], T]) -> None:
        try:
            self._ended.put((call(), None))
        except BaseException as error:  # noqa: BLE001 - whoever waits has to hear of it
            self._ended.put((None, error))
