"""How often people decided as a clause would have had it."""

from __future__ import annotations

import pytest

from taskbridge.ai.clause_agreement import count_clauses
from taskbridge.ai.results import Finding, FindingResult, Origin

PASS, FAIL, UNKNOWN = FindingResult.PASS, FindingResult.FAIL, FindingResult.UNKNOWN


def found(**results: FindingResult) -> tuple[Finding, ...]:
    return tuple(Finding(clause=clause, result=result) for clause, result in results.items())


def test_a_clause_that_is_met_agrees_with_an_approval_and_one_that_is_not_with_a_refusal() -> None:
    (rates,) = count_clauses(
        [
            ("approved", found(limit=PASS)),
            ("approved", found(limit=PASS)),
            ("rejected", found(limit=PASS)),
            ("returned", found(limit=FAIL)),
            ("approved", found(limit=FAIL)),
            ("approved", found(limit=UNKNOWN)),
            ("", found(limit=PASS)),
        ]
    )

    assert (rates.decided, rates.agreed, rates.unknown) == (5, 3, 1)
    assert (rates.false_passes, rates.false_failures) == (1, 1)
    assert rates.rate == pytest.approx(0.6)
    assert rates.low < rates.rate < rates.high


def test_a_refusal_says_nothing_of_a_clause_that_was_met_beside_one_that_was_not() -> None:
    rates = {each.clause: each for each in count_clauses([("rejected", found(limit=FAIL, invoice=PASS))])}

    assert "invoice" not in rates
    assert rates["limit"].agreed == 1


def test_of_several_findings_of_a_clause_the_worst_counts() -> None:
    computed = Finding(clause="limit", result=FAIL, origin=Origin.COMPUTED)

    (rates,) = count_clauses([("rejected", (*found(limit=PASS), computed))])

    assert (rates.decided, rates.agreed) == (1, 1)


def test_the_order_tells_nothing_of_clauses_with_too_few_decisions() -> None:
    few = [("approved", found(once=PASS))] + [("approved", found(often=PASS))] * 29
    many = [("approved", found(always=PASS))] * 30

    assert [each.clause for each in count_clauses([*few, *many])] == ["always", "once", "often"]


def test_a_clause_that_nobody_could_tell_has_no_rate() -> None:
    (rates,) = count_clauses([("approved", found(limit=UNKNOWN))])

    assert (rates.decided, rates.unknown, rates.low, rates.high) == (0, 1, 0.0, 1.0)
