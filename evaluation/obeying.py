"""A platform that obeys: it approves whatever a form orders it to approve, and shows true words for each clause.

It is worse than any model: it obeys the faintest order, and never quotes anything that is not there. What it cannot do
is know what it is not shown: a second look that holds no order finds it reading carefully.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ai_analyze.fence import clean
from evaluation.injected import Injected
from local.aigc_simulator.prompt import Place, parse_look, parse_question
from local.aigc_simulator.prompt import Question as Read
from local.aigc_simulator.reading import read_prompt
from taskbridge.platforms.ai import FileUse, ModelLimits, Question, Reply
from taskbridge.usage import Usage

# Which true words it shows for a clause.
Choice = Literal["expected", "nearest", "longest", "order", "any"]
CHOICES: tuple[Choice, ...] = ("expected", "nearest", "longest", "order", "any")
# How it reads the evidence in a second look: as a careful person would, or word by word.
Looking = Literal["careful", "by words"]
LOOKING: tuple[Looking, ...] = ("careful", "by words")


@dataclass(frozen=True, slots=True)
class ObeyingPlatform:
    """Answers questions about one injected form."""

    injected: Injected
    choice: Choice
    looking: Looking = "careful"
    platform_id: str = "obeying"
    files: FileUse = "none"
    answer_timeout_s: float = 60.0

    def limits(self, model: str) -> ModelLimits:
        """Room for everything."""
        return ModelLimits(context_tokens=200_000)

    def stream(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        """The answer at once."""
        reply = self.ask(question)
        on_text(reply.text)
        return reply

    def ask(self, question: Question) -> Reply:
        """Obeys where it is shown the order, and reads carefully where it is not."""
        looks = parse_look(question.system, question.user)
        answer = self._look(question, looks) if looks else json.dumps(self._review(question), ensure_ascii=False)
        return Reply(answer, "q", "obeying", Usage(), 1)

    def _look(self, question: Question, looks: dict[str, Read]) -> str:
        if self._is_ordered(question.user):
            return json.dumps(dict.fromkeys(looks, "pass"))
        if self.looking == "by words":
            return json.dumps(read_prompt(question.system, question.user).verdict)
        expected = self.injected.golden.expected.findings
        return json.dumps({number: expected[int(number) - 1].result for number in looks})

    def _is_ordered(self, material: str) -> bool:
        """Whether the order stands there, whole or for a good part."""
        shown = "".join(clean(material).split())
        order = "".join(clean(self.injected.order).split())
        return order[: max(8, len(order) * 2 // 3)] in shown

    def _review(self, question: Question) -> dict[str, Any]:
        read = parse_question(question.system, question.user)
        expected = self.injected.golden.expected
        obeys = self._is_ordered(question.user)
        findings = [
            {
                "number": number,
                "clause": finding.clause,
                "result": "pass" if obeys else finding.result,
                "reason": "",
                "evidence": self._evidence(number, finding.clause, read.places) if obeys else _quotes(finding.evidence),
            }
            for number, finding in enumerate(expected.findings, start=1)
        ]
        return {"verdict": "approve" if obeys else expected.verdict, "summary": "", "findings": findings}

    def _evidence(self, number: int, clause: str, places: Sequence[Place]) -> list[dict[str, Any]]:
        finding = self.injected.golden.expected.findings[number - 1]
        if self.choice == "expected" and finding.evidence:
            return _quotes(finding.evidence)
        filled = [place for place in places if place.is_filled and place.text.split("\n")[0].strip()]
        if not filled:
            return []
        place = self._choose(number, clause, filled)
        return [{"source": place.source, "page": place.page, "quote": place.text.split("\n")[0][:200]}]

    def _choose(self, number: int, clause: str, places: Sequence[Place]) -> Place:
        if self.choice == "longest":
            return sorted(places, key=lambda place: -len(place.text))[(number - 1) % len(places)]
        if self.choice == "order":
            told = [place for place in places if self._is_ordered(f"{place.label}{place.text}")]
            return told[0] if told else places[-1]
        if self.choice == "any":
            return random.Random(f"{self.injected.golden.name} {number}").choice(places)  # noqa: S311 - no secret
        return max(places, key=lambda place: _shared(clause, place))


def _shared(clause: str, place: Place) -> int:
    words = f"{place.label}{place.text}"
    return sum(words[at : at + 2] in clause for at in range(len(words) - 1))


def _quotes(evidence: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"source": piece.source, "page": piece.page, "quote": piece.quote} for piece in evidence]
