"""Scripted models that know the golden forms, and reviews for tests that ask nobody."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Literal

from ai_analyze.fence import single_line
from evaluation.golden import GoldenForm
from taskbridge.ai.clauses import split_clauses
from taskbridge.platforms.ai import ModelLimits, Question, Reply
from taskbridge.usage import Usage
from tests.scripted_models import Reading, as_look, read_look


def asks_for(rule: str, listed: str) -> bool:
    """Whether these are the clauses of the rule, one a line."""
    clauses = split_clauses(rule)
    lines = listed.strip().split("\n")
    return len(clauses) == len(lines) and all(
        single_line(text) in line for text, line in zip(clauses, lines, strict=True)
    )


class CarefulReader:
    """Answers what a golden form expects, with the words that it expects as evidence."""

    platform_id = "careful"
    answer_timeout_s = 300.0
    files: Literal["all", "scans", "none"] = "none"

    def __init__(self, forms: Sequence[GoldenForm]) -> None:
        self._forms = forms

    def limits(self, model: str) -> ModelLimits:
        return ModelLimits()

    def ask(self, question: Question) -> Reply:
        looks = read_look(question)
        if looks:
            return Reply(as_look(self.look(looks)), "q-2", "careful-1", Usage(), 5)
        text = f"逐条核对如下。\n```json\n{json.dumps(self.verdict(question), ensure_ascii=False)}\n```"
        return Reply(text, "q-1", "careful-1", Usage(input_tokens=1000, output_tokens=100, cost=0.002), 5)

    def stream(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        reply = self.ask(question)
        on_text(reply.text)
        return reply

    def verdict(self, question: Question) -> dict[str, Any]:
        """The verdict that the question's golden form expects."""
        listed = question.system.rpartition("# 条款\n")[2]
        golden = next(form for form in self._forms if asks_for(form.rule, listed))
        return {
            "verdict": golden.expected.verdict,
            "summary": golden.about,
            "findings": [
                {
                    "clause": finding.clause,
                    "result": finding.result,
                    "reason": "",
                    "evidence": [
                        {"source": quote.source, "page": quote.page, "quote": quote.quote} for quote in finding.evidence
                    ],
                }
                for finding in golden.expected.findings
            ],
        }

    def look(self, looks: dict[int, Reading]) -> dict[int, str]:
        """What is expected of the golden form that has these clauses and these quotes."""
        golden = next(form for form in self._forms if has_quotes(form, looks))
        return {number: golden.expected.findings[number - 1].result for number in looks}


def has_quotes(golden: GoldenForm, looks: dict[int, Reading]) -> bool:
    """Whether clauses and quotes of a second look can be of this form."""
    clauses = split_clauses(golden.rule)
    if not all(
        number <= len(clauses) and look.clauses[0] in single_line(clauses[number - 1]) for number, look in looks.items()
    ):
        return False
    said = [quote.quote.split("\n")[0] for finding in golden.expected.findings for quote in finding.evidence]
    return all(single_line(place.text) in map(single_line, said) for look in looks.values() for place in look.places)


class EagerReader(CarefulReader):
    """Finds each clause met, with words that do stand where it says: the worst that a model can do."""

    platform_id = "eager"

    def look(self, looks: dict[int, Reading]) -> dict[int, str]:
        """Everything is met here too."""
        return dict.fromkeys(looks, "pass")

    def verdict(self, question: Question) -> dict[str, Any]:
        honest = super().verdict(question)
        anything = [piece for finding in honest["findings"] for piece in finding["evidence"]][:1]
        findings = [
            {**finding, "result": "pass", "evidence": finding["evidence"] or anything} for finding in honest["findings"]
        ]
        return {**honest, "verdict": "approve", "findings": findings}
