"""The line in front of a platform, lived through by workers of a size: full while there is work, never too full."""

from __future__ import annotations

import heapq
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.push.rates import SHARE, Line, join_line
from tests.builders import START, calm

AHEAD_S = 17.0
BATCH = 10
WRITING_S = 0.05


def live(workers: int, rate: float, latency_s: float, seconds: float, wanted: int = BATCH) -> list[float]:
    """When calls begin while there is always work: a worker takes a batch, waits for its turns, writes it down."""
    line = Line()
    starts: list[float] = []
    free = [(START + number / 1000, number) for number in range(workers)]
    while free[0][0] < START + seconds:
        now, worker = heapq.heappop(free)
        granted, line = join_line(line, wanted, rate, now, now + AHEAD_S)
        starts += granted
        ended = granted[-1] + latency_s if granted else now + 1.0  # parked
        heapq.heappush(free, (ended + WRITING_S, worker))
    return [start for start in sorted(starts) if start < START + seconds]


def most_in(starts: list[float], seconds: float) -> int:
    """The most calls that begin in any such time."""
    most = first = 0
    for place, start in enumerate(starts):
        while start - starts[first] >= seconds:
            first += 1
        most = max(most, place - first + 1)
    return most


@pytest.mark.parametrize("workers", [1, 2, 10, 50])
@pytest.mark.parametrize("rate", [2.0, 5.0, 10.0, 20.0, 50.0])
def test_a_backlog_goes_out_at_the_rate_with_any_number_of_workers(workers: int, rate: float) -> None:
    starts = live(workers, rate, latency_s=0.05, seconds=60.0)

    assert 0.95 <= len(starts) / 60.0 / rate <= 1.01
    assert most_in(starts, 1.0) <= rate + 1


@calm
@given(
    st.integers(1, 50),
    st.floats(0.01, 500),
    st.floats(0.0, 5.0),
    st.integers(1, 16),
)
def test_no_second_sees_more_than_the_rate_plus_one(workers: int, rate: float, latency_s: float, wanted: int) -> None:
    starts = live(workers, rate, latency_s, seconds=5.0, wanted=wanted)

    assert most_in(starts, 1.0) <= rate + 1
    assert len(starts) <= math.ceil(rate) * 6


@calm
@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 20)), max_size=40), st.floats(0.5, 200))
def test_whenever_and_however_many_come_no_second_sees_more_than_the_rate_plus_one(
    arrivals: list[tuple[float, int]], rate: float
) -> None:
    line, now = Line(), START
    starts: list[float] = []
    for pause, wanted in arrivals:
        now += pause
        granted, line = join_line(line, wanted, rate, now, now + AHEAD_S)
        assert all(now <= start < now + AHEAD_S for start in granted)
        starts += granted

    assert starts == sorted(starts)
    assert most_in(starts, 1.0) <= rate + 1


def test_a_line_that_was_idle_begins_evenly() -> None:
    starts, _ = join_line(Line(), 4, 2.0, START, START + AHEAD_S)

    assert starts == pytest.approx([START + number / (2.0 * SHARE) for number in range(4)])


def test_a_gap_is_made_up_for_and_no_more() -> None:
    _, line = join_line(Line(), 10, 10.0, START, START + AHEAD_S)

    starts, _ = join_line(line, 10, 10.0, START + 1.2, START + AHEAD_S)

    evenly = [START + 1.0 + number / 10 for number in range(10)]
    assert starts == pytest.approx([max(START + 1.2, at) for at in evenly], abs=0.08)


def test_nothing_is_granted_that_begins_too_late_and_the_line_stays() -> None:
    _, line = join_line(Line(), 10, 1.0, START, START + 20)

    assert join_line(line, 5, 1.0, START, START + 10) == ((), line)


def test_the_memory_of_a_line_is_small_at_any_rate() -> None:
    line = Line()
    for number in range(1000):
        _, line = join_line(line, 10, 5000.0, START + number / 500, START + AHEAD_S)

    assert len(line.calls) <= 70
