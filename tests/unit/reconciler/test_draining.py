"""What is due goes to the queue in portions: at the platform's rate, over runs of any length, and never as a flood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.feeding import AHEAD_S, PORTION, QUEUE_ROOM, SHARE_EVERY_S, Feed
from taskbridge.tables.instances import StoredInstance
from tests.builders import PLATFORM, START, platform
from tests.unit.reconciler.fleet import STEP_S, Fleet
from tests.unit.reconciler.minute import Minute, names

COLD_START_S = 8.0


def drain(fleet: Fleet, minutes: int) -> None:
    """Run by run, each begun late by its cold start; the workers go on all the time."""
    minute = fleet.minute

    def until(end: float) -> None:
        while minute.now < end:
            minute.now = min(end, minute.now + STEP_S)
            fleet.advance()

    minute.sleep = lambda seconds: until(minute.now + seconds)  # type: ignore[method-assign]
    for tick in range(minutes):
        until(START + tick * 60 + COLD_START_S)
        minute.run()


@pytest.mark.parametrize("run_s", [53.0, 57.0])
@pytest.mark.parametrize(
    ("workers", "rate_per_s", "tasks"), [(10, 20.0, 1000), (50, 1.0, 150), (10, 10.0, 1000), (2, 5.0, 600)]
)
def test_parked_work_drains_at_the_rate(workers: int, rate_per_s: float, tasks: int, run_s: float) -> None:
    minute = Minute()
    minute.platforms = [platform(max_rate_per_s=rate_per_s)]
    minute.run_s = run_s
    minute.put_many(tasks)
    fleet = Fleet(minute, rate_per_s, workers)

    drain(fleet, minutes=int(tasks / rate_per_s / 60) + 3)

    took_s = max(fleet.called) - (START + COLD_START_S)
    assert len(fleet.called) == tasks
    assert 0.95 <= tasks / (rate_per_s * took_s) <= 1.0 + 1 / tasks
    assert fleet.longest <= 75 * rate_per_s + 20


def test_a_portion_lasts_a_quarter_of_a_minute_and_the_last_one_until_the_next_run() -> None:
    minute = Minute()
    minute.platforms = [platform(max_rate_per_s=10)]
    minute.put_many(2000)
    sent: list[float] = []
    minute.on_send = lambda _: sent.append(minute.now)

    minute.run()

    assert AHEAD_S * 10 <= sent.count(START) < 20 * 10
    for tick in range(2, 50, 2):
        assert len([at for at in sent if at <= START + tick]) >= (tick + AHEAD_S) * 10
    assert 75 * 10 <= len(sent) <= 75 * 10 + 1


def test_runs_at_the_same_time_do_not_feed_twice() -> None:
    minute, other = Minute(), Minute()
    for each in (minute, other):
        each.platforms = [platform(max_rate_per_s=10)]
    other.instances, other.coordination = minute.instances, minute.coordination
    minute.put_many(2000)

    minute.run()
    other.run_s = 3.0
    other.run()

    assert 750 <= len(minute.sent) <= 751
    assert other.sent == []


@pytest.mark.parametrize("rate_per_s", [0.5, 0.001])
def test_a_platform_slower_than_a_call_a_second_drains_too(rate_per_s: float) -> None:
    minute = Minute()
    minute.platforms = [platform(max_rate_per_s=rate_per_s)]
    minute.put_many(400)
    sent = []

    for tick in range(10):
        minute.now = START + tick * 60
        sent += names(minute.run())

    assert len(sent) == len(set(sent))
    assert 540 * rate_per_s <= len(sent) <= 615 * rate_per_s + 1


def test_where_others_have_booked_the_line_a_portion_of_what_is_parked_goes_all_the_same() -> None:
    minute = Minute()
    minute.platforms = [platform(max_rate_per_s=10)]
    minute.put_many(500)
    minute.coordination.line_end = lambda _: minute.now + 600  # type: ignore[method-assign, assignment]

    assert 0 < len(minute.run()) <= 0.2 * 10 * 60


def test_what_comes_back_unsent_is_not_counted_twice() -> None:
    feed = Feed(rate_per_s=1.0)
    for number in range(10):
        feed.take((PLATFORM, f"S{number}"), 1, START)
    assert feed.fed_until == START + 10

    for number in range(5, 10):
        feed.take((PLATFORM, f"S{number}"), 1, START)

    assert feed.fed_until == START + 10


def test_an_instance_of_thousands_of_tasks_does_not_hold_up_the_others_for_hours() -> None:
    feed = Feed(rate_per_s=1.0)

    feed.take((PLATFORM, "S1"), 10_000, START)

    assert feed.fed_until == START + 60


# Without a rate


def test_without_a_rate_a_run_releases_portions_while_the_queue_has_room() -> None:
    minute = Minute()
    minute.put_many(PORTION * 6)

    minute.run()

    assert len(minute.sent) == PORTION * 6
    assert sum(minute.slept) <= 14 + SHARE_EVERY_S


@pytest.mark.parametrize("queued", [QUEUE_ROOM, 100_000])
def test_a_full_queue_is_not_flooded_and_what_is_parked_goes_on_all_the_same(queued: int) -> None:
    minute = Minute()
    minute.queued = queued
    minute.put_many(PORTION * 2)

    assert 0 < len(minute.run()) <= 3 * PORTION // 10


def test_a_run_asks_a_quiet_table_as_little_as_before(monkeypatch: Any) -> None:
    """Of each platform: its breaker, what is due, what is set aside, and the cursor, the pages, the cursor again."""
    minute = Minute()
    asked: list[str] = []
    for port, calls in (
        (minute.instances, ("load", "save", "due", "stretch", "aside")),
        (minute.coordination, ("read_breaker", "take_probe", "line_end", "cursor", "move_cursor")),
        (minute, ("send", "depth")),
    ):
        for call in calls:
            monkeypatch.setattr(port, call, counted(getattr(port, call), call, asked))
    minute.coordination.cursors[f"pages#{PLATFORM}"] = START - 1000

    minute.run()

    assert asked == ["read_breaker", "due", "aside", "cursor", "stretch", "move_cursor"]


def test_what_is_lent_is_sent_though_the_answer_got_lost_and_the_sdk_asked_again(monkeypatch: Any) -> None:
    minute = Minute()
    minute.put_many(3)
    save = minute.instances.save

    def twice(stored: Sequence[StoredInstance]) -> set[str]:
        save([replace(each) for each in stored])
        return save(stored)

    monkeypatch.setattr(minute.instances, "save", twice)

    assert names(minute.run()) == ["S0000", "S0001", "S0002"]
    assert minute.run() == [], "it is lent, and sent once"


def test_what_another_run_has_lent_meanwhile_is_left_to_it(monkeypatch: Any) -> None:
    minute = Minute()
    minute.put_many(2)
    save = minute.instances.save

    def late(stored: Sequence[StoredInstance]) -> set[str]:
        if any(each.instance.sess_id == "S0000" for each in stored):
            (other,) = minute.instances.load([(PLATFORM, "S0000")]).values()
            other.instance.due_at = START + 899.5
            save([other])
        return save(stored)

    monkeypatch.setattr(minute.instances, "save", late)

    assert names(minute.run()) == ["S0001"]


def counted(call: Any, name: str, asked: list[str]) -> Any:
    def counting(*args: Any) -> Any:
        asked.append(name)
        return call(*args)

    return counting
