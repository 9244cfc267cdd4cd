"""From what a model said, and what code computed, to what is advised. Pure.

The model's word counts as far as it is shown: an approve needs a pass of its own for every clause of the rule, a reject
at least one failure. What does not reach that far goes to a person, with the reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ai_analyze.answer import ReadAnswer
from ai_analyze.demands import count_demands
from ai_analyze.evidence import Proof
from ai_analyze.hearsay import asks_for_opinion, is_hearsay
from taskbridge.ai.clauses import find_clause, same_clause
from taskbridge.ai.results import Finding, FindingResult, Origin, Verdict

UNSHOWN = "（引文未能在材料中核实）"
SILENT = "（引文不能说明这一条：只是空白、栏目名、文件名，或者关于审核本身的说法）"
SHARED = "（同一处引文用于多个条款，且与条款无关）"
TOO_FEW = "（这一条有几项要求，引文不足）"
TWICE = "（同一条款给出了多个结果）"
NOT_COVERED = "回答没有涉及这一条"
NO_VERDICT = "模型的回答无法读取，请人工审核"
REFUSED = "模型或平台拒绝回答这份材料，请人工审核"
_MOST_NAMED = 5
_LONGEST_NAMED = 40
_NUMBER = re.compile(
    r"\s*(?:(?:第|条款|规则)\s*)?[（(]?\s*([0-9]{1,3})\s*(?:[)）条款]|[.．、:：](?![0-9])|\Z)[、.．:：\s]*(.*)", re.S
)
_ATTACHED = re.compile(
    r"(?:必须|应当?|需要?|须|请|要|申请人?|同时)*(?:附有?|附上|上传|提供|提交|有)(?:材料|文件|附件)?"
)
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is advised. `downgraded` says in Chinese why it is not what the model said, None where it is.

    `deciding` are the findings of the model that count, with what shows them.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    downgraded: str | None = None
    deciding: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding of the model with what it shows: its evidence, checked."""

    finding: Finding
    proofs: tuple[Proof, ...] = ()

    def with_number(self, number: int, clause: str) -> Shown:
        """The same of this clause, under its very words."""
        return replace(self, finding=replace(self.finding, number=number, clause=clause))

    def doubted(self, why: str) -> Shown:
        """The same, which tells nothing, and why."""
        reason = f"{self.finding.reason}{why}"
        return replace(self, finding=replace(self.finding, result=FindingResult.UNKNOWN, reason=reason))

    @property
    def number(self) -> int:
        """That of its clause, 0 for none."""
        return self.finding.number or 0

    @property
    def is_pass(self) -> bool:
        """Whether it says that a clause is met."""
        return self.finding.result is FindingResult.PASS


def judge(
    answer: ReadAnswer,
    shown: Sequence[Shown],
    clauses: Sequence[str],
    computed: Sequence[Finding],
    obstacles: Sequence[str] = (),
) -> Judgement:
    """The advice. `shown` are the findings of `answer`; `obstacles` are reasons for which no approve can stand."""
    checks = [_number_check(check, clauses) for check in computed]
    weighed = _weigh([_bind(each, clauses) for each in shown], clauses)
    said = [each.finding for each in weighed]
    missing = _missing(clauses, said, checks)
    counting = tuple(each for each in weighed if not _is_decided(each.finding, checks))
    deciding = [*checks, *(each.finding for each in counting), *missing]
    reason = _reason_to_downgrade(answer, deciding, said, obstacles)
    verdict = Verdict.NEEDS_HUMAN if reason else answer.verdict
    return Judgement(verdict, (*checks, *said, *missing), reason, counting)


def judge_without_answer(clauses: Sequence[str], computed: Sequence[Finding], reason: str) -> Judgement:
    """Where no verdict could be read: what was computed stands, and a person decides."""
    checks = [_number_check(check, clauses) for check in computed]
    return Judgement(Verdict.NEEDS_HUMAN, (*checks, *_missing(clauses, (), checks)), reason)


def _number_check(check: Finding, clauses: Sequence[str]) -> Finding:
    return replace(check, number=find_clause(check.clause, clauses))


def _bind(shown: Shown, clauses: Sequence[str]) -> Shown:
    """The finding under the number and the very words of its clause, where it is about exactly one."""
    number = _number_of(shown.finding, clauses)
    return shown.with_number(number, clauses[number - 1]) if number else shown.with_number(0, shown.finding.clause)


def _number_of(finding: Finding, clauses: Sequence[str]) -> int:
    """By the number that the finding gives, else by the very words of a clause, else by a number in its name.

    0 where number and words contradict each other, or name none of the clauses.
    """
    by_words = find_clause(finding.clause, clauses)
    said = finding.number or (0 if by_words else _number_in(finding.clause, clauses))
    if said > len(clauses) or (said and by_words and said != by_words):
        return 0
    return said or by_words


def _number_in(name: str, clauses: Sequence[str]) -> int:
    """The number that a name begins with, where nothing follows that is not of this clause."""
    found = _NUMBER.fullmatch(name)
    number = int(found[1]) if found else 0
    if not found or not 0 < number <= len(clauses):
        return 0
    return number if not found[2].strip() or same_clause(clauses[number - 1], found[2]) else 0


def _weigh(shown: Sequence[Shown], clauses: Sequence[str]) -> list[Shown]:
    """The findings, those that are not shown as unknown: each is tested in turn, the first doubt counts."""
    found = [_demand_evidence(each, clauses) for each in shown]
    counts = Counter(each.number for each in found)
    once = [each.doubted(TWICE) if each.is_pass and counts[each.number] > 1 else each for each in found]
    passes = [each for each in once if each.is_pass]
    return [_demand_own_quote(each, passes) if each.is_pass else each for each in once]


