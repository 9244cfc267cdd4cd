"""From what a model said, and what code computed, to what is advised."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_analyze.answer import ReadAnswer
from ai_analyze.evidence import Proof
from ai_analyze.judge import NOT_COVERED, SHARED, SILENT, TOO_FEW, TWICE, Judgement, Shown, judge, judge_without_answer
from taskbridge.ai.results import Evidence, Finding, FindingResult, Origin, Verdict
from tests.builders import calm

MONEY, REASON = "报销金额不超过 5000 元", "必须填写报销事由"
CLAUSES = (MONEY, REASON)


def a_finding(clause: str, result: str = "pass", *proofs: Proof, number: int = 0) -> Shown:
    """A finding of the model; without proofs, with one of its own that speaks."""
    own = proofs or (a_proof(f"关于{clause}的内容"),)
    evidence = tuple(proof.evidence for proof in own)
    return Shown(Finding(clause=clause, result=FindingResult(result), number=number, evidence=evidence), own)


def bare(clause: str, result: str = "pass") -> Shown:
    """A finding without evidence."""
    return Shown(Finding(clause=clause, result=FindingResult(result)))


def a_proof(text: str, *, found: bool = True, speaks: bool = True, source: str = "f", label: str = "字段") -> Proof:
    return Proof(Evidence(source=source, quote=text, verified=found), text, label, found and speaks)


INVENTED = a_proof("编造的引文", found=False)
EMPTY = a_proof("未填写", speaks=False)


def computed(clause: str, result: str, *, covers: bool = False) -> Finding:
    return Finding(clause=clause, result=FindingResult(result), origin=Origin.COMPUTED, covers=covers)


def judged(
    verdict: str,
    *shown: Shown,
    checks: Sequence[Finding] = (),
    obstacles: Sequence[str] = (),
    clauses: Sequence[str] = CLAUSES,
    disagrees: bool = False,
) -> Judgement:
    answer = ReadAnswer(Verdict(verdict), "", tuple(each.finding for each in shown), disagrees=disagrees)
    return judge(answer, shown, clauses, checks, obstacles)


def test_an_approve_with_every_clause_shown_stands() -> None:
    judgement = judged("approve", a_finding(MONEY), a_finding(REASON))

    assert (judgement.verdict, judgement.downgraded) == (Verdict.APPROVE, None)


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (a_finding(REASON, "pass", INVENTED), "未能核实：「必须填写报销事由」"),
        (bare(REASON), "未能核实：「必须填写报销事由」"),
        (a_finding(REASON, "unknown"), "未能核实：「必须填写报销事由」"),
        (a_finding(REASON, "fail"), "模型认定不符合：「必须填写报销事由」"),
        (a_finding(REASON, "fail", INVENTED), "未能核实：「必须填写报销事由」"),
        (a_finding("别的事情", "pass", INVENTED), "未能核实：「别的事情」、「必须填写报销事由」"),
        (a_finding("别的事情", "unknown"), "未能核实：「别的事情」、「必须填写报销事由」"),
        (a_finding(REASON, "pass", EMPTY), "未能核实：「必须填写报销事由」"),
        (a_finding(REASON, "pass", a_proof("出差"), INVENTED), "未能核实：「必须填写报销事由」"),
    ],
)
def test_an_approve_with_a_clause_that_is_not_shown_goes_to_a_person(second: Shown, reason: str) -> None:
    judgement = judged("approve", a_finding(MONEY), second)

    assert (judgement.verdict, judgement.downgraded) == (Verdict.NEEDS_HUMAN, f"模型建议通过，但{reason}")


def test_an_approve_of_nothing_goes_to_a_person() -> None:
    assert judged("approve", clauses=()).verdict is Verdict.NEEDS_HUMAN


def test_a_finding_without_evidence_becomes_unknown_and_says_why() -> None:
    first, _ = judged("reject", a_finding(MONEY, "fail", INVENTED), a_finding(REASON)).findings

    assert (first.result, first.reason) == (FindingResult.UNKNOWN, "（引文未能在材料中核实）")


def test_that_nothing_was_entered_shows_a_failure() -> None:
    judgement = judged("reject", a_finding(MONEY), a_finding(REASON, "fail", EMPTY))

    assert (judgement.verdict, judgement.downgraded) == (Verdict.REJECT, None)


@pytest.mark.parametrize(
    ("findings", "checks", "verdict"),
    [
        ([a_finding(MONEY, "fail")], [], "reject"),
        ([], [computed(MONEY, "fail")], "reject"),
        ([a_finding(MONEY, "fail", INVENTED)], [], "needs_human"),
        ([a_finding(MONEY, "unknown")], [], "needs_human"),
        ([], [], "needs_human"),
        ([], [computed(MONEY, "unknown")], "needs_human"),
        ([a_finding(MONEY, "fail")], [computed(MONEY, "pass", covers=True)], "needs_human"),
        ([a_finding(MONEY, "fail")], [computed(MONEY, "pass")], "reject"),
        ([a_finding(MONEY, "fail")], [computed(MONEY, "unknown", covers=True)], "needs_human"),
    ],
)
def test_a_reject_needs_a_failure_that_is_shown_or_computed(
    findings: list[Shown], checks: list[Finding], verdict: str
) -> None:
    judgement = judged("reject", *findings, checks=checks)

    assert (judgement.verdict, judgement.downgraded is None) == (Verdict(verdict), verdict == "reject")


@pytest.mark.parametrize("said", ["pass", "unknown"])
@pytest.mark.parametrize(
    ("result", "verdict"), [("pass", "approve"), ("fail", "needs_human"), ("unknown", "needs_human")]
)
def test_a_check_that_covers_its_clause_wins_over_what_the_model_says_of_it(
    said: str, result: str, verdict: str
) -> None:
    judgement = judged(
        "approve", a_finding(MONEY, said), a_finding(REASON), checks=[computed(MONEY, result, covers=True)]
    )

    assert judgement.verdict is Verdict(verdict)
    assert [(each.origin.value, each.result.value, each.number) for each in judgement.findings] == [
        ("computed", result, 1),
        ("model", said, 1),
        ("model", "pass", 2),
    ]


def test_a_check_that_covers_its_clause_needs_no_word_of_the_model() -> None:
    checks = [computed(MONEY, "pass", covers=True)]

    assert judged("approve", a_finding(REASON), checks=checks).verdict is Verdict.APPROVE


@pytest.mark.parametrize("said", [a_finding(MONEY, "fail"), a_finding(MONEY, "unknown"), bare(MONEY)])
def test_a_check_of_half_a_clause_does_not_decide_the_whole(said: Shown) -> None:
    judgement = judged("approve", said, a_finding(REASON), checks=[computed(MONEY, "pass")])

    assert judgement.verdict is Verdict.NEEDS_HUMAN
    assert judged("approve", a_finding(REASON), checks=[computed(MONEY, "pass")]).verdict is Verdict.NEEDS_HUMAN


def test_a_failure_that_the_model_shows_never_ends_in_an_approve() -> None:
    judgement = judged(
        "approve", a_finding(MONEY, "fail"), a_finding(REASON), checks=[computed(MONEY, "pass", covers=True)]
    )

    assert judgement.downgraded == f"模型建议通过，但模型认定不符合：「{MONEY}」"


def test_a_check_of_no_clause_of_the_rule_covers_none() -> None:
    checks = [computed("合计相等", "pass", covers=True)]

    assert judged("approve", a_finding(MONEY), checks=checks).verdict is Verdict.NEEDS_HUMAN


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
        ("1. 报销金额", "（2）必须填写报销"),
        ("1、报销金额不超过5000元。", "条款2：必须填写报销事由"),
    ],
)
def test_clauses_are_known_by_their_very_words_or_by_a_number(names: tuple[str, str]) -> None:
    judgement = judged("approve", *map(a_finding, names))

    assert (judgement.verdict, judgement.downgraded) == (Verdict.APPROVE, None)


def test_a_number_binds_whatever_the_finding_is_called() -> None:
    judgement = judged("approve", a_finding("金额", number=1), a_finding("", number=2))

    assert judgement.verdict is Verdict.APPROVE
    assert [(each.number, each.clause) for each in judgement.findings] == [(1, MONEY), (2, REASON)]


@pytest.mark.parametrize(
    "names",
    [
        ("金额在限额以内", "事由写明了"),
        (f"{MONEY}；{REASON}", f"{MONEY}；{REASON}"),
        ("报销", "事由"),
        (MONEY, "全部符合"),
        (MONEY, MONEY),
    ],
)
def test_findings_that_are_as_many_as_the_clauses_cover_none_by_that(names: tuple[str, str]) -> None:
    assert judged("approve", *map(a_finding, names)).verdict is Verdict.NEEDS_HUMAN


@pytest.mark.parametrize("numbers", [(1, 1), (1, 3), (0, 2), (2, 2), (1, 2, 2)])
def test_each_number_binds_once_and_only_where_there_is_such_a_clause(numbers: tuple[int, ...]) -> None:
    judgement = judged("approve", *(a_finding("一条", number=number) for number in numbers))

    assert judgement.verdict is Verdict.NEEDS_HUMAN


def test_two_results_of_one_clause_are_none() -> None:
    first, second, _ = judged("approve", a_finding(MONEY), a_finding("1"), a_finding(REASON)).findings

    assert [(each.result.value, each.reason) for each in (first, second)] == [("unknown", TWICE)] * 2


def test_a_number_that_contradicts_the_words_binds_nothing() -> None:
    judgement = judged("approve", a_finding(REASON, number=1), a_finding(MONEY, number=2))

    assert judgement.verdict is Verdict.NEEDS_HUMAN
    assert [each.number for each in judgement.findings] == [0, 0, 1, 2]


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


@pytest.mark.parametrize("quote", ["否", "加急", "张三提交的申请"])
def test_one_quote_does_not_serve_clauses_that_are_not_about_it(quote: str) -> None:
    proof = a_proof(quote, label="加急")

    judgement = judged("approve", a_finding(MONEY, "pass", proof), a_finding(REASON, "pass", proof))

    assert judgement.verdict is Verdict.NEEDS_HUMAN
    assert {each.reason for each in judgement.findings} == {SHARED}


def test_a_longer_quote_of_the_same_place_is_the_same_quote() -> None:
    short, long = a_proof("同意", label="意见"), a_proof("意见：同意", label="意见")

    assert judged("approve", a_finding(MONEY, "pass", short), a_finding(REASON, "pass", long)).downgraded is not None


def test_one_quote_serves_two_clauses_that_are_both_about_its_field() -> None:
    clauses = ("报销金额不超过 5000 元", "报销金额须大于 100 元")
    proof = a_proof("4800元", label="报销金额")

    judgement = judged("approve", *(a_finding(clause, "pass", proof) for clause in clauses), clauses=clauses)

    assert judgement.verdict is Verdict.APPROVE


def test_what_a_field_says_when_it_is_empty_shows_no_pass() -> None:
    finding, *_ = judged("approve", a_finding(MONEY, "pass", EMPTY), a_finding(REASON)).findings

    assert (finding.result.value, finding.reason) == ("unknown", SILENT)


@pytest.mark.parametrize(
    ("clause", "shows"),
    [
        ("须附证明材料", True),
        ("3. 必须上传证明材料。", True),
        ("证明材料须盖章", False),
        ("须附医院开具的证明材料", False),
    ],
)
def test_the_name_of_a_file_shows_only_that_there_is_one(clause: str, shows: bool) -> None:
    name = Proof(Evidence(source="proof", quote="病假条.pdf", verified=True), "病假条.pdf", "证明材料", names_file=True)

    judgement = judged("approve", a_finding(clause, "pass", name), clauses=(clause,))

    assert (judgement.verdict is Verdict.APPROVE) is shows


def test_a_clause_of_two_demands_needs_two_quotes() -> None:
    clauses = ("报销金额不超过 5000 元，且须附发票原件",)
    money, invoice = a_proof("4800元", label="报销金额"), a_proof("发票号 123", source="附件1.pdf")

    one = judged("approve", a_finding("1", "pass", money, money), clauses=clauses)
    two = judged("approve", a_finding("1", "pass", money, invoice), clauses=clauses)

    assert (one.verdict, one.findings[0].reason) == (Verdict.NEEDS_HUMAN, TOO_FEW)
    assert two.verdict is Verdict.APPROVE


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
proofs = st.lists(
    st.builds(
        a_proof,
        st.sampled_from(["否", "4800元", "出差事由", "未填写"]),
        found=st.booleans(),
        speaks=st.booleans(),
        source=st.sampled_from(["f", "g"]),
        label=st.sampled_from(["报销金额", "事由", "加急"]),
    ),
    max_size=3,
)
some_findings = st.lists(
    st.builds(
        lambda clause, result, proofs, number: a_finding(clause, result, *proofs, number=number),
        st.sampled_from([MONEY, REASON, "1", "2", "", "别的", f"{MONEY}{REASON}"]),
        results,
        proofs,
        st.integers(0, 3),
    ),
    max_size=5,
)
some_checks = st.lists(
    st.builds(computed, st.sampled_from([MONEY, REASON, "合计相等"]), results, covers=st.booleans()), max_size=3
)


@given(st.sampled_from(["approve", "reject", "needs_human"]), some_findings, some_checks, st.booleans())
@calm
def test_no_approve_without_a_pass_of_every_clause_and_no_reject_without_a_failure(
    said: str, findings: list[Shown], checks: list[Finding], blocked: bool
) -> None:
    judgement = judged(said, *findings, checks=checks, obstacles=["附件"] if blocked else [])

    if judgement.verdict is Verdict.APPROVE:
        assert (said, blocked) == ("approve", False)
        assert all(check.result is FindingResult.PASS for check in checks)
        assert all(each.result is not FindingResult.FAIL for each in judgement.findings)
        for number in (1, 2):
            own = [each for each in judgement.findings if each.number == number and each.result is FindingResult.PASS]
            assert any(each.covers or any(e.verified for e in each.evidence) for each in own)
    if judgement.verdict is Verdict.REJECT:
        assert said == "reject"
        assert any(each.result is FindingResult.FAIL for each in judgement.findings)
    assert (judgement.downgraded is not None) == (judgement.verdict.value != said)
