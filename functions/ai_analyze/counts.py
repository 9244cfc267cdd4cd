"""The questions of one turn, on the counts of the day.

A turn is counted before it asks, and set right behind it: an analysis that has to come again is still one analysis of
its person and its node, and what no platform took up is no question. So an outage uses up nobody's day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ai_analyze.asked import Asked
from taskbridge.ai.settings import AiSettings
from taskbridge.errors import (
    ConfigurationError,
    NoAnswer,
    PermanentError,
    PlatformError,
    QuotaExhausted,
    ThrottledError,
    TokenRefused,
)
from taskbridge.tables.ai_questions import QuestionTable
from taskbridge.usage import Usage

_NOT_TAKEN_UP = (ThrottledError, QuotaExhausted, TokenRefused, ConfigurationError)


@dataclass
class TurnCounts:
    """What one turn asks. `clock` gives epoch seconds; everything raises StoreError."""

    questions: QuestionTable
    clock: Callable[[], float]
    _asked: list[Asked] = field(default_factory=list)
    _taken: tuple[str, str, str, float] | None = None  # person, application, node, and when

    def take(self, uid: str, app_id: str, node_id: str, settings: AiSettings) -> str:
        """See QuestionTable.take."""
        at = self.clock()
        reached = self.questions.take(uid, app_id, node_id, settings, at)
        self._taken = None if reached else (uid, app_id, node_id, at)
        return reached

    def heard(self, asked: Asked) -> None:
        """A question of this turn was asked, whatever came of it."""
        self._asked.append(asked)

    def settle(self) -> None:
        """The turn asks nothing more."""
        if self._taken is None:
            return
        uid, app_id, node_id, at = self._taken
        self._taken = None
        if not any(map(_came_to_something, self._asked)):
            self.questions.give_back(uid, app_id, node_id, at)
        cost = sum(each.usage.cost for each in self._asked)
        self.questions.spend(sum(map(_was_taken_up, self._asked)) - 1, cost, at)


def _was_taken_up(asked: Asked) -> bool:
    """Whether a model got the question, as far as can be told."""
    failure = asked.failure
    is_unreached = isinstance(failure, PlatformError) and failure.no_answer is NoAnswer.UNREACHABLE
    return asked.usage != Usage() or not (is_unreached or isinstance(failure, _NOT_TAKEN_UP))


def _came_to_something(asked: Asked) -> bool:
    """Whether it was answered, paid, or refused for good."""
    is_final = isinstance(asked.failure, PermanentError) and not isinstance(asked.failure, QuotaExhausted)
    return asked.failure is None or asked.usage != Usage() or is_final
