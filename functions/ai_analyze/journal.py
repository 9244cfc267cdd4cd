"""Log lines and metrics of the analysis function. Ids and reasons, nothing of a form or an answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ai_analyze.ends import Fate, TurnEnd
from taskbridge.ai.flips import FlipAnswer, FlipScore, score_answers
from taskbridge.ai.messages import AnalyseMessage, JobMessage
from taskbridge.ai.results import Review
from taskbridge.errors import TaskbridgeError
from taskbridge.observability import Observability

_COUNTED = {
    Fate.DONE: "AnalysisFinished",
    Fate.REUSED: "AnswerReused",
    Fate.LATE: "AnalysisLate",
    Fate.FAILED: "AnalysisFailed",
    Fate.WAITING: "AnalysisWaiting",
}


@dataclass(frozen=True, slots=True)
class AnalysisJournal:
    """Who hears what happened."""

    observability: Observability

    def ended(self, message: AnalyseMessage, end: TurnEnd, review: Review | None) -> None:
        """A message had its turn."""
        if end.fate in _COUNTED:
            self.observability.count(_COUNTED[end.fate])
        if end.opened_first is not None:
            self.observability.count("OpenedBeforeDone" if end.opened_first else "DoneBeforeOpened")
        if review is not None and end.fate in (Fate.DONE, Fate.LATE):
            self.observability.count("InputTokens", review.usage.input_tokens)
            self.observability.count("OutputTokens", review.usage.output_tokens)
            self.observability.count("AnalysisCost", review.usage.cost)
        level = "warning" if end.fate is Fate.FAILED else "info"
        getattr(self.observability.logger, level)(
            end.fate.value, analysis_id=message.analysis_id, reason=end.reason, again_in=end.again_in
        )

    def job_ended(self, message: JobMessage, end: TurnEnd) -> None:
        """A job's message had its turn."""
        self.observability.logger.info(end.fate.value, job_id=message.job_id, reason=end.reason, again_in=end.again_in)

    def night(self, jobs: int) -> None:
        """A night has begun."""
        self.observability.logger.info("night begun", jobs=jobs)

    def flipped(self, answers: Sequence[FlipAnswer]) -> None:
        """A night's questions about a node are over: the flip rate of each model, of what had to turn."""
        turned: dict[tuple[str, str], list[FlipScore]] = defaultdict(list)
        for (platform_id, model, _), score in score_answers(answers).items():
            turned[platform_id, model].append(score)
        for (platform_id, model), scores in turned.items():
            turning = sum(score.turning for score in scores)
            if turning:
                rate = sum(score.flipped for score in scores) / turning
                self.observability.gauge("FlipRate", rate, platform_id, model=model)

    def first_token(self, milliseconds: float) -> None:
        """How long the question took to its first word."""
        self.observability.milliseconds("FirstTokenLatency", milliseconds)

    def answered(self, milliseconds: float) -> None:
        """How long it took as a whole."""
        self.observability.milliseconds("AnalysisLatency", milliseconds)

    def quota_exhausted(self, platform_id: str) -> None:
        """A platform wants money before it goes on."""
        self.observability.count("AiQuotaExhausted")
        self.observability.logger.error("the AI platform's quota is used up, or its bill is open", platform=platform_id)

    def failed(self, message_id: str, error: BaseException) -> None:
        """A message stays in the queue, because something here did not work.

        What is not an error of ours is told by its kind alone: its text may quote a form.
        """
        told = str(error) if isinstance(error, TaskbridgeError) else type(error).__name__
        self.observability.logger.warning("stays in the queue", message_id=message_id, error=told)
