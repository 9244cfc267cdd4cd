"""The calls of a batch: in parallel over a crew of threads, each through its platform's client.

Waiting for an open breaker, for one's turn under a rate limit, for a seat, or for time is not an attempt. Short waits
are spent here, and keep the backlog in the queue; who waits longer is parked.
"""

from __future__ import annotations

import logging
import math
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec

from push_task.booking import Booking
from push_task.clients import LimitedClient
from push_task.crew import Crew
from push_task.dispatch import Dispatch, ReadyStep, Refusal, TurnCalls, share_of
from push_task.gate import BREAKER_OPEN, DISABLED, DISABLED_WAIT_S, QUIET, Gate, Shift
from push_task.leave import StepLeave
from push_task.plan import Step
from push_task.settle import End, StepResult
from taskbridge.access.breaker import Breakers
from taskbridge.attempts import Attempt
from taskbridge.budgets import LEAST_CALL_S, SETTLE_EVERY_S, SHORT_QUIET_S, TURN_WAIT_S
from taskbridge.commands import Operation, SaveTask
from taskbridge.errors import ConfigurationError, TaskbridgeError
from taskbridge.platforms.configured import Configured
from taskbridge.platforms.http_answers import Outcome, OutcomeKind
from taskbridge.push.rates import slack_s
from taskbridge.reasons import build_reason

NO_END = build_reason("no_end")
Ended = tuple[ReadyStep, StepResult]
logger = logging.getLogger(__name__)

_ENDS = {
    OutcomeKind.OK: End.DONE,
    OutcomeKind.ALREADY_THERE: End.DONE,  # an instance: there is no other way to save it
    OutcomeKind.TRANSIENT: End.TRANSIENT,
    OutcomeKind.THROTTLED: End.TRANSIENT,
    OutcomeKind.TOKEN_REFUSED: End.TRANSIENT,
}


