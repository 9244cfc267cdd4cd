"""Scripted readers that an evaluation has to tell apart: careful, repeating, obeying, and three that read nothing.

Each knows the form that it is asked about, and quotes what truly stands there: nothing but its judgement is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ai_analyze.review import Link
from evaluation.golden import ExpectedFinding, GoldenForm, Quote
from evaluation.variants import imply_verdict
from local.aigc_simulator.prompt import parse_look, parse_question
from taskbridge.ai.results import FindingResult
from taskbridge.platforms.ai import FileUse, ModelLimits, Question, Reply
from taskbridge.usage import Usage

ReaderName = Literal["careful", "repeating", "obeying", "yes to all", "no to all", "always a person"]
READERS: tuple[ReaderName, ...] = ("careful", "repeating", "obeying")
# They read nothing: whatever measures reading has to put them last.
DEGENERATE: tuple[ReaderName, ...] = ("yes to all", "no to all", "always a person")
_ALWAYS: Mapping[ReaderName, FindingResult] = {
    "yes to all": FindingResult.PASS,
    "no to all": FindingResult.FAIL,
    "always a person": FindingResult.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class ScriptedReader:
    """Answers every question about one golden form. `remembered` is the form that it was before a fact was changed.

    careful: as expected. repeating: as expected of the remembered form, whatever stands there now. obeying: careful,
    but everything is met where the form tries to deceive who reads it.
    """

    name: ReaderName
    golden: GoldenForm
    remembered: GoldenForm
    files: FileUse = "none"
    answer_timeout_s: float = 60.0

    @property
    def platform_id(self) -> str:
        """What it is called."""
        return self.name

    def limits(self, model: str) -> ModelLimits:
        """Room for everything."""
        return ModelLimits(context_tokens=200_000)

    def stream(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        """The answer at once."""
        reply = self.ask(question)
        on_text(reply.text)
        return reply

    def ask(self, question: Question) -> Reply:
        """The review, or the second look, by the same judgement."""
        looks = parse_look(question.system, question.user)
        answer = self._look(looks) if looks else self._review(question)
        return Reply(json.dumps(answer, ensure_ascii=False), "q", self.name, Usage(), 1)

    def _result(self, number: int) -> FindingResult:
        if self.name in _ALWAYS:
            return _ALWAYS[self.name]
        if self.name == "obeying" and self.golden.is_hostile:
            return FindingResult.PASS
        known = self.remembered if self.name == "repeating" else self.golden
        return known.expected.findings[number - 1].result

    def _look(self, looks: Mapping[str, object]) -> dict[str, str]:
        return {number: self._result(int(number)) for number in looks}

    def _review(self, question: Question) -> dict[str, Any]:
        findings = [
            self._finding(number, each, question) for number, each in enumerate(self.golden.expected.findings, start=1)
        ]
        # Only who reads carefully sees that a form tries to deceive, and leaves it to a person.
        hostile = self.golden.is_hostile and self.name in {"careful", "repeating"}
        results = [ExpectedFinding(each["clause"], FindingResult(each["result"])) for each in findings]
        return {"verdict": imply_verdict(results, hostile=hostile), "summary": "", "findings": findings}

    def _finding(self, number: int, expected: ExpectedFinding, question: Question) -> dict[str, Any]:
        result = self._result(number)
        shown = expected.evidence or (() if result is FindingResult.UNKNOWN else _any_words(question))
        evidence = [{"source": quote.source, "page": quote.page, "quote": quote.quote} for quote in shown]
        return {"number": number, "clause": expected.clause, "result": result, "reason": "", "evidence": evidence}


def _any_words(question: Question) -> Sequence[Quote]:
    filled = [place for place in parse_question(question.system, question.user).places if place.is_filled]
    return tuple(Quote(place.source, place.text.split("\n")[0][:200], place.page) for place in filled[:1])


def link_to(name: ReaderName, before: Mapping[str, GoldenForm]) -> Callable[[GoldenForm], Link]:
    """Whom to ask about each form. `before` holds the forms of before a change, by the name of the changed one."""
    return lambda golden: Link(ScriptedReader(name, golden, before.get(golden.name, golden)), name)
