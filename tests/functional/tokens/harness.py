"""What the token tests share: a clock, stores that can be aged, token endpoints that count, crowds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from taskbridge.access.token_store import Token, TokenStore
from taskbridge.access.tokens import Timing, TokenCache
from taskbridge.errors import StoreError

LIFETIME_S = 7200.0
SAFETY_S = 30.0
"""Ends a test that hangs; no assertion depends on it."""


class Clock:
    """Epoch seconds that move only when told."""

    def __init__(self) -> None:
        self.now = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Bench:
    """A store under test with its clock; `age_server` ages what expires by a server's own clock."""

    def __init__(
        self,
        store: TokenStore,
        clock: Clock,
        age_server: Callable[[float], None] = lambda _: None,
        put_raw: Callable[[str, str], object] | None = None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.put_raw = put_raw
        self._age_server = age_server

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self._age_server(seconds)

    def cache(
        self,
        sleep: Callable[[float], None] | None = None,
        random: Callable[[], float] = lambda: 0.5,
        timing: Timing | None = None,
    ) -> TokenCache:
        """Make the cache of one worker process."""
        timing = timing or Timing(lease_s=25, wait_s=12)
        return TokenCache(self.store, self.clock, sleep or self.pass_time, random, timing)


class TokenEndpoint:
    """Gives token-1, token-2, ... or raises the errors given first."""

    def __init__(self, errors: Iterable[Exception] = ()) -> None:
        self.errors = list(errors)
        self.calls = 0

    def fetch(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return f"token-{self.calls}"


class SlowEndpoint:
    """Answers only when `losers` workers are seen waiting, so that every worker has really met the others."""

    def __init__(self, losers: int, error: Exception | None = None) -> None:
        self._losers = losers
        self._error = error
        self._lock = threading.Lock()
        self._waiting: set[int] = set()
        self._crowded = threading.Event()
        self._answered = threading.Event()
        self.calls = 0

    def fetch(self) -> str:
        with self._lock:
            self.calls += 1
            number = self.calls
        self._crowded.wait(SAFETY_S)
        self._answered.set()
        if self._error is not None and number == 1:
            raise self._error
        return f"slow-{number}"

    def arrive(self) -> None:
        """Count the calling thread as waiting, or as done."""
        with self._lock:
            self._waiting.add(threading.get_ident())
            if len(self._waiting) >= self._losers:
                self._crowded.set()

    def sleep(self, _seconds: float) -> None:
        """Stand in for the pause of a worker: nothing to look for before the endpoint has answered."""
        self.arrive()
        self._answered.wait(SAFETY_S)
        time.sleep(0.02)


class ObservedLock:
    """A lock which tells when it is asked for, before it is given."""

    def __init__(self, asked: Callable[[], object]) -> None:
        self._lock = threading.Lock()
        self._asked = asked

    def acquire(self, *, blocking: bool = True) -> bool:
        self._asked()
        return self._lock.acquire(blocking=blocking)

    def release(self) -> None:
        self._lock.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


def run_together(jobs: Sequence[Callable[[], str]]) -> list[str | Exception]:
    """Run each job in a thread of its own, all released at once; give results and errors in order."""
    start = threading.Barrier(len(jobs))
    results: list[str | Exception] = [""] * len(jobs)

    def run(index: int) -> None:
        start.wait(SAFETY_S)
        try:
            results[index] = jobs[index]()
        except Exception as error:  # noqa: BLE001 - handed to the test as a result
            results[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * SAFETY_S)
    return results


class AtomicClient:
    """A boto3 client whose calls happen one after the other, as the services promise for one item.

    moto evaluates a condition and writes without a lock, so that two threads could both win a lease.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(**arguments: Any) -> Any:
            with self._lock:
                return method(**arguments)

        return call


class FailingStore:
    """A store whose operations fail while they are in `broken`, and which notes what was asked.

    What stands in `before_acquire` happens just before the elections, one thing each.
    """

    def __init__(self, inner: TokenStore, before_acquire: Iterable[Callable[[], object]] = ()) -> None:
        self.inner = inner
        self.broken: set[str] = set()
        self._before_acquire = list(before_acquire)
        self.asked: list[str] = []

    def _pass(self, operation: str) -> None:
        self.asked.append(operation)
        if operation in self.broken:
            raise StoreError(f"{operation} failed")

    def read(self, key: str) -> Token | None:
        self._pass("read")
        return self.inner.read(key)

    def acquire(self, key: str, holder: str, ttl_s: float) -> bool:
        self._pass("acquire")
        if self._before_acquire:
            self._before_acquire.pop(0)()
        return self.inner.acquire(key, holder, ttl_s)

    def write(self, key: str, token: Token) -> None:
        self._pass("write")
        self.inner.write(key, token)

    def release(self, key: str, holder: str) -> None:
        self._pass("release")
        self.inner.release(key, holder)
