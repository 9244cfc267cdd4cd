"""How many tokens are fetched when many workers need one at once: one. Counted with every token store."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from taskbridge.access.tokens import Timing, TokenCache
from taskbridge.errors import TransientError
from tests.functional.tokens.harness import (
    LIFETIME_S,
    Bench,
    ObservedLock,
    SlowEndpoint,
    TokenEndpoint,
    run_together,
)

PATIENT = Timing(lease_s=3600, wait_s=1_000_000)


def crowd(bench: Bench, count: int, endpoint: SlowEndpoint) -> list[TokenCache]:
    return [bench.cache(endpoint.sleep, timing=PATIENT) for _ in range(count)]


def getting(caches: list[TokenCache], endpoint: SlowEndpoint) -> list[Callable[[], str]]:
    return [partial(cache.get, "jinzhi", endpoint.fetch, LIFETIME_S) for cache in caches]


def test_twenty_cold_starts_at_once_fetch_one_token(bench: Bench) -> None:
    # given
    endpoint = SlowEndpoint(losers=19)

    # when
    values = run_together(getting(crowd(bench, 20, endpoint), endpoint))

    # then
    assert values == ["slow-1"] * 20
    assert endpoint.calls == 1


def test_fifty_workers_whose_token_expires_fetch_one_token(bench: Bench) -> None:
    # given
    first, endpoint = TokenEndpoint(), SlowEndpoint(losers=49)
    caches = crowd(bench, 50, endpoint)
    for cache in caches:
        cache.get("jinzhi", first.fetch, LIFETIME_S)
    bench.pass_time(LIFETIME_S)

    # when
    values = run_together(getting(caches, endpoint))

    # then
    assert values == ["slow-1"] * 50
    assert (first.calls, endpoint.calls) == (1, 1)


def test_fifty_workers_whose_token_is_refused_fetch_one_token(bench: Bench) -> None:
    # given
    first, endpoint = TokenEndpoint(), SlowEndpoint(losers=49)
    caches = crowd(bench, 50, endpoint)
    for cache in caches:
        cache.get("jinzhi", first.fetch, LIFETIME_S)
    bench.pass_time(60)

    # when
    values = run_together([partial(cache.replace, "jinzhi", "token-1", endpoint.fetch, LIFETIME_S) for cache in caches])

    # then
    assert values == ["slow-1"] * 50
    assert endpoint.calls == 1


def test_fifty_workers_shortly_before_expiry_fetch_one_token_and_none_of_them_waits(bench: Bench) -> None:
    # given: the endpoint answers when the 49 others have come back with the valid token
    first, endpoint = TokenEndpoint(), SlowEndpoint(losers=49)
    caches = crowd(bench, 50, endpoint)
    for cache in caches:
        cache.get("jinzhi", first.fetch, LIFETIME_S)
    bench.pass_time(0.96 * LIFETIME_S)

    def get(cache: TokenCache) -> str:
        value = cache.get("jinzhi", endpoint.fetch, LIFETIME_S)
        endpoint.arrive()
        return value

    # when
    values = run_together([partial(get, cache) for cache in caches])
    bench.pass_time(0.02 * LIFETIME_S)
    later = run_together(getting(caches, endpoint))

    # then
    assert sorted(map(str, values)) == ["slow-1"] + ["token-1"] * 49
    assert later == ["slow-1"] * 50
    assert (first.calls, endpoint.calls) == (1, 1)


def test_when_the_elected_of_twenty_fails_one_other_tries_next(bench: Bench) -> None:
    # given
    error = TransientError("no answer")
    endpoint = SlowEndpoint(losers=19, error=error)

    # when
    results = run_together(getting(crowd(bench, 20, endpoint), endpoint))

    # then
    assert [result for result in results if result is error] == [error]
    assert sorted(str(result) for result in results if result is not error) == ["slow-2"] * 19
    assert endpoint.calls == 2


def test_threads_of_one_process_fetch_one_token(bench: Bench) -> None:
    # given
    endpoint = SlowEndpoint(losers=10)
    cache = bench.cache()
    cache._entry("jinzhi").lock = ObservedLock(endpoint.arrive)  # type: ignore[assignment]

    # when
    values = run_together(getting([cache] * 10, endpoint))

    # then
    assert values == ["slow-1"] * 10
    assert endpoint.calls == 1


def test_threads_of_one_process_use_the_valid_token_while_one_of_them_renews_it(bench: Bench) -> None:
    # given
    cache = bench.cache()
    cache.get("jinzhi", TokenEndpoint().fetch, LIFETIME_S)
    bench.pass_time(0.96 * LIFETIME_S)
    meanwhile: list[str | Exception] = []

    def fetch() -> str:
        meanwhile.extend(run_together([partial(cache.get, "jinzhi", fetch, LIFETIME_S)] * 3))
        return "renewed"

    # then
    assert cache.get("jinzhi", fetch, LIFETIME_S) == "renewed"
    assert meanwhile == ["token-1"] * 3


def test_threads_of_one_process_share_a_failed_fetch(bench: Bench) -> None:
    # given
    error = TransientError("no answer")
    endpoint = SlowEndpoint(losers=10, error=error)
    cache = bench.cache()
    cache._entry("jinzhi").lock = ObservedLock(endpoint.arrive)  # type: ignore[assignment]

    # when
    results = run_together(getting([cache] * 10, endpoint))
    next_value = cache.get("jinzhi", endpoint.fetch, LIFETIME_S)

    # then
    assert results == [error] * 10
    assert next_value == "slow-2"
