"""How often people decided as one clause of a rule would have had it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from taskbridge.ai.people import DECISIONS, MIN_DECISIONS, wilson_interval
from taskbridge.ai.results import Finding, FindingResult

_APPROVED = DECISIONS[0]
Outcome = tuple[FindingResult, bool]  # how the form stood to the clause, and whether it was approved


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseRates:
    """How the decisions stood to one clause. `low` and `high` bound the true rate with 95% (Wilson's interval).

    `decided` counts the forms that met it and failed no other clause, and those that did not meet it; `agreed` those of
    the former that were approved, and of the latter that were refused. `unknown` are beside these.
    """

    clause: str
    decided: int
    agreed: int
    rate: float
    low: float
    high: float
    false_passes: int
    false_failures: int
    unknown: int


def count_clauses(decided: Iterable[tuple[str, Sequence[Finding]]]) -> list[ClauseRates]:
    """The rates of each clause over (decision, findings) of forms. In order of their decisions, the most first.

    Clauses with fewer than 30 come last, as they came: their order tells nothing of how many there are.
    """
    outcomes: dict[str, Counter[Outcome]] = {}
    for decision, findings in decided:
        if decision in DECISIONS:
            for clause, result in telling_results(findings):
                outcomes.setdefault(clause, Counter())[result, decision == _APPROVED] += 1
    rates = [_rates(clause, counts) for clause, counts in outcomes.items()]
    return sorted(rates, key=lambda each: -each.decided if each.decided >= MIN_DECISIONS else 0)


def telling_results(findings: Sequence[Finding]) -> Iterator[tuple[str, FindingResult]]:
    """What was found of each clause, where a decision says something of it.

    A clause may have several findings (the model's, and a check's): the worst is that of the clause.
    """
    worst: dict[str, FindingResult] = {}
    for finding in findings:
        if finding.clause:
            worst[finding.clause] = max(worst.get(finding.clause, FindingResult.PASS), finding.result, key=_severity)
    failed = {clause for clause, result in worst.items() if result is FindingResult.FAIL}
    for clause, result in worst.items():
        if result is not FindingResult.PASS or not failed:
            yield clause, result


def _severity(result: FindingResult) -> int:
    return (FindingResult.PASS, FindingResult.UNKNOWN, FindingResult.FAIL).index(result)


def _rates(clause: str, counts: Counter[Outcome]) -> ClauseRates:
    met, refused = counts[FindingResult.PASS, True], counts[FindingResult.PASS, False]
    against, missed = counts[FindingResult.FAIL, True], counts[FindingResult.FAIL, False]
    agreed, decided = met + missed, met + refused + against + missed
    low, high = wilson_interval(agreed, decided) if decided else (0.0, 1.0)
    return ClauseRates(
        clause=clause,
        decided=decided,
        agreed=agreed,
        rate=agreed / decided if decided else 0.0,
        low=low,
        high=high,
        false_passes=refused,
        false_failures=against,
        unknown=counts[FindingResult.UNKNOWN, True] + counts[FindingResult.UNKNOWN, False],
    )
