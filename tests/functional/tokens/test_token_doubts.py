"""A refusal that may be a lost session: one new token for the whole fleet, and what it told is remembered."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from taskbridge.access.token_doubts import (
    ACQUITTED_S,
    COOL_DOWN_S,
    MOST_SIGNALS,
    SECOND_THOUGHT_S,
    is_acquitted,
    with_acquittal,
)
from taskbridge.access.tokens import Timing, TokenCache
from taskbridge.errors import StoreError, TransientError
from tests.functional.tokens.harness import (
    LIFETIME_S,
    Bench,
    Clock,
    FailingStore,
    SlowEndpoint,
    TokenEndpoint,
    run_together,
)
from tests.memory_tokens import MemoryTokenStore

PATIENT = Timing(lease_s=3600, wait_s=1_000_000)
LOST, ITEM = "redirect", "code 40002"


def doubt(
    cache: TokenCache, refused: str, signal: str, fetch: Callable[[], str], *, widespread: bool = False
) -> str | None:
    return cache.doubt("jinzhi", refused, signal, fetch, LIFETIME_S, widespread=widespread)


def started(bench: Bench, endpoint: TokenEndpoint, count: int) -> list[TokenCache]:
    """Workers that all hold token-1."""
    caches = [bench.cache() for _ in range(count)]
    assert {cache.get("jinzhi", endpoint.fetch, LIFETIME_S) for cache in caches} == {"token-1"}
    bench.pass_time(600)
    return caches


def test_the_first_doubt_of_the_fleet_fetches_a_token_that_all_of_it_takes(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()
    caches = started(bench, endpoint, 10)

    # then
    assert [doubt(cache, "token-1", LOST, endpoint.fetch) for cache in caches] == ["token-2"] * 10
    assert endpoint.calls == 2
    assert {cache.get("jinzhi", endpoint.fetch, LIFETIME_S) for cache in caches} == {"token-2"}


def test_fifty_workers_whose_session_is_lost_at_once_fetch_one_token(bench: Bench) -> None:
    # given
    first, endpoint = TokenEndpoint(), SlowEndpoint(losers=49)
    caches = [bench.cache(endpoint.sleep, timing=PATIENT) for _ in range(50)]
    for cache in caches:
        cache.get("jinzhi", first.fetch, LIFETIME_S)
    bench.pass_time(600)

    # when
    values = run_together([partial(doubt, cache, "token-1", LOST, endpoint.fetch) for cache in caches])  # type: ignore[misc]

    # then
    assert values == ["slow-1"] * 50
    assert endpoint.calls == 1


def test_what_a_new_token_did_not_help_costs_no_other_for_a_day(bench: Bench) -> None:
    # given a code that is about an item: the new token is refused by it as well
    endpoint = TokenEndpoint()
    caches = started(bench, endpoint, 3)
    tried = doubt(caches[0], "token-1", ITEM, endpoint.fetch)
    assert tried == "token-2"
    caches[0].acquit("jinzhi", tried, ITEM)
    bench.pass_time(COOL_DOWN_S + 1)

    # when: refused with the old token, then with the new one again and again, by old workers and new ones
    first = [doubt(cache, "token-1", ITEM, endpoint.fetch) for cache in caches]
    told = [doubt(cache, "token-2", ITEM, endpoint.fetch) for cache in [*caches, bench.cache()] for _ in range(20)]

    # then
    assert first == ["token-2"] * 3, "whoever was refused with the old token repeats it with the new one"
    assert told == [""] * 80
    assert endpoint.calls == 2


def test_an_acquittal_goes_along_with_the_next_token(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()
    (cache,) = started(bench, endpoint, 1)
    cache.acquit("jinzhi", str(doubt(cache, "token-1", ITEM, endpoint.fetch)), ITEM)

    # when: the token ends by itself, and a new worker comes
    bench.pass_time(LIFETIME_S)
    other = bench.cache()
    assert other.get("jinzhi", endpoint.fetch, LIFETIME_S) == "token-3"

    # then
    assert doubt(other, "token-3", ITEM, endpoint.fetch) == ""
    assert endpoint.calls == 3


def test_another_signal_waits_for_the_cool_down_and_fails_nothing_meanwhile(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()
    (cache,) = started(bench, endpoint, 1)
    cache.acquit("jinzhi", str(doubt(cache, "token-1", ITEM, endpoint.fetch)), ITEM)

    # then
    assert [doubt(cache, "token-2", f"code {number}", endpoint.fetch) for number in range(50)] == [None] * 50
    assert endpoint.calls == 2
    bench.pass_time(COOL_DOWN_S + 1)
    assert doubt(cache, "token-2", "code 7", endpoint.fetch) == "token-3"


def test_a_session_that_is_lost_again_is_mended_again(bench: Bench) -> None:
    # given a token that helped
    endpoint = TokenEndpoint()
    caches = started(bench, endpoint, 2)
    assert [doubt(cache, "token-1", LOST, endpoint.fetch) for cache in caches] == ["token-2"] * 2
    bench.pass_time(COOL_DOWN_S + 1)

    # then
    assert doubt(caches[1], "token-2", LOST, endpoint.fetch) == "token-3"


def test_where_everything_is_refused_by_what_was_acquitted_it_is_tried_again(bench: Bench) -> None:
    # given a maintenance page, against which no token helps
    endpoint = TokenEndpoint()
    (cache,) = started(bench, endpoint, 1)
    cache.acquit("jinzhi", str(doubt(cache, "token-1", "page", endpoint.fetch)), "page")

    # when: it lasts, and afterwards there is a login page
    bench.pass_time(SECOND_THOUGHT_S - 1)
    assert doubt(cache, "token-2", "page", endpoint.fetch, widespread=True) == ""
    bench.pass_time(2)

    # then
    assert doubt(cache, "token-2", "page", endpoint.fetch) == "", "one item alone"
    assert doubt(cache, "token-2", "page", endpoint.fetch, widespread=True) == "token-3"


def test_a_platform_that_gives_the_same_token_again_has_not_lost_it(bench: Bench) -> None:
    # given
    cache = bench.cache()
    calls: list[int] = []

    def fetch() -> str:
        calls.append(1)
        return "the-same"

    cache.get("jinzhi", fetch, LIFETIME_S)
    bench.pass_time(600)

    # then
    assert [doubt(cache, "the-same", ITEM, fetch) for _ in range(5)] == [""] * 5
    bench.pass_time(COOL_DOWN_S + 1)
    assert [doubt(bench.cache(), "the-same", ITEM, fetch) for _ in range(5)] == [""] * 5
    assert len(calls) == 2


def test_a_token_that_cannot_be_had_is_asked_for_once_in_each_cool_down(bench: Bench) -> None:
    # given a gateway that answers nothing but a page, to the token call as well
    endpoint = TokenEndpoint()
    caches = started(bench, endpoint, 3)
    endpoint.errors = [TransientError("a page", status=200)] * 9

    # when
    with pytest.raises(TransientError, match="a page"):
        doubt(caches[0], "token-1", "page", endpoint.fetch)
    told = [doubt(cache, "token-1", "page", endpoint.fetch) for cache in caches for _ in range(10)]

    # then
    assert told == [None] * 30
    assert endpoint.calls == 2
    assert caches[1].get("jinzhi", endpoint.fetch, LIFETIME_S) == "token-1"


def test_a_worker_that_had_no_time_for_the_token_call_keeps_no_other_from_it(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()
    caches = started(bench, endpoint, 2)
    endpoint.errors = [TransientError("no time left in this batch")]

    # when
    with pytest.raises(TransientError, match="no time"):
        doubt(caches[0], "token-1", LOST, endpoint.fetch)

    # then
    assert doubt(caches[1], "token-1", LOST, endpoint.fetch) == "token-3"


def test_without_the_store_no_token_is_fetched_on_a_doubt() -> None:
    # given: it might end that of every other worker, which none of them could find out
    clock = Clock()
    store = FailingStore(MemoryTokenStore(clock))
    endpoint = TokenEndpoint()
    cache = TokenCache(store, clock, clock.advance, lambda: 0.5)
    cache.get("jinzhi", endpoint.fetch, LIFETIME_S)
    store.broken = {"read", "acquire", "write", "release"}

    # then
    with pytest.raises(StoreError):
        doubt(cache, "token-1", LOST, endpoint.fetch)
    assert endpoint.calls == 1
    store.broken = set()
    assert doubt(cache, "token-1", LOST, endpoint.fetch) == "token-2"


def test_a_doubt_that_was_settled_before_costs_no_call_to_the_store() -> None:
    # given
    clock = Clock()
    store = FailingStore(MemoryTokenStore(clock))
    endpoint = TokenEndpoint()
    cache = TokenCache(store, clock, clock.advance, lambda: 0.5)
    cache.get("jinzhi", endpoint.fetch, LIFETIME_S)
    cache.acquit("jinzhi", str(doubt(cache, "token-1", ITEM, endpoint.fetch)), ITEM)
    store.asked.clear()

    # then
    assert [doubt(cache, "token-2", ITEM, endpoint.fetch) for _ in range(100)] == [""] * 100
    assert store.asked == []


@pytest.mark.parametrize("operation", ["acquire", "read", "write", "release"])
def test_an_acquittal_that_cannot_be_stored_counts_in_this_process(operation: str) -> None:
    # given
    clock = Clock()
    store = FailingStore(MemoryTokenStore(clock))
    endpoint = TokenEndpoint()
    cache = TokenCache(store, clock, clock.advance, lambda: 0.5)
    cache.get("jinzhi", endpoint.fetch, LIFETIME_S)
    tried = str(doubt(cache, "token-1", ITEM, endpoint.fetch))

    # when
    store.broken = {operation}
    cache.acquit("jinzhi", tried, ITEM)

    # then
    clock.advance(COOL_DOWN_S + 1)
    assert doubt(cache, "token-2", ITEM, endpoint.fetch) == ""


def test_acquittals_are_few_and_end() -> None:
    known: dict[str, float] = {}
    for number in range(100):
        known = with_acquittal(known, f"code {number}", 1000.0 + number)
    assert len(known) == MOST_SIGNALS
    assert is_acquitted(known, "code 99", 1099.0, widespread=False)
    assert not is_acquitted(known, "code 0", 1099.0, widespread=False)
    assert not is_acquitted(known, "code 99", 1099.0 + ACQUITTED_S, widespread=False)
