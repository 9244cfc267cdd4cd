"""Waits between attempts: growing, jittered, never shorter than the platform asked, given up after fourteen days."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from push_task.retry import (
    GIVE_UP_AFTER_S,
    LONGEST_WAIT_IN_QUEUE_S,
    RECONCILER_FIRST_WAIT_S,
    RECONCILER_LONGEST_WAIT_S,
    GiveUp,
    InQueue,
    Later,
    next_try,
)
from taskbridge.budgets import QUEUE_ATTEMPTS
from tests.builders import START, calm

VISIBILITY_LIMIT_S = 43_200  # SQS hides no message for longer


def wait_of(attempts: int, jitter: float = 0.5, retry_after: float = 0.0) -> float:
    found = next_try(attempts, START, START, jitter, retry_after)
    assert not isinstance(found, GiveUp)
    return found.wait_s if isinstance(found, InQueue) else found.due_at - START


@pytest.mark.parametrize(
    ("attempts", "kind", "wait_s"),
    [
        (1, InQueue, 2.0),
        (2, InQueue, 6.0),
        (3, InQueue, 18.0),
        (4, InQueue, 54.0),
        (5, Later, 60.0),
        (6, Later, 120.0),
        (7, Later, 240.0),
        (8, Later, 480.0),
        (9, Later, 960.0),
        (10, Later, 1920.0),
        (11, Later, 3600.0),
        (500, Later, 3600.0),
    ],
)
def test_waits_grow_first_in_the_queue_then_with_the_reconciler(attempts: int, kind: type, wait_s: float) -> None:
    assert isinstance(next_try(attempts, START, START, 0.5), kind)
    assert wait_of(attempts) == pytest.approx(wait_s)


@calm
@given(attempts=st.integers(1, 60), jitter=st.floats(0, 1, exclude_max=True))
def test_every_wait_is_spread_by_a_quarter_to_both_sides(attempts: int, jitter: float) -> None:
    middle = wait_of(attempts)

    assert 0.75 * middle - 1e-3 <= wait_of(attempts, jitter) <= 1.25 * middle + 1e-3


def test_two_workers_do_not_come_back_together() -> None:
    for attempts in range(1, 12):
        assert wait_of(attempts, 0.1) < wait_of(attempts, 0.9)


@calm
@given(attempts=st.integers(1, 60), jitter=st.floats(0, 1, exclude_max=True), asked=st.floats(0, 7200))
def test_no_wait_is_shorter_than_the_platform_asked(attempts: int, jitter: float, asked: float) -> None:
    assert wait_of(attempts, jitter, asked) >= asked - 1e-3


@calm
@given(attempts=st.integers(1, 60), jitter=st.floats(0, 1, exclude_max=True), asked=st.floats(0, 7200))
def test_no_message_waits_long_in_the_queue(attempts: int, jitter: float, asked: float) -> None:
    found = next_try(attempts, START, START, jitter, asked)

    if isinstance(found, InQueue):
        assert found.wait_s <= LONGEST_WAIT_IN_QUEUE_S < VISIBILITY_LIMIT_S
        assert attempts < QUEUE_ATTEMPTS


def test_a_platform_that_asks_for_more_than_the_queue_can_wait_is_left_to_the_reconciler() -> None:
    assert next_try(1, START, START, 0.5, retry_after=301.0) == Later(START + 301.0)
    assert next_try(1, START, START, 0.5, retry_after=300.0) == InQueue(300.0)


@pytest.mark.parametrize("attempts", [1, 4, 400])
def test_after_fourteen_days_of_failing_it_is_given_up(attempts: int) -> None:
    assert GIVE_UP_AFTER_S == 14 * 24 * 3600
    assert not isinstance(next_try(attempts, START, START + GIVE_UP_AFTER_S - 1, 0.5), GiveUp)
    assert next_try(attempts, START, START + GIVE_UP_AFTER_S, 0.5) == GiveUp()


def test_an_outage_of_fourteen_days_costs_some_400_attempts_a_todo() -> None:
    now, attempts = START, 0
    while not isinstance(found := next_try(attempts + 1, START, now, 0.5), GiveUp):
        attempts += 1
        now = now + found.wait_s if isinstance(found, InQueue) else found.due_at

    assert attempts < 14 * 24 + 20
    assert RECONCILER_FIRST_WAIT_S < RECONCILER_LONGEST_WAIT_S
