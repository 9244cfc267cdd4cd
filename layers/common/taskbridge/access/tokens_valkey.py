"""Tokens in ElastiCache for Valkey, for fleets that have one anyway: reads take under a millisecond.

The redis client is imported by the first object that is made, since only this store needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskbridge.access.token_doubts import ACQUITTED_S
from taskbridge.access.token_store import Token, decode_token, encode_token
from taskbridge.errors import StoreError

if TYPE_CHECKING:
    from redis import Redis

# The same holder passes: what the client repeats because an answer was lost must not be refused.
ACQUIRE = """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
TIMEOUT_S = 2.0


class ValkeyTokenStore:
    """A TokenStore: the token as JSON under `{prefix}/tokens/{key}`, the lease `{prefix}/token-leases/{key}`.

    Both keys expire by the server's own clock. Each command touches one key, as cluster mode demands.
    """

    def __init__(self, client: Redis, prefix: str) -> None:
        from redis.exceptions import RedisError

        self._failures = RedisError
        self._client = client
        self._prefix = prefix
        self._acquire = client.register_script(ACQUIRE)
        self._release = client.register_script(RELEASE)

    @classmethod
    def connect(cls, url: str, prefix: str) -> ValkeyTokenStore:
        """Make a store on `url`: rediss:// (TLS), redis:// or unix://. It connects when first used."""
        from redis import Redis

        client = Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
        return cls(client, prefix)

    def read(self, key: str) -> Token | None:
        try:
            text: Any = self._client.get(self._token_key(key))
        except self._failures as error:
            raise self._store_error(key, "read", error) from None
        return None if text is None else decode_token(text)

    def acquire(self, key: str, holder: str, ttl_s: float) -> bool:
        try:
            return bool(self._acquire(keys=[self._lease_key(key)], args=[holder, _milliseconds(ttl_s)]))
        except self._failures as error:
            raise self._store_error(key, "leased", error) from None

    def write(self, key: str, token: Token) -> None:
        # What is known of doubts outlives the token, for the next one.
        kept_s = ACQUITTED_S if token.acquitted else 0.0
        lifetime = _milliseconds(token.expires_at - token.fetched_at + kept_s)
        try:
            self._client.set(self._token_key(key), encode_token(token), px=lifetime)
        except self._failures as error:
            raise self._store_error(key, "written", error) from None

    def release(self, key: str, holder: str) -> None:
        try:
            self._release(keys=[self._lease_key(key)], args=[holder])
        except self._failures as error:
            raise self._store_error(key, "released", error) from None

    def _token_key(self, key: str) -> str:
        return f"{self._prefix}/tokens/{key}"

    def _lease_key(self, key: str) -> str:
        return f"{self._prefix}/token-leases/{key}"

    def _store_error(self, key: str, verb: str, error: Exception) -> StoreError:
        """Name a failure without its text, which may quote the arguments of the command."""
        return StoreError(f"token {key} could not be {verb}: {type(error).__name__}")


def _milliseconds(seconds: float) -> int:
    """Give whole milliseconds, at least one, since the server refuses to set less."""
    return max(1, round(seconds * 1000))
