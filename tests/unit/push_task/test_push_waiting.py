"""What a batch does when a call may not go now: it waits for a breaker, for its turn, or for time, and says so."""

from __future__ import annotations

import pytest

from local.jinzhi_simulator import Faults
from push_task.send import BREAKER_OPEN, OUT_OF_TIME, RATE_LIMITED
from taskbridge.breaker import FAILURES_TO_OPEN
from tests.builders import PLATFORM, START, message, platform, sync
from tests.unit.push_task.worker import Worker


@pytest.fixture
def worker() -> Worker:
    return Worker()


def outage(worker: Worker, instances: int = FAILURES_TO_OPEN) -> None:
    """So many instances have something to tell, one after another, a second apart."""
    for number in range(instances):
        worker.push(message(sess_id=f"S{number}", tasks=[f"T{number}"]))
        worker.now += 1.0


def entry_of(worker: Worker, number: int) -> tuple[str, str, int]:
    return worker.log(f"S{number}-e1").entries[f"T{number}"].status, *worker.told(f"S{number}-e1", f"T{number}")[1:]


# The breaker


def test_after_eight_failures_in_a_row_nothing_more_is_sent_and_the_logs_say_what_it_waits_for(worker: Worker) -> None:
    worker.center.faults = Faults(down=True)
    outage(worker)
    calls = len(worker.center.calls)

    assert worker.push(*(message(sess_id=f"S{number}", tasks=[f"T{number}"]) for number in range(50, 60))) == []

    assert len(worker.center.calls) == calls == FAILURES_TO_OPEN
    assert worker.coordination.opened == 1
    for number in range(50, 60):
        assert entry_of(worker, number) == ("retrying", BREAKER_OPEN, 0)
        assert worker.document(f"S{number}").due_at == worker.now


def test_what_was_kept_waits_like_the_rest_and_its_attempts_do_not_grow(worker: Worker) -> None:
    worker.center.faults = Faults(down=True)
    outage(worker)

    for _ in range(5):
        worker.now += 60
        assert worker.push(message(sess_id="S0", tasks=["T0"])) == []

    assert entry_of(worker, 0) == ("retrying", BREAKER_OPEN, 1)
    assert len(worker.center.calls) == FAILURES_TO_OPEN


def test_the_breaker_is_seen_by_a_new_process(worker: Worker) -> None:
    worker.center.faults = Faults(down=True)
    outage(worker)
    worker.restart()

    worker.push(message())

    assert len(worker.center.calls) == FAILURES_TO_OPEN


def test_a_batch_that_fails_in_one_moment_does_not_open_the_breaker(worker: Worker) -> None:
    worker.center.faults = Faults(down=True)

    worker.push(*(message(sess_id=f"S{number}", tasks=[f"T{number}"]) for number in range(10)))

    assert worker.coordination.opened == 0


def test_a_probe_that_succeeds_closes_the_breaker_and_the_others_go_out(worker: Worker) -> None:
    worker.center.faults = Faults(down=True)
    outage(worker)
    worker.center.faults = Faults()

    worker.push(sync("S3", reason="probe", probe=True))

    assert entry_of(worker, 3) == ("succeeded", "", 2)
    assert not worker.coordination.read_breaker(PLATFORM).is_open
    worker.push(*(sync(f"S{number}") for number in range(FAILURES_TO_OPEN)))
    assert {entry_of(worker, number)[0] for number in range(FAILURES_TO_OPEN)} == {"succeeded"}


def test_an_outage_of_weeks_that_is_only_probed_gives_nothing_up(worker: Worker) -> None:
    worker.center.faults = Faults(down=True)
    outage(worker)
    for _ in range(20):
        worker.now += 86_400
        worker.push(sync("S3", probe=True))
        assert worker.document("S3").due_at == worker.now

    worker.center.faults = Faults()
    worker.push(sync("S3", probe=True))

    assert entry_of(worker, 3)[0] == "succeeded"


def test_a_probe_that_fails_is_one_call_and_leaves_the_breaker_open(worker: Worker) -> None:
    worker.center.faults = Faults(down=True)
    outage(worker)

    worker.push(sync("S3", probe=True), message(sess_id="S9", tasks=["T9"]))

    assert len(worker.center.calls) == FAILURES_TO_OPEN + 1
    assert worker.coordination.read_breaker(PLATFORM).is_open
    assert entry_of(worker, 9) == ("retrying", BREAKER_OPEN, 0)


def test_one_platform_that_is_down_does_not_stop_another() -> None:
    worker = Worker(platform("jz"), platform("jz-2"))
    worker.coordination.open_breaker("jz", START, "down")

    worker.push(message(), message(platform_id="jz-2", sess_id="S2", tasks=["T2"]))

    assert set(worker.center.tasks) == {"T2"}


# Limits of rate and time


def test_a_rate_limit_is_kept_and_waiting_for_ones_turn_is_no_attempt() -> None:
    worker = Worker(platform(max_rate_per_s=0.25))

    kept = worker.push(*(message(sess_id=f"S{number}", tasks=[f"T{number}"]) for number in range(3)))

    assert worker.operations() == ["insert_task"]
    assert kept == ["m1", "m2"]
    assert worker.hidden == [("receipt-m1", 4.0), ("receipt-m2", 8.0)]
    assert entry_of(worker, 1) == ("retrying", RATE_LIMITED, 0)


def test_who_waits_for_ones_turn_goes_when_it_has_come() -> None:
    worker = Worker(platform(max_rate_per_s=0.25))
    batch = [message(sess_id=f"S{number}", tasks=[f"T{number}"]) for number in range(2)]
    worker.push(*batch)
    worker.now += 8.0

    assert worker.push(batch[1]) == []

    assert set(worker.center.tasks) == {"T0", "T1"}


def test_short_waits_are_spent_in_the_worker() -> None:
    worker = Worker(platform(max_rate_per_s=2))

    worker.push(*(message(sess_id=f"S{number}", tasks=[f"T{number}"]) for number in range(4)))

    assert worker.slept == [0.5, 0.5, 0.5]
    assert len(worker.center.tasks) == 4


def test_without_time_for_a_call_it_is_left_for_the_next_batch(worker: Worker) -> None:
    assert worker.push(message(), deadline=worker.now + 9) == ["m0"]

    assert list(worker.center.calls) == []
    assert worker.told("S1-e1") == ("retrying", OUT_OF_TIME, 0)
    assert worker.hidden == [("receipt-m0", 1.0)]
    assert worker.push(message()) == []