def _demand_evidence(shown: Shown, clauses: Sequence[str]) -> Shown:
    """A failure needs a quote; a pass one that speaks for each thing that the clause asks for. All must be found."""
    if shown.finding.result is FindingResult.UNKNOWN:
        return shown
    if not shown.proofs or not all(proof.is_found for proof in shown.proofs):
        return shown.doubted(UNSHOWN)
    if not shown.is_pass:
        return shown
    number, clause = shown.number, shown.finding.clause
    speaking = _distinct(proof for proof in shown.proofs if _speaks_for(clause, proof))
    if not speaking:
        return shown.doubted(SILENT)
    return shown.doubted(TOO_FEW) if number and len(speaking) < count_demands(clauses[number - 1]) else shown


def _speaks_for(clause: str, proof: Proof) -> bool:
    """Whether a proof can show that a clause is met. A file's name does where the clause asks only that it be there."""
    if not proof.names_file:
        return proof.speaks and (asks_for_opinion(clause, proof.label) or not is_hearsay(proof.evidence.quote, clause))
    asked, label = "".join(_LETTERS.findall(clause)), "".join(_LETTERS.findall(proof.label))
    return len(label) > 1 and label in asked and _ATTACHED.fullmatch(asked.replace(label, "", 1)) is not None


def _distinct(proofs: Iterable[Proof]) -> list[Proof]:
    kept: list[Proof] = []
    for proof in proofs:
        if not any(proof.overlaps(other) for other in kept):
            kept.append(proof)
    return kept


def _demand_own_quote(shown: Shown, passes: Sequence[Shown]) -> Shown:
    """One quote may serve two clauses only where both are about what it quotes."""
    clause = shown.finding.clause
    others = [each for each in passes if each is not shown]
    own = [
        proof
        for proof in shown.proofs
        if _speaks_for(clause, proof)
        and all(
            _is_about(clause, proof) and _is_about(other.finding.clause, theirs)
            for other in others
            for theirs in other.proofs
            if theirs.speaks and proof.overlaps(theirs)
        )
    ]
    return shown if own else shown.doubted(SHARED)


def _is_about(clause: str, proof: Proof) -> bool:
    """Whether a clause names the field, or shares words with the quote: two letters in a row, figures do not count."""
    return bool(_pairs(clause) & (_pairs(proof.label) | _pairs(proof.text)))


def _pairs(text: str) -> set[str]:
    words = _LETTERS.findall(text.casefold())
    latin = {word for word in words if word.isascii() and len(word) > 2}
    return latin | {word[at : at + 2] for word in words if not word.isascii() for at in range(len(word) - 1)}


def _is_decided(finding: Finding, checks: Sequence[Finding]) -> bool:
    """Whether a check says alone how the clause stands: what the model says of it is shown, but decides nothing."""
    return bool(finding.number) and any(check.covers and check.number == finding.number for check in checks)


def _missing(clauses: Sequence[str], said: Sequence[Finding], checks: Sequence[Finding]) -> list[Finding]:
    decided = {each.number for each in checks if each.covers or each.result is not FindingResult.PASS}
    covered = decided | {each.number for each in said}
    return [
        Finding(clause=clause, result=FindingResult.UNKNOWN, number=number, reason=NOT_COVERED)
        for number, clause in enumerate(clauses, start=1)
        if number not in covered
    ]


def _reason_to_downgrade(
    answer: ReadAnswer, deciding: Sequence[Finding], said: Sequence[Finding], obstacles: Sequence[str]
) -> str | None:
    if answer.disagrees:
        return "模型给出了互相矛盾的结论"
    if answer.verdict is Verdict.APPROVE:
        # A failure that the model shows counts also against a check that covers its clause.
        contradicting = [each for each in said if each.result is FindingResult.FAIL and each not in deciding]
        return _reason_against_approve([*deciding, *contradicting], obstacles)
    has_failure = any(finding.result is FindingResult.FAIL for finding in deciding)
    if answer.verdict is Verdict.REJECT and not has_failure:
        return "模型建议拒绝，但没有一条不符合之处得到核实"
    return None


def _reason_against_approve(deciding: Sequence[Finding], obstacles: Sequence[str]) -> str | None:
    failed = [finding for finding in deciding if finding.result is FindingResult.FAIL]
    unknown = [finding for finding in deciding if finding.result is FindingResult.UNKNOWN]
    reasons = [f"计算不符合：{name_findings(failed, Origin.COMPUTED)}"] if _of(failed, Origin.COMPUTED) else []
    if _of(failed, Origin.MODEL):
        reasons.append(f"模型认定不符合：{name_findings(failed, Origin.MODEL)}")
    if unknown:
        reasons.append(f"未能核实：{name_findings(unknown)}")
    if not deciding:
        reasons.append("没有任何一条得到核对")
    reasons += obstacles
    return f"模型建议通过，但{'；'.join(reasons)}" if reasons else None


def _of(findings: Sequence[Finding], origin: Origin | None) -> list[Finding]:
    return [finding for finding in findings if origin is None or finding.origin is origin]


def name_findings(findings: Sequence[Finding], origin: Origin | None = None) -> str:
    named = [finding.clause[:_LONGEST_NAMED] for finding in _of(findings, origin)]
    more = f" 等 {len(named)} 条" if len(named) > _MOST_NAMED else ""
    return "、".join(f"「{name}」" for name in named[:_MOST_NAMED]) + more
