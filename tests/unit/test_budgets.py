"""What fits an invocation, and what the form says of what does not."""

from __future__ import annotations

import pytest

from taskbridge.budgets import THREADS, Fleet, Room, check_limits
from taskbridge.errors import ConfigurationError


@pytest.mark.parametrize(("timeout_s", "rate"), [(25, 0), (17.5, 10), (0.1, 0.01), (10, 1000)])
def test_what_fits_is_taken(timeout_s: float, rate: float) -> None:
    check_limits(timeout_s, rate, Fleet(30.0, 10))


@pytest.mark.parametrize(
    ("timeout_s", "rate", "said"),
    [
        (27, 0, "timeout_s: expected at most 25, got 27: the push function runs for 30 s .PushTimeoutSeconds."),
        (18, 10, "timeout_s: expected at most 17.5, got 18: .*7.5 s to wait for its turn under max_rate_per_s"),
        (10, 0.001, "max_rate_per_s: expected 0 or at least 0.01, got 0.001"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(timeout_s: float, rate: float, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        check_limits(timeout_s, rate, Fleet(30.0, 10))


def test_the_longest_call_leaves_time_to_wait_for_its_turn() -> None:
    fleet = Fleet(30.0, 10)

    assert fleet.horizon_s(fleet.longest_call_s(10.0)) == fleet.turn_s(10.0) == 7.5
    assert fleet.horizon_s(fleet.longest_call_s(0.0)) == 0.0


@pytest.mark.parametrize(
    ("workers", "most", "is_slow", "room"),
    [
        (1, 1, False, None),
        (10, 8, False, Room(8, 10)),
        (10, 10 * THREADS, False, None),
        (10, 256, True, Room(256, 5)),
        (2, 8, True, Room(8, 1)),
    ],
)
def test_workers_share_only_what_they_could_exceed(workers: int, most: int, is_slow: bool, room: Room | None) -> None:
    assert Fleet(30.0, workers).room(most, is_slow=is_slow) == room
