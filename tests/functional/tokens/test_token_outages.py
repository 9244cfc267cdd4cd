"""What the token cache does while its store, or a part of it, does not answer."""

from __future__ import annotations

import logging

import pytest

from taskbridge.access.token_store import Token
from taskbridge.access.tokens import TokenCache
from taskbridge.errors import TransientError
from tests.functional.tokens.harness import LIFETIME_S, Clock, FailingStore, ObservedLock, TokenEndpoint
from tests.memory_tokens import MemoryTokenStore

EVERYTHING = {"read", "acquire", "write", "release"}


class Setup:
    """One worker on a store that can be broken."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = FailingStore(MemoryTokenStore(self.clock))
        self.endpoint = TokenEndpoint()
        self.pauses: list[float] = []
        self.cache = self.new_cache()

    def new_cache(self) -> TokenCache:
        return TokenCache(self.store, self.clock, self.pause, lambda: 0.5)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(seconds)

    def get(self) -> str:
        return self.cache.get("jinzhi", self.endpoint.fetch, LIFETIME_S)


@pytest.fixture
def setup() -> Setup:
    return Setup()


def test_a_token_in_memory_costs_no_call(setup: Setup) -> None:
    # given
    setup.get()
    setup.store.asked.clear()

    # when
    values = {setup.get() for _ in range(100)}

    # then
    assert values == {"token-1"}
    assert setup.store.asked == []


def test_a_stored_token_costs_one_read(setup: Setup) -> None:
    # given
    setup.get()
    setup.store.asked.clear()

    # when
    setup.cache = setup.new_cache()
    setup.get()

    # then
    assert setup.store.asked == ["read"]


def test_without_a_store_the_token_is_fetched_once_per_process(setup: Setup) -> None:
    # given
    setup.store.broken = EVERYTHING

    # when
    values = [setup.get() for _ in range(3)]

    # then
    assert values == ["token-1"] * 3
    assert setup.pauses == []


@pytest.mark.parametrize("operation", sorted(EVERYTHING))
def test_no_broken_operation_keeps_a_worker_from_its_token(setup: Setup, operation: str) -> None:
    # given
    setup.store.broken = {operation}

    # then
    assert setup.get() == "token-1"
    assert setup.get() == "token-1"
    assert setup.endpoint.calls == 1


def test_a_token_fetched_without_an_election_is_shared_all_the_same(setup: Setup) -> None:
    # given
    setup.store.broken = {"acquire"}
    setup.get()

    # when
    setup.cache = setup.new_cache()

    # then
    assert setup.get() == "token-1"
    assert setup.endpoint.calls == 1


def test_a_valid_token_is_kept_while_the_store_is_down_and_renewed_when_it_is_back(setup: Setup) -> None:
    # given
    setup.get()
    setup.clock.advance(0.95 * LIFETIME_S)
    setup.store.broken = EVERYTHING
    setup.store.asked.clear()

    # when
    down = [setup.get() for _ in range(10)]
    asked = list(setup.store.asked)
    setup.store.broken = set()
    setup.clock.advance(0.02 * LIFETIME_S)
    back = setup.get()

    # then
    assert down == ["token-1"] * 10
    assert asked == ["read"]
    assert back == "token-2"


def test_a_token_that_another_thread_renewed_a_moment_ago_is_used_without_a_call(setup: Setup) -> None:
    # given: the other thread is done just before this one gets the lock
    setup.get()
    setup.clock.advance(0.95 * LIFETIME_S)
    entry = setup.cache._entry("jinzhi")
    now = setup.clock.now
    renewed = Token("renewed", 2, now, now + LIFETIME_S)
    lock = ObservedLock(lambda: setup.cache._keep(entry, renewed))
    entry.lock = lock  # type: ignore[assignment]
    setup.store.broken = EVERYTHING
    setup.store.asked.clear()

    # then
    assert [setup.get(), setup.get()] == ["renewed", "renewed"]
    assert setup.store.asked == []


def test_an_expired_token_is_fetched_directly_while_the_store_is_down(setup: Setup) -> None:
    # given
    setup.get()
    setup.clock.advance(LIFETIME_S)
    setup.store.broken = EVERYTHING

    # then
    assert setup.get() == "token-2"


def test_a_refused_token_is_replaced_directly_while_the_store_is_down(setup: Setup) -> None:
    # given
    refused = setup.get()
    setup.clock.advance(60)
    setup.store.broken = EVERYTHING

    # when
    value = setup.cache.replace("jinzhi", refused, setup.endpoint.fetch, LIFETIME_S)

    # then
    assert value == "token-2"
    assert setup.get() == "token-2"


def test_an_older_stored_token_is_no_replacement_for_a_refused_one(setup: Setup) -> None:
    # given: the store missed the write of token-2
    refused = setup.get()
    setup.clock.advance(60)
    setup.store.broken = {"write"}
    refused = setup.cache.replace("jinzhi", refused, setup.endpoint.fetch, LIFETIME_S)
    setup.clock.advance(60)
    setup.store.broken = set()

    # then
    assert setup.cache.replace("jinzhi", refused, setup.endpoint.fetch, LIFETIME_S) == "token-3"


def test_a_fetch_error_without_a_store_is_raised(setup: Setup) -> None:
    # given
    setup.store.broken = EVERYTHING
    setup.endpoint.errors = [TransientError("no answer")]

    # then
    with pytest.raises(TransientError, match="no answer"):
        setup.get()
    assert setup.endpoint.calls == 1


def test_a_store_that_is_throttled_while_another_worker_fetches_starts_no_second_fetch(setup: Setup) -> None:
    # given: another worker holds the lease, then the store fails for three polls
    setup.store.inner.acquire("jinzhi", "another", 60)
    other = TokenCache(setup.store.inner, setup.clock, setup.pause, lambda: 0.5)

    def pause(seconds: float) -> None:
        setup.pauses.append(seconds)
        setup.store.broken = {"read"} if len(setup.pauses) < 4 else set()
        if len(setup.pauses) == 4:
            setup.store.inner.release("jinzhi", "another")
            other.get("jinzhi", lambda: "theirs", LIFETIME_S)

    setup.cache = TokenCache(setup.store, setup.clock, pause, lambda: 0.5)

    # then
    assert setup.get() == "theirs"
    assert setup.endpoint.calls == 0


def test_a_store_that_was_throttled_for_one_poll_starts_no_fetch_at_the_end_of_the_wait(setup: Setup) -> None:
    # given
    setup.store.inner.acquire("jinzhi", "another", 60)

    def pause(seconds: float) -> None:
        setup.pauses.append(seconds)
        setup.store.broken = {"read"} if len(setup.pauses) == 2 else set()

    setup.cache = TokenCache(setup.store, setup.clock, pause, lambda: 0.5)

    # then
    with pytest.raises(TransientError, match="another worker"):
        setup.get()
    assert setup.endpoint.calls == 0


def test_a_store_that_stays_away_while_waiting_is_done_without(setup: Setup) -> None:
    # given
    setup.store.inner.acquire("jinzhi", "another", 60)

    def pause(seconds: float) -> None:
        setup.pauses.append(seconds)
        setup.store.broken = EVERYTHING

    setup.cache = TokenCache(setup.store, setup.clock, pause, lambda: 0.5)

    # then
    assert setup.get() == "token-1"
    assert sum(setup.pauses) == pytest.approx(12)


def test_no_log_line_and_no_repr_shows_a_token(setup: Setup, caplog: pytest.LogCaptureFixture) -> None:
    # given
    caplog.set_level(logging.DEBUG)
    setup.store.broken = {"acquire", "write", "release"}

    # when
    value = setup.get()
    setup.clock.advance(0.95 * LIFETIME_S)
    setup.endpoint.errors = [TransientError("no answer")]
    setup.get()
    held = setup.cache._entry("jinzhi").held

    # then
    assert held is not None
    assert held.token.value == value
    assert value not in repr(held)
    assert value not in str(held.token)
    assert len(caplog.records) >= 3
    assert value not in caplog.text