class ThreadedSender:
    """Sends the jobs of a batch. One for each process."""

    def __init__(
        self,
        lines: Configured[LimitedClient],
        breakers: Breakers,
        gate: Gate,
        clock: Callable[[], float],
        *,
        sleep: Callable[[float], None],
        crew: Callable[[], Crew[Ended]],
    ) -> None:
        self._lines = lines
        self._breakers = breakers
        self._gate = gate
        self._clock = clock
        self._sleep = sleep
        self._crew = crew

    def blocks(self, platform_id: str, *, probe: bool) -> str:
        """Why nothing can be sent to this platform now; empty where it can."""
        if probe:
            self._breakers.start_probe(platform_id)
        try:
            enabled = self._lines.get(platform_id) is not None
        except ConfigurationError:
            return ""  # each step is refused with the reason
        if not enabled:
            return DISABLED
        now = self._clock()
        if self._breakers.allows(platform_id, probe=probe):
            return ""
        quiet_s = self._breakers.quiet_until(platform_id) - now
        if quiet_s > 0:
            return QUIET if quiet_s > SHORT_QUIET_S else ""
        return BREAKER_OPEN

    def hold(self, job: TurnCalls) -> list[StepResult]:
        """The results of a job whose platform is blocked."""
        reason = self.blocks(job.platform_id, probe=job.is_probe)
        quiet_s = max(0.0, self._breakers.quiet_until(job.platform_id) - self._clock())
        wait_s = DISABLED_WAIT_S if reason == DISABLED else quiet_s
        return [Refusal(reason, wait_s, is_blocked=True).of(step) for step in job.plan.steps()]

    def book(self, jobs: Sequence[TurnCalls], deadline: float) -> Booking:
        """What goes along with the documents and the logs, for the calls of these jobs."""
        booking = Booking(uuid.uuid4().hex[:12])
        calls = Counter[str]()
        for job in jobs:
            calls[job.platform_id] += len(job.plan.steps())
        shift = Shift(booking.holder, deadline, share_of(len(calls)))
        for platform_id, count in calls.items():
            rider = self._gate.book(platform_id, count, shift, partial(booking.seats.__setitem__, platform_id))
            if rider:
                booking.taking[platform_id] = rider
        return booking

    def send(
        self, jobs: Sequence[TurnCalls], deadline: float, booking: Booking | None = None
    ) -> Iterator[list[tuple[int, list[StepResult]]]]:
        """Make the calls of the jobs, in parallel; the places of those that have ended, and how, as they end."""
        booking = booking or self.book((), deadline)
        batch, crew, holder = Dispatch(jobs), self._crew(), booking.holder
        batch.seat(booking.seats)
        shift, tell_at = Shift(holder, deadline, batch.share()), math.inf
        try:
            while not batch.is_over:
                if shift.share != (share := batch.share()):
                    shift = Shift(holder, deadline, share)
                moment = self._start(batch, crew, shift)
                self._leave(batch, shift)
                self._wait(batch, crew, min(moment, tell_at), deadline + LEAST_CALL_S)
                if self._clock() >= tell_at:
                    yield batch.pop_finished()
                    tell_at = math.inf
                elif batch.has_finished:
                    tell_at = min(tell_at, self._clock() + SETTLE_EVERY_S)
            booking.leaving += [self._gate.leaving(lane, holder) for lane in batch.lanes.values() if lane.seats]
            yield batch.pop_finished()
        finally:
            for lane in batch.lanes.values():
                self._gate.leave(lane, holder)

    def _start(self, batch: Dispatch, crew: Crew[Ended], shift: Shift) -> float:
        """Start every step that may go now; returns when to look again."""
        moment = math.inf
        for lane in batch.lanes.values():
            while lane.ready:
                answer = self._gate.look(lane, shift)
                if isinstance(answer, float):
                    moment = min(moment, answer)
                    break
                if isinstance(answer, Refusal):
                    waiting = lane.ready.popleft()
                    batch.note(waiting, answer.of(waiting.step))
                else:
                    crew.start(partial(self._run, batch.take(lane), lane.platform_id, answer, shift))
        return moment

    def _wait(self, batch: Dispatch, crew: Crew[Ended], moment: float, end: float) -> None:
        """Until a step has ended, until `moment`, or until `end`: who is not back then does not count."""
        now = self._clock()
        if not batch.flying:
            if not batch.is_over and now < moment:
                self._sleep(moment - now)
            return
        ended = crew.next_ended(min(moment, end) - now)
        if ended:
            batch.note(*ended)
        elif self._clock() >= end:
            for waiting in list(batch.flying.values()):
                batch.note(waiting, StepResult(waiting.step, End.TRANSIENT, NO_END))

    def _leave(self, batch: Dispatch, shift: Shift) -> None:
        """Give back the seats that are not needed any more, at once while other platforms go on."""
        if batch.is_over:
            return
        for lane in batch.lanes.values():
            if lane.is_over:
                self._gate.leave(lane, shift.holder)
            else:
                self._gate.make_room(lane, shift)

    def _run(self, waiting: ReadyStep, platform_id: str, line: LimitedClient, shift: Shift) -> Ended:
        started = self._clock()
        turn_ends = started + (slack_s(line.max_rate_per_s) if line.max_rate_per_s else math.inf)
        join = partial(self._join, platform_id, line, shift.deadline)
        leave = StepLeave(join, self._clock, shift.deadline, turn_ends)
        try:
            result = self._call(platform_id, line, waiting.step, leave)
        except TaskbridgeError:
            raise
        except Exception as error:  # noqa: BLE001  # an adapter's fault on one item is not that of its batch mates
            logger.error("a call to %s broke off: %s", platform_id, type(error).__name__)
            result = StepResult(waiting.step, End.TRANSIENT, build_reason("broke_off", fault=type(error).__name__))
        if result.attempts:
            self._gate.note_took(platform_id, sum(each.duration_ms for each in result.attempts) / 1000)
        return waiting, msgspec.structs.replace(result, is_probe=True) if waiting.is_probe else result

    def _join(self, platform_id: str, line: LimitedClient, deadline: float, patient: bool) -> bool:  # noqa: FBT001
        """Wait for the turn of a further call of a step; False where it does not come in time."""
        if not line.max_rate_per_s:
            return True
        until = min(deadline - LEAST_CALL_S, self._clock() + TURN_WAIT_S)
        grant = self._gate.reserve(platform_id, line, 1, until)
        if grant.starts and patient:
            self._sleep(max(0.0, grant.starts[0] - self._clock()))
        return bool(grant.starts)

    def _call(self, platform_id: str, line: LimitedClient, step: Step, leave: StepLeave) -> StepResult:
        result = line.client.execute(step.command, leave)
        attempts = list(result.attempts)
        is_there = result.outcome.verdict is OutcomeKind.ALREADY_THERE and isinstance(step.command, SaveTask)
        if is_there and isinstance(step.command, SaveTask):
            result = line.client.execute(msgspec.structs.replace(step.command, operation=Operation.UPDATE_TASK), leave)
            attempts += result.attempts
        if leave.refused:
            return StepResult(step, End.NOT_SENT, leave.refused, attempts=tuple(attempts), is_there=is_there)
        ended = _result(step, result.outcome, tuple(attempts), is_there=is_there)
        self._note(platform_id, ended, result.outcome, is_clipped=leave.is_clipped)
        return ended

    def _note(self, platform_id: str, ended: StepResult, outcome: Outcome, *, is_clipped: bool) -> None:
        """What the answer tells of the platform itself."""
        if ended.end is not End.TRANSIENT and ended.attempts:
            self._breakers.note_success(platform_id)
        elif ended.attempts and not (is_clipped and outcome.status is None):
            # Without a call of its own, it shares a token's failure that is counted already.
            self._breakers.note_failure(platform_id, ended.reason)
        if outcome.retry_after and ended.end is End.TRANSIENT:
            self._breakers.note_quiet(platform_id, outcome.retry_after)


def _result(step: Step, outcome: Outcome, attempts: tuple[Attempt, ...], *, is_there: bool) -> StepResult:
    """An outcome as the document takes it."""
    end = _ENDS.get(outcome.verdict, End.PERMANENT)
    reason = "" if end is End.DONE else outcome.message or outcome.verdict
    return StepResult(
        step, end, reason, outcome.errcode, outcome.retry_after or 0.0, attempts=attempts, is_there=is_there
    )
