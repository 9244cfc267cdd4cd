"""What every token store does, whatever it is made of."""

from __future__ import annotations

from functools import partial

from taskbridge.access.token_store import Token
from tests.functional.tokens.harness import Bench, run_together

TOKEN = Token("abc", 3, 1_750_000_000.25, 1_750_007_200.25)


def test_a_key_without_a_token_reads_as_none(bench: Bench) -> None:
    assert bench.store.read("jinzhi") is None


def test_a_written_token_is_read_back_whole(bench: Bench) -> None:
    # given
    bench.store.write("jinzhi", TOKEN)

    # then
    assert bench.store.read("jinzhi") == TOKEN
    assert bench.store.read("another") is None


def test_a_later_token_takes_the_place_of_the_earlier_one(bench: Bench) -> None:
    # given
    later = Token("def", 4, 1_750_003_600.0, 1_750_010_800.0)
    bench.store.write("jinzhi", TOKEN)

    # when
    bench.store.write("jinzhi", later)

    # then
    assert bench.store.read("jinzhi") == later


def test_a_lease_has_one_holder_at_a_time(bench: Bench) -> None:
    # given
    assert bench.store.acquire("jinzhi", "one", 10)

    # then
    assert not bench.store.acquire("jinzhi", "two", 10)
    assert bench.store.acquire("jinzhi", "one", 10), "a repeated request of the holder is granted"
    assert bench.store.acquire("another", "two", 10), "another key has a lease of its own"


def test_a_released_lease_is_free_at_once(bench: Bench) -> None:
    # given
    bench.store.acquire("jinzhi", "one", 10)

    # when
    bench.store.release("jinzhi", "one")

    # then
    assert bench.store.acquire("jinzhi", "two", 10)


def test_only_its_holder_can_release_a_lease(bench: Bench) -> None:
    # given
    bench.store.acquire("jinzhi", "one", 10)

    # when
    bench.store.release("jinzhi", "two")
    bench.store.release("another", "two")

    # then
    assert not bench.store.acquire("jinzhi", "two", 10)


def test_the_lease_of_a_dead_holder_ends_by_itself(bench: Bench) -> None:
    # given
    bench.store.acquire("jinzhi", "dead", 10)

    # when
    bench.pass_time(9)
    early = bench.store.acquire("jinzhi", "two", 10)
    bench.pass_time(2)
    late = bench.store.acquire("jinzhi", "two", 10)

    # then
    assert (early, late) == (False, True)


def test_a_holder_whose_lease_ended_does_not_release_the_next_one(bench: Bench) -> None:
    # given
    bench.store.acquire("jinzhi", "slow", 10)
    bench.pass_time(11)
    bench.store.acquire("jinzhi", "next", 10)

    # when
    bench.store.release("jinzhi", "slow")

    # then
    assert not bench.store.acquire("jinzhi", "third", 10)


def test_of_twenty_that_stand_at_once_one_is_elected(bench: Bench) -> None:
    # given
    def stand(holder: str) -> str:
        return str(bench.store.acquire("jinzhi", holder, 10))

    # when
    results = run_together([partial(stand, f"holder-{number}") for number in range(20)])

    # then
    assert sorted(map(str, results)) == ["False"] * 19 + ["True"]


def test_text_that_is_no_token_reads_as_none(text_bench: Bench) -> None:
    assert text_bench.put_raw is not None
    for text in ("not json", "{", "[]", '{"value": "abc"}', '{"value": 1, "generation": "x"}', "中文"):
        # given
        text_bench.put_raw("jinzhi", text)

        # then
        assert text_bench.store.read("jinzhi") is None
