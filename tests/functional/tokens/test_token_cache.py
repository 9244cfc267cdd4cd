"""What the token cache does on top of every token store."""

from __future__ import annotations

import pytest

from taskbridge.access.tokens import Timing
from taskbridge.errors import ConfigurationError, PermanentError, StoreError, TransientError
from tests.functional.tokens.harness import LIFETIME_S, Bench, FailingStore, TokenEndpoint


def test_the_first_worker_fetches_and_shares(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()

    # when
    values = [bench.cache().get("jinzhi", endpoint.fetch, LIFETIME_S) for _ in range(3)]

    # then
    assert values == ["token-1"] * 3
    assert endpoint.calls == 1
    stored = bench.store.read("jinzhi")
    assert stored is not None
    assert (stored.generation, stored.expires_at - stored.fetched_at) == (1, LIFETIME_S)


def test_each_key_has_its_own_token(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()
    cache = bench.cache()

    # when
    values = [cache.get(key, endpoint.fetch, LIFETIME_S) for key in ("jinzhi", "other", "jinzhi")]

    # then
    assert values == ["token-1", "token-2", "token-1"]


def test_an_expired_token_is_fetched_anew_with_the_next_generation(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()
    cache = bench.cache()
    cache.get("jinzhi", endpoint.fetch, LIFETIME_S)

    # when
    bench.pass_time(LIFETIME_S + 1)

    # then
    assert cache.get("jinzhi", endpoint.fetch, LIFETIME_S) == "token-2"
    stored = bench.store.read("jinzhi")
    assert stored is not None
    assert stored.generation == 2


def test_an_expired_stored_token_counts_as_none(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()
    bench.cache().get("jinzhi", endpoint.fetch, LIFETIME_S)

    # when
    bench.pass_time(LIFETIME_S)

    # then
    assert bench.cache().get("jinzhi", endpoint.fetch, LIFETIME_S) == "token-2"


def test_a_corrupt_stored_token_counts_as_none(text_bench: Bench) -> None:
    # given
    assert text_bench.put_raw is not None
    text_bench.put_raw("jinzhi", '{"value":')

    # then
    assert text_bench.cache().get("jinzhi", TokenEndpoint().fetch, LIFETIME_S) == "token-1"


def test_a_token_is_renewed_before_it_ends_at_a_point_that_each_process_draws(bench: Bench) -> None:
    # given: margins of 5% and 7.5% of the lifetime
    endpoint = TokenEndpoint()
    late = bench.cache(random=lambda: 0.0)
    early = bench.cache(random=lambda: 0.5)
    for cache in (late, early):
        cache.get("jinzhi", endpoint.fetch, LIFETIME_S)

    # when
    bench.pass_time(0.92 * LIFETIME_S)
    before = [cache.get("jinzhi", endpoint.fetch, LIFETIME_S) for cache in (late, early)]
    bench.pass_time(0.01 * LIFETIME_S)
    after = [cache.get("jinzhi", endpoint.fetch, LIFETIME_S) for cache in (late, early)]
    bench.pass_time(0.03 * LIFETIME_S)
    adopted = late.get("jinzhi", endpoint.fetch, LIFETIME_S)

    # then
    assert before == ["token-1", "token-1"]
    assert after == ["token-1", "token-2"]
    assert adopted == "token-2"
    assert endpoint.calls == 2


def test_a_worker_keeps_its_valid_token_while_another_renews(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()
    cache = bench.cache()
    cache.get("jinzhi", endpoint.fetch, LIFETIME_S)
    bench.pass_time(0.96 * LIFETIME_S)
    bench.store.acquire("jinzhi", "another", 25)

    # then
    assert cache.get("jinzhi", endpoint.fetch, LIFETIME_S) == "token-1"
    assert endpoint.calls == 1


def test_a_failed_early_renewal_keeps_the_valid_token_and_is_tried_again(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()
    cache = bench.cache()
    cache.get("jinzhi", endpoint.fetch, LIFETIME_S)
    bench.pass_time(0.93 * LIFETIME_S)
    endpoint.errors = [TransientError("no answer")]

    # when
    values = [cache.get("jinzhi", endpoint.fetch, LIFETIME_S) for _ in range(3)]
    calls = endpoint.calls
    bench.pass_time(0.02 * LIFETIME_S)
    later = cache.get("jinzhi", endpoint.fetch, LIFETIME_S)

    # then
    assert values == ["token-1"] * 3
    assert calls == 2
    assert later == "token-3"


def test_a_fetch_error_is_raised_and_leaves_the_lease_free(bench: Bench) -> None:
    # given
    refusal = PermanentError("app_secret is wrong", status=200, errcode="40001")
    endpoint = TokenEndpoint(errors=[refusal])
    pauses: list[float] = []

    # when
    with pytest.raises(PermanentError) as raised:
        bench.cache().get("jinzhi", endpoint.fetch, LIFETIME_S)
    value = bench.cache(sleep=pauses.append).get("jinzhi", endpoint.fetch, LIFETIME_S)

    # then
    assert raised.value is refusal
    assert value == "token-2"
    assert pauses == []


def test_a_store_error_of_the_fetch_itself_is_not_taken_for_a_token_store_that_is_down(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint(errors=[StoreError("the secret could not be read")])

    # when
    with pytest.raises(StoreError):
        bench.cache().get("jinzhi", endpoint.fetch, LIFETIME_S)

    # then
    assert endpoint.calls == 1


def test_when_the_elected_worker_dies_another_one_fetches_once_the_lease_has_ended(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()
    bench.store.acquire("jinzhi", "dead", 5)
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        bench.pass_time(seconds)

    # when
    value = bench.cache(sleep).get("jinzhi", endpoint.fetch, LIFETIME_S)

    # then
    assert value == "token-1"
    assert endpoint.calls == 1
    assert 5 <= sum(pauses) <= 7
    assert pauses == sorted(pauses)


def test_waiting_for_another_worker_is_bounded(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()
    bench.store.acquire("jinzhi", "slow", 60)
    pauses: list[float] = []
    cache = bench.cache(pauses.append, timing=Timing(lease_s=25, wait_s=12))

    # when
    with pytest.raises(TransientError, match="another worker"):
        cache.get("jinzhi", endpoint.fetch, LIFETIME_S)

    # then
    assert endpoint.calls == 0
    assert sum(pauses) == pytest.approx(12)


def test_a_refused_token_that_is_still_stored_is_fetched_anew(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()
    cache = bench.cache()
    refused = cache.get("jinzhi", endpoint.fetch, LIFETIME_S)
    bench.pass_time(60)

    # then
    assert cache.replace("jinzhi", refused, endpoint.fetch, LIFETIME_S) == "token-2"
    assert cache.get("jinzhi", endpoint.fetch, LIFETIME_S) == "token-2"
    assert bench.cache().get("jinzhi", endpoint.fetch, LIFETIME_S) == "token-2"


def test_a_refused_token_that_another_worker_replaced_costs_no_fetch(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()
    one, two = bench.cache(), bench.cache()
    for cache in (one, two):
        cache.get("jinzhi", endpoint.fetch, LIFETIME_S)
    bench.pass_time(60)

    # when
    values = [cache.replace("jinzhi", "token-1", endpoint.fetch, LIFETIME_S) for cache in (one, two, one)]

    # then
    assert values == ["token-2"] * 3
    assert endpoint.calls == 2


def test_a_worker_that_never_saw_the_refused_token_takes_the_stored_one(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()
    bench.cache().get("jinzhi", endpoint.fetch, LIFETIME_S)

    # then
    assert bench.cache().replace("jinzhi", "token-0", endpoint.fetch, LIFETIME_S) == "token-1"


def test_a_platform_that_issues_the_refused_value_again_is_asked_once(bench: Bench) -> None:
    # given
    asked: list[str] = []

    def fetch() -> str:
        asked.append("once more")
        return "same"

    one, two = bench.cache(), bench.cache()
    for cache in (one, two):
        cache.get("jinzhi", fetch, LIFETIME_S)
    bench.pass_time(60)

    # when
    values = [cache.replace("jinzhi", "same", fetch, LIFETIME_S) for cache in (one, two)]

    # then
    assert values == ["same", "same"]
    assert len(asked) == 2


def test_a_worker_that_is_elected_just_after_another_has_finished_takes_its_token(bench: Bench) -> None:
    # given: between this worker's look at the token and its election, another worker comes and goes
    endpoint = TokenEndpoint()
    other, inner = bench.cache(), bench.store
    bench.store = FailingStore(inner, before_acquire=[lambda: other.get("jinzhi", endpoint.fetch, LIFETIME_S)])

    # then
    assert bench.cache().get("jinzhi", endpoint.fetch, LIFETIME_S) == "token-1"
    assert endpoint.calls == 1
    assert inner.acquire("jinzhi", "next", 10), "the lease was given back"


def test_a_fetch_that_outlived_its_lease_does_not_overwrite_the_newer_token(bench: Bench) -> None:
    # given
    quick = TokenEndpoint()

    def slow_fetch() -> str:
        bench.pass_time(26)
        bench.cache().get("jinzhi", quick.fetch, LIFETIME_S)
        return "slow"

    # when
    value = bench.cache().get("jinzhi", slow_fetch, LIFETIME_S)

    # then
    assert value == "token-1"
    assert bench.cache().get("jinzhi", quick.fetch, LIFETIME_S) == "token-1"
    assert quick.calls == 1


def test_a_token_of_almost_8_kb_is_shared_by_the_fleet(bench: Bench) -> None:
    # given
    endpoint = TokenEndpoint()
    large = "x" * 7900

    # when
    values = {bench.cache().get("jinzhi", lambda: f"{large}{endpoint.fetch()}", LIFETIME_S) for _ in range(5)}

    # then
    assert values == {f"{large}token-1"}


def test_a_token_that_no_store_takes_is_refused_with_the_reason_and_not_used_by_one_worker_alone(bench: Bench) -> None:
    # when
    with pytest.raises(
        ConfigurationError, match=r"of jinzhi takes 9,[0-9]+ bytes, .* 8,192 at most: .* shorter"
    ) as raised:
        bench.cache().get("jinzhi", lambda: "secret-" * 1285, LIFETIME_S)

    # then
    assert "secret-" not in str(raised.value)
    assert bench.store.read("jinzhi") is None
