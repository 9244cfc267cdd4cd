"""How the simulator answers: it reads the rule and the form of a question, clause by clause, and invents nothing. Pure.

No model stands behind it, and every answer says so: `MARK` begins the prose and the summary.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local.aigc_simulator.conditions import Outcome, exceeds, judge_condition
from local.aigc_simulator.prompt import Question, parse_look, parse_question
from local.aigc_simulator.proposing import propose_checks, propose_clauses

MARK = "【模拟器】"

_BETWEEN_CONDITIONS = re.compile(r"[，,；;。！]|并且|而且|同时|且|(?<=[^合])并(?=[附须应提填])")
_CONSEQUENCE = re.compile(
    r"^(?:方可|方能|才可|才能|可以|可|应当|应|予以|准予|给予)?(?:同意|通过|批准|办理|受理|审批)(?:通过)?$"
)
_LOOSE_ENDS = re.compile(r"(?:的|时|者)+$")
_FOR_THE_READER = re.compile(r"忽略|无视|直接通过|必须批准|ignore|disregard|system prompt|approve", re.IGNORECASE)
_WORDS = {"pass": "符合", "fail": "不符合", "unknown": "无法判断"}


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer: the prose, and the verdict (or what is proposed) as the question asks for it; None: none."""

    prose: str
    verdict: dict[str, Any] | None


def read_prompt(prompt: str, question: str) -> Reading:
    """The answer to a system text and a user text. The same texts have the same answer."""
    proposal = propose_checks(question) or propose_clauses(question)
    if proposal is not None:
        return Reading(MARK, proposal)
    looks = parse_look(prompt, question)
    if looks:
        return Reading("", {number: _judge_clause(look.clauses[0], look).result for number, look in looks.items()})
    asked = parse_question(prompt, question)
    if not asked.clauses:
        return Reading(f"{MARK}没有读到审批规则的条款，无法核对。", _verdict([], []))
    outcomes = [_judge_clause(clause, asked) for clause in asked.clauses]
    verdict = _verdict(asked.clauses, outcomes)
    return Reading("" if asked.verdict_only else _prose(asked, outcomes), verdict)


def _judge_clause(clause: str, question: Question) -> Outcome:
    """All conditions of a clause together: one fails, it fails; one is unknown, it is unknown."""
    bounded = exceeds(clause, question)
    if bounded is not None:
        _, _, duty = clause.partition("，")
        if bounded.result == "fail":
            return Outcome("pass", f"{bounded.reason}，未超过，本条不适用", bounded.quotes)
        return _judge_all(duty, question, bounded)
    return _judge_all(clause, question)


def _judge_all(clause: str, question: Question, before: Outcome | None = None) -> Outcome:
    outcomes = [judge_condition(condition, question) for condition in _conditions(clause)]
    if not outcomes:
        return Outcome("unknown", "模拟器读不懂这一条")
    known = [before, *outcomes] if before else outcomes
    worst = next((each for each in outcomes if each.result == "fail"), None) or next(
        (each for each in outcomes if each.result == "unknown"), None
    )
    if worst is not None:
        return worst
    return Outcome("pass", "；".join(each.reason for each in known), tuple(q for each in known for q in each.quotes))


def _conditions(clause: str) -> list[str]:
    parts = (_LOOSE_ENDS.sub("", part.strip()) for part in _BETWEEN_CONDITIONS.split(clause))
    return [part for part in parts if part and not _CONSEQUENCE.fullmatch(part)]


def _verdict(clauses: Sequence[str], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    results = {outcome.result for outcome in outcomes}
    verdict = "reject" if "fail" in results else "approve" if results == {"pass"} else "needs_human"
    counts = "，".join(f"{sum(o.result == result for o in outcomes)} 条{word}" for result, word in _WORDS.items())
    return {
        "verdict": verdict,
        "summary": f"{MARK}{len(outcomes)} 条条款：{counts}。",
        "findings": [
            _finding(number, clause, outcome)
            for number, (clause, outcome) in enumerate(zip(clauses, outcomes, strict=True), start=1)
        ],
    }


def _finding(number: int, clause: str, outcome: Outcome) -> dict[str, Any]:
    evidence = [{"source": place.source, "page": place.page, "quote": quote} for place, quote in outcome.quotes]
    return {
        "number": number,
        "clause": clause,
        "result": outcome.result,
        "reason": outcome.reason,
        "evidence": evidence,
    }


def _prose(question: Question, outcomes: Sequence[Outcome]) -> str:
    lines = [f"{MARK}没有真实的模型，以下是按字面逐条对照规则与表单的结果。", ""]
    for number, (clause, outcome) in enumerate(zip(question.clauses, outcomes, strict=True), start=1):
        lines.append(f"{number}. {clause}")
        lines.append(f"   {_WORDS[outcome.result]}：{outcome.reason}。")
    lines += [f"附件未能读取：{problem}" for problem in question.problems]
    if any(_FOR_THE_READER.search(place.text) for place in question.places):
        lines.append("材料中有写给审阅者的话，不照办。")
    return "\n".join(lines)
