"""Where people decide against a clause: which way that points, and the draft it comes to."""

from __future__ import annotations

import pytest

from taskbridge.ai.overrules import ClauseOverrules, Suggestion, count_overrules, draft_rule
from taskbridge.ai.results import Finding, FindingResult, Origin
from taskbridge.ai.rules import Check, RuleText

LIMIT, INVOICE = "1. 金额不超过 5000 元", "2. 附发票原件"
RULE = RuleText(
    rule=f"{LIMIT}\n{INVOICE}", file_key=("invoices",), checks=(Check(LIMIT, "amount <= 5000", confirmed=True),)
)


def counted(clause: str = LIMIT, **counts: int) -> ClauseOverrules:
    zero = {"failed": 0, "approved_anyway": 0, "passed": 0, "refused_anyway": 0, "unknown": 0}
    return ClauseOverrules(clause=clause, **{**zero, **counts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "suggestion"),
    [
        (counted(failed=20, approved_anyway=12, passed=20), Suggestion.LOOSEN),
        (counted(failed=40, approved_anyway=39, passed=20), Suggestion.DROP),
        (counted(failed=5, passed=40, refused_anyway=12), Suggestion.TIGHTEN),
        (counted(failed=5, approved_anyway=0, passed=40, refused_anyway=1), None),
        (counted(failed=14, approved_anyway=14, passed=15), None),  # 29 are too few
        (counted(passed=10, unknown=60), Suggestion.ATTACH),
        (counted(passed=0, unknown=29), None),
        (counted(failed=20, approved_anyway=2, passed=20), None),  # may be chance
    ],
)
def test_the_direction_in_which_people_overrule_is_what_is_suggested(
    found: ClauseOverrules, suggestion: Suggestion | None
) -> None:
    assert found.suggestion is suggestion


def test_a_limit_is_loosened_to_what_nine_in_ten_were_approved_with() -> None:
    values = tuple(5000.0 + 100 * number for number in range(1, 11))
    found = ClauseOverrules(
        clause=LIMIT, failed=20, approved_anyway=12, passed=20, refused_anyway=0, unknown=0, values=values
    )

    draft = draft_rule(RULE, found, ())

    assert draft is not None
    assert draft.rule == f"1. 金额不超过 5900 元\n{INVOICE}"
    assert draft.checks == (Check("1. 金额不超过 5900 元", "amount <= 5900", confirmed=False),)


@pytest.mark.parametrize(
    ("found", "rule", "file_key", "checks"),
    [
        (counted(failed=20, approved_anyway=12, passed=20), f"{LIMIT}（有合理说明的可以例外）\n{INVOICE}", 1, 1),
        (counted(failed=40, approved_anyway=39, passed=20), INVOICE, 1, 0),
        (counted(INVOICE, passed=40, refused_anyway=12), f"{LIMIT}\n{INVOICE}，并附材料证明", 1, 1),
        (counted(INVOICE, passed=10, unknown=60), RULE.rule, 2, 1),
    ],
)
def test_a_draft_changes_one_clause_and_confirms_nothing(
    found: ClauseOverrules, rule: str, file_key: int, checks: int
) -> None:
    draft = draft_rule(RULE, found, ("invoices", "contract"))

    assert draft is not None
    assert (draft.rule, len(draft.file_key), len(draft.checks)) == (rule, file_key, checks)
    assert all(check in RULE.checks or not check.confirmed for check in draft.checks)


def test_of_a_clause_that_the_rule_has_no_longer_there_is_no_draft() -> None:
    assert draft_rule(RULE, counted("早已删去的条款", failed=40, approved_anyway=39, passed=20), ()) is None


def test_each_clause_is_counted_with_what_its_check_came_upon() -> None:
    def of(amount: int, result: FindingResult) -> tuple[Finding, ...]:
        reason = f"报销金额 = {amount}，要求 amount <= 5000"
        return (
            Finding(clause=LIMIT, result=result, reason=reason, origin=Origin.COMPUTED),
            Finding(clause=INVOICE, result=FindingResult.UNKNOWN),
        )

    found = count_overrules(
        [
            ("approved", of(5200, FindingResult.FAIL)),
            ("rejected", of(9000, FindingResult.FAIL)),
            ("returned", of(4800, FindingResult.PASS)),
            ("", of(4800, FindingResult.PASS)),
        ]
    )

    limit = next(each for each in found if each.clause == LIMIT)
    assert (limit.failed, limit.approved_anyway, limit.passed, limit.refused_anyway) == (2, 1, 1, 1)
    assert (limit.decided, limit.overruled, limit.values) == (3, 2, (5200.0,))
    assert next(each for each in found if each.clause == INVOICE).unknown == 3
