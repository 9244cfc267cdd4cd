"""The calls of a batch: in parallel over a pool of threads, each through its platform's client.

Waiting for an open breaker, for one's turn under a rate limit, or for time is not an attempt.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from typing import Protocol

from push_task.batch import Job
from push_task.plan import Step
from push_task.settle import End, StepResult
from taskbridge.breaker import Breakers
from taskbridge.commands import Command, Operation, SaveTask
from taskbridge.errors import ConfigurationError
from taskbridge.platforms.base import Attempt, Outcome, Result, Verdict
from taskbridge.push_logs import LoggedAttempt

LONGEST_TURN_IN_THREAD_S = 2.0
DISABLED_WAIT_S = 900.0

DISABLED = "waiting: the platform is disabled"
BREAKER_OPEN = "waiting: the platform does not answer (breaker open)"
OUT_OF_TIME = "waiting: no time left in this batch"
RATE_LIMITED = "waiting: the platform's rate limit"


class Client(Protocol):
    """What makes one call; see PlatformClient."""

    def execute(self, command: Command) -> Result:
        """Make the call; every failure is an outcome."""


@dataclass(frozen=True, slots=True)
class Line:
    """The line to one platform: its client and its limits; `max_rate_per_s` 0 is none."""

    client: Client
    max_concurrency: int
    max_rate_per_s: float
    timeout_s: float


class Lines(Protocol):
    """The configured platforms."""

    def line(self, platform_id: str) -> Line | None:
        """The line to a platform; None while it is disabled. Raises ConfigurationError where there is none."""


class RateSlots(Protocol):
    """The fleet's calls in a row; see CoordinationTable."""

    def reserve(self, platform_id: str, count: int, rate_per_s: float, now: float) -> float:
        """Reserve calls; returns the time of the first."""


