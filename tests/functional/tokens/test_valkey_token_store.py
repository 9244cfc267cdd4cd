"""What only the token store on Valkey does."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from taskbridge.access.token_store import Token
from taskbridge.access.tokens_valkey import ValkeyTokenStore
from taskbridge.errors import StoreError

TOKEN = Token("do-not-show", 1, 1_750_000_000.0, 1_750_007_200.0)


def test_a_server_that_is_not_there_is_a_store_error_without_the_token(tmp_path: Path) -> None:
    # given
    client = Redis(unix_socket_path=str(tmp_path / "nobody.socket"), retry=Retry(NoBackoff(), 0))
    store = ValkeyTokenStore(client, "/taskbridge/test")
    calls: list[Callable[[], object]] = [
        lambda: store.read("jinzhi"),
        lambda: store.acquire("jinzhi", "one", 10),
        lambda: store.write("jinzhi", TOKEN),
        lambda: store.release("jinzhi", "one"),
    ]

    for call in calls:
        # when
        with pytest.raises(StoreError, match="token jinzhi could not be") as raised:
            call()

        # then
        assert TOKEN.value not in "".join(traceback.format_exception(raised.value))


def test_a_token_leaves_the_server_when_it_expires(valkey_url: str, prefix: str) -> None:
    # given
    store = ValkeyTokenStore.connect(valkey_url, prefix)

    # when
    store.write("jinzhi", TOKEN)

    # then
    left = store._client.pttl(f"{prefix}/tokens/jinzhi")
    assert 7_100_000 < left <= 7_200_000
    store._client.close()


def test_a_lease_is_a_key_that_expires(valkey_url: str, prefix: str) -> None:
    # given
    store = ValkeyTokenStore.connect(valkey_url, prefix)

    # when
    store.acquire("jinzhi", "one", 300)

    # then
    assert store._client.get(f"{prefix}/token-leases/jinzhi") == b"one"
    assert 200_000 < store._client.pttl(f"{prefix}/token-leases/jinzhi") <= 300_000
    store._client.close()


def test_a_rediss_address_is_spoken_to_with_tls() -> None:
    # when
    store = ValkeyTokenStore.connect("rediss://cache.example.invalid:6379", "/taskbridge/test")

    # then
    assert store._client.connection_pool.connection_class.__name__ == "SSLConnection"
