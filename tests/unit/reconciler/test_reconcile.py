"""The clock: drain what is due at the rate of its platform, and probe what is down, one at a time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reconciler.reconcile import (
    DRAIN_LIMIT,
    LEASE_S,
    PROBE_EVERY_S,
    PROBE_WAIT_S,
)
from taskbridge.errors import StoreError
from taskbridge.tables.instances import Stored
from tests.builders import PLATFORM, START, platform
from tests.unit.reconciler.minute import RUN_S, Minute, names


@pytest.fixture
def minute() -> Minute:
    return Minute()


# Draining


def test_what_is_due_goes_to_the_queue_the_oldest_first(minute: Minute) -> None:
    minute.put("S2", START - 10)
    minute.put("S1", START - 20)
    minute.put("S3", START)
    minute.put("S4", START + 1)

    sent = minute.run()

    assert names(sent) == ["S1", "S2", "S3"]
    assert {(each.reason, each.probe, each.replay) for each in sent} == {("due", False, False)}


def test_what_was_sent_is_lent_to_the_queue_and_not_sent_again_meanwhile(minute: Minute) -> None:
    minute.put("S1", START)
    minute.run()

    minute.now += 60

    assert minute.run() == []
    assert minute.due_at("S1") == START + LEASE_S


def test_what_nobody_finished_is_sent_again_after_its_lease(minute: Minute) -> None:
    minute.put("S1", START)
    first = minute.run()

    minute.now = START + LEASE_S
    second = minute.run()

    assert names(second) == ["S1"]
    assert first[0].requested_at != second[0].requested_at  # else the queue would take it for the same message


def test_what_has_nothing_left_is_only_taken_off_the_list(minute: Minute) -> None:
    minute.put("S1", START, has_work=False)

    assert minute.run() == []
    assert minute.instances.due_at == {}


def test_no_more_is_drained_in_a_minute_than_the_platform_takes(minute: Minute) -> None:
    minute.platforms = [platform(max_rate_per_s=0.5)]
    minute.put_many(100)

    first = minute.run()
    minute.now = START + 60
    second = minute.run()

    assert len(first) == len(second) == 30
    assert not set(names(first)) & set(names(second))


def test_a_platform_slower_than_once_a_minute_still_drains(minute: Minute) -> None:
    minute.platforms = [platform(max_rate_per_s=0.001)]
    minute.put_many(3)

    assert len(minute.run()) == 1


def test_without_a_rate_a_run_still_ends(minute: Minute) -> None:
    minute.put_many(DRAIN_LIMIT + 5)

    assert len(minute.run()) == DRAIN_LIMIT


def test_who_was_written_meanwhile_is_left_to_whoever_wrote(minute: Minute) -> None:
    minute.put_many(3)
    load = minute.instances.load

    def meddle(keys: Sequence[tuple[str, str]]) -> dict[str, Stored]:
        """Somebody else writes between our reading and our writing."""
        found = load(keys)
        (other,) = load([(PLATFORM, "S0001")]).values()
        other.instance.due_at = 0.0
        minute.instances.save([other])
        return found

    minute.instances.load = meddle  # type: ignore[method-assign, assignment]

    assert names(minute.run()) == ["S0000", "S0002"]
    assert minute.due_at("S0001") == 0.0


def test_a_disabled_platform_is_left_alone(minute: Minute) -> None:
    minute.platforms = [platform(enabled=False)]
    minute.put("S1", START)

    assert minute.run() == []
    assert minute.due_at("S1") == START


def test_a_healthy_run_does_not_wait(minute: Minute) -> None:
    minute.put_many(50)

    minute.run()

    assert minute.slept == []


# Probing


def break_down(minute: Minute) -> None:
    minute.coordination.open_breaker(PLATFORM, minute.now, "HTTP 503")


def test_a_platform_that_is_down_gets_one_probe_at_a_time(minute: Minute) -> None:
    break_down(minute)
    minute.put_many(100)

    sent = minute.run()

    assert len(sent) == 2  # at the beginning of the minute and once more
    assert all(each.probe and each.reason == "probe" for each in sent)
    assert minute.now - START <= RUN_S


def test_another_run_does_not_probe_while_one_is_under_way(minute: Minute) -> None:
    break_down(minute)
    minute.put_many(3)
    other = Minute()
    other.coordination, other.instances = minute.coordination, minute.instances
    asked: list[int] = []

    def another_run() -> None:
        minute.meanwhile = lambda: None
        other.now = minute.now
        other.meanwhile = lambda: asked.append(len(other.sent))
        other.run()

    minute.meanwhile = another_run
    minute.run()

    assert asked[0] == 0


def test_while_it_stays_down_nothing_else_is_sent_and_the_backlog_stays_due(minute: Minute) -> None:
    break_down(minute)
    minute.put_many(5)

    for _ in range(3):
        assert {each.probe for each in minute.run()} == {True}

    assert [minute.due_at(f"S{number:04}") for number in range(5)] == [START] * 5


def test_as_soon_as_a_probe_succeeds_the_backlog_drains_in_the_same_run(minute: Minute) -> None:
    break_down(minute)
    minute.put_many(5)
    minute.meanwhile = lambda: minute.coordination.close_breaker(PLATFORM, minute.now) and None

    sent = minute.run()

    assert [each.probe for each in sent] == [True] + [False] * 5
    assert minute.now - START < PROBE_WAIT_S
    assert minute.heard("breaker") == [((PLATFORM,), {"is_open": False})]


def test_a_platform_that_comes_back_within_the_minute_drains_within_half_of_it(minute: Minute) -> None:
    break_down(minute)
    minute.put_many(5)

    def come_back() -> None:
        if minute.now - START > PROBE_WAIT_S + PROBE_EVERY_S:
            minute.coordination.close_breaker(PLATFORM, minute.now)

    minute.meanwhile = come_back
    minute.run()

    assert [each.probe for each in minute.sent].count(False) == 5


def test_without_anything_due_there_is_nothing_to_probe_with(minute: Minute) -> None:
    break_down(minute)

    assert minute.run() == []
    assert minute.heard("breaker")[0] == ((PLATFORM,), {"is_open": True})


def test_probes_are_not_always_made_with_the_same_instance(minute: Minute) -> None:
    break_down(minute)
    minute.put_many(10)
    chosen = set()

    for _ in range(5):
        chosen |= set(names(minute.run()))
        minute.now = minute.now // 60 * 60 + 61

    assert len(chosen) > 1


def test_one_platform_that_is_down_does_not_stop_another(minute: Minute) -> None:
    minute.platforms = [platform("jz"), platform("jz-2")]
    break_down(minute)
    minute.put("S1", START)
    minute.put("S2", START, "jz-2")

    sent = minute.run()

    assert ("jz-2", "S2", False) in {(each.platform_id, each.sess_id, each.probe) for each in sent}


# Where a table does not answer


def test_what_fails_for_one_platform_is_done_for_the_others_and_told_at_the_end(minute: Minute) -> None:
    minute.platforms = [platform("jz"), platform("jz-2")]
    minute.put("S1", START)
    minute.put("S2", START, "jz-2")
    due = minute.instances.due

    def fail_once(platform_id: str, before: float, limit: int) -> list[tuple[str, str]]:
        if platform_id == "jz":
            raise StoreError("Query: throttled")
        return due(platform_id, before, limit)

    minute.instances.due = fail_once  # type: ignore[method-assign]

    with pytest.raises(StoreError, match="throttled"):
        minute.run()

    assert names(minute.sent) == ["S2"]
