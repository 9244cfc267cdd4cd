"""Whose turn it is to answer a question, for how long, and when it is enough. Pure.

The links of a chain are asked in order, and share the time that is left. An answer that was cut is asked for once more:
of those behind, and of the same link where nobody else answers. Cut a second time, nothing more is paid for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Protocol

from taskbridge.errors import ConfigurationError, IncompleteAnswer, PlatformError, TransientError
from taskbridge.platforms.ai import FileUse, ModelLimits, Question, Reply
from taskbridge.usage import Usage

MOST_CUT = 2
LEAST_S = 2.0  # for less, nothing is asked
NO_TIME = "no time is left in this run to ask another platform"
Failure = PlatformError | ConfigurationError


class Model(Protocol):
    """What a review needs of an AI platform; AiPlatformClient has it, and so has what an evaluation asks."""

    @property
    def platform_id(self) -> str:
        """Id of the configured platform."""
        ...

    @property
    def files(self) -> FileUse:
        """Which attachments the platform is to get."""
        ...

    @property
    def answer_timeout_s(self) -> float:
        """How long one answer may take at most."""
        ...

    def limits(self, model: str) -> ModelLimits:
        """What `model` can do."""
        ...

    def ask(self, question: Question) -> Reply:
        """The whole answer at once."""
        ...

    def stream(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        """The answer, piece by piece."""
        ...


@dataclass(frozen=True, slots=True)
class Link:
    """One of the chain: who is asked, in order, until one answers."""

    client: Model
    model: str


class Turns:
    """Gives each link its turn, with the seconds that it has. `left` are those of the whole; `inf` for no end.

    `failed` says that a turn gave no answer. `paid` is what all of those were paid.
    """

    def __init__(self, chain: Sequence[Link], left: Callable[[], float]) -> None:
        self._waiting = list(chain)
        self._left = left
        self._last: Link | None = None
        self._cuts: list[IncompleteAnswer] = []
        self.errors: list[Failure] = []
        self.paid = Usage()

    def __iter__(self) -> Iterator[tuple[Link, float]]:
        while self._waiting and len(self._cuts) < MOST_CUT:
            link = self._waiting.pop(0)
            seconds = share(self._left(), self._waiting)
            if seconds < LEAST_S:
                self.errors.append(TransientError(NO_TIME))
                return
            yield link, seconds
            self._last = link

    def failed(self, link: Link, error: Failure) -> None:
        """This link gave no answer."""
        self.errors.append(error)
        self.paid += paid_for(error)
        if isinstance(error, IncompleteAnswer):
            if not self._cuts:
                self._waiting.append(link)
            self._cuts.append(error)

    def behind(self, link: Link) -> list[Link]:
        """The next of the chain, where there is one beside this link."""
        return [each for each in self._waiting if each != link][:1]

    def is_other(self, link: Link) -> bool:
        """Whether another link failed before this one's turn."""
        return self._last is not None and self._last != link

    @property
    def cut(self) -> IncompleteAnswer | None:
        """How the answer was cut last, where it was: enough was asked."""
        return self._cuts[-1] if self._cuts else None


def paid_for(error: Failure) -> Usage:
    """What a model was paid although it gave no answer."""
    return (error.usage if isinstance(error, PlatformError) else None) or Usage()


def share(left_s: float, behind: Sequence[Link]) -> float:
    """The seconds that a link has: all that those behind do not need, and never less than an equal part."""
    if left_s == inf:
        return inf
    equal = left_s / (1 + len(behind))
    return max(equal, left_s - sum(min(each.client.answer_timeout_s, equal) for each in behind))
