"""Analyses whose answers grow while viewers wait for them, written by the recorder of the fleet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from admin_api.ai.stream import CONTENT_TYPE
from admin_api.ai.watching import Watching
from ai_analyze.flight import Recorder
from taskbridge.ai.requests import encode_task_id
from taskbridge.ai.results import Finding, FindingResult, Review
from taskbridge.ai.rulebook import Standing
from tests.event_sources import Response
from tests.fakes_ai import MemoryAnswers, MemorySeats
from tests.functional.ai_suites.builders import TASK, UID, analysis, finished, review, seat, standing

ANALYSIS = f"{encode_task_id(TASK)}.a1"
LEASE_S, KEPT_S = 120.0, 86_400.0
FINDINGS = (
    Finding(clause="金额不超过 5000 元", result=FindingResult.PASS, reason="金额 4,800 元"),
    Finding(clause="附发票\n原件", result=FindingResult.FAIL, reason="data: 没有附件\r\n\r\n"),
)


@dataclass(frozen=True)
class Attempt:
    """One worker's turn at the analysis. `end`: done, fails (another may try), or dies."""

    texts: tuple[str, ...]
    end: str = "done"
    answer_id: str = "fp1"


@dataclass
class World:
    """A task with its analysis, and what is still to happen to it: one step of it before every look of a viewer."""

    seats: MemorySeats = field(default_factory=MemorySeats)
    answers: MemoryAnswers = field(default_factory=MemoryAnswers)
    now: float = 0.0
    steps: list[Callable[[], object]] = field(default_factory=list)
    whole: Review | None = None
    standing: Standing | None = field(default_factory=lambda: standing("b1"))

    def __post_init__(self) -> None:
        self.seats.items[UID, TASK] = seat(analysis=analysis(id=ANALYSIS))

    @property
    def watching(self) -> Watching:
        """What viewers are answered by."""
        return Watching(self.seats, self.answers, lambda _: self.standing)

    def play(self) -> None:
        """Everything happens at once."""
        while self.steps:
            self.steps.pop(0)()

    def will(self, attempts: Sequence[Attempt], findings: Sequence[Finding] = FINDINGS) -> World:
        """What is going to happen."""
        for number, attempt in enumerate(attempts):
            self.steps += self._turn(f"worker-{number}", attempt, tuple(findings), 2 * LEASE_S * number)
        return self

    def answer(self, headers: Mapping[str, str]) -> Response:
        """A viewer's request, answered as the route does; time has passed, and something happened."""
        self.now += 1
        if self.steps:
            self.steps.pop(0)()
        body = self.watching.watch(UID, ANALYSIS, headers.get("last-event-id"))
        if body is None:
            return Response(404, "application/problem+json")
        return Response(200, CONTENT_TYPE, (body,)) if body else Response(204)

    def _turn(
        self, holder: str, attempt: Attempt, findings: tuple[Finding, ...], now: float
    ) -> list[Callable[[], object]]:
        # `now` is behind the lease of the worker before, which is taken to be dead.
        recorders: list[Recorder] = []

        def start() -> None:
            self.seats.claim(UID, TASK, ANALYSIS, holder, now, now + LEASE_S)
            self.seats.attach(UID, TASK, ANALYSIS, holder, answer_id=attempt.answer_id, fingerprint="fp")
            flight = self.answers.begin(attempt.answer_id, holder, now, now + LEASE_S, KEPT_S, "S1")
            recorders.append(Recorder(self.answers, attempt.answer_id, flight.next_piece, KEPT_S, lambda: self.now))
            recorders[0].start_anew()

        def tell(text: str) -> None:
            recorders[0].text(text)
            recorders[0].flush()

        def give_up() -> None:
            self.answers.fail(attempt.answer_id, holder, "平台繁忙")
            self.seats.wait(UID, TASK, ANALYSIS, holder, "平台繁忙", counts=False)

        def complete() -> None:
            answered = review(text="".join(attempt.texts), findings=findings)
            self.whole = recorders[0].complete(answered, holder)

        def settle() -> None:
            self.seats.settle(UID, TASK, ANALYSIS, finished(id=ANALYSIS, answer_id=attempt.answer_id))

        told = [lambda text=text: tell(text) for text in attempt.texts]
        ends: dict[str, list[Callable[[], object]]] = {"done": [complete, settle], "fails": [give_up], "dies": []}
        return [start, *told, *ends[attempt.end]]
