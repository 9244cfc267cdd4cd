"""What a batch does when a call may not go now: it waits for a breaker, for its turn, or for time, and says so."""

from __future__ import annotations

import httpx
import pytest

from local.jinzhi_simulator import Faults
from push_task.gate import BREAKER_OPEN
from push_task.leave import OUT_OF_TIME, RATE_LIMITED
from taskbridge.access.breaker import FAILURES_TO_OPEN
from taskbridge.push.instances import Presence
from taskbridge.push.rates import SHARE
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


def test_a_rate_limit_is_kept_and_waiting_for_ones_turn_is_neither_an_attempt_nor_a_receive() -> None:
    worker = Worker(platform(max_rate_per_s=0.05))

    kept = worker.push(*(message(sess_id=f"S{number}", tasks=[f"T{number}"]) for number in range(3)))

    assert worker.operations() == ["insert_task"]
    assert (kept, worker.hidden) == ([], [])
    assert entry_of(worker, 1) == ("retrying", RATE_LIMITED, 0)
    assert worker.document("S1").due_at == pytest.approx(START + 20 / SHARE)


def test_who_waits_for_ones_turn_goes_when_it_has_come() -> None:
    worker = Worker(platform(max_rate_per_s=0.05))
    worker.push(*(message(sess_id=f"S{number}", tasks=[f"T{number}"]) for number in range(2)))
    worker.now = worker.document("S1").due_at

    assert worker.push(sync("S1")) == []

    assert set(worker.center.tasks) == {"T0", "T1"}


def test_waits_within_the_batch_are_spent_in_the_worker() -> None:
    worker = Worker(platform(max_rate_per_s=2))

    worker.push(*(message(sess_id=f"S{number}", tasks=[f"T{number}"]) for number in range(4)))

    assert worker.now == pytest.approx(START + 1.5 / SHARE)
    assert len(worker.center.tasks) == 4


def test_without_time_for_a_call_it_is_parked_and_no_receive_is_spent(worker: Worker) -> None:
    assert worker.push(message(), deadline=worker.now + 9) == []

    assert list(worker.center.calls) == []
    assert worker.told("S1-e1") == ("retrying", OUT_OF_TIME, 0)
    assert worker.document().due_at == worker.now + 1.0
    assert worker.push(sync()) == []
    assert worker.told("S1-e1")[0] == "succeeded"


# What a step may take beside its first call


def slow(worker: Worker, seconds: float) -> None:
    """Each call takes so long, and no longer than the time it is given."""

    class Slow(httpx.BaseTransport):
        def __init__(self, inner: httpx.BaseTransport) -> None:
            self.inner = inner

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            limit = float(request.extensions["timeout"]["read"])
            worker.now += min(seconds, limit)
            if seconds > limit:
                raise httpx.ReadTimeout("too slow", request=request)
            return self.inner.handle_request(request)

    worker.wrap = Slow


@pytest.mark.parametrize("timeout_s", [25, 27, 30])
def test_a_time_limit_that_is_as_long_as_the_function_is_clipped_and_calls_are_made(timeout_s: float) -> None:
    worker = Worker(platform(timeout_s=timeout_s))
    slow(worker, 12.0)
    worker.push(message(), deadline=worker.now + 27)  # the token takes 12 s of it

    assert worker.push(sync(), deadline=worker.now + 27) == []

    assert worker.told("S1-e1")[0] == "succeeded"


def test_a_todo_that_was_there_already_is_updated_in_the_next_batch_where_this_one_has_no_time_left() -> None:
    worker = Worker(platform(timeout_s=15), repeated_insert="refuse")
    worker.push(message())
    forget(worker)
    slow(worker, 14.5)
    began = worker.now

    assert worker.push(message(), deadline=began + 15.2) == []
    assert worker.operations() == ["insert_task", "insert_task"]
    assert worker.now <= began + 16.2
    assert worker.document().tasks["T1"].presence is Presence.PRESENT

    assert worker.push(sync(), deadline=worker.now + 27) == []
    assert worker.operations() == ["insert_task", "insert_task", "update_task"]
    assert worker.told("S1-e1")[0] == "succeeded"


@pytest.mark.parametrize("seconds", [8.0, 9.9])
def test_a_refused_token_never_makes_a_step_outlive_the_function_and_it_is_through_in_two_batches(
    seconds: float,
) -> None:
    worker = Worker()
    worker.push(message())
    forget(worker)
    worker.center.expire_tokens()
    slow(worker, seconds)

    for _ in range(2):
        began = worker.now
        worker.push(message(), deadline=began + 27)
        assert worker.now <= began + 28

    assert worker.told("S1-e1")[0] == "succeeded"
    assert worker.center.tokens_issued == 2


def forget(worker: Worker) -> None:
    """The documents are lost, and the process ends: the next insert is answered by "already there"."""
    worker.instances.items.clear()
    worker.restart()


# What the platform asked for


def throttle(worker: Worker, retry_after: float) -> None:
    worker.fail("http_429", retry_after_s=retry_after)


def test_a_platform_that_asks_for_half_an_hour_is_left_alone_by_the_whole_fleet() -> None:
    worker = Worker()
    throttle(worker, 1800)
    worker.push(message(sess_id="S0", tasks=["T0"]))
    other = Worker()
    other.coordination, other.center = worker.coordination, worker.center

    for second in range(1, 1799, 30):
        other.now = worker.now = START + second
        for each in (worker, other):
            kind = sync(f"S{second}", probe=True) if second % 60 == 1 else message(sess_id=f"S{second}")
            assert each.push(kind) == []
    assert len(worker.operations()) == 1
    assert other.document("S31").due_at == pytest.approx(START + 1800, abs=1)

    worker.now = START + 1800
    worker.push(message())
    assert worker.told("S1-e1")[0] == "succeeded"


def test_a_short_quiet_is_waited_for_in_the_worker(worker: Worker) -> None:
    throttle(worker, 3)
    worker.push(message(sess_id="S0", tasks=["T0"]))

    assert worker.push(message()) == []

    assert worker.now == pytest.approx(START + 3, abs=0.1)
    assert worker.told("S1-e1")[0] == "succeeded"
