"""From what a model said, and what code computed, to what is advised."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_analyze.answer import ReadAnswer
from ai_analyze.judge import NOT_COVERED, Judgement, judge, judge_without_answer
from taskbridge.ai.results import Evidence, Finding, FindingResult, Origin, Verdict
from tests.builders import calm

MONEY, REASON = "报销金额不超过 5000 元", "必须填写报销事由"
CLAUSES = (MONEY, REASON)


def a_finding(
    clause: str, result: str = "pass", *, verified: bool | None = True, quote: str = "见第二页", origin: str = "model"
) -> Finding:
    """`verified` None: without evidence."""
    evidence = () if verified is None else (Evidence(source="f", quote=quote, verified=verified),)
    return Finding(clause=clause, result=FindingResult(result), evidence=evidence, origin=Origin(origin))


def computed(clause: str, result: str) -> Finding:
    return a_finding(clause, result, verified=None, origin="computed")


def judged(
    verdict: str,
    *findings: Finding,
    checks: Sequence[Finding] = (),
    obstacles: Sequence[str] = (),
    clauses: Sequence[str] = CLAUSES,
    disagrees: bool = False,
) -> Judgement:
    answer = ReadAnswer(Verdict(verdict), "", findings, disagrees=disagrees)
    return judge(answer, clauses, checks, obstacles)


def test_an_approve_with_every_clause_shown_stands() -> None:
    judgement = judged("approve", a_finding(MONEY), a_finding(REASON))

    assert (judgement.verdict, judgement.downgraded) == (Verdict.APPROVE, None)


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (a_finding(REASON, verified=False), "未能核实：「必须填写报销事由」"),
        (a_finding(REASON, verified=None), "未能核实：「必须填写报销事由」"),
        (a_finding(REASON, "unknown"), "未能核实：「必须填写报销事由」"),
        (a_finding(REASON, "fail"), "模型认定不符合：「必须填写报销事由」"),
        (a_finding(REASON, "fail", verified=False), "未能核实：「必须填写报销事由」"),
        (a_finding("别的事情", verified=False), "未能核实：「别的事情」、「必须填写报销事由」"),
        (a_finding("别的事情", "unknown"), "未能核实：「别的事情」、「必须填写报销事由」"),
        (a_finding(REASON, quote="未填写"), "未能核实：「必须填写报销事由」"),
        (a_finding(REASON, quote="报销事由：未填写"), "未能核实：「必须填写报销事由」"),
    ],
)
def test_an_approve_with_a_clause_that_is_not_shown_goes_to_a_person(second: Finding, reason: str) -> None:
    judgement = judged("approve", a_finding(MONEY), second)

    assert (judgement.verdict, judgement.downgraded) == (Verdict.NEEDS_HUMAN, f"模型建议通过，但{reason}")


def test_an_approve_of_nothing_goes_to_a_person() -> None:
    assert judged("approve", clauses=()).verdict is Verdict.NEEDS_HUMAN


def test_a_finding_without_evidence_becomes_unknown_and_says_why() -> None:
    first, _ = judged("reject", a_finding(MONEY, "fail", verified=False), a_finding(REASON)).findings

    assert (first.result, first.reason) == (FindingResult.UNKNOWN, "（引文未能在材料中核实）")


def test_that_nothing_was_entered_shows_a_failure() -> None:
    judgement = judged("reject", a_finding(MONEY), a_finding(REASON, "fail", quote="未填写"))

    assert (judgement.verdict, judgement.downgraded) == (Verdict.REJECT, None)


@pytest.mark.parametrize(
    ("findings", "checks", "verdict"),
    [
        ([a_finding(MONEY, "fail")], [], "reject"),
        ([], [computed(MONEY, "fail")], "reject"),
        ([a_finding(MONEY, "fail", verified=False)], [], "needs_human"),
        ([a_finding(MONEY, "unknown")], [], "needs_human"),
        ([], [], "needs_human"),
        ([], [computed(MONEY, "unknown")], "needs_human"),
        ([a_finding(MONEY, "fail")], [computed(MONEY, "pass")], "needs_human"),
        ([a_finding(MONEY, "fail")], [computed(MONEY, "unknown")], "needs_human"),
    ],
)
def test_a_reject_needs_a_failure_that_is_shown_or_computed(
    findings: list[Finding], checks: list[Finding], verdict: str
) -> None:
    judgement = judged("reject", *findings, checks=checks)

    assert (judgement.verdict, judgement.downgraded is None) == (Verdict(verdict), verdict == "reject")


@pytest.mark.parametrize(
    ("result", "verdict"), [("pass", "approve"), ("fail", "needs_human"), ("unknown", "needs_human")]
)
@pytest.mark.parametrize("said", ["pass", "fail", "unknown"])
def test_what_was_computed_wins_over_what_the_model_says_of_the_same_clause(
    said: str, result: str, verdict: str
) -> None:
    judgement = judged("approve", a_finding(MONEY, said), a_finding(REASON), checks=[computed(MONEY, result)])

    assert judgement.verdict is Verdict(verdict)
    assert [(each.origin.value, each.result.value) for each in judgement.findings] == [
        ("computed", result),
        ("model", said),
        ("model", "pass"),
    ]


def test_a_computed_finding_covers_its_clause() -> None:
    assert judged("approve", a_finding(REASON), checks=[computed(MONEY, "pass")]).verdict is Verdict.APPROVE


def test_a_computed_failure_is_named() -> None:
    judgement = judged(
        "approve", a_finding(MONEY), a_finding(REASON), checks=[computed("发票合计等于报销金额", "fail")]
    )

    assert judgement.downgraded == "模型建议通过，但计算不符合：「发票合计等于报销金额」"


@pytest.mark.parametrize(
    "names",
    [
        (MONEY, REASON),
        (REASON, MONEY),
        ("1", "2"),
        ("第2条", "第1条"),
        ("1. 报销金额", "（2）事由"),
        ("1、报销金额不超过5000元。", "条款2：必须填写报销事由"),
        (f"{MONEY}；{REASON}", f"{MONEY}；{REASON}"),
        ("金额在限额以内", "事由写明了"),
    ],
)
def test_clauses_are_known_by_their_words_or_numbers_or_by_being_as_many(names: tuple[str, str]) -> None:
    judgement = judged("approve", *map(a_finding, names))

    assert (judgement.verdict, judgement.downgraded) == (Verdict.APPROVE, None)


def test_a_finding_is_shown_under_the_words_of_its_clause() -> None:
    judgement = judged("approve", a_finding("2"), a_finding("1、报销金额不超过5000元"))

    assert [finding.clause for finding in judgement.findings] == [REASON, MONEY]


@pytest.mark.parametrize("name", ["", "规则", "元", "全部符合", "3", "0", "1.5 万元以内"])
def test_one_finding_that_names_no_clause_covers_none(name: str) -> None:
    judgement = judged("approve", a_finding(name))

    assert judgement.verdict is Verdict.NEEDS_HUMAN
    assert [each.clause for each in judgement.findings if each.reason == NOT_COVERED] == list(CLAUSES)


def test_words_that_two_clauses_share_name_neither() -> None:
    clauses = ("报销金额不超过 5000 元", "报销金额与发票一致")

    judgement = judged("approve", a_finding("报销金额"), clauses=clauses)

    assert [each.clause for each in judgement.findings if each.reason == NOT_COVERED] == list(clauses)


def test_an_obstacle_stands_against_an_approve_and_against_nothing_else() -> None:
    findings = (a_finding(MONEY, "fail"), a_finding(REASON))

    approve = judged("approve", a_finding(MONEY), a_finding(REASON), obstacles=["附件「附件1.pdf」：扫描件"])
    reject = judged("reject", *findings, obstacles=["附件「附件1.pdf」：扫描件"])

    assert approve.downgraded == "模型建议通过，但附件「附件1.pdf」：扫描件"
    assert (reject.verdict, reject.downgraded) == (Verdict.REJECT, None)


def test_verdicts_that_disagree_go_to_a_person() -> None:
    judgement = judged("needs_human", a_finding(MONEY), a_finding(REASON), disagrees=True)

    assert (judgement.verdict, judgement.downgraded) == (Verdict.NEEDS_HUMAN, "模型给出了互相矛盾的结论")


def test_a_model_that_leaves_it_to_a_person_was_not_downgraded() -> None:
    judgement = judged("needs_human", a_finding(MONEY), a_finding(REASON))

    assert (judgement.verdict, judgement.downgraded) == (Verdict.NEEDS_HUMAN, None)


def test_without_an_answer_what_was_computed_stands() -> None:
    judgement = judge_without_answer(CLAUSES, [computed(MONEY, "fail")], "无法读取")

    assert (judgement.verdict, judgement.downgraded) == (Verdict.NEEDS_HUMAN, "无法读取")
    assert [(each.clause, each.result.value) for each in judgement.findings] == [(MONEY, "fail"), (REASON, "unknown")]


results = st.sampled_from(["pass", "fail", "unknown"])
some_findings = st.lists(
    st.builds(
        a_finding,
        st.sampled_from([MONEY, REASON, "1", "2", "", "别的", f"{MONEY}{REASON}"]),
        results,
        verified=st.sampled_from([True, False, None]),
        quote=st.sampled_from(["见第二页", "未填写"]),
    ),
    max_size=5,
)
some_checks = st.lists(st.builds(computed, st.sampled_from([MONEY, REASON, "合计相等"]), results), max_size=3)


@given(st.sampled_from(["approve", "reject", "needs_human"]), some_findings, some_checks, st.booleans())
@calm
def test_no_approve_without_evidence_and_no_reject_without_a_failure(
    said: str, findings: list[Finding], checks: list[Finding], blocked: bool
) -> None:
    judgement = judged(said, *findings, checks=checks, obstacles=["附件"] if blocked else [])

    if judgement.verdict is Verdict.APPROVE:
        assert (said, blocked) == ("approve", False)
        assert all(check.result is FindingResult.PASS for check in checks)
        decided = {check.clause for check in checks}
        rest = [each for each in judgement.findings if each.origin is Origin.MODEL and each.clause not in decided]
        assert all(each.result is FindingResult.PASS and any(e.verified for e in each.evidence) for each in rest)
    if judgement.verdict is Verdict.REJECT:
        assert said == "reject"
        assert any(each.result is FindingResult.FAIL for each in judgement.findings)
    assert (judgement.downgraded is not None) == (judgement.verdict.value != said)
