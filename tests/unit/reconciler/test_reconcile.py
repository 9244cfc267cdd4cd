"""The clock: drain what is due at the rate of its platform, and probe what is down, one at a time."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import pytest

from reconciler.draining import LEASE_S
from reconciler.feeding import PORTION_S, SHARE_EVERY_S
from reconciler.probing import PROBE_EVERY_S, PROBE_WAIT_S
from taskbridge.errors import StoreError
from taskbridge.push.messages import SyncMessage
from taskbridge.tables.coordination import BreakerState
from taskbridge.tables.instances import StoredInstance
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


def test_who_was_written_meanwhile_is_left_to_whoever_wrote(minute: Minute) -> None:
    minute.put_many(3)
    load = minute.instances.load

    def meddle(keys: Sequence[tuple[str, str]]) -> dict[str, StoredInstance]:
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


def test_a_healthy_run_with_little_to_do_does_not_wait(minute: Minute) -> None:
    minute.put_many(4)

    minute.run()

    assert minute.slept == []


def test_a_run_that_releases_more_stays_a_while_for_what_may_come_back_unsent(minute: Minute) -> None:
    minute.put_many(50)

    minute.run()

    assert minute.now - START == pytest.approx(SHARE_EVERY_S, abs=PORTION_S)


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
    minute.put_many(3)
    minute.meanwhile = lambda: minute.coordination.close_breaker(PLATFORM, minute.now) and None

    sent = minute.run()

    assert [each.probe for each in sent] == [True] + [False] * 3
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


def test_probes_are_made_with_each_kind_of_call_in_turn(minute: Minute) -> None:
    """What the platform fails on may be one of them alone."""
    break_down(minute)
    for number in range(100):
        minute.put_deleted(f"D{number:03}", START - 200 + number)
    minute.put("S1", START - 50)

    probed = [name for _ in range(2) for name in names(minute.run())]

    assert "S1" in probed
    assert set(probed) != {"S1"}


def test_no_probe_is_wasted_on_what_needs_no_call(minute: Minute) -> None:
    break_down(minute)
    minute.put("S1", START - 10)
    for number in range(10):
        minute.put(f"done-{number}", START - 20, has_work=False)

    assert {name for _ in range(3) for name in names(minute.run())} == {"S1"}


def test_after_an_outage_the_calls_that_are_known_to_go_well_come_first(minute: Minute) -> None:
    break_down(minute)
    for number in range(20):
        minute.put_deleted(f"D{number:03}", START - 200 + number)
    minute.put("S1", START - 50)
    minute.put("S2", START - 40)

    def answer(wake: SyncMessage) -> None:
        if wake.probe and wake.sess_id.startswith("S"):
            minute.coordination.close_breaker(PLATFORM, minute.now)

    minute.on_send = answer
    minute.run()
    drained = [each.sess_id for each in [*minute.sent, *minute.run()] if not each.probe]

    assert set(drained[:2]) == {"S1", "S2"}
    assert len(set(drained)) == 22


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

    minute.instances.due = fail_once  # type: ignore[method-assign, assignment]

    with pytest.raises(StoreError, match="throttled"):
        minute.run()

    assert names(minute.sent) == ["S2"]


# Nobody waits for another's platform


def test_of_nine_platforms_that_are_down_each_is_probed_and_one_that_is_up_drains_at_once(minute: Minute) -> None:
    down = [f"jz-{number}" for number in range(9)]
    minute.platforms = [*map(platform, down), platform("up")]
    for name in [*down, "up"]:
        minute.put("S1", START, name)
        if name != "up":
            minute.coordination.open_breaker(name, START, "HTTP 503")
    at: dict[str, float] = {}
    minute.on_send = lambda each: at.setdefault(each.platform_id, minute.now)

    minute.run()

    assert at == dict.fromkeys([*down, "up"], START)


def test_each_minute_begins_with_the_next_platform(minute: Minute) -> None:
    minute.platforms = [platform(f"jz-{number}") for number in range(3)]
    first = []
    for number in range(3):
        minute.now = START + number * 60
        for each in minute.platforms:
            minute.put(f"S{number}", minute.now, each.id)
        first.append(minute.run()[0].platform_id)

    assert sorted(first) == ["jz-0", "jz-1", "jz-2"]


def test_whatever_breaks_for_one_platform_stays_with_it(minute: Minute) -> None:
    minute.platforms = [platform("jz", max_rate_per_s="ten"), platform("jz-2")]
    minute.put("S1", START)
    minute.put("S2", START, "jz-2")
    read = minute.coordination.read_breaker

    def break_off(platform_id: str) -> BreakerState:
        if platform_id == "jz":
            raise ZeroDivisionError
        return read(platform_id)

    minute.coordination.read_breaker = break_off  # type: ignore[method-assign]

    with pytest.raises(ZeroDivisionError):
        minute.run()

    assert names(minute.sent) == ["S2"]


@pytest.mark.parametrize("is_open", [True, False])
def test_a_platform_that_asked_for_quiet_is_neither_probed_nor_drained_before(minute: Minute, *, is_open: bool) -> None:
    minute.put("S1", START)
    minute.coordination.breakers[PLATFORM] = BreakerState(is_open, START, quiet_until=START + 100)

    assert minute.run() == []
    minute.now = START + 101

    assert {each.probe for each in minute.run()} == {is_open}


def test_a_short_run_probes_although_it_cannot_wait_for_the_answer(minute: Minute) -> None:
    break_down(minute)
    minute.put("S1", START)
    minute.run_s = 3.0

    assert [each.probe for each in minute.run()] == [True]
    assert minute.now - START <= 3.0


def test_a_run_ends_although_a_bulk_job_in_a_pause_took_longer_than_the_pause(minute: Minute) -> None:
    break_down(minute)
    minute.put("S1", START)

    def take_long() -> None:
        minute.now += 70

    minute.meanwhile = take_long
    minute.run()

    assert len(minute.slept) == 1


# One that cannot be read, or written


def test_a_document_that_cannot_be_read_is_told_and_the_others_go(minute: Minute) -> None:
    minute.put_many(30)
    version, _ = minute.instances.items[f"{PLATFORM}#S0003"]
    minute.instances.items[f"{PLATFORM}#S0003"] = (version, zlib.compress(b'["of a newer release"]'))

    sent = minute.run()

    assert names(sent) == [f"S{number:04}" for number in range(30) if number != 3]
    assert [args[:2] for args, _ in minute.heard("unreadable")] == [(PLATFORM, "S0003")]


def test_a_document_that_cannot_be_written_is_told_and_the_others_go(minute: Minute) -> None:
    minute.put_many(30)
    save = minute.instances.save

    def refuse(stored: Sequence[StoredInstance]) -> set[str]:
        if any(entry.instance.sess_id == "S0003" for entry in stored):
            raise StoreError("BatchExecuteStatement: ValidationError")
        return save(stored)

    minute.instances.save = refuse  # type: ignore[method-assign, assignment]

    with pytest.raises(StoreError, match="ValidationError"):
        minute.run()

    assert names(minute.sent) == [f"S{number:04}" for number in range(30) if number != 3]


def test_what_the_queue_refuses_is_due_again_at_once_and_sent_in_the_same_run(minute: Minute) -> None:
    minute.put_many(3)
    minute.refused = {1}

    with pytest.raises(StoreError, match="refused"):
        minute.run()

    assert names(minute.sent) == ["S0000", "S0001", "S0002", "S0001"]
    assert {minute.due_at(f"S000{number}") for number in (0, 2)} == {START + LEASE_S}
