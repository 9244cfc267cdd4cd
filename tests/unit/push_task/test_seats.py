"""Seats of the fleet that a batch takes along with its documents and gives back along with its logs."""

from __future__ import annotations

from typing import Any

import pytest

from local.jinzhi_simulator import Faults
from push_task.gate import CROWDED_S
from taskbridge.budgets import Fleet, Room
from taskbridge.errors import StoreError
from tests.builders import PLATFORM, message, platform
from tests.unit.push_task.worker import TIMEOUT_S, Worker

MOST = 8
ROOM = Room(MOST, 10)


class Counted:
    """Agreements whose own calls are counted."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name in ("take_seats", "leave_seats"):
            self.calls.append(name)
        return getattr(self.inner, name)


def new_worker(**settings: Any) -> Worker:
    worker = Worker(platform(**settings))
    worker.fleet = Fleet(TIMEOUT_S, ROOM.holders)
    worker.agreements = Counted(worker.coordination)
    return worker


def batch(turn: int = 1) -> list[Any]:
    return [message(sess_id=f"S{number}", sequence=turn) for number in range(10)]


def test_seats_are_taken_and_given_back_without_a_call() -> None:
    worker = new_worker(max_concurrency=MOST)

    assert worker.push(*batch()) == []

    assert worker.coordination.rides == [True]
    assert worker.agreements.calls == []
    assert worker.coordination.seats == {PLATFORM: {}}


def test_who_finds_too_few_asks_by_a_call_for_a_while() -> None:
    worker = new_worker(max_concurrency=MOST)
    others = worker.coordination
    others.take_seats(PLATFORM, "other", 3, ROOM, (worker.now, worker.now + 1000))

    worker.push(*batch(1))
    worker.push(*batch(2))
    assert others.rides == [False]  # it would only find the same again
    assert set(worker.agreements.calls) == {"take_seats"}
    others.leave_seats(PLATFORM, "other")
    worker.now += CROWDED_S + 1
    worker.push(*batch(3))

    assert others.rides == [False, True]
    assert others.seats == {PLATFORM: {}}


def test_who_is_refused_more_seats_keeps_those_that_it_has_and_gives_them_back() -> None:
    worker = new_worker(max_concurrency=MOST)
    others = worker.coordination
    others.take_seats(PLATFORM, "other", MOST - 2, ROOM, (worker.now, worker.now + 1000))
    worker.center.faults = Faults(latency_ms=300)
    take, tries = others.take_seats, []

    def take_once(*wanted: Any) -> int:
        """The first try is granted; after it others are always faster."""
        tries.append(wanted)
        return take(*wanted) if len(tries) == 1 else 0

    worker.agreements.take_seats = take_once

    assert worker.push(*batch()) == []

    assert len(tries) > 1
    assert set(others.seats[PLATFORM]) == {"other"}


@pytest.mark.parametrize("limits", [{"max_concurrency": 2}, {"max_rate_per_s": 5.0}])
def test_an_agreement_that_cannot_be_had_holds_up_its_platform_alone(limits: dict[str, Any]) -> None:
    worker = Worker(platform(), platform("other", **limits))
    worker.fleet = Fleet(TIMEOUT_S, ROOM.holders)
    worker.coordination.take_seats("other", "somebody", 2, ROOM, (worker.now, worker.now + 1000))

    def refuse(*_: Any) -> Any:
        raise StoreError("UpdateItem: ThrottlingException")

    worker.agreements.take_seats = worker.agreements.reserve = refuse
    mine, theirs = message(), message(platform_id="other", sess_id="S2", tasks=["T2"])

    assert worker.push(mine, theirs) == []

    assert worker.told_by(mine)[0] == "succeeded"
    assert worker.told_by(theirs, "T2")[::2] == ("retrying", 0)


def test_the_seats_of_a_worker_that_died_are_found_by_the_call() -> None:
    worker = new_worker(max_concurrency=MOST)
    worker.coordination.take_seats(PLATFORM, "dead", MOST, ROOM, (worker.now - 60, worker.now - 30))

    assert worker.push(*batch()) == []

    assert worker.coordination.seats == {PLATFORM: {}}


def test_who_lost_every_race_gives_the_seats_back() -> None:
    worker = new_worker(max_concurrency=MOST)
    stored = worker.instances.load([(PLATFORM, "S1")])
    load = worker.instances.load
    worker.instances.load = lambda keys: stored if list(keys) == [(PLATFORM, "S1")] else load(keys)
    worker.instances.items["jz#S1"] = (1, b"")  # somebody was faster

    assert worker.push(message(sess_id="S1")) == ["m0"]

    assert worker.coordination.rides == [True]
    assert worker.coordination.seats == {PLATFORM: {}}


def test_logs_that_cannot_be_written_keep_no_seats() -> None:
    worker = new_worker(max_concurrency=MOST)

    def refuse(*_: Any) -> list[Any]:
        raise StoreError("BatchExecuteStatement: throttled")

    worker.logs.put = refuse
    with pytest.raises(StoreError):
        worker.push(*batch())

    assert worker.coordination.seats == {PLATFORM: {}}


def test_a_large_instance_takes_seats_for_each_slice_without_a_call() -> None:
    worker = new_worker(max_concurrency=MOST)

    assert worker.push(message(sess_id="S1", tasks=[f"T{number}" for number in range(250)])) == []

    assert worker.coordination.rides == [True] * 3
    assert worker.agreements.calls == []
    assert worker.coordination.seats == {PLATFORM: {}}


def test_one_worker_alone_and_a_fleet_that_cannot_exceed_the_limit_take_none() -> None:
    alone, wide = new_worker(max_concurrency=MOST), new_worker(max_concurrency=160)
    alone.fleet = Fleet(TIMEOUT_S, 1)
    for worker in (alone, wide):
        assert worker.push(*batch()) == []
        assert (worker.coordination.rides, worker.agreements.calls) == ([], [])
        assert worker.coordination.lines == {}  # nor a turn, where there is no rate
