"""Where people decide against a clause of a rule, and what that suggests for the rule. Pure.

A suggestion is a draft for a person: nothing here changes a rule.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from taskbridge.ai.clause_agreement import Outcome, telling_results
from taskbridge.ai.clauses import find_clause, split_clauses
from taskbridge.ai.people import DECISIONS, MIN_DECISIONS, wilson_interval
from taskbridge.ai.results import Finding, FindingResult, Origin
from taskbridge.ai.rules import Check, RuleText

# What the lower 95% bound has to be above: of those approved among the forms that did not meet a clause, of those
# refused among the forms that met it, and of the forms of which nothing could be told.
LOOSEN_ABOVE, DROP_ABOVE, TIGHTEN_ABOVE, ATTACH_ABOVE = 0.25, 0.75, 0.1, 0.5
WITHIN = 0.9  # of the values that were approved nevertheless, which a looser limit lets pass

EXCEPTION = "（有合理说明的可以例外）"
PROVEN = "，并附材料证明"
_APPROVED = DECISIONS[0]
_FIGURE = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_LIMIT = re.compile(r"(?P<left>.+?)\s*(?P<sign><=|>=|<|>)\s*(?P<bound>[0-9]+(?:\.[0-9]+)?)")
_CAME_UPON = re.compile(r" = (-?[0-9]+(?:\.[0-9]+)?)，要求 ")


class Suggestion(StrEnum):
    """What overruling suggests. ATTACH: ask for another attachment, since nothing shows whether the clause is met."""

    LOOSEN = "loosen"
    TIGHTEN = "tighten"
    DROP = "drop"
    ATTACH = "attach"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseOverrules:
    """How often people decided against what was found of one clause.

    Of the `failed` forms `approved_anyway` were approved, of the `passed` ones, which failed no other clause,
    `refused_anyway` refused. `unknown` are beside these. `values` are what a check came upon in forms that were
    approved though it failed.
    """

    clause: str
    failed: int
    approved_anyway: int
    passed: int
    refused_anyway: int
    unknown: int
    values: tuple[float, ...] = ()

    @property
    def decided(self) -> int:
        """The forms that met the clause, or did not."""
        return self.failed + self.passed

    @property
    def overruled(self) -> int:
        """Those of them that were decided otherwise."""
        return self.approved_anyway + self.refused_anyway

    @property
    def suggestion(self) -> Suggestion | None:
        """What these suggest, None where nothing, or where there are fewer than 30 decisions to tell it by."""
        if self.unknown >= MIN_DECISIONS and _at_least(self.unknown, self.decided + self.unknown) > ATTACH_ABOVE:
            return Suggestion.ATTACH
        if self.decided < MIN_DECISIONS:
            return None
        loose, tight = _at_least(self.approved_anyway, self.failed), _at_least(self.refused_anyway, self.passed)
        if loose > LOOSEN_ABOVE and self.approved_anyway >= self.refused_anyway:
            return Suggestion.DROP if loose > DROP_ABOVE else Suggestion.LOOSEN
        return Suggestion.TIGHTEN if tight > TIGHTEN_ABOVE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDraft:
    """A rule as a suggestion would have it: nothing is stored of it, and its checks are to be confirmed."""

    rule: str
    keynote: str
    file_key: tuple[str, ...]
    checks: tuple[Check, ...]


def count_overrules(decided: Iterable[tuple[str, Sequence[Finding]]]) -> list[ClauseOverrules]:
    """Each clause over (decision, findings) of forms; those with the most overruled first, those with too few last."""
    counts: dict[str, Counter[Outcome]] = {}
    values: dict[str, list[float]] = {}
    for decision, findings in decided:
        if decision not in DECISIONS:
            continue
        for clause, result in telling_results(findings):
            counts.setdefault(clause, Counter())[result, decision == _APPROVED] += 1
            if result is FindingResult.FAIL and decision == _APPROVED:
                values.setdefault(clause, []).extend(_values_of(clause, findings))
    found = [_count(clause, counted, values.get(clause, ())) for clause, counted in counts.items()]
    return sorted(found, key=lambda each: -each.overruled if each.decided >= MIN_DECISIONS else 0)


def draft_rule(rule: RuleText, found: ClauseOverrules, file_fields: Sequence[str]) -> RuleDraft | None:
    """The rule with what is suggested of one clause; None where nothing is, or the rule has no such clause.

    `file_fields` are the fields of the node's form that take files.
    """
    clauses = split_clauses(rule.rule)
    number = find_clause(found.clause, clauses)
    if not number or found.suggestion is None:
        return None
    draft = RuleDraft(rule=rule.rule, keynote=rule.keynote, file_key=rule.file_key, checks=rule.checks)
    others = tuple(field for field in file_fields if field not in rule.file_key)
    if found.suggestion is Suggestion.ATTACH and others:
        return replace(draft, file_key=(*rule.file_key, *others))
    words = _reword(clauses[number - 1], found, rule.checks)
    written = [*clauses[: number - 1], *([words] if words else []), *clauses[number:]]
    checks = tuple(_follow(check, clauses[number - 1], words) for check in rule.checks)
    return replace(draft, rule="\n".join(written), checks=tuple(check for check in checks if check))


def _count(clause: str, counts: Counter[Outcome], values: Sequence[float]) -> ClauseOverrules:
    met, refused = counts[FindingResult.PASS, True], counts[FindingResult.PASS, False]
    against, missed = counts[FindingResult.FAIL, True], counts[FindingResult.FAIL, False]
    return ClauseOverrules(
        clause=clause,
        failed=against + missed,
        approved_anyway=against,
        passed=met + refused,
        refused_anyway=refused,
        unknown=counts[FindingResult.UNKNOWN, True] + counts[FindingResult.UNKNOWN, False],
        values=tuple(values),
    )


def _values_of(clause: str, findings: Iterable[Finding]) -> list[float]:
    """What a check of the clause came upon: the number that its reason tells."""
    told = [
        _CAME_UPON.search(finding.reason)
        for finding in findings
        if finding.clause == clause and finding.origin is Origin.COMPUTED and finding.result is FindingResult.FAIL
    ]
    return [float(found[1]) for found in told if found]


def _reword(clause: str, found: ClauseOverrules, checks: Iterable[Check]) -> str:
    """The clause as it is suggested, empty where it is dropped."""
    if found.suggestion is Suggestion.DROP:
        return ""
    if found.suggestion is not Suggestion.LOOSEN:
        return f"{clause}{PROVEN}"
    limit = next((limit for check in checks if check.clause == clause and (limit := _limit_of(check))), None)
    bound = _looser(limit["sign"], found.values) if limit and found.values else ""
    if limit and bound and _FIGURE.findall(clause).count(limit["bound"]) == 1:
        return re.sub(rf"(?<![0-9.]){re.escape(limit['bound'])}(?![0-9.])", bound, clause)
    return f"{clause}{EXCEPTION}"


def _follow(check: Check, clause: str, words: str) -> Check | None:
    """A check after its clause was reworded: with the new limit where there is one, and unconfirmed; None: dropped."""
    if check.clause != clause:
        return check
    if not words:
        return None
    limit = _limit_of(check)
    figures = _FIGURE.findall(words)
    if limit and limit["bound"] not in figures and len(figures) == len(_FIGURE.findall(clause)):
        new = next((figure for figure in figures if figure not in _FIGURE.findall(clause)), limit["bound"])
        return Check(words, f"{limit['left']} {limit['sign']} {new}", confirmed=False, covers=check.covers)
    return replace(check, clause=words, confirmed=False)


def _limit_of(check: Check) -> re.Match[str] | None:
    """The check as a plain limit: something on the left, a number on the right."""
    return _LIMIT.fullmatch(check.expression.strip())


def _looser(sign: str, values: Sequence[float]) -> str:
    """A limit that nine in ten of the values meet."""
    ordered = sorted(values, reverse=sign.startswith(">"))
    bound = ordered[math.ceil(WITHIN * len(ordered)) - 1]
    return f"{bound:g}" if bound < 1e6 else f"{bound:.2f}".rstrip("0").rstrip(".")


def _at_least(share: int, of: int) -> float:
    return wilson_interval(share, of)[0] if of else 0.0
