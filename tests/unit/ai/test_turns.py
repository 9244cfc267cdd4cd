"""Whose turn it is to answer: shares of the time, and an end to what is paid for answers that are cut."""

from __future__ import annotations

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from ai_analyze.turns import LEAST_S, NO_TIME, Link, Turns, share
from taskbridge.errors import IncompleteAnswer, PlatformError, TransientError
from taskbridge.usage import Usage
from tests.scripted_models import ScriptedModel

CUT, DOWN = IncompleteAnswer("cut", usage=Usage(output_tokens=8, cost=0.5)), TransientError("down")


def a_link(name: str, answer_timeout_s: float = 300.0) -> Link:
    return Link(ScriptedModel(platform_id=name, answer_timeout_s=answer_timeout_s), "m")


def walk(failures: dict[str, PlatformError], *names: str) -> tuple[list[str], Turns]:
    """Who is asked, where each fails as given."""
    turns = Turns([a_link(name) for name in names], lambda: inf)
    asked = []
    for link, _ in turns:
        asked.append(link.client.platform_id)
        turns.failed(link, failures[link.client.platform_id])
    return asked, turns


def test_a_cut_answer_is_asked_for_once_more_and_no_third_time() -> None:
    asked, turns = walk({"a": CUT}, "a")

    assert asked == ["a", "a"]
    assert turns.cut is CUT
    assert turns.paid == Usage(output_tokens=16, cost=1.0)


def test_the_second_try_is_that_of_the_next() -> None:
    assert walk({"a": CUT, "b": CUT, "c": CUT}, "a", "b", "c")[0] == ["a", "b"]


def test_where_nobody_else_answers_the_same_is_asked_again() -> None:
    assert walk({"a": CUT, "b": DOWN}, "a", "b")[0] == ["a", "b", "a"]


def test_what_is_down_is_asked_once_in_a_turn() -> None:
    asked, turns = walk({"a": DOWN, "b": DOWN}, "a", "b")

    assert asked == ["a", "b"]
    assert turns.cut is None


def test_a_first_platform_that_breaks_off_leaves_time_for_those_behind_it() -> None:
    chain = [a_link("a", 300), a_link("b", 200), a_link("c", 100)]
    left = [600.0]
    turns = Turns(chain, lambda: left[0])

    given = []
    for link, seconds in turns:
        given.append(seconds)
        left[0] -= min(seconds, link.client.answer_timeout_s)
        turns.failed(link, DOWN)

    assert [min(seconds, link.client.answer_timeout_s) for seconds, link in zip(given, chain, strict=True)] == [
        300,
        200,
        100,
    ]


def test_without_time_nobody_is_asked_and_the_reason_says_so() -> None:
    turns = Turns([a_link("a")], lambda: LEAST_S / 2)

    assert list(turns) == []
    assert [str(error) for error in turns.errors] == [NO_TIME]


timeouts = st.lists(st.integers(1, 800), min_size=1, max_size=6)


@given(timeouts, st.integers(0, 900))
def test_a_chain_that_fits_has_all_its_time_and_any_other_an_equal_part(timeouts: list[int], spare: int) -> None:
    chain = [a_link(str(place), seconds) for place, seconds in enumerate(timeouts)]
    fitting = float(sum(timeouts) + spare)

    assert share(fitting, chain[1:]) >= timeouts[0]
    assert share(60.0, chain[1:]) >= 60.0 / len(chain)
    assert share(60.0, chain[1:]) <= 60.0
