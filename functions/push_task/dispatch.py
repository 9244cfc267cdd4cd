"""Which step of a batch goes next: each platform in a lane of its own, with its share of the threads. Pure."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from push_task.plan import Plan, Step
from push_task.settle import End, StepResult
from taskbridge.budgets import THREADS


class TurnCalls(msgspec.Struct, frozen=True):
    """The calls of one turn."""

    platform_id: str
    plan: Plan
    is_probe: bool = False


class ReadyStep(msgspec.Struct, frozen=True):
    """A step that may go, and the place of its job in the batch. `is_probe`: also through an open breaker."""

    job: int
    step: Step
    is_probe: bool


class Refusal(msgspec.Struct, frozen=True):
    """Why steps do not go in this batch, and how long they wait at least."""

    reason: str
    wait_s: float = 0.0
    is_blocked: bool = False  # their platform takes nothing now
    end: End = End.NOT_SENT

    def of(self, step: Step) -> StepResult:
        """How the step ended."""
        return StepResult(step, self.end, self.reason, wait_s=self.wait_s, is_blocked=self.is_blocked)


class Lane(msgspec.Struct):
    """What a batch has to do at one platform. `seats` and `starts`: what the fleet granted."""

    platform_id: str
    ready: deque[ReadyStep] = msgspec.field(default_factory=deque)
    later: int = 0  # steps of second stages
    running: int = 0
    seats: int = 0
    seats_asked_at: float = 0.0
    seats_again_at: float = math.inf  # when to ask for more of them
    starts: deque[float] = msgspec.field(default_factory=deque)
    closed: Refusal | None = None  # nothing more goes in this batch

    @property
    def is_over(self) -> bool:
        """Whether nothing is left, and nothing can come."""
        return not (self.ready or self.running or self.later)

    @property
    def left(self) -> int:
        """How many steps have not begun."""
        return len(self.ready) + self.later

    def drop_late(self, now: float, slack_s: float) -> None:
        """Forget turns that were missed by more than this: what is that late would go together with others."""
        while self.starts and self.starts[0] < now - slack_s:
            self.starts.popleft()


class Dispatch:
    """A batch on its way. Jobs of the same platform take turns, so that a large one holds nobody up."""

    def __init__(self, jobs: Sequence[TurnCalls]) -> None:
        self._jobs = jobs
        self._results: list[dict[int, StepResult]] = [{} for _ in jobs]
        self._finished = [index for index, job in enumerate(jobs) if not job.plan.steps()]
        self._unfinished = len(jobs) - len(self._finished)
        self.flying: dict[int, ReadyStep] = {}
        self.lanes = {job.platform_id: Lane(job.platform_id) for job in jobs}
        for index, job in enumerate(jobs):
            self.lanes[job.platform_id].later += len(job.plan.second)
            if not job.plan.first:
                self._begin_second(index)
        for waiting in _in_turn(jobs):
            self.lanes[jobs[waiting.job].platform_id].ready.append(waiting)

    def seat(self, seats: Mapping[str, int]) -> None:
        """Seats that are taken already, also of platforms for which nothing is left to do."""
        for platform_id, count in seats.items():
            self.lanes.setdefault(platform_id, Lane(platform_id)).seats = count

    @property
    def is_over(self) -> bool:
        """Whether every step has ended."""
        return not self._unfinished

    @property
    def has_finished(self) -> bool:
        """Whether jobs have ended that nobody has been told of."""
        return bool(self._finished)

    def share(self) -> int:
        """How many threads a platform may use while others need some as well."""
        return share_of(sum(not lane.is_over for lane in self.lanes.values()))

    def take(self, lane: Lane) -> ReadyStep:
        """The next step of a lane goes."""
        waiting = lane.ready.popleft()
        if lane.starts:
            lane.starts.popleft()
        lane.running += 1
        self.flying[id(waiting.step)] = waiting
        return waiting

    def note(self, waiting: ReadyStep, result: StepResult) -> None:
        """A step has ended."""
        job, results = self._jobs[waiting.job], self._results[waiting.job]
        if self.flying.pop(id(waiting.step), None):
            self.lanes[job.platform_id].running -= 1
        results[id(waiting.step)] = result
        if len(results) == len(job.plan.steps()):
            self._finish(waiting.job)
        elif len(results) == len(job.plan.first):
            self._end_first(waiting.job)

    def pop_finished(self) -> list[tuple[int, list[StepResult]]]:
        """The jobs that have ended since, each with its results in the order of its plan."""
        finished, self._finished = self._finished, []
        return [(index, self._results_of(index)) for index in finished]

    def _results_of(self, index: int) -> list[StepResult]:
        results = self._results[index]
        return [results[id(step)] for step in self._jobs[index].plan.steps() if id(step) in results]

    def _end_first(self, index: int) -> None:
        """The second stage may only go when the first left nothing undone."""
        job = self._jobs[index]
        if all(each.end is End.DONE for each in self._results[index].values()):
            self._begin_second(index)
        else:
            self.lanes[job.platform_id].later -= len(job.plan.second)
            self._finish(index)

    def _finish(self, index: int) -> None:
        self._finished.append(index)
        self._unfinished -= 1

    def _begin_second(self, index: int) -> None:
        job = self._jobs[index]
        lane = self.lanes[job.platform_id]
        lane.later -= len(job.plan.second)
        lane.ready.extend(ReadyStep(index, step, job.is_probe) for step in job.plan.second)


def share_of(platforms: int) -> int:
    """How many threads each of so many platforms may use."""
    return max(1, THREADS // max(1, platforms))


def _in_turn(jobs: Sequence[TurnCalls]) -> Iterator[ReadyStep]:
    """The first steps of all, then the second ones, and so on."""
    for place in range(max((len(job.plan.first) for job in jobs), default=0)):
        for index, job in enumerate(jobs):
            if place < len(job.plan.first):
                yield ReadyStep(index, job.plan.first[place], job.is_probe)
