"""A platform that is asked each question once, however often it is put."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ai_analyze.review import Model
from taskbridge.platforms.ai import FileUse, ModelLimits, Question, Reply

_Asked = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Remembering:
    """Passes questions on, and gives the same reply to the same texts. What is raised is asked again."""

    client: Model
    replies: dict[_Asked, Reply] = field(default_factory=dict, repr=False)

    @property
    def platform_id(self) -> str:
        """That of the platform."""
        return self.client.platform_id

    @property
    def files(self) -> FileUse:
        """As of the platform."""
        return self.client.files

    @property
    def answer_timeout_s(self) -> float:
        """As of the platform."""
        return self.client.answer_timeout_s

    def limits(self, model: str) -> ModelLimits:
        """As of the platform."""
        return self.client.limits(model)

    def ask(self, question: Question) -> Reply:
        """The whole answer at once."""
        return self._remembered(question, lambda: self.client.ask(question), lambda _: None)

    def stream(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        """The answer, piece by piece the first time."""
        return self._remembered(question, lambda: self.client.stream(question, on_text), on_text)

    def _remembered(self, question: Question, ask: Callable[[], Reply], on_text: Callable[[str], None]) -> Reply:
        asked = (question.model, question.system, question.user)
        known = self.replies.get(asked)
        if known is None:
            known = self.replies[asked] = ask()
        else:
            on_text(known.text)
        return known
