"""A second, independent ask: the evidence alone, clause by clause, without the form and the first answer. Pure.

A form that speaks to the model can have it approve with quotes that are true. Who sees only the clauses and the quotes
is spoken to by nothing but the quotes, and has to find that each of them shows what its clause asks for. Who does not
agree makes it a matter for a person; nobody can make an approve of anything here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ai_analyze.evidence import Proof
from ai_analyze.fence import build_fence, clean, indented, single_line
from ai_analyze.judge import Judgement, Shown, name_findings
from ai_analyze.material import Material
from ai_analyze.prompt import LOOK_MATERIAL, LOOK_SYSTEM, NOTHING, show_clause
from ai_analyze.thinking import ThinkingCutter
from taskbridge.ai.clauses import split_clauses
from taskbridge.ai.results import Finding, FindingResult, Verdict
from taskbridge.ai.settings import SecondLook

UNCONFIRMED = "（只看引文复核，未能确认）"
NOT_LOOKED = "复核没有得到可用的回答"
_BLOCK = re.compile(
    r"\s*(?:<answer>\s*)?(?:```[ \t]*[A-Za-z]{0,10}\s*)?(\{[^{}]*\})\s*(?:```)?\s*(?:</answer>|</s>|<\|im_end\|>)?\s*"
)
_WORDS = {Verdict.APPROVE: "模型建议通过", Verdict.REJECT: "模型建议拒绝"}
_CONFIRMING = {Verdict.APPROVE: FindingResult.PASS, Verdict.REJECT: FindingResult.FAIL}


@dataclass(frozen=True, slots=True)
class Look:
    """The question, and the numbers of the clauses that it asks about."""

    system: str = field(repr=False)
    user: str = field(repr=False)
    schema: Mapping[str, Any]
    numbers: tuple[int, ...]


def claims_of(judgement: Judgement, when: SecondLook) -> tuple[Shown, ...]:
    """What the model found that the verdict stands on, to be looked at again; none where no look is wanted.

    A verdict that is left to a person anyway needs none, nor does a clause that a check decides alone.
    """
    wanted = {"always": (Verdict.APPROVE, Verdict.REJECT), "approves": (Verdict.APPROVE,), "never": ()}[when]
    if judgement.verdict not in wanted:
        return ()
    result = _CONFIRMING[judgement.verdict]
    return tuple(each for each in judgement.deciding if each.finding.result is result and each.number)


def build_look(material: Material, claims: Sequence[Shown]) -> Look:
    """The question about these claims. `material` is what platforms may see; of its form nothing is told."""
    numbers = tuple(sorted({each.number for each in claims}))
    schema = _build_schema(numbers)
    clauses = split_clauses(material.rule.rule)
    bodies = [
        (
            number,
            "\n".join(_show_proof(proof) for each in claims if each.number == number for proof in each.proofs),
        )
        for number in numbers
    ]
    fence = build_fence([material.received_on.isoformat(), *(body for _, body in bodies)])
    system = LOOK_SYSTEM.substitute(
        schema=json.dumps(schema, ensure_ascii=False),
        keynote=clean(material.rule.keynote).strip() or NOTHING,
        clauses="\n".join(show_clause(number, single_line(clauses[number - 1])) for number in numbers),
    )
    user = LOOK_MATERIAL.substitute(
        today=material.received_on.isoformat(),
        token=fence.token,
        sections="\n\n".join(fence.around(f"第 {number} 条的引文", body) for number, body in bodies),
    )
    return Look(system, user, schema, numbers)


def read_look(text: str, numbers: Sequence[int]) -> dict[int, FindingResult] | None:
    """The results by number; None where the answer is anything but one object with just these numbers."""
    cutter = ThinkingCutter()
    found = _BLOCK.fullmatch(cutter.feed(text) + cutter.finish())
    try:
        pairs = json.loads(found[1], object_pairs_hook=list) if found else []
        results = {key: FindingResult(value) for key, value in pairs}
    except (ValueError, TypeError):
        return None
    is_whole = len(pairs) == len(results) == len(numbers) and set(results) == set(map(str, numbers))
    return {int(key): result for key, result in results.items()} if is_whole else None


def confirm(judgement: Judgement, claims: Sequence[Shown], looked: Mapping[int, FindingResult] | None) -> Judgement:
    """The judgement where the look agrees; else a person decides. None: there was no look."""
    verdict = judgement.verdict
    if looked is None:
        return replace(judgement, verdict=Verdict.NEEDS_HUMAN, downgraded=f"{_WORDS[verdict]}，但{NOT_LOOKED}")
    agreed = _CONFIRMING[verdict]
    doubted = [each.finding for each in claims if looked[each.number] is not agreed]
    # Of several failures one is enough; an approve needs every pass.
    if not doubted or (verdict is Verdict.REJECT and len(doubted) < len(claims)):
        return judgement
    findings = tuple(_doubt(each) if each in doubted else each for each in judgement.findings)
    reason = f"{_WORDS[verdict]}，但只看引文的复核没有确认：{name_findings(doubted)}"
    return replace(judgement, verdict=Verdict.NEEDS_HUMAN, findings=findings, downgraded=reason)


def _doubt(finding: Finding) -> Finding:
    return replace(finding, result=FindingResult.UNKNOWN, reason=f"{finding.reason}{UNCONFIRMED}")


def _build_schema(numbers: Sequence[int]) -> dict[str, Any]:
    names = [str(number) for number in numbers]
    results = {"type": "string", "enum": [result.value for result in FindingResult]}
    return {
        "type": "object",
        "properties": dict.fromkeys(names, results),
        "required": names,
        "additionalProperties": False,
    }


def _show_proof(proof: Proof) -> str:
    """A quote under the label of its field, or the name that the prompt gave to its file."""
    evidence, label = proof.evidence, single_line(proof.label)
    where = f"{label}：{single_line(evidence.source)} 第 {evidence.page} 页" if evidence.page else label
    return f"[{where}] {indented(evidence.quote)}"
