"""A token store inside one process: what the fleet shares where a test is the whole fleet."""

from __future__ import annotations

import threading
from collections.abc import Callable

from taskbridge.access.token_store import Token, TokenStore


class MemoryTokenStore(TokenStore):
    """Thread-safe."""

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