class ThreadedSender:
    """Sends the jobs of a batch. One for each process."""

    def __init__(
        self,
        lines: Lines,
        breakers: Breakers,
        rates: RateSlots,
        clock: Callable[[], float],
        *,
        sleep: Callable[[float], None],
        pool: Executor,
    ) -> None:
        self._lines = lines
        self._breakers = breakers
        self._rates = rates
        self._clock = clock
        self._sleep = sleep
        self._pool = pool
        self._turnstiles: dict[str, tuple[int, threading.BoundedSemaphore]] = {}

    def blocks(self, platform_id: str, *, probe: bool) -> str:
        """See Sender."""
        if probe:
            self._breakers.start_probe(platform_id)
        try:
            enabled = self._lines.line(platform_id) is not None
        except ConfigurationError:
            return ""  # each step is refused with the reason
        if not enabled:
            return DISABLED
        return "" if self._breakers.allows(platform_id, probe=probe) else BREAKER_OPEN

    def hold(self, job: Job) -> list[StepResult]:
        """See Sender."""
        reason = self.blocks(job.platform_id, probe=job.is_probe)
        return [_blocked(step, reason) for step in job.plan.steps()]

    def send(self, jobs: Sequence[Job], deadline: float) -> list[list[StepResult]]:
        """See Sender."""
        starts = self._turns(jobs)
        first = [self._submit(job, job.plan.first, deadline, starts) for job in jobs]
        done = [[future.result() for future in futures] for futures in first]
        second = [
            self._submit(job, job.plan.second, deadline, starts)
            if all(result.end is End.DONE for result in results)
            else []
            for job, results in zip(jobs, done, strict=True)
        ]
        return [
            results + [future.result() for future in futures] for results, futures in zip(done, second, strict=True)
        ]

    def _turns(self, jobs: Sequence[Job]) -> dict[int, float]:
        """When each step may start, by its identity, where its platform has a rate limit."""
        starts: dict[int, float] = {}
        for platform_id in dict.fromkeys(job.platform_id for job in jobs):
            steps = [step for job in jobs if job.platform_id == platform_id for step in job.plan.steps()]
            rate = self._rate(platform_id)
            if not rate or not steps:
                continue
            start = self._rates.reserve(platform_id, len(steps), rate, self._clock())
            starts |= {id(step): start + index / rate for index, step in enumerate(steps)}
        return starts

    def _rate(self, platform_id: str) -> float:
        try:
            line = self._lines.line(platform_id)
        except ConfigurationError:
            return 0.0
        return line.max_rate_per_s if line else 0.0

    def _submit(
        self, job: Job, steps: Sequence[Step], deadline: float, starts: dict[int, float]
    ) -> list[Future[StepResult]]:
        return [self._pool.submit(self._run, job, step, deadline, starts.get(id(step), 0.0)) for step in steps]

    def _run(self, job: Job, step: Step, deadline: float, start: float) -> StepResult:
        try:
            line = self._lines.line(job.platform_id)
        except ConfigurationError as error:
            return StepResult(step, End.PERMANENT, str(error))
        if line is None:
            return _blocked(step, DISABLED)
        early = start - self._clock()
        if early > LONGEST_TURN_IN_THREAD_S:
            return StepResult(step, End.NOT_SENT, RATE_LIMITED, wait_s=early)
        if early > 0:
            self._sleep(early)
        with self._turnstile(job.platform_id, line.max_concurrency):
            if self._clock() + line.timeout_s > deadline:
                return StepResult(step, End.NOT_SENT, OUT_OF_TIME, wait_s=1.0)
            if not self._breakers.allows(job.platform_id, probe=job.is_probe):
                return _blocked(step, BREAKER_OPEN)
            return replace(self._call(job.platform_id, line.client, step), is_probe=job.is_probe)

    def _call(self, platform_id: str, client: Client, step: Step) -> StepResult:
        result = client.execute(step.command)
        attempts = list(result.attempts)
        if result.outcome.verdict is Verdict.ALREADY_THERE and isinstance(step.command, SaveTask):
            result = client.execute(replace(step.command, operation=Operation.UPDATE_TASK))
            attempts += result.attempts
        ended = _result(step, result.outcome, tuple(map(_logged, attempts)))
        if ended.end is End.TRANSIENT:
            if attempts:  # without a call of its own, it shares a token's failure that is counted already
                self._breakers.note_failure(platform_id, ended.reason)
        else:
            self._breakers.note_success(platform_id)
        return ended

    def _turnstile(self, platform_id: str, limit: int) -> threading.BoundedSemaphore:
        known = self._turnstiles.get(platform_id)
        if known is None or known[0] != limit:
            known = (limit, threading.BoundedSemaphore(limit))
            self._turnstiles[platform_id] = known
        return known[1]


def _blocked(step: Step, reason: str) -> StepResult:
    """What waits for a breaker is due at once: nobody drains it before the breaker closes."""
    wait_s = DISABLED_WAIT_S if reason == DISABLED else 0.0
    return StepResult(step, End.NOT_SENT, reason, wait_s=wait_s, is_blocked=True)


def _result(step: Step, outcome: Outcome, attempts: tuple[LoggedAttempt, ...]) -> StepResult:
    """An outcome as the document takes it."""
    ends = {
        Verdict.OK: End.DONE,
        Verdict.ALREADY_THERE: End.DONE,  # an instance: there is no other way to save it
        Verdict.TRANSIENT: End.TRANSIENT,
        Verdict.THROTTLED: End.TRANSIENT,
        Verdict.TOKEN_REFUSED: End.TRANSIENT,
    }
    end = ends.get(outcome.verdict, End.PERMANENT)
    reason = "" if end is End.DONE else outcome.message or outcome.verdict
    return StepResult(step, end, reason, outcome.errcode, outcome.retry_after or 0.0, attempts)


def _logged(attempt: Attempt) -> LoggedAttempt:
    return LoggedAttempt(
        at=attempt.at,
        operation=attempt.operation,
        key=attempt.task_id,
        method=attempt.method,
        path=attempt.path,
        request=attempt.request,
        status=attempt.status,
        response=attempt.response,
        duration_ms=attempt.duration_ms,
        error=attempt.error,
    )
