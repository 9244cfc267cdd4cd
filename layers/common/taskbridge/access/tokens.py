"""One access token per platform for the whole fleet: memory, then a shared store, then one elected refresher.

A token is renewed before it ends, at a point that each process draws for itself, so that the fleet does not
meet at one instant ("Optimal Probabilistic Cache Stampede Prevention", doi 10.14778/2757807.2757813). Whoever
gets there first is elected by a lease in the store; the others keep using the token that is still valid.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from taskbridge.access.token_doubts import is_acquitted, is_cooling, with_acquittal
from taskbridge.access.token_sharing import SharedTokens, new_holder
from taskbridge.access.token_store import MAX_STORED_BYTES, Token, TokenStore, encode_token
from taskbridge.aws import growing_pauses
from taskbridge.errors import ConfigurationError, StoreError, StoreThrottled, TaskbridgeError, TransientError
from taskbridge.reasons import build_reason

logger = logging.getLogger(__name__)

# Shares of a token's lifetime: renewal is due when 10% to 5% are left, and tried again about every 1%.
EARLIEST_RENEWAL = 0.10
LATEST_RENEWAL = 0.05
RENEWAL_RETRY = 0.01


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a TokenCache waits, in seconds.

    `lease_s` outlasts a fetch with all its timeouts, else two workers fetch at once; a `fetch` that may take longer
    says so by an attribute `longest_s`. `wait_s` bounds the
    pauses of a worker that has no token while another fetches, or while the store is asked too often.
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

    __slots__ = ("error", "failures", "held", "lock", "tried")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.held: _Held | None = None
        self.tried = ""  # the token that this process itself fetched on a doubt
        self.failures = 0
        self.error: TaskbridgeError | None = None


@dataclass(frozen=True, slots=True)
class _Want:
    """A wish for a token: for which key, which tokens will do, and how to fetch one.

    `doubts`: the refused token and by what signal, where it is fetched on a doubt.
    """

    key: str
    entry: _Entry
    usable: Callable[[Token], bool]
    fetch: Callable[[], str]
    lifetime_s: float
    doubts: tuple[str, str] | None = None

    @property
    def longest_s(self) -> float:
        """How long the fetch may take, 0 where it does not say."""
        return float(getattr(self.fetch, "longest_s", 0.0))


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
        self._shared = SharedTokens(store, clock, sleep, random, timing.lease_s)
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

    def doubt(
        self, key: str, refused: str, signal: str, fetch: Callable[[], str], lifetime_s: float, *, widespread: bool
    ) -> str | None:
        """Give a token to try after a refusal by `signal`, which may mean that the session of `refused` was lost.

        One worker of the fleet fetches it, at most one in each cool-down. Empty where a new token was seen not to
        help: then the refusal means what it says. None where nobody can tell yet. `widespread`: everything is refused
        so. Raises as `get` does, and StoreError where the store does not answer: without it nobody knows whether there
        is a newer token, and a fetched one may end that of the others.
        """
        entry = self._entry(key)

        def acquitted(token: Token) -> bool:
            return is_acquitted(token.acquitted, signal, self._clock(), widespread=widespread)

        def usable(token: Token) -> bool:
            may_pass = acquitted(token) or is_cooling(token.doubted_at, self._clock())
            return self._is_valid(token) and (token.value != refused or may_pass)

        token = self._settle(_Want(key, entry, usable, fetch, lifetime_s, (refused, signal)))
        if token.value != refused:
            return token.value
        return "" if acquitted(token) else None

    def acquit(self, key: str, tried: str, signal: str) -> None:
        """Remember that `tried`, fetched on a doubt by this process, was refused by `signal` as well. Never fails."""
        entry = self._entry(key)
        held = entry.held
        if held is None or entry.tried != tried or held.token.value != tried:
            return
        with entry.lock:
            if entry.tried != tried:
                return
            entry.tried = ""
            entry.held = replace(held, token=self._acquitted(held.token, signal))
            self._shared.rewrite(key, entry.held.token)

    def _acquitted(self, token: Token, signal: str) -> Token:
        return replace(token, acquitted=with_acquittal(token.acquitted, signal, self._clock()))

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
        holder = new_holder()
        unreachable: StoreError | None = None
        for pause in self._pauses():
            if pause:
                self._sleep(pause)
            try:
                found, lease_ends = self._shared.look(want.key, holder, want.usable, want.longest_s)
            except StoreThrottled as error:
                unreachable = error
                continue
            except StoreError as error:
                unreachable = error
                if pause:
                    # It has just shown a held lease, so it is more likely throttled than down.
                    continue
                break
            unreachable = None
            if lease_ends is not None:
                return self._fetch_elected(want, holder, found, lease_ends)
            if found is not None:
                return self._keep(want.entry, found)
        return self._do_without(want, unreachable)

    def _do_without(self, want: _Want, unreachable: StoreError | None) -> Token:
        """No token came in time. Only where the store is really away, each worker fetches its own."""
        if unreachable is None:
            raise TransientError(build_reason("token_awaited", token=want.key))
        if isinstance(unreachable, StoreThrottled) or want.doubts:
            raise unreachable
        return self._fetch_alone(want, unreachable)

    def _pauses(self) -> Iterator[float]:
        """No pause, then growing ones that together last `wait_s`."""
        yield 0.0
        yield from growing_pauses(self._timing.wait_s, self._random)

    def _fetch_elected(self, want: _Want, holder: str, stored: Token | None, lease_ends: float) -> Token:
        """Fetch and share a token while holding the lease."""
        try:
            token = self._fetch(want, stored)
            return self._keep(want.entry, self._share(want, token, lease_ends))
        except TaskbridgeError as error:
            if want.doubts and stored is not None and not _was_held_back(error):
                # Where no token can be had, not every refusal has to find that out.
                cooling = self._keep(want.entry, replace(stored, doubted_at=self._clock()))
                self._shared.write(want.key, cooling)
            raise
        finally:
            self._shared.release(want.key, holder)

    def _fetch_alone(self, want: _Want, cause: StoreError) -> Token:
        """Fetch without an election: a fleet that fetches too often is better than one that stands still."""
        logger.warning("token of %s is fetched without the shared store: %s", want.key, cause)
        token = self._fetch(want, None)
        self._shared.write(want.key, token)
        return self._keep(want.entry, token)

    def _fetch(self, want: _Want, stored: Token | None) -> Token:
        """A new token, with what is known of doubts. Raises ConfigurationError for one that cannot be shared."""
        held = want.entry.held.token if want.entry.held else None
        known = max((token for token in (stored, held) if token), key=_order, default=None)
        generation = max(token.generation if token else 0 for token in (stored, held))
        # The platform counts from its answer; counting from before the request errs on the safe side.
        fetched_at = self._clock()
        token = Token(
            want.fetch(),
            generation + 1,
            fetched_at,
            fetched_at + want.lifetime_s,
            known.doubted_at if known else 0.0,
            known.acquitted if known else {},
        )
        if want.doubts:
            token = self._fetched_on_doubt(want, token, *want.doubts)
        size = len(encode_token(token).encode())
        if size > MAX_STORED_BYTES:
            raise ConfigurationError(
                "token", build_reason("token_too_large", token=want.key, size=f"{size:,}", most=f"{MAX_STORED_BYTES:,}")
            )
        return token

    def _fetched_on_doubt(self, want: _Want, token: Token, refused: str, signal: str) -> Token:
        token = replace(token, doubted_at=self._clock())
        want.entry.tried = token.value
        # A platform that gives the same token again has not lost it.
        return self._acquitted(token, signal) if token.value == refused else token

    def _share(self, want: _Want, token: Token, lease_ends: float) -> Token:
        """Write the token, unless the fetch outlived the lease and the next one elected wrote a newer one."""
        if self._clock() >= lease_ends:
            other = self._shared.read(want.key)
            if other is not None and want.usable(other) and other.fetched_at > token.fetched_at:
                return other
        self._shared.write(want.key, token)
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
        holder = new_holder()
        try:
            found, lease_ends = self._shared.look(want.key, holder, want.usable, want.longest_s)
            if lease_ends is not None:
                return self._fetch_elected(want, holder, found, lease_ends)
            if found is not None:
                return self._keep(want.entry, found)
        except TaskbridgeError as error:
            logger.warning("token of %s could not be renewed early: %s", want.key, error)
        pause = RENEWAL_RETRY * (0.5 + self._random()) * (current.expires_at - current.fetched_at)
        want.entry.held = _Held(current, self._clock() + pause)
        return current


def _was_held_back(error: TaskbridgeError) -> bool:
    """Whether no call was made for the token, as there was no time left for one."""
    return isinstance(error, TransientError) and error.status is None and error.no_answer is None


def _order(token: Token) -> tuple[float, int]:
    return token.fetched_at, token.generation
