"""RuleArena's tax problems as returns whose lines are to add up: sums, the standard deduction, taxable income.

Twice each: with the lines right, and with one of them wrong. The tax itself (tables, worksheets, credits) is no line
here: the set's own program computes it in some 300 lines, which are no check that a person could confirm.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evaluation.golden import GoldenForm
from evaluation.public_sets.forms import Clause, build_form

KIND = "rulearena tax"
_WAGES = ("wage_tip_compensation", "household_employee_wage", "unreported_tip")
_INCOME = (
    *("taxable_interest", "ordinary_dividends", "taxable_ira_distributions", "taxable_pensions"),
    *("taxable_social_security_benefits", "taxable_state_refunds", "alimony_income", "sale_of_business"),
    *("rental_real_estate_sch1", "farm_income", "unemployment_compensation", "other_income"),
)
_ADJUSTMENTS = (
    *("educator_expenses", "hsa_deduction", "ira_deduction", "student_loan_interest_deduction", "other_adjustments"),
)
# Standard deduction of 2023: the amount for nobody old or blind, and for each of these more.
_DEDUCTIONS = {
    "single": (13850, 1850),
    "married filing jointly": (27700, 1500),
    "head of household": (20800, 1850),
    "married filing separately": (13850, 1500),
    "qualifying surviving spouse": (27700, 1500),
}
_BOXES = (
    "((age >= 65 ? 1 : 0) + (blind == 1 ? 1 : 0) + "
    '(filing_status == "married filing jointly" ? (spouse_age >= 65 ? 1 : 0) + (spouse_blind == 1 ? 1 : 0) : 0))'
)
_DEDUCTION_CHECK = (
    'standard_deduction == (filing_status in ["single", "married filing separately"] ? 13850 : '
    f'(filing_status == "head of household" ? 20800 : 27700)) + '
    f'(filing_status in ["single", "head of household"] ? 1850 : 1500) * {_BOXES}'
)
_TAXABLE_CHECK = (
    "taxable_income == (adjusted_gross_income > standard_deduction + qualified_business_income ? "
    "adjusted_gross_income - standard_deduction - qualified_business_income : 0)"
)
_WRONG = ("wages", "income", "adjustments", "deduction", "taxable")


def read_tax(folder: Path) -> Iterator[GoldenForm]:
    """Two forms for each problem that has a standard deduction and no business of its own.

    Raises OSError and ValueError, and KeyError where a problem lacks a line.
    """
    for path in sorted((folder / "tax" / "synthesized_problems").glob("*.json")):
        for number, problem in enumerate(json.loads(path.read_text(encoding="utf-8"))):
            payer = problem["pydantic"]
            if payer["itemized"] or payer["self_employed"]:
                continue
            name = f"tax-{path.stem}-{number:03}"
            yield _build(f"{name}-right", payer, "")
            yield _build(f"{name}-wrong", payer, _WRONG[number % len(_WRONG)])


def _build(name: str, payer: Mapping[str, Any], wrong: str) -> GoldenForm:
    given = {key: payer[key] for key in (*_WAGES, *_INCOME, *_ADJUSTMENTS, "qualified_business_income")}
    wages = sum(payer[key] for key in _WAGES) + 100 * (wrong == "wages")
    income = wages + sum(payer[key] for key in _INCOME) + 1000 * (wrong == "income")
    adjustments = sum(payer[key] for key in _ADJUSTMENTS) + 10 * (wrong == "adjustments")
    gross = income - adjustments
    deduction = _standard_deduction(payer) + 1500 * (wrong == "deduction")
    taxable = max(gross - deduction - payer["qualified_business_income"], 0) + 250 * (wrong == "taxable")
    fields = {
        "filing_status": payer["filing_status"],
        "age": payer["age"],
        "spouse_age": payer["spouse_age"],
        "blind": int(payer["blind"]),
        "spouse_blind": int(payer["spouse_blind"]),
        **given,
        "wages": wages,
        "total_income": income,
        "total_adjustments": adjustments,
        "adjusted_gross_income": gross,
        "standard_deduction": deduction,
        "taxable_income": taxable,
    }
    return build_form(name, KIND, f"A return, {wrong or 'nothing'} wrong.", fields, _clauses(wrong))


def _clauses(wrong: str) -> tuple[Clause, ...]:
    return (
        Clause(
            "Wages are those from employers, from households and unreported tips together",
            wrong != "wages",
            "wages",
            f"wages == {' + '.join(_WAGES)}",
        ),
        Clause(
            "Total income is wages, interest, dividends, taxable pensions and benefits, and additional income together",
            wrong != "income",
            "total_income",
            f"total_income == wages + {' + '.join(_INCOME)}",
        ),
        Clause(
            "Adjustments are those for educators, health savings, retirement, student loans and others together",
            wrong != "adjustments",
            "total_adjustments",
            f"total_adjustments == {' + '.join(_ADJUSTMENTS)}",
        ),
        Clause(
            "Adjusted gross income is total income less adjustments",
            True,
            "adjusted_gross_income",
            "adjusted_gross_income == total_income - total_adjustments",
        ),
        Clause(
            "The standard deduction is that of the filing status, with an amount for each who is 65 or older, or blind",
            wrong != "deduction",
            "standard_deduction",
            _DEDUCTION_CHECK,
        ),
        Clause(
            "Taxable income is adjusted gross income less both deductions, for business income too, and not below 0",
            wrong != "taxable",
            "taxable_income",
            _TAXABLE_CHECK,
        ),
    )


def _standard_deduction(payer: Mapping[str, Any]) -> int:
    least, more = _DEDUCTIONS[payer["filing_status"]]
    boxes: int = (payer["age"] >= 65) + bool(payer["blind"])
    if payer["filing_status"] == "married filing jointly":
        boxes += (payer["spouse_age"] >= 65) + bool(payer["spouse_blind"])
    return least + more * boxes
