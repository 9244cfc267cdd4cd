"""One access token per platform for the whole fleet: memory, then a shared store, then one elected refresher.

A token is renewed before it ends, at a point that each process draws for itself, so that the fleet does not
meet at one instant ("Optimal Probabilistic Cache Stampede Prevention", doi 10.14778/2757807.2757813). Whoever
gets there first is elected by a lease in the store; the others keep using the token that is still valid.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from taskbridge.errors import StoreError, TaskbridgeError, TransientError

logger = logging.getLogger(__name__)

# Shares of a token's lifetime: renewal is due when 10% to 5% are left, and tried again about every 1%.
EARLIEST_RENEWAL = 0.10
LATEST_RENEWAL = 0.05
RENEWAL_RETRY = 0.01
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 2.0
PAUSE_GROWTH = 1.6


@dataclass(frozen=True, slots=True)
class Token:
    """An access token. `generation` counts up with every fetch; times are epoch seconds."""

    value: str = field(repr=False)
    generation: int
    fetched_at: float
    expires_at: float


def encode_token(token: Token) -> str:
    """Give the JSON text under which stores keep a token."""
    return msgspec.json.encode(token).decode()


def decode_token(text: str | bytes) -> Token | None:
    """Read what `encode_token` wrote; anything else counts as no token, since a new one can be fetched."""
    try:
        return msgspec.json.decode(text, type=Token)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


class TokenStore(Protocol):
    """What the fleet shares. Every failure is a StoreError whose text holds no token.

    `read` may return a token that has expired. `acquire` grants `holder` the right to fetch for `ttl_s`
    seconds, to one holder at a time; the same holder may ask again. `release` does nothing to a lease that
    another holds.
    """

    def read(self, key: str) -> Token | None: ...

    def acquire(self, key: str, holder: str, ttl_s: float) -> bool: ...

    def write(self, key: str, token: Token) -> None: ...

    def release(self, key: str, holder: str) -> None: ...


class MemoryTokenStore:
    """A token store inside one process, for tests and simulations. Thread-safe."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[str, Token] = {}
        self._leases: dict[str, tuple[str, float]] = {}

    def read(self, key: str) -> Token | None:
        with self._lock:
            return self._tokens.get(key)

    def acquire(self, key: str, holder: str, ttl_s: float) -> bool:
        with self._lock:
            now = self._clock()
            owner, until = self._leases.get(key, ("", 0.0))
            if owner != holder and until > now:
                return False
            self._leases[key] = (holder, now + ttl_s)
            return True

    def write(self, key: str, token: Token) -> None:
        with self._lock:
            self._tokens[key] = token

    def release(self, key: str, holder: str) -> None:
        with self._lock:
            if self._leases.get(key, ("", 0.0))[0] == holder:
                del self._leases[key]


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a TokenCache waits, in seconds.

    `lease_s` must outlast a fetch with all its timeouts, else two workers fetch at once. `wait_s` bounds the
    pauses of a worker that has no token while another fetches.
    """

    lease_s: float = 25.0
    wait_s: float = 12.0


DEFAULT_TIMING = Timing()


@dataclass(frozen=True, slots=True)
class _Held:
    """A token in memory and when this process looks for a newer one."""

    token: Token
    renew_at: float


class _Entry:
    """What one process knows of one key. `held` is replaced as a whole, so it is read without the lock."""

    __slots__ = ("error", "failures", "held", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.held: _Held | None = None
        self.failures = 0
        self.error: TaskbridgeError | None = None


@dataclass(frozen=True, slots=True)
class _Want:
    """A wish for a token: for which key, which tokens will do, and how to fetch one."""

    key: str
    entry: _Entry
    usable: Callable[[Token], bool]
    fetch: Callable[[], str]
    lifetime_s: float


class TokenCache:
    """Tokens by key. Thread-safe; one object per process, so that a token in memory costs no call.

    `clock` gives epoch seconds, `sleep` takes seconds, `random` gives [0, 1).
    """

    def __init__(
        self,
        store: TokenStore,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._timing = timing
        self._entries: dict[str, _Entry] = {}

    def get(self, key: str, fetch: Callable[[], str], lifetime_s: float) -> str:
        """Give a valid token, by calling `fetch` where nobody has one. It lives `lifetime_s` seconds.

        Raises what `fetch` raises, or TransientError where another worker has held the lease for too long.
        """
        entry = self._entry(key)
        held = entry.held
        now = self._clock()
        if held is None or now >= held.token.expires_at:
            return self._settle(_Want(key, entry, self._is_valid, fetch, lifetime_s)).value
        if now >= held.renew_at:
            return self._renew_early(key, entry, held, fetch, lifetime_s).value
        return held.token.value

    def replace(self, key: str, refused: str, fetch: Callable[[], str], lifetime_s: float) -> str:
        """Give a token to use instead of `refused`: the stored one, or a fetched one if it is the same.

        A platform may issue the same value again: what was fetched after `refused` came into memory will do.
        Raises as `get` does.
        """
        entry = self._entry(key)
        seen = entry.held.token if entry.held else None

        def usable(token: Token) -> bool:
            if not self._is_valid(token):
                return False
            if seen is None:
                return token.value != refused
            # A store that missed a write still has the token before the refused one: that one is no way out.
            return _order(token) > _order(seen) or (token.value != refused and _order(token) == _order(seen))

        return self._settle(_Want(key, entry, usable, fetch, lifetime_s)).value

    def _entry(self, key: str) -> _Entry:
        return self._entries.get(key) or self._entries.setdefault(key, _Entry())

    def _is_valid(self, token: Token) -> bool:
        return self._clock() < token.expires_at

    def _keep(self, entry: _Entry, token: Token) -> Token:
        margin = LATEST_RENEWAL + (EARLIEST_RENEWAL - LATEST_RENEWAL) * self._random()
        entry.held = _Held(token, token.expires_at - margin * (token.expires_at - token.fetched_at))
        entry.error = None
        return token

    def _settle(self, want: _Want) -> Token:
        """Get hold of a usable token, one thread at a time; threads that waited share its outcome."""
        entry = want.entry
        failures = entry.failures
        with entry.lock:
            if entry.held is not None and want.usable(entry.held.token):
                return entry.held.token
            if entry.error is not None and entry.failures != failures:
                raise entry.error
            try:
                return self._obtain(want)
            except TaskbridgeError as error:
                entry.error = error
                entry.failures += 1
                raise

    def _obtain(self, want: _Want) -> Token:
        """Take the stored token, or be elected to fetch one, or wait for whoever is."""
        holder = _new_holder()
        unreachable: StoreError | None = None
        for pause in self._pauses():
            if pause:
                self._sleep(pause)
            try:
                stored, lease_ends = self._look(want, holder)
            except StoreError as error:
                unreachable = error
                if pause:
                    # It has just shown a held lease, so it is more likely throttled than down.
                    continue
                break
            unreachable = None
            if stored is not None:
                return self._keep(want.entry, stored)
            if lease_ends is not None:
                return self._fetch_elected(want, holder, lease_ends)
        if unreachable is not None:
            return self._fetch_alone(want, unreachable)
        raise TransientError(f"the token of {want.key} is not there yet: another worker is fetching it")

    def _look(self, want: _Want, holder: str) -> tuple[Token | None, float | None]:
        """Give the stored token if it will do; else stand for election and give when the lease won ends."""
        stored = self._store.read(want.key)
        if stored is not None and want.usable(stored):
            return stored, None
        lease_ends = self._clock() + self._timing.lease_s
        elected = self._store.acquire(want.key, holder, self._timing.lease_s)
        return None, lease_ends if elected else None

    def _pauses(self) -> Iterator[float]:
        """Give no pause, then growing, jittered ones that together last `wait_s`.

        They start long because Parameter Store answers 40 reads a second in an account by default.
        """
        yield 0.0
        left, step = self._timing.wait_s, FIRST_PAUSE_S
        while left > 0:
            pause = min(left, step * (0.5 + self._random()))
            yield pause
            left -= pause
            step = min(LONGEST_PAUSE_S, step * PAUSE_GROWTH)

    def _fetch_elected(self, want: _Want, holder: str, lease_ends: float) -> Token:
        """Fetch and share a token while holding the lease, unless one was written since the last look."""
        try:
            stored = self._try_read(want.key)
            if stored is not None and want.usable(stored):
                return self._keep(want.entry, stored)
            token = self._fetch(want, stored)
            return self._keep(want.entry, self._share(want, token, lease_ends))
        finally:
            self._try_release(want.key, holder)

    def _fetch_alone(self, want: _Want, cause: StoreError) -> Token:
        """Fetch without an election: a fleet that fetches too often is better than one that stands still."""
        logger.warning("token of %s is fetched without the shared store: %s", want.key, cause)
        token = self._fetch(want, None)
        self._try_write(want.key, token)
        return self._keep(want.entry, token)

    def _fetch(self, want: _Want, stored: Token | None) -> Token:
        held = want.entry.held
        known = max(stored.generation if stored else 0, held.token.generation if held else 0)
        # The platform counts from its answer; counting from before the request errs on the safe side.
        fetched_at = self._clock()
        return Token(want.fetch(), known + 1, fetched_at, fetched_at + want.lifetime_s)

    def _share(self, want: _Want, token: Token, lease_ends: float) -> Token:
        """Write the token, unless the fetch outlived the lease and the next one elected wrote a newer one."""
        if self._clock() >= lease_ends:
            other = self._try_read(want.key)
            if other is not None and want.usable(other) and other.fetched_at > token.fetched_at:
                return other
        self._try_write(want.key, token)
        return token

    def _renew_early(self, key: str, entry: _Entry, held: _Held, fetch: Callable[[], str], lifetime_s: float) -> Token:
        """Look for a newer token while the one at hand is still valid; never waits, never fails."""

        def newer(token: Token) -> bool:
            return token.expires_at > held.token.expires_at

        if not entry.lock.acquire(blocking=False):
            return held.token
        try:
            if entry.held is not held:
                return entry.held.token if entry.held else held.token
            return self._try_renewal(_Want(key, entry, newer, fetch, lifetime_s), held.token)
        finally:
            entry.lock.release()

    def _try_renewal(self, want: _Want, current: Token) -> Token:
        holder = _new_holder()
        try:
            stored, lease_ends = self._look(want, holder)
            if stored is not None:
                return self._keep(want.entry, stored)
            if lease_ends is not None:
                return self._fetch_elected(want, holder, lease_ends)
        except TaskbridgeError as error:
            logger.warning("token of %s could not be renewed early: %s", want.key, error)
        pause = RENEWAL_RETRY * (0.5 + self._random()) * (current.expires_at - current.fetched_at)
        want.entry.held = _Held(current, self._clock() + pause)
        return current

    def _try_read(self, key: str) -> Token | None:
        try:
            return self._store.read(key)
        except StoreError as error:
            logger.warning("stored token of %s could not be read: %s", key, error)
            return None

    def _try_write(self, key: str, token: Token) -> None:
        try:
            self._store.write(key, token)
        except StoreError as error:
            logger.warning("token of %s is kept in this process only: %s", key, error)

    def _try_release(self, key: str, holder: str) -> None:
        try:
            self._store.release(key, holder)
        except StoreError as error:
            logger.warning("lease on the token of %s was not released and ends by itself: %s", key, error)


def _order(token: Token) -> tuple[float, int]:
    return token.fetched_at, token.generation


def _new_holder() -> str:
    """Name one election. Not one process: processes restored from one snapshot would share that name."""
    return os.urandom(8).hex()
