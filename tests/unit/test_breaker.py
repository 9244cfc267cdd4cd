"""The breaker as one worker sees it: when it opens, who may pass, and what it costs while all is well."""

from __future__ import annotations

import pytest

from taskbridge.access.breaker import CACHE_OPEN_S, CACHE_S, FAILURES_TO_OPEN, STREAK_S, Breakers
from taskbridge.errors import StoreError
from taskbridge.tables.coordination import BreakerState, CoordinationTable
from tests.builders import START
from tests.fakes import MemoryCoordination


class Worker(CoordinationTable):
    """A worker's breakers over a store that counts its reads; its clock moves when told."""

    def __init__(self, store: MemoryCoordination | None = None) -> None:
        self.now = START
        self.reads = 0
        self.writes = 0
        self.down = False
        self.store = store or MemoryCoordination()
        self.breakers = Breakers(self, lambda: self.now)

    def read_breaker(self, platform_id: str) -> BreakerState:
        self.reads += 1
        self._may_fail()
        return self.store.read_breaker(platform_id)

    def open_breaker(self, platform_id: str, now: float, reason: str, *, wants_money: bool = False) -> bool:
        self._may_fail()
        return self.store.open_breaker(platform_id, now, reason, wants_money=wants_money)

    def close_breaker(self, platform_id: str, now: float) -> bool:
        self._may_fail()
        return self.store.close_breaker(platform_id, now)

    def keep_quiet(self, platform_id: str, until: float) -> bool:
        self._may_fail()
        return self.store.keep_quiet(platform_id, until)

    def note_answer(self, platform_id: str, at: float) -> bool:
        self._may_fail()
        self.writes += 1
        return self.store.note_answer(platform_id, at)

    def fail(self, times: int, platform_id: str = "jz", apart: float = 0.5) -> None:
        for _ in range(times):
            self.now += apart
            self.breakers.note_failure(platform_id, "HTTP 503")

    def _may_fail(self) -> None:
        if self.down:
            raise StoreError("down")


@pytest.fixture
def worker() -> Worker:
    return Worker()


def test_it_opens_at_the_eighth_failure_in_a_row(worker: Worker) -> None:
    worker.fail(FAILURES_TO_OPEN - 1)
    assert worker.breakers.allows("jz")

    worker.fail(1)

    assert not worker.breakers.allows("jz")
    state = worker.store.read_breaker("jz")
    assert (state.is_open, state.opened_at, state.reason) == (True, worker.now, "HTTP 503")


def test_a_hiccup_of_a_moment_does_not_open_it_however_many_calls_it_fails(worker: Worker) -> None:
    worker.fail(FAILURES_TO_OPEN * 5, apart=0.0)
    assert worker.breakers.allows("jz")

    worker.now += STREAK_S
    worker.fail(1, apart=0.0)

    assert not worker.breakers.allows("jz")


def test_a_few_failures_do_not_open_it_however_long_they_last(worker: Worker) -> None:
    worker.fail(FAILURES_TO_OPEN - 1, apart=3600.0)

    assert worker.breakers.allows("jz")


def test_a_success_in_between_starts_the_count_anew(worker: Worker) -> None:
    worker.fail(FAILURES_TO_OPEN - 1)
    worker.breakers.note_success("jz")
    worker.fail(FAILURES_TO_OPEN - 1)

    assert worker.breakers.allows("jz")


def test_the_failures_of_one_platform_are_not_those_of_another(worker: Worker) -> None:
    worker.fail(FAILURES_TO_OPEN)

    assert not worker.breakers.allows("jz")
    assert worker.breakers.allows("jz-2")


def test_more_failures_do_not_open_it_again(worker: Worker) -> None:
    worker.fail(FAILURES_TO_OPEN * 3)

    assert worker.store.opened == 1


def test_an_open_breaker_stops_other_workers_within_the_time_of_their_memory(worker: Worker) -> None:
    other = Worker(worker.store)
    assert other.breakers.allows("jz")

    worker.fail(FAILURES_TO_OPEN)
    assert other.breakers.allows("jz")  # it has not looked yet
    other.now += CACHE_S

    assert not other.breakers.allows("jz")


def test_who_waits_learns_soon_that_it_is_closed(worker: Worker) -> None:
    worker.fail(FAILURES_TO_OPEN)
    worker.store.close_breaker("jz", worker.now)
    assert not worker.breakers.allows("jz")

    worker.now += CACHE_OPEN_S

    assert worker.breakers.allows("jz")


def test_any_success_closes_it(worker: Worker) -> None:
    worker.fail(FAILURES_TO_OPEN)

    worker.breakers.note_success("jz")

    assert not worker.store.read_breaker("jz").is_open
    assert worker.breakers.allows("jz")


def test_a_probe_passes_until_it_has_failed_once(worker: Worker) -> None:
    worker.fail(FAILURES_TO_OPEN)
    assert not worker.breakers.allows("jz", probe=True)

    worker.breakers.start_probe("jz")
    assert worker.breakers.allows("jz", probe=True)
    assert not worker.breakers.allows("jz")

    worker.fail(1)
    assert not worker.breakers.allows("jz", probe=True)


def test_a_healthy_platform_costs_one_read_in_five_seconds_and_no_write(worker: Worker) -> None:
    for _ in range(100):
        worker.breakers.allows("jz")
        worker.breakers.note_success("jz")
        worker.now += CACHE_S / 101

    assert worker.reads == 1
    assert worker.store.breakers == {}


def test_a_platform_that_asked_for_quiet_is_not_even_probed_by_anybody(worker: Worker) -> None:
    other = Worker(worker.store)
    worker.breakers.note_quiet("jz", 1800.0)

    for each in (worker, other):
        assert not each.breakers.allows("jz")
        assert not each.breakers.allows("jz", probe=True)
        assert each.breakers.quiet_until("jz") == START + 1800
        assert each.breakers.allows("jz-2")
        each.now += 1800 + CACHE_S
        assert each.breakers.allows("jz")


def test_a_shorter_quiet_does_not_end_a_longer_one(worker: Worker) -> None:
    worker.breakers.note_quiet("jz", 60.0)
    worker.breakers.note_quiet("jz", 5.0)
    worker.breakers.note_success("jz")

    assert worker.breakers.quiet_until("jz") == START + 60


def test_without_its_store_calls_go_on_as_before(worker: Worker) -> None:
    worker.down = True

    assert worker.breakers.allows("jz")
    worker.breakers.note_success("jz")
    worker.now += CACHE_S
    assert worker.breakers.allows("jz")


def test_a_worker_protects_the_platform_also_when_its_store_cannot_be_written(worker: Worker) -> None:
    worker.down = True

    worker.fail(FAILURES_TO_OPEN)

    assert not worker.breakers.allows("jz")


def test_of_the_answers_of_a_minute_one_is_written_down(worker: Worker) -> None:
    for _ in range(30):
        worker.breakers.note_answer("aigc")
        worker.now += 2.0
    assert (worker.writes, worker.store.read_breaker("aigc").answered_at) == (1, START)

    worker.breakers.note_answer("aigc")
    assert (worker.writes, worker.store.read_breaker("aigc").answered_at) == (2, START + 60)


def test_an_answer_that_cannot_be_written_down_is_an_answer(worker: Worker) -> None:
    worker.down = True
    worker.breakers.note_answer("aigc")
    assert worker.breakers.allows("aigc")
