"""Checks tried on past forms."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from taskbridge.ai.checks.trials import try_checks
from taskbridge.ai.rules import Check


def test_checks_are_tried_on_past_forms_whether_confirmed_or_not() -> None:
    # given
    past = [({"amount": Decimal(amount)}, date(2026, 11, 1)) for amount in (100, 200, 9000)]
    past.append(({}, date(2026, 11, 2)))

    # when
    limit, least = try_checks([Check("限额", "amount <= 5000"), Check("下限", "amount > 0", confirmed=True)], past)

    # then
    assert (limit.passed, limit.failed, limit.unknown) == (2, 1, 1)
    assert limit.reasons["fail"] == "amount = 9000，要求 amount <= 5000"
    assert (least.passed, least.failed, least.unknown) == (3, 0, 1)


def test_a_reason_names_the_field_as_people_do() -> None:
    (trial,) = try_checks(
        [Check("限额", "amount <= 5")], [({"amount": Decimal(9)}, date(2026, 11, 1))], {"amount": "金额"}
    )

    assert trial.reasons == {"fail": "金额 = 9，要求 amount <= 5"}


def test_a_check_tried_on_no_form_has_no_outcome() -> None:
    (trial,) = try_checks([Check("限额", "amount <= 5000")], [])

    assert (trial.passed, trial.failed, trial.unknown, trial.reasons) == (0, 0, 0, {})
