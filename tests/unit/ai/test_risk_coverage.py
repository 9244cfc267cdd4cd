"""How much is decided against how much of it is wrong, by what an advice rests on."""

from __future__ import annotations

import pytest

from taskbridge.ai.results import Evidence, Finding, FindingResult, Origin, Verdict
from taskbridge.ai.risk_coverage import Advised, Assurance, assurance_of, build_curve

QUOTED = (Evidence(source="days", quote="3 天", verified=True),)
UNFOUND = (Evidence(source="days", quote="4 天"),)


def advised(verdict: Verdict, assurance: Assurance, *, is_right: bool = True, times: int = 1) -> list[Advised]:
    return [Advised(verdict, assurance, is_right)] * times


def met(number: int, *evidence: Evidence) -> Finding:
    return Finding(clause=f"第{number}条", number=number, result=FindingResult.PASS, evidence=evidence)


def computed(number: int, result: FindingResult = FindingResult.PASS, *, covers: bool = False) -> Finding:
    return Finding(clause=f"第{number}条", number=number, result=result, origin=Origin.COMPUTED, covers=covers)


def failed(number: int, *evidence: Evidence) -> Finding:
    return Finding(clause=f"第{number}条", number=number, result=FindingResult.FAIL, evidence=evidence)


# -- the curve


def test_each_point_takes_in_what_rests_on_no_less_and_covers_more() -> None:
    # given
    forms = [
        *advised(Verdict.APPROVE, Assurance.COMPUTED, times=2),
        *advised(Verdict.REJECT, Assurance.QUOTED, times=2),
        *advised(Verdict.REJECT, Assurance.QUOTED, is_right=False),
        *advised(Verdict.APPROVE, Assurance.SAID, is_right=False, times=2),
        *advised(Verdict.NEEDS_HUMAN, Assurance.SAID, times=3),
    ]

    # when
    curve = build_curve(forms)

    # then
    assert curve.forms == 10
    assert [
        (point.assurance, point.coverage, point.decided, point.wrong, point.wrong_approvals) for point in curve.points
    ] == [
        (Assurance.COMPUTED, 0.2, 2, 0, 0),
        (Assurance.QUOTED, 0.5, 5, 1, 0),
        (Assurance.SAID, 0.7, 7, 3, 2),
    ]
    assert curve.points[1].risk == pytest.approx(0.2)
    assert curve.points[1].low < 0.2 < curve.points[1].high


def test_the_point_without_a_wrong_approve_is_the_one_that_covers_most() -> None:
    forms = [
        *advised(Verdict.APPROVE, Assurance.COMPUTED),
        *advised(Verdict.REJECT, Assurance.CHECKED, is_right=False),
        *advised(Verdict.APPROVE, Assurance.QUOTED, is_right=False),
    ]

    point = build_curve(forms).without_wrong_approval

    assert point is not None
    assert point.assurance is Assurance.CHECKED


def test_where_the_surest_approve_is_wrong_there_is_no_such_point() -> None:
    assert build_curve(advised(Verdict.APPROVE, Assurance.COMPUTED, is_right=False)).without_wrong_approval is None


def test_few_approves_without_a_mistake_promise_little() -> None:
    few, many = (build_curve(advised(Verdict.APPROVE, Assurance.QUOTED, times=times)).points[0] for times in (3, 300))

    assert few.wrong_approvals == many.wrong_approvals == 0
    assert few.wrong_approvals_high > 0.5
    assert many.wrong_approvals_high < 0.02


def test_where_nothing_was_decided_there_are_no_points() -> None:
    curve = build_curve(advised(Verdict.NEEDS_HUMAN, Assurance.SAID, times=4))

    assert (curve.forms, curve.points, curve.without_wrong_approval) == (4, (), None)
    assert build_curve([]).points == ()


# -- what an advice rests on


@pytest.mark.parametrize(
    ("findings", "assurance"),
    [
        ([computed(1, covers=True)], Assurance.COMPUTED),
        ([computed(1, covers=True), met(1, *UNFOUND)], Assurance.COMPUTED),
        ([computed(1), met(1, *QUOTED)], Assurance.CHECKED),
        ([computed(1)], Assurance.SAID),
        ([met(1, *QUOTED)], Assurance.QUOTED),
        ([met(1, *UNFOUND)], Assurance.SAID),
        ([computed(1, covers=True), met(2, *QUOTED)], Assurance.QUOTED),
        ([computed(1, covers=True), met(2)], Assurance.SAID),
        ([], Assurance.SAID),
    ],
)
def test_an_approve_rests_on_its_weakest_clause(findings: list[Finding], assurance: Assurance) -> None:
    assert assurance_of(Verdict.APPROVE, findings) is assurance


@pytest.mark.parametrize(
    ("findings", "assurance"),
    [
        ([computed(1, FindingResult.FAIL), failed(2, *QUOTED)], Assurance.COMPUTED),
        ([failed(1, *UNFOUND), failed(2, *QUOTED)], Assurance.QUOTED),
        ([failed(1, *UNFOUND), computed(2, covers=True)], Assurance.SAID),
        ([], Assurance.SAID),
    ],
)
def test_a_reject_rests_on_its_strongest_failure(findings: list[Finding], assurance: Assurance) -> None:
    assert assurance_of(Verdict.REJECT, findings) is assurance


def test_findings_of_no_clause_stand_for_themselves() -> None:
    said = [Finding(clause="别的要求", number=None, result=FindingResult.PASS), computed(1, covers=True)]

    assert assurance_of(Verdict.APPROVE, said) is Assurance.SAID


def test_what_is_left_to_a_person_rests_on_nothing() -> None:
    assert assurance_of(Verdict.NEEDS_HUMAN, [computed(1, covers=True)]) is Assurance.SAID
