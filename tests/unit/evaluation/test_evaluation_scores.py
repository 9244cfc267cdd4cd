"""What answers are worth, and what people are shown of it."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from evaluation.golden import GoldenForm, read_golden_forms
from evaluation.report import build_tables, explain_differences
from evaluation.scores import Outcome, build_score, finding_of
from taskbridge.ai.results import Evidence, Finding, FindingResult, Origin, Review, Verdict
from taskbridge.usage import Usage

FORMS = {golden.name: golden for golden in read_golden_forms()}
TO_APPROVE = FORMS["leave-01-sick-two-days"]
TO_REJECT = FORMS["leave-02-five-days-too-long"]
TO_LEAVE = FORMS["leave-05-scanned-certificate"]


def review_of(golden: GoldenForm, verdict: Verdict, **changes: Any) -> Review:
    findings = tuple(
        Finding(
            clause=expected.clause,
            result=expected.result,
            evidence=tuple(Evidence(source=each.source, quote=each.quote, verified=True) for each in expected.evidence),
        )
        for expected in golden.expected.findings
    )
    usage = Usage(input_tokens=1200, output_tokens=300, cost=0.5)
    return Review(**{"verdict": verdict, "findings": findings, "usage": usage, **changes})


def outcome(golden: GoldenForm, verdict: Verdict, **changes: Any) -> Outcome:
    return Outcome(golden, review_of(golden, verdict, **changes), seconds=2.0)


def shown(outcomes: list[Outcome]) -> str:
    console = Console(width=80)
    with console.capture() as capture:
        console.print(*build_tables(outcomes, "careful"))
    return capture.get()


@pytest.mark.parametrize(
    ("golden", "verdict", "counted"),
    [
        (TO_APPROVE, Verdict.APPROVE, "right"),
        (TO_REJECT, Verdict.APPROVE, "false_approvals"),
        (TO_LEAVE, Verdict.APPROVE, "false_approvals"),
        (TO_APPROVE, Verdict.REJECT, "false_rejections"),
        (TO_LEAVE, Verdict.REJECT, "false_rejections"),
        (TO_APPROVE, Verdict.NEEDS_HUMAN, "abstentions"),
        (TO_REJECT, Verdict.NEEDS_HUMAN, "abstentions"),
        (TO_LEAVE, Verdict.NEEDS_HUMAN, "right"),
    ],
)
def test_a_verdict_counts_as_one_thing(golden: GoldenForm, verdict: Verdict, counted: str) -> None:
    score = build_score([outcome(golden, verdict)])

    counts = {
        name: getattr(score, name) for name in ("right", "abstentions", "false_approvals", "false_rejections", "failed")
    }
    assert counts == {**dict.fromkeys(counts, 0), counted: 1}


def test_no_answer_is_not_right_and_nothing_else() -> None:
    score = build_score([Outcome(TO_LEAVE, None, "HTTP 502")])

    assert (score.forms, score.failed, score.right, score.abstentions) == (1, 1, 0, 0)
    assert (score.findings, score.findings_right) == (3, 0)


def test_scores_add_findings_evidence_tokens_and_cost() -> None:
    score = build_score([outcome(TO_APPROVE, Verdict.APPROVE), outcome(TO_REJECT, Verdict.REJECT)])

    assert (score.findings, score.findings_right) == (7, 7)
    assert (score.evidence, score.evidence_valid) == (8, 8)
    assert score.usage == Usage(input_tokens=2400, output_tokens=600, cost=1.0)


def test_only_what_the_model_quoted_counts_as_its_evidence() -> None:
    # given
    quotes = (Evidence(source="leave", quote="共 2 天", verified=True), Evidence(source="leave", quote="共 20 天"))
    said = Finding(clause="单次请假不超过3天", result=FindingResult.PASS, evidence=quotes)
    computed = Finding(
        clause="单次请假不超过3天", result=FindingResult.PASS, origin=Origin.COMPUTED, evidence=quotes[:1]
    )

    # when
    score = build_score([outcome(TO_APPROVE, Verdict.NEEDS_HUMAN, findings=(said, computed))])

    # then
    assert (score.evidence, score.evidence_valid) == (2, 1)


def test_a_computed_finding_counts_before_what_the_model_said() -> None:
    said = Finding(clause="单次请假不超过3天", result=FindingResult.PASS)
    computed = Finding(clause="1. 单次请假不超过3天。", result=FindingResult.FAIL, origin=Origin.COMPUTED)

    assert finding_of("单次请假不超过3天", [said, computed]) is FindingResult.FAIL
    assert finding_of("单次请假不超过3天", [said]) is FindingResult.PASS
    assert finding_of("单次请假不超过30天", [said]) is None


def test_of_two_findings_on_one_clause_the_more_careful_one_counts() -> None:
    both = [Finding(clause="须写明请假事由", result=result) for result in (FindingResult.PASS, FindingResult.UNKNOWN)]

    assert finding_of("须写明请假事由", both) is FindingResult.UNKNOWN


def test_the_tables_have_a_row_for_each_kind_that_was_asked_about_one_for_hostile_ones_and_one_for_all() -> None:
    # given
    hostile = FORMS["expense-06-orders-in-a-cell"]

    # when
    text = shown([outcome(TO_APPROVE, Verdict.APPROVE), outcome(hostile, Verdict.APPROVE)])

    # then
    rows = [line for line in text.splitlines() if " of " in line]
    assert [row.split()[0] for row in rows] == ["leave", "expense", "hostile", "all"] * 2
    assert rows[3].split() == ["all", "2", "50%", "of", "2", "0", "1", "0", "0"]
    assert rows[7].split()[7:] == ["2,400", "600", "1.0000", "2.0"]
    assert "procurement" not in text
    assert "…" not in text


def test_differences_name_the_worst_first_and_say_what_differs() -> None:
    # given
    wrong = Finding(clause="事假单次不超过3天", result=FindingResult.PASS)
    outcomes = [
        outcome(TO_APPROVE, Verdict.NEEDS_HUMAN, downgraded="引文未能核实"),
        Outcome(TO_LEAVE, None, "HTTP 502"),
        outcome(TO_REJECT, Verdict.APPROVE, findings=(wrong,)),
        outcome(TO_REJECT, Verdict.REJECT),
    ]

    # when
    lines = explain_differences(outcomes)

    # then
    assert [line.split(":")[0] for line in lines] == [TO_REJECT.name, TO_LEAVE.name, TO_APPROVE.name]
    assert "FALSE APPROVAL" in lines[0]
    assert "「事假单次不超过3天」 pass, not fail" in lines[0]
    assert "「须写明请假事由」 not found, not pass" in lines[0]
    assert "HTTP 502" in lines[1]
    assert lines[2].endswith("引文未能核实")
