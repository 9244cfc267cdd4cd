"""Problems in the format of public sets, written here: what code decides alone, and what it leaves to a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.command_line import main
from evaluation.errors import EvaluationError
from evaluation.golden import GoldenForm, build_material
from evaluation.public_sets.reading import decide_alone, read_public_set
from taskbridge.ai.checks import evaluate_checks
from taskbridge.ai.clauses import split_clauses
from taskbridge.ai.results import FindingResult, Verdict

FEES = "\ufeff,Main Cabin,Business\nU.S.,40,0\nJapan,0,0\n"
PAYER = {
    "filing_status": "single",
    "age": 70,
    "spouse_age": 30,
    "blind": False,
    "spouse_blind": False,
    "itemized": False,
    "self_employed": False,
    "qualified_business_income": 100.0,
    "wage_tip_compensation": 30000.0,
    "household_employee_wage": 500.0,
    "unreported_tip": 20.0,
    "taxable_interest": 1.0,
    "ordinary_dividends": 2.0,
    "taxable_ira_distributions": 3.0,
    "taxable_pensions": 4.0,
    "taxable_social_security_benefits": 5.0,
    "taxable_state_refunds": 6.0,
    "alimony_income": 7.0,
    "sale_of_business": 8.0,
    "rental_real_estate_sch1": -9.0,
    "farm_income": 0.0,
    "unemployment_compensation": 10.0,
    "other_income": 11.0,
    "educator_expenses": 12.0,
    "hsa_deduction": 13.0,
    "ira_deduction": 14.0,
    "student_loan_interest_deduction": 15.0,
    "other_adjustments": 16.0,
}


def passenger(region: str, cabin: str) -> dict[str, Any]:
    bags = [([20, 12, 8], 10), ([40, 20, 16], 75), ([30, 20, 14], 52)]
    listed = [
        {"id": place, "name": "backpack", "size": size, "weight": pounds} for place, (size, pounds) in enumerate(bags)
    ]
    info = {"base_price": 300, "customer_class": cabin, "routine": region, "direction": 0, "bag_list": listed}
    return {"prompt": "", "info": info}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds a problem of each set."""
    airline, tax, nba = tmp_path / "airline", tmp_path / "tax", tmp_path / "nba"
    for bag in range(1, 5):
        (airline / "fee_tables" / f"bag_{bag}").mkdir(parents=True)
        for direction in (0, 1):
            (airline / "fee_tables" / f"bag_{bag}" / f"{direction}.csv").write_text(FEES)
    (airline / "synthesized_problems").mkdir()
    lines = [
        passenger(region, cabin) for region in ("Japan", "U.S.") for cabin in ("Main Cabin", "Business", "Business")
    ]
    (airline / "synthesized_problems" / "comp_0.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (tax / "synthesized_problems").mkdir(parents=True)
    payers = [{"pydantic": {**PAYER, "age": age}} for age in (70, 30, 70, 30, 70)]
    (tax / "synthesized_problems" / "comp_0.json").write_text(
        json.dumps([*payers, {"pydantic": {**PAYER, "itemized": True}}])
    )
    (nba / "annotated_problems").mkdir(parents=True)
    (nba / "reference_rules.txt").write_text("No team signs more than it may.")
    told = {"team_situations": ["Team A has room."], "player_situations": ["Player A is free."]}
    operations = [{**told, "operations": ["A. Team A signs Player A."], "answer": answer} for answer in (True, False)]
    (nba / "annotated_problems" / "comp_0.json").write_text(json.dumps(operations))
    cases = tmp_path / "cases" / "train_val_test"
    cases.mkdir(parents=True)
    (cases / "test_real_cases_hipaa_compliance.csv").write_text(
        "refer_regulation,generate_HIPAA_type,generate_background,generate_characteristics\n"
        "\"['164.502']\",Forbid,A clinic tells a paper.,\"{'Sender': 'Clinic', 'Consented By': None}\"\n"
        "\"['164.502']\",Permit,A clinic tells the patient.,not to be read\n"
    )
    return tmp_path


def of(folder: Path, kind: str) -> list[GoldenForm]:
    return [golden for golden in read_public_set(folder) if golden.kind == kind]


def test_every_clause_has_its_finding_and_every_check_comes_to_it(folder: Path) -> None:
    for golden in read_public_set(folder):
        assert len(split_clauses(golden.rule)) == len(golden.expected.findings), golden.name
        expected = {finding.clause: finding.result for finding in golden.expected.findings}
        for found in evaluate_checks(golden.checks, build_material(golden).values, golden.received_on):
            assert found.result is expected[found.clause], (golden.name, found.reason)


def test_bag_fees_are_decided_by_code_but_for_the_table_of_the_region(folder: Path) -> None:
    forms = of(folder, "rulearena airline")

    assert len(forms) == 12
    for golden in forms:
        on_the_table = golden.expected.findings[-1].result is FindingResult.FAIL
        is_wrong = golden.name.endswith("wrong")
        assert decide_alone(golden) is (Verdict.REJECT if is_wrong and not on_the_table else None), golden.name


def test_the_lines_of_a_return_are_decided_by_code_alone(folder: Path) -> None:
    forms = of(folder, "rulearena tax")

    assert len(forms) == 10
    assert all(decide_alone(golden) is golden.expected.verdict for golden in forms)


@pytest.mark.parametrize("kind", ["rulearena nba", "goldcoin"])
def test_what_is_told_in_prose_is_left_to_a_model(folder: Path, kind: str) -> None:
    forms = of(folder, kind)

    assert [golden.expected.verdict for golden in forms] == [Verdict.REJECT, Verdict.APPROVE]
    assert [decide_alone(golden) for golden in forms] == [None, None]


def test_the_command_names_what_code_decides_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checks", "--data", str(folder)]) == 0

    shown = capsys.readouterr().out
    assert "| rulearena tax | 10 | 10 | 0 | 0 | 60 of 60 | 0 of 60 |" in shown
    assert "| goldcoin | 2 | 0 | 0 | 2 | 0 of 2 | 2 of 2 |" in shown


def test_a_folder_that_holds_no_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="expected a checkout"):
        read_public_set(tmp_path)


def test_a_set_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "nba" / "annotated_problems" / "comp_0.json").write_text('[{"answer": true}]')

    with pytest.raises(EvaluationError, match="KeyError"):
        read_public_set(folder)
