"""A model's own words beside its verdict."""

from __future__ import annotations

import pytest

from ai_analyze.own_words import contradicts_itself
from taskbridge.ai.results import Finding, FindingResult, Verdict


def contradicts(verdict: str, summary: str = "", prose: str = "", reason: str = "") -> bool:
    finding = Finding(clause="c", result=FindingResult.PASS, reason=reason)
    return contradicts_itself(Verdict(verdict), summary, prose, [finding])


AGAINST = [
    "综上，建议拒绝。",
    "因此应当驳回该申请",
    "结论：不通过",
    "不予批准",
    "审核结果：不同意。",
    "本申请不应通过",
    "建议退回补正",
    "建议转人工审核",
    "This request should be rejected.",
    "It cannot be approved.",
    "I recommend rejecting it.",
    "金额不符合要求",
    "第二条不满足",
    "申请不合规",
    "审核未通过",
    "未通过审核",
    "未能通过",
    "请退回",
    "请申请人补充材料",
    "需补充材料",
    "还需要补交发票",
    "缺少发票",
    "缺少必要的证明材料",
    "没有发票，缺少材料",
    "暂缓通过",
    "暂不批准",
    "否决",
    "第二条不通过，其余通过",
    "reject",
    "Denied.",
    "Not approved",
    "It is not yet approved.",
    "The company is rejected.",
    "requirement not met",
    "The form is not compliant.",
    "The second clause fails.",
    "The amount exceeds the limit.",
    "The invoice is missing",
    "存在违规",
    "已超出上限",
    "超过了 5000 元的上限",
    "未附发票",
    "没有签字",
    "3 条条款：2 条符合，10 条不符合。",
    "不符合：无法核实",
    "是否符合：不符合",
    "发票未见提供，不能证明",
]
FOR = [
    "综上，建议通过。",
    "没有不符合之处，建议通过",
    "未发现应当拒绝的情形",
    "各条均符合，可以同意",
    "无需退回",
    "两条都已核对",
    "No violation was found. It can be approved.",
    "最终由审批人决定",
    "没有未通过的条款",
    "无需补充材料",
    "不需要补充任何材料",
    "不缺少材料",
    "材料没有缺失",
    "未发现不符合",
    "没有任何一条不符合",
    "不存在违规",
    "未发现任何违规、违纪情形",
    "无违规违纪记录",
    "没有超出上限",
    "金额未超过限额",
    "不得超过限额：符合",
    "绩点 3.8，已超过 3.5 的要求",
    "如不符合将另行通知",
    "不存在未附发票的情形",
    "已说明理由：实验室缺少示波器",
    "对此没有不同意见",
    "审批意见：同意",
    "3 条条款：3 条符合，0 条不符合，0 条无法判断。",
    "不符合项：无",
    "存在违规情况：没有",
    "是否超出限额：否",
    "申请补充经费，事由已写明",
    "no rejected items",
    "No reason to reject it.",
    "It does not exceed the limit.",
    "Nothing is missing.",
    "No clause fails, no requirement is violated.",
    "All requirements are met.",
    "The request was not denied.",
]


@pytest.mark.parametrize("text", AGAINST)
def test_an_approve_whose_own_words_advise_against_it_is_doubtful(text: str) -> None:
    assert contradicts("approve", summary=text)
    assert contradicts("approve", reason=text)
    assert contradicts("approve", prose=f"逐条核对如下。{text}")


@pytest.mark.parametrize("text", FOR)
def test_words_that_go_with_an_approve_are_no_doubt(text: str) -> None:
    assert not contradicts("approve", summary=text, prose=text, reason=text)


@pytest.mark.parametrize("reason", ["金额 6000 元，不符合", "不满足要求", "The amount violates the limit", "应予拒绝"])
def test_a_pass_whose_reason_says_that_it_fails_is_doubtful(reason: str) -> None:
    assert contradicts("approve", reason=reason)


@pytest.mark.parametrize(
    "reason", ["没有不符合", "未发现不符合之处", "金额 4800 元，未超过 5000 元", "不存在违反规定的情形"]
)
def test_a_pass_whose_reason_denies_a_failure_is_none(reason: str) -> None:
    assert not contradicts("approve", reason=reason)


def test_only_the_end_of_the_prose_is_a_conclusion() -> None:
    assert not contradicts("approve", prose="若金额超限则应当拒绝。" + "逐条核对，均符合要求。" * 40)


@pytest.mark.parametrize(("summary", "doubtful"), [("建议通过", True), ("不建议通过", False), ("建议拒绝", False)])
def test_a_reject_that_advises_an_approval_is_doubtful(summary: str, doubtful: bool) -> None:
    assert contradicts("reject", summary=summary) is doubtful


def test_what_leaves_it_to_a_person_contradicts_nothing() -> None:
    assert not contradicts("needs_human", summary="建议拒绝", prose="建议通过")
