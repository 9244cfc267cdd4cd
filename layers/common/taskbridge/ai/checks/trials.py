"""Checks tried on past forms, before anybody confirms them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from taskbridge.ai.checks import evaluate_checks
from taskbridge.ai.jobs import ProposedCheck
from taskbridge.ai.results import Finding, FindingResult
from taskbridge.ai.rules import Check

REASON_CHARS = 500


def try_checks(
    checks: Sequence[Check],
    past_values: Sequence[tuple[Mapping[str, object], date]],
    labels: Mapping[str, str] | None = None,
) -> tuple[ProposedCheck, ...]:
    """What each check, confirmed or not, says of past forms: their typed values, and the days of their receipt.

    `labels` name the fields in the reasons.
    """
    supposed = [replace(check, confirmed=True) for check in checks]
    findings = [evaluate_checks(supposed, values, received_on, labels) for values, received_on in past_values]
    return tuple(_build_trial(check, [each[place] for each in findings]) for place, check in enumerate(checks))


def _build_trial(check: Check, findings: Sequence[Finding]) -> ProposedCheck:
    counts = Counter(finding.result for finding in findings)
    reasons: dict[str, str] = {}
    for finding in findings:
        reasons.setdefault(finding.result.value, finding.reason[:REASON_CHARS])
    return ProposedCheck(
        clause=check.clause,
        expression=check.expression,
        passed=counts[FindingResult.PASS],
        failed=counts[FindingResult.FAIL],
        unknown=counts[FindingResult.UNKNOWN],
        reasons=reasons,
    )
