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
]


@pytest.mark.parametrize("text", AGAINST)
def test_an_approve_whose_own_words_advise_against_it_is_doubtful(text: str) -> None:
    assert contradicts("approve", summary=text)
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
