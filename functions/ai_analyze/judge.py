"""From what a model said, and what code computed, to what is advised. Pure.

The model's word counts as far as it is shown: a finding without verified evidence is unknown, an approve needs every
clause shown, a reject at least one failure. What does not reach that far goes to a person, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from ai_analyze.answer import ReadAnswer
from taskbridge.ai.clauses import same_clause
from taskbridge.ai.control_text import EMPTY
from taskbridge.ai.results import Finding, FindingResult, Origin, Verdict

UNSHOWN = "（引文未能在材料中核实）"
NOT_COVERED = "回答没有涉及这一条"
NO_VERDICT = "模型的回答无法读取，请人工审核"
REFUSED = "模型或平台拒绝回答这份材料，请人工审核"
_MOST_NAMED = 5
_LONGEST_NAMED = 40
_NOT_ENTERED = re.compile(rf"(?:[^：:；;|\n]{{0,200}}[：:])?\s*{EMPTY}\s*")
_NUMBER = re.compile(r"\s*(?:第|条款|规则)?\s*[（(]?\s*([0-9]{1,3})\s*(?:[)）条款]|[.．、:：](?![0-9])|\Z)")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is advised. `downgraded` says in Chinese why it is not what the model said, None where it is."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    downgraded: str | None = None


def judge(
    answer: ReadAnswer, clauses: Sequence[str], computed: Sequence[Finding], obstacles: Sequence[str] = ()
) -> Judgement:
    """The advice. The evidence of `answer` was checked; `obstacles` are reasons for which no approve can stand."""
    said = [_name_clause(_demand_evidence(finding), clauses) for finding in answer.findings]
    missing = [
        Finding(clause=clause, result=FindingResult.UNKNOWN, reason=NOT_COVERED)
        for clause in _not_covered(clauses, said, computed)
    ]
    findings = (*computed, *said, *missing)
    # What was computed wins: what the model says of the same clause is shown, but decides nothing.
    deciding = [*computed, *(each for each in said if not _is_computed(each, computed)), *missing]
    reason = _reason_to_downgrade(answer, deciding, obstacles)
    return Judgement(Verdict.NEEDS_HUMAN if reason else answer.verdict, findings, reason)


def judge_without_answer(clauses: Sequence[str], computed: Sequence[Finding], reason: str) -> Judgement:
    """Where no verdict could be read: what was computed stands, and a person decides."""
    missing = [
        Finding(clause=clause, result=FindingResult.UNKNOWN, reason=NOT_COVERED)
        for clause in _not_covered(clauses, (), computed)
    ]
    return Judgement(Verdict.NEEDS_HUMAN, (*computed, *missing), reason)


def _demand_evidence(finding: Finding) -> Finding:
    if finding.result is FindingResult.UNKNOWN or _is_shown(finding):
        return finding
    reason = f"{finding.reason}{UNSHOWN}"
    return msgspec.structs.replace(finding, result=FindingResult.UNKNOWN, reason=reason)


def _is_shown(finding: Finding) -> bool:
    """Whether a quote was verified. That nothing was entered shows a failure, but no compliance."""
    is_pass = finding.result is FindingResult.PASS
    return any(each.verified and not (is_pass and _NOT_ENTERED.fullmatch(each.quote)) for each in finding.evidence)


def _name_clause(finding: Finding, clauses: Sequence[str]) -> Finding:
    """The finding under the very words of its clause, where it is about exactly one."""
    places = _places(finding.clause, clauses)
    return msgspec.structs.replace(finding, clause=clauses[places[0]]) if len(places) == 1 else finding


def _places(name: str, clauses: Sequence[str]) -> list[int]:
    """Which clauses a finding is about: by their words, else by the number that the prompt gave them."""
    same = [place for place, clause in enumerate(clauses) if same_clause(clause, name)]
    if len(same) > 1:
        # One that names several by their words is about them all; words that several share name none.
        exact = [place for place in same if clauses[place] == name]
        same = exact[:1] or [place for place in same if len(clauses[place]) <= len(name)]
    if same:
        return same
    number = _NUMBER.match(name)
    place = int(number[1]) - 1 if number else -1
    return [place] if 0 <= place < len(clauses) else []


def _is_computed(finding: Finding, computed: Iterable[Finding]) -> bool:
    return any(same_clause(each.clause, finding.clause) for each in computed)


def _not_covered(clauses: Sequence[str], said: Sequence[Finding], computed: Sequence[Finding]) -> list[str]:
    covered = {place for finding in (*said, *computed) for place in _places(finding.clause, clauses)}
    shown = {each.clause for each in said if each.result is not FindingResult.UNKNOWN and _is_shown(each)}
    if len(shown) >= len(clauses):
        return []  # in words of its own, but as many as there are clauses
    return [clause for place, clause in enumerate(clauses) if place not in covered]


def _reason_to_downgrade(answer: ReadAnswer, deciding: Sequence[Finding], obstacles: Sequence[str]) -> str | None:
    if answer.disagrees:
        return "模型给出了互相矛盾的结论"
    if answer.verdict is Verdict.APPROVE:
        return _reason_against_approve(deciding, obstacles)
    has_failure = any(finding.result is FindingResult.FAIL for finding in deciding)
    if answer.verdict is Verdict.REJECT and not has_failure:
        return "模型建议拒绝，但没有一条不符合之处得到核实"
    return None


def _reason_against_approve(deciding: Sequence[Finding], obstacles: Sequence[str]) -> str | None:
    failed = [finding for finding in deciding if finding.result is FindingResult.FAIL]
    unknown = [finding for finding in deciding if finding.result is FindingResult.UNKNOWN]
    reasons = [f"计算不符合：{_names(failed, Origin.COMPUTED)}"] if _of(failed, Origin.COMPUTED) else []
    if _of(failed, Origin.MODEL):
        reasons.append(f"模型认定不符合：{_names(failed, Origin.MODEL)}")
    if unknown:
        reasons.append(f"未能核实：{_names(unknown)}")
    if not deciding:
        reasons.append("没有任何一条得到核对")
    reasons += obstacles
    return f"模型建议通过，但{'；'.join(reasons)}" if reasons else None


def _of(findings: Sequence[Finding], origin: Origin | None) -> list[Finding]:
    return [finding for finding in findings if origin is None or finding.origin is origin]


def _names(findings: Sequence[Finding], origin: Origin | None = None) -> str:
    named = [finding.clause[:_LONGEST_NAMED] for finding in _of(findings, origin)]
    more = f" 等 {len(named)} 条" if len(named) > _MOST_NAMED else ""
    return "、".join(f"「{name}」" for name in named[:_MOST_NAMED]) + more
