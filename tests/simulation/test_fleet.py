"""Fleets of one to fifty workers over a backlog: as fast as a platform allows, never faster, nobody held up.

Every setting that the form takes has to drain; what cannot work is refused there.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.jinzhi_simulator import Faults
from taskbridge.budgets import LEAST_RECEIVES, THREADS, Fleet, check_limits
from taskbridge.errors import ConfigurationError
from tests.builders import START, message
from tests.simulation.fleet import BATCH, History, SimulatedFleet, line_to

MINUTE_S = 60.0


@pytest.fixture
def share(request: pytest.FixtureRequest) -> float:
    """Of the longest backlogs."""
    return float(request.config.getoption("--share"))


def keeps(history: History, rate: float, platform_id: str = "jz") -> None:
    """No second saw more than the rate plus one, and waiting cost no receive."""
    assert history.most_in_a_second(platform_id) <= rate + 1
    assert history.most_receives == 1


@pytest.mark.parametrize(
    ("workers", "rate", "tasks"),
    [(1, 10, 150), (2, 5, 120), (2, 2, 40), (10, 10, 250), (10, 50, 700), (50, 50, 1000)],
)
def test_a_backlog_goes_out_at_the_rate(workers: int, rate: float, tasks: int, share: float) -> None:
    tasks = int(tasks * share)
    fleet = SimulatedFleet(workers, line_to(max_rate_per_s=rate))
    fleet.put_many(tasks)

    history = fleet.run(tasks / rate * 2)

    assert len(history.pushes()) == tasks
    assert 0.95 <= history.per_second() / rate <= 1.0
    keeps(history, rate)


def test_what_comes_later_is_not_held_up_for_ever_by_a_backlog() -> None:
    fleet = SimulatedFleet(10, line_to(max_rate_per_s=10))
    fleet.put_many(200)
    fleet.put_many(90, after_s=1.0, every_s=1 / 3)

    history = fleet.run(MINUTE_S)

    assert len(history.pushes()) == 290
    assert fleet.time.now <= START + 200 / (10 - 3) + 10
    keeps(history, 10)


@pytest.mark.parametrize(("workers", "rate", "tasks"), [(10, 20, 1000), (50, 1, 120), (10, 10, 600)])
def test_what_an_outage_left_parked_goes_out_at_the_rate(workers: int, rate: float, tasks: int, share: float) -> None:
    tasks = int(tasks * share)
    fleet = SimulatedFleet(workers, line_to(max_rate_per_s=rate))
    fleet.park_many(tasks)

    history = fleet.run(tasks / rate + 2 * MINUTE_S)

    assert len(history.pushes()) == tasks
    assert history.per_second() >= 0.95 * rate
    keeps(history, rate)


@pytest.mark.parametrize(("before", "after"), [(2, 20), (20, 2)])
def test_a_backlog_goes_on_at_another_rate_when_the_limit_is_changed(before: int, after: int) -> None:
    """Soon, whatever lies in the queue: not when the next run of the reconciler begins."""
    fleet = SimulatedFleet(10, line_to(max_rate_per_s=before))
    fleet.park_many(600)
    fleet.configure(line_to(max_rate_per_s=after), after_s=10.0)

    history = fleet.run(55)

    later = [call for call in history.pushes() if START + 25 <= call.begun < START + 55]
    assert 0.9 * after * 30 <= len(later) <= after * 30 + 1


@pytest.mark.parametrize("most", [1, 8])
@pytest.mark.parametrize("workers", [1, 2, 10])
def test_the_requests_at_the_same_time_are_those_of_the_fleet(workers: int, most: int) -> None:
    fleet = SimulatedFleet(workers, line_to(max_concurrency=most))
    fleet.put_many(100)

    history = fleet.run(30)

    assert history.most_at_once() <= most
    assert history.most_receives == 1
    assert len(history.pushes()) >= 60


@pytest.mark.parametrize(
    ("workers", "slowness", "settings"),
    [
        (10, 1.0, {}),
        (2, 0.3, {}),
        (10, 5.0, {"timeout_s": 25.0, "max_concurrency": 2}),
        (50, 0.125, {"timeout_s": 25.0, "max_concurrency": 1, "max_rate_per_s": 10}),
    ],
)
def test_seats_go_from_hand_to_hand(workers: int, slowness: float, settings: dict[str, Any], share: float) -> None:
    """From the second minute on; what is parked in the first one waits for the next run of the reconciler."""
    lasts_s = MINUTE_S * share
    fleet = SimulatedFleet(workers, line_to(**settings), latency_s=lambda *_: slowness)
    a_second = settings.get("max_concurrency", 8) / slowness
    allowed = a_second * lasts_s
    fleet.put_many(int(a_second * MINUTE_S + allowed))

    history = fleet.run(MINUTE_S + lasts_s)

    second = [call for call in history.pushes() if call.begun >= START + MINUTE_S]
    assert 0.85 * allowed <= len(second) <= allowed + 1
    assert history.most_receives == 1


def test_a_fleet_that_cannot_exceed_a_limit_agrees_about_nothing() -> None:
    fleet = SimulatedFleet(2, line_to(max_concurrency=2 * THREADS))
    fleet.put_many(40)

    fleet.run(30)

    assert fleet.coordination.seats == {}


# Nobody is held up


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def test_a_slow_platform_does_not_hold_up_the_tasks_of_another() -> None:
    def latency_s(platform_id: str, _: float) -> float:
        return 9.0 if platform_id == "slow" else 0.1

    fleet = SimulatedFleet(10, line_to("jz"), line_to("slow"), latency_s=latency_s)
    for second in range(60):
        fleet.put_many(2, "slow", after_s=float(second))
        fleet.put_many(2, "jz", after_s=float(second))

    history = fleet.run(90)

    took = {name: at - START - float(name.split("-")[1]) for name, at in history.settled.items()}
    assert median([seconds for name, seconds in took.items() if name.startswith("jz")]) <= 3.0
    assert len(history.pushes("jz")) == 120
    assert history.most_at_once("slow") <= 8


def test_an_instance_of_very_many_tasks_does_not_hold_up_its_batch_mates(share: float) -> None:
    many = int(2000 * share)
    fleet = SimulatedFleet(1, line_to(max_concurrency=16))
    fleet.put(message(sess_id="large", tasks=[f"L{number}" for number in range(many)]))
    fleet.put_many(9)

    history = fleet.run(3 * MINUTE_S)

    assert max(at - START for name, at in history.settled.items() if name != "large") <= 3.0
    assert len(fleet.center.tasks) == many + 9
    assert history.longest_batch_s <= 30.0


def test_a_task_center_that_fails_at_deletions_alone_is_told_of_the_todos_all_the_same() -> None:
    """As where the path of deletions is a wrong one: nothing but a web page answers there."""
    fleet = SimulatedFleet(2, line_to())
    fleet.fails = lambda path: path.endswith("/delete")
    for number in range(100):
        fleet.put(message("instance_deleted", sess_id=f"gone-{number}", backup={"task_ids": [f"G{number}"]}))
    fleet.put_many(30, after_s=20.0, every_s=10.0)

    history = fleet.run(7 * MINUTE_S)

    took = [at - START - 20 - 10 * int(name.split("-")[2]) for name, at in history.settled.items() if "jz" in name]
    assert len(took) == 30
    assert max(took) <= 2 * MINUTE_S


@pytest.mark.parametrize("most", [8, 100])
def test_ten_busy_workers_leave_a_platform_alone_that_asks_for_half_an_hour(most: int) -> None:
    """Each is at a batch when the platform begins to ask, and calls once at most."""

    def latency_s(_: str, at: float) -> float:
        if at > START + 2 and not fleet.center.faults.failure_rate:
            fleet.center.faults = Faults(failure_rate=1, kinds=("http_429",), retry_after_s=1800)
        return 0.2

    fleet = SimulatedFleet(10, line_to(max_concurrency=most), latency_s=latency_s)
    fleet.put_many(900)

    history = fleet.run(5 * MINUTE_S)

    refused = [call for call in history.pushes() if call.begun > START + 2]
    assert len(history.pushes()) > len(refused)
    assert len(refused) <= 10
    assert history.most_receives == 1


# Every setting that the form takes works


@pytest.mark.parametrize("rate", [10_001, 1_000_000])
def test_a_rate_that_no_fleet_reaches_is_no_limit(rate: float) -> None:
    fleet = SimulatedFleet(2, line_to(max_rate_per_s=rate))
    fleet.put_many(20)
    fleet.park_many(20)

    history = fleet.run(30)

    assert len(history.pushes()) == 40
    assert fleet.coordination.lines == {}


@pytest.mark.parametrize("workers", [1, 2, 10, 50])
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    timeout_s=st.sampled_from([1.0, 5.0, 10.0, 17.0, 25.0, 27.0, 30.0]),
    push_timeout_s=st.sampled_from([15.0, 20.0, 30.0, 60.0, 150.0]),
    rate=st.sampled_from([0.0, 0.01, 0.5, 2.0, 10.0, 33.3, 200.0]),
    most=st.sampled_from([1, 2, 8, 100, 256]),
    backlog=st.integers(1, 120),
    slowness=st.sampled_from([0.005, 0.02, 0.2, 0.9]),
)
def test_every_setting_that_the_form_takes_drains_within_its_limits(
    workers: int, timeout_s: float, push_timeout_s: float, rate: float, most: int, backlog: int, slowness: float
) -> None:
    try:
        check_limits(timeout_s, rate, Fleet(push_timeout_s, workers))
    except ConfigurationError:
        assert timeout_s > push_timeout_s / 3  # what is refused is really long
        return
    latency_s = timeout_s * slowness
    tasks = max(1, min(backlog, int(30 * pace(rate, most, workers, latency_s))))
    fleet = SimulatedFleet(
        workers,
        line_to(timeout_s=timeout_s, max_rate_per_s=rate, max_concurrency=most),
        latency_s=lambda *_: latency_s,
        push_timeout_s=push_timeout_s,
    )
    fleet.put_many(tasks)

    history = fleet.run(4 * MINUTE_S + tasks / pace(rate, most, workers, latency_s) / 0.8)

    assert len(fleet.center.tasks) == tasks
    assert history.most_receives <= LEAST_RECEIVES
    assert history.most_at_once() <= most
    assert history.longest_batch_s <= push_timeout_s
    assert not rate or history.most_in_a_second() <= rate + 1


def pace(rate: float, most: int, workers: int, latency_s: float) -> float:
    """What the limits allow, and what so many workers can do, in calls a second."""
    able = min(most / latency_s, workers * BATCH / (latency_s + 0.1))
    return min(rate, able) if rate else able
