"""The store of tokens as a worker uses it: elections, and what is done where it does not answer."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from taskbridge.access.token_store import Token, TokenStore
from taskbridge.aws import growing_pauses
from taskbridge.errors import StoreError, StoreThrottled

logger = logging.getLogger(__name__)

WRITE_WAIT_S = 5.0


class SharedTokens:
    """What the fleet shares, as one worker sees it. `lease_s` is how long an election is won for, at least.

    `clock`, `sleep` and `random` are as for TokenCache.
    """

    def __init__(
        self,
        store: TokenStore,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
        lease_s: float,
    ) -> None:
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._lease_s = lease_s

    def look(
        self, key: str, holder: str, usable: Callable[[Token], bool], longest_s: float = 0.0
    ) -> tuple[Token | None, float | None]:
        """Give the stored token if it will do; else stand for election, for a fetch that may take `longest_s`.

        Who won it gets the newest stored token and when the lease ends; nobody else gets a lease. Raises StoreError.
        """
        stored = self._store.read(key)
        if stored is not None and usable(stored):
            return stored, None
        lease_s = max(self._lease_s, longest_s)
        lease_ends = self._clock() + lease_s
        if not self._store.acquire(key, holder, lease_s):
            return None, None
        newest = self._look_again(key, holder)
        if newest is not None and usable(newest):
            self.release(key, holder)
            return newest, None
        return newest, lease_ends

    def _look_again(self, key: str, holder: str) -> Token | None:
        """What is stored now that nobody else may write: a token may have come since the last look."""
        try:
            return self._store.read(key)
        except StoreThrottled:
            self.release(key, holder)
            raise
        except StoreError as error:
            logger.warning("stored token of %s could not be read: %s", key, error)
            return None

    def read(self, key: str) -> Token | None:
        """The stored token; None also where the store does not answer."""
        try:
            return self._store.read(key)
        except StoreError as error:
            logger.warning("stored token of %s could not be read: %s", key, error)
            return None

    def write(self, key: str, token: Token) -> None:
        """Share a token. Never fails; where the store is asked too often, it is tried for 5 seconds."""
        for pause in [*growing_pauses(WRITE_WAIT_S, self._random), None]:
            try:
                self._store.write(key, token)
            except StoreThrottled as error:
                problem: StoreError = error
            except StoreError as error:
                problem = error
                break
            else:
                return
            if pause:
                self._sleep(pause)
        logger.warning("token of %s is kept in this process only: %s", key, problem)

    def rewrite(self, key: str, token: Token) -> None:
        """Write the token with what is known of it now, where it is still the stored one. Never fails."""
        holder = new_holder()
        try:
            if not self._store.acquire(key, holder, self._lease_s):
                return
        except StoreError as error:
            logger.warning("what is known of the token of %s is kept in this process only: %s", key, error)
            return
        try:
            stored = self.read(key)
            if stored is not None and stored.value == token.value:
                self.write(key, token)
        finally:
            self.release(key, holder)

    def release(self, key: str, holder: str) -> None:
        """End a lease. Never fails."""
        try:
            self._store.release(key, holder)
        except StoreError as error:
            logger.warning("lease on the token of %s was not released and ends by itself: %s", key, error)


def new_holder() -> str:
    """Name one election. Not one process: processes restored from one snapshot would share that name."""
    return os.urandom(8).hex()
