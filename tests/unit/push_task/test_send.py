"""The calls of a batch: which go, which wait, which go together. Nothing here looks at a clock on the wall."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from push_task.clients import LimitedClient
from push_task.crew import Crew
from push_task.dispatch import TurnCalls
from push_task.gate import BREAKER_OPEN, Gate
from push_task.leave import OUT_OF_TIME, RATE_LIMITED
from push_task.plan import plan_calls
from push_task.send import NO_END, Ended, ThreadedSender
from push_task.settle import End, StepResult
from taskbridge.access.breaker import FAILURES_TO_OPEN, Breakers
from taskbridge.attempts import Attempt
from taskbridge.budgets import Fleet
from taskbridge.commands import Command, Operation, SaveTask
from taskbridge.errors import ConfigurationError, TransientError
from taskbridge.platforms.base import CommandResult
from taskbridge.platforms.client import PlatformClient
from taskbridge.platforms.configured import Configured
from taskbridge.platforms.http_answers import Outcome, OutcomeKind
from taskbridge.platforms.wire import Leave
from taskbridge.push.event_order import fold
from taskbridge.push.rates import SHARE
from tests.builders import PLATFORM, START, deletion, instance_after, message
from tests.fakes import MemoryCoordination
from tests.simulation.world import InlineExecutor
from tests.unit.push_task.acting import shown

SAFETY_S = 30.0  # ends a test that hangs; no assertion depends on it
LATE = START + 1000.0
TIMEOUT_S = 10.0

Answer = Callable[[Command], OutcomeKind]


@dataclass
class Scripted(PlatformClient):
    """A client that answers as it is told, and remembers what it was asked."""

    answer: Answer = lambda _: OutcomeKind.OK
    clock: Callable[[], float] = lambda: START
    asked: list[Command] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)
    allowed: list[float] = field(default_factory=list)

    def execute(self, command: Command, leave: Leave | None = None) -> CommandResult:
        try:
            self.allowed.append(leave(command.operation.value, TIMEOUT_S) if leave else TIMEOUT_S)
        except TransientError as error:
            return CommandResult(Outcome(OutcomeKind.TRANSIENT, message=str(error)), ())
        self.asked_at.append(self.clock())
        self.asked.append(command)
        verdict = self.answer(command)
        attempt = Attempt(START, command.operation.value, "T1", "POST", "/x", "{}", 200, "{}", 5, "")
        code, words = ("", "") if verdict is OutcomeKind.OK else ("E7", "the cause")
        retry_after = 9.0 if verdict is OutcomeKind.THROTTLED else None
        return CommandResult(Outcome(verdict, 200, code, words, retry_after), (attempt,))

    def operations(self) -> list[str]:
        return [command.operation.value for command in self.asked]


class Bench(Configured[LimitedClient]):
    """A sender with one platform; its clock moves when it sleeps."""

    def __init__(self, answer: Answer = lambda _: OutcomeKind.OK, rate: float = 0.0, concurrency: int = 8) -> None:
        self.now = START
        self.client = Scripted(answer, self.clock)
        self.line_of: Callable[[], LimitedClient | None] = lambda: LimitedClient(
            self.client, concurrency, rate, TIMEOUT_S
        )
        self.coordination = MemoryCoordination()
        self.slept: list[float] = []
        self.pool = InlineExecutor()
        self.fleet = Fleet()
        self.breakers = Breakers(self.coordination, self.clock)
        self.sender = self.with_pool(self.pool)

    def with_pool(self, pool: InlineExecutor | ThreadPoolExecutor) -> ThreadedSender:
        gate = Gate(self, self.breakers, self.coordination, self.clock, self.fleet)
        return ThreadedSender(self, self.breakers, gate, self.clock, sleep=self.sleep, crew=lambda: Crew(pool))

    @property
    def asked_at(self) -> list[float]:
        return self.client.asked_at

    def get(self, platform_id: str) -> LimitedClient | None:
        assert platform_id == PLATFORM
        return self.line_of()

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def send(self, *jobs: TurnCalls, deadline: float = LATE) -> list[list[StepResult]]:
        return in_order(self.sender.send(jobs, deadline))


def there_already(command: Command) -> OutcomeKind:
    return OutcomeKind.ALREADY_THERE if command.operation is Operation.INSERT_TASK else OutcomeKind.OK


def in_order(rounds: Iterator[list[tuple[int, list[StepResult]]]]) -> list[list[StepResult]]:
    """The results of all jobs, as the jobs were given."""
    return [results for _, results in sorted((each for ended in rounds for each in ended), key=lambda each: each[0])]


def job(number: int = 1, *, is_probe: bool = False) -> TurnCalls:
    document = instance_after(message(sess_id=f"S{number}"))
    return TurnCalls(PLATFORM, plan_calls(document), is_probe)


def jobs(count: int) -> list[TurnCalls]:
    return [job(number) for number in range(count)]


def deletion_job() -> TurnCalls:
    document = shown(message(tasks=["T1", "T2"]))
    fold(document, deletion(5, "T1", "T2"))
    return TurnCalls(PLATFORM, plan_calls(document))


def ends(results: list[list[StepResult]]) -> list[list[str]]:
    return [[result.end.value for result in each] for each in results]


# How an answer ends a step


@pytest.mark.parametrize(
    ("verdict", "end"),
    [
        (OutcomeKind.OK, End.DONE),
        (OutcomeKind.TRANSIENT, End.TRANSIENT),
        (OutcomeKind.THROTTLED, End.TRANSIENT),
        (OutcomeKind.TOKEN_REFUSED, End.TRANSIENT),
        (OutcomeKind.PERMANENT, End.PERMANENT),
    ],
)
def test_a_verdict_ends_a_step(verdict: OutcomeKind, end: End) -> None:
    ((result,),) = Bench(lambda _: verdict).send(job())

    assert result.end is end
    assert (result.reason, result.errcode) == (("", "") if end is End.DONE else ("the cause", "E7"))
    assert result.wait_s == (9.0 if verdict is OutcomeKind.THROTTLED else 0.0)
    (attempt,) = result.attempts
    assert (attempt.operation, attempt.status, attempt.duration_ms) == ("insert_task", 200, 5)


def test_an_insert_of_what_is_there_sends_todays_state_as_an_update() -> None:
    bench = Bench(there_already)

    ((result,),) = bench.send(job())

    assert bench.client.operations() == ["insert_task", "update_task"]
    first, second = bench.client.asked
    assert isinstance(first, SaveTask)
    assert isinstance(second, SaveTask)
    assert first.task == second.task
    assert (result.end, len(result.attempts)) == (End.DONE, 2)


def test_an_update_that_fails_after_it_is_the_end_of_the_step() -> None:
    def answer(command: Command) -> OutcomeKind:
        return OutcomeKind.ALREADY_THERE if command.operation is Operation.INSERT_TASK else OutcomeKind.TRANSIENT

    assert ends(Bench(answer).send(job())) == [["transient"]]


def test_a_failure_without_a_call_of_its_own_does_not_count_towards_the_breaker() -> None:
    bench = Bench()
    bench.client.execute = lambda *_: CommandResult(Outcome(OutcomeKind.TRANSIENT, message="no token"), ())  # type: ignore[method-assign]

    for _ in range(3 * FAILURES_TO_OPEN):
        bench.now += 1.0
        assert ends(bench.send(job())) == [["transient"]]

    assert bench.coordination.opened == 0


# Two stages


def test_an_instance_is_deleted_after_its_todos() -> None:
    bench = Bench()

    results = bench.send(deletion_job())

    assert bench.client.operations() == ["delete_task", "delete_task", "delete_instance"]
    assert ends(results) == [["done"] * 3]


@pytest.mark.parametrize("verdict", [OutcomeKind.TRANSIENT, OutcomeKind.PERMANENT])
def test_an_instance_is_not_deleted_while_a_todo_is_left(verdict: OutcomeKind) -> None:
    bench = Bench(lambda command: verdict if getattr(command, "task_id", "") == "T1" else OutcomeKind.OK)

    bench.send(deletion_job())

    assert bench.client.operations() == ["delete_task", "delete_task"]


def test_one_instances_failure_does_not_hold_up_another() -> None:
    bench = Bench(lambda command: OutcomeKind.PERMANENT if getattr(command, "task_id", "") == "T1" else OutcomeKind.OK)
    other = TurnCalls(PLATFORM, plan_calls(instance_after(deletion(5, "T9", sess_id="S9"))))

    results = bench.send(deletion_job(), other)

    assert ends(results)[1] == ["done", "done"]


# In parallel


def test_calls_of_many_instances_are_in_flight_together() -> None:
    together = threading.Barrier(10, timeout=SAFETY_S)

    def wait_for_all(_: Command) -> OutcomeKind:
        together.wait()
        return OutcomeKind.OK

    bench = Bench(wait_for_all, concurrency=10)
    with ThreadPoolExecutor(16) as pool:
        results = in_order(bench.with_pool(pool).send(jobs(10), LATE))

    assert ends(results) == [["done"]] * 10


def test_no_more_are_in_flight_than_the_platform_allows() -> None:
    lock, pair = threading.Lock(), threading.Barrier(2, timeout=SAFETY_S)
    now, most = 0, 0

    def count(_: Command) -> OutcomeKind:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        pair.wait()
        with lock:
            now -= 1
        pair.wait()
        return OutcomeKind.OK

    bench = Bench(count, concurrency=2)
    with ThreadPoolExecutor(16) as pool:
        in_order(bench.with_pool(pool).send(jobs(8), LATE))

    assert most == 2


# Waiting is no attempt


def test_after_eight_failures_nothing_more_is_sent() -> None:
    def fail_slowly(_: Command) -> OutcomeKind:
        bench.now += 0.5
        return OutcomeKind.TRANSIENT

    bench = Bench(fail_slowly)

    results = bench.send(*jobs(10))

    assert len(bench.client.asked) == FAILURES_TO_OPEN == 8
    assert [each[0].end for each in results[8:]] == [End.NOT_SENT] * 2
    assert {each[0].reason for each in results[8:]} == {BREAKER_OPEN}
    assert bench.coordination.read_breaker(PLATFORM).reason == "the cause"


def test_a_refusal_for_good_shows_that_the_platform_answers() -> None:
    bench = Bench(lambda _: OutcomeKind.PERMANENT)

    bench.send(*jobs(20))

    assert len(bench.client.asked) == 20
    assert bench.sender.blocks(PLATFORM, probe=False) == ""


def test_a_probe_goes_through_an_open_breaker_and_closes_it_when_it_succeeds() -> None:
    bench = Bench()
    bench.coordination.open_breaker(PLATFORM, START, "down")
    assert bench.sender.blocks(PLATFORM, probe=False) == BREAKER_OPEN
    assert bench.sender.blocks(PLATFORM, probe=True) == ""

    results = bench.send(job(1, is_probe=True), job(2))

    assert ends(results) == [["done"], ["done"]]
    assert not bench.coordination.read_breaker(PLATFORM).is_open


def test_a_probe_that_fails_is_one_call() -> None:
    bench = Bench(lambda _: OutcomeKind.TRANSIENT)
    bench.coordination.open_breaker(PLATFORM, START, "down")
    document = instance_after(message(tasks=["T1", "T2", "T3"]))
    bench.sender.blocks(PLATFORM, probe=True)

    (results,) = bench.send(TurnCalls(PLATFORM, plan_calls(document), is_probe=True))

    assert [result.end for result in results] == [End.TRANSIENT, End.NOT_SENT, End.NOT_SENT]
    assert bench.coordination.read_breaker(PLATFORM).is_open


class Overlapping(Crew[Ended]):
    """Calls that all begin before the first of them ends."""

    def __init__(self) -> None:
        self._begun: list[Callable[[], Ended]] = []

    def start(self, call: Callable[[], Ended]) -> None:
        """See Crew."""
        self._begun.append(call)

    def next_ended(self, timeout_s: float) -> Ended | None:
        """See Crew."""
        return self._begun.pop(0)()


@pytest.mark.parametrize(("verdict", "calls"), [(OutcomeKind.TRANSIENT, 1), (OutcomeKind.OK, 20)])
def test_a_probe_is_one_call_also_where_calls_overlap(verdict: OutcomeKind, calls: int) -> None:
    bench = Bench(lambda _: verdict)
    gate = Gate(bench, bench.breakers, bench.coordination, bench.clock, bench.fleet)
    sender = ThreadedSender(bench, bench.breakers, gate, bench.clock, sleep=bench.sleep, crew=Overlapping)
    bench.coordination.open_breaker(PLATFORM, START, "down")
    document = instance_after(message(tasks=[f"T{number}" for number in range(20)]))
    sender.blocks(PLATFORM, probe=True)

    (results,) = in_order(sender.send([TurnCalls(PLATFORM, plan_calls(document), is_probe=True)], LATE))

    assert len(bench.client.asked) == calls
    assert len(results) == 20


def test_a_probe_that_is_done_without_a_call_tells_nothing_of_its_platform() -> None:
    bench = Bench()
    bench.client.execute = lambda *_: CommandResult(Outcome(OutcomeKind.OK), ())  # type: ignore[method-assign]
    bench.coordination.open_breaker(PLATFORM, START, "down")
    bench.sender.blocks(PLATFORM, probe=True)

    assert ends(bench.send(job(is_probe=True))) == [["done"]]
    assert bench.coordination.read_breaker(PLATFORM).is_open


def test_calls_keep_their_platforms_rate_and_wait_in_the_worker_for_their_turn() -> None:
    bench = Bench(rate=1.0)

    assert ends(bench.send(*jobs(3))) == [["done"]] * 3

    assert bench.asked_at == pytest.approx([START, START + 1.0 / SHARE, START + 2.0 / SHARE])


def test_who_would_have_to_wait_longer_than_the_batch_goes_back_and_says_for_how_long() -> None:
    bench = Bench(rate=0.25)

    results = bench.send(*jobs(3), deadline=START + 13.9)  # a call may begin within 3.9 s

    assert ends(results) == [["done"], ["not_sent"], ["not_sent"]]
    assert [each[0].wait_s for each in results] == pytest.approx([0.0, 4.0 / SHARE, 4.0 / SHARE])
    assert {each[0].reason for each in results[1:]} == {RATE_LIMITED}
    assert bench.slept == []


def test_the_rate_is_that_of_the_whole_fleet() -> None:
    bench = Bench(rate=0.25)
    bench.send(job(1))

    ((result,),) = bench.send(job(2), deadline=START + 13.9)

    assert result.end is End.NOT_SENT
    assert result.wait_s == pytest.approx(4.0 / SHARE)


def test_a_worker_reserves_only_turns_that_it_can_use() -> None:
    bench = Bench(rate=0.25)

    bench.send(*jobs(10), deadline=START + 13.9)

    assert bench.coordination.line_end(PLATFORM) == pytest.approx(START + 4.0 / SHARE)


def test_a_turn_that_was_missed_is_reserved_anew() -> None:
    def slow(_: Command) -> OutcomeKind:
        bench.now += 3.0
        return OutcomeKind.OK

    bench = Bench(slow, rate=2.0, concurrency=1)

    assert ends(bench.send(*jobs(4))) == [["done"]] * 4

    assert bench.asked_at == pytest.approx([START, START + 3, START + 6, START + 9])
    assert bench.coordination.line_end(PLATFORM) > START + 9


def test_the_update_of_what_is_there_waits_for_a_turn_of_its_own() -> None:
    bench = Bench(there_already, rate=1.0)

    assert ends(bench.send(job())) == [["done"]]

    assert bench.client.operations() == ["insert_task", "update_task"]
    assert bench.asked_at == pytest.approx([START, START + 1.0 / SHARE])


def test_an_update_that_gets_no_turn_in_time_is_left_and_the_todo_is_known_to_be_there() -> None:
    bench = Bench(there_already, rate=0.05)

    ((result,),) = bench.send(job(), deadline=START + 12)

    assert bench.client.operations() == ["insert_task"]
    assert (result.end, result.reason, result.is_there) == (End.NOT_SENT, RATE_LIMITED, True)
    assert len(result.attempts) == 1


def test_without_a_limit_no_turn_is_reserved() -> None:
    bench = Bench()

    bench.send(*jobs(3))

    assert bench.coordination.lines == {}


def test_a_call_that_could_not_end_in_time_is_not_begun() -> None:
    bench = Bench()

    ((result,),) = bench.send(job(), deadline=START + 9.9)

    assert (result.end, result.reason, result.wait_s) == (End.NOT_SENT, OUT_OF_TIME, 1.0)
    assert bench.client.asked == []


def test_the_calls_of_a_step_get_what_is_left_of_the_batch_together() -> None:
    def slow(command: Command) -> OutcomeKind:
        bench.now += 8.0
        return there_already(command)

    bench = Bench(slow)

    assert ends(bench.send(job(), deadline=START + 13)) == [["done"]]

    assert bench.client.allowed == [10.0, 5.0]


def test_a_step_that_has_no_time_for_its_next_call_stops_and_what_it_learnt_stays() -> None:
    def slow(command: Command) -> OutcomeKind:
        bench.now += 9.5
        return there_already(command)

    bench = Bench(slow)

    ((result,),) = bench.send(job(), deadline=START + 10)

    assert bench.client.operations() == ["insert_task"]
    assert (result.end, result.reason, result.is_there) == (End.NOT_SENT, OUT_OF_TIME, True)
    assert bench.coordination.opened == 0


def test_a_call_that_does_not_come_back_does_not_hold_the_batch_beyond_its_end() -> None:
    class Absent(Crew[Ended]):
        """A crew whose calls never end; time passes while one waits."""

        def __init__(self) -> None:
            pass

        def start(self, call: object) -> None:
            pass

        def next_ended(self, timeout_s: float) -> None:
            bench.now += timeout_s

    bench = Bench()
    gate = Gate(bench, bench.breakers, bench.coordination, bench.clock, bench.fleet)
    sender = ThreadedSender(bench, bench.breakers, gate, bench.clock, sleep=bench.sleep, crew=Absent)

    ((result,),) = in_order(sender.send([job()], START + 20))

    assert (result.end, result.reason) == (End.TRANSIENT, NO_END)
    assert bench.now == START + 21


def test_a_disabled_platform_is_left_alone_for_a_minute() -> None:
    bench = Bench()
    bench.line_of = lambda: None

    ((sent,),) = bench.send(job())
    (held,) = bench.sender.hold(job())

    for result in (sent, held):
        assert (result.end, result.wait_s) == (End.NOT_SENT, 60.0)
        assert "disabled" in result.reason
    assert bench.client.asked == []


def test_a_deleted_platform_fails_each_step_with_the_reason() -> None:
    bench = Bench()

    def gone() -> LimitedClient | None:
        raise ConfigurationError("platform", "jz is not configured (deleted?)")

    bench.line_of = gone

    ((result,),) = bench.send(job())

    assert bench.sender.blocks(PLATFORM, probe=False) == ""
    assert (result.end, result.attempts) == (End.PERMANENT, ())
    assert "jz is not configured" in result.reason


def test_what_is_held_while_the_breaker_is_open_is_due_at_once() -> None:
    bench = Bench()
    bench.coordination.open_breaker(PLATFORM, START, "down")

    (result,) = bench.sender.hold(job())

    assert (result.end, result.reason, result.wait_s) == (End.NOT_SENT, BREAKER_OPEN, 0.0)
