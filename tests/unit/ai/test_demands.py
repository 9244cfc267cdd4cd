"""What a clause asks for is counted: so many different quotes have to show that it is met."""

from __future__ import annotations

import pytest

from ai_analyze.answer import ReadAnswer
from ai_analyze.demands import count_demands
from ai_analyze.evidence import Proof
from ai_analyze.judge import TOO_FEW, Judgement, Shown, judge
from taskbridge.ai.results import Evidence, Finding, FindingResult, Verdict

SEVERAL = [
    ("有发票，有签字，有合同", 3),
    ("有发票,有签字", 2),
    ("有发票和签字", 2),
    ("有发票且有签字", 2),
    ("须附发票，须有签字", 2),
    ("金额不超过5000元,须附发票", 2),
    ("The invoice is attached and signed", 2),
    ("报销金额不超过 5000 元，且须附发票原件", 2),
    ("金额合理，同时有签字，并附合同", 3),
    ("The amount is at most 5000 and must be invoiced", 2),
    ("表单填写的用印份数须与用印文件载明的份数一致", 2),
    ("The amount matches the invoice", 2),
    ("有发票、签字、合同", 3),
    ("发票、合同、签字齐全", 3),
    ("发票和合同缺一不可", 2),
    ("发票与合同均已上传", 2),
    ("有发票及签字", 2),
    ("有发票以及签字", 2),
    ("附发票并签字", 2),
    ("附发票并且签字", 2),
    ("除发票外还须有签字", 2),
    ("既有发票又有签字", 2),
    ("有发票，也有签字", 2),
    ("有发票，另附合同", 2),
    ("有发票有签字有合同", 3),
    ("须附发票须有签字", 2),
    ("附发票附合同", 2),
    ("1、有发票，有签字", 2),
    ("有发票＋签字", 2),
    ("金额不超过 5,000 元，须附发票", 2),
    ("报销的，须附发票，须有签字", 2),
    ("报销时，有发票，有签字", 2),
    ("凡申请报销的，有发票，有签字", 2),
    ("如实填写，有发票，有签字", 3),
    ("当天提交，有发票", 2),
    ("及时，有签字", 2),
    ("金额是真的，有签字", 2),
    ("须附材料，包括发票和合同", 2),
    ("附件须为发票和合同", 2),
    ("会议名称和时间须填写", 2),
    ("申请人、审批人、经办人均须签字", 3),
    ("须填写家长姓名和家长联系电话", 2),
    ("总额不超过 5000 元，其中餐费不超过 1000 元", 2),
    ("归还日期已填写，且归还人已签字", 2),
    ("须附发票，出差的须有签字", 2),
    ("有发票并有签字，归还须登记", 3),
    ("发票真实有效和合同齐全", 2),
    ("Invoice, contract, and signature are attached", 3),
    ("Invoice is attached, contract is signed", 2),
    ("An invoice as well as a contract is attached", 2),
]
ONE = [
    "有发票",
    "须与导师商定",
    "超过 5000 元的，须附审批单，并说明理由",
    "如超过三天，须附假条，并说明理由",
    "金额超过 5000 元，须附审批单",
    "请假三天以上，须附假条",
    "申请人和审批人不得为同一人",
    "经办人与验收人不得为同一人",
    "单次报销金额不超过 5,000 元",
    "不超过 1,234,567.00 元",
    "单次报销金额不超过5000元，超过的须附分管领导批示",
    "报销金额不超过5000元，如超过须附审批单",
    "离校的须填写去往地点，不离校的不作要求",
    "用印不得带离学校，确需外带的须写明归还日期",
    "选定供应商须为报价最低者，否则须说明理由",
    "开始日期不早于提交当天，不受理事后补假",
    "会议主题须与教学、科研或管理工作有关",
    "病假须提供诊断证明或病历",
    "供应商不得为失信单位（远航商贸有限公司、鼎盛仪器经营部）",
    "技术参数不得指定品牌和型号",
    "会议室内禁止使用明火和餐饮加热设备",
    "未受过警告、记过处分",
    "采购方式须为公开招标、竞争性磋商",
    "使用 1、2 号楼的会议室",
    "1、住宿费每晚不超过500元",
    "明细小计之和须等于采购总价",
    "发票须真实、合法、有效",
    "发票须真实，合法，有效",
    "事由须清楚和合理",
    "研究生和本科生请假不超过3天",
    "根据学校规定，须附发票",
    "为保证安全，须有预案",
    "在出发之前，须提交申请",
    "原则上，请假不超过3天",
    "报销时，须附发票",
    "须附发票，方可报销",
    "须附发票，以便核对",
    "须附发票，可由他人代交",
    "须符合学校财务和采购规定",
    "与会人员名单须上传",
    "须及时归还",
    "还款日期须填写",
    "合并申请的须说明",
    "病假和事假的须附证明",
    "须填写三级及以上医院名称",
    "The stay is between 2 and 5 nights",
    "It has no alcohol and tobacco",
    "If over 5,000, a memo and a signature are attached",
    "The invoice is attached, unless it is below 100",
    "",
]


@pytest.mark.parametrize(("clause", "demands"), SEVERAL)
def test_what_is_joined_asks_for_a_quote_each(clause: str, demands: int) -> None:
    assert count_demands(clause) == demands


@pytest.mark.parametrize("clause", ONE)
def test_one_demand_stays_one_whatever_stands_in_it(clause: str) -> None:
    assert count_demands(clause) == 1


def judged(clause: str, quotes: int) -> Judgement:
    """An approve whose one finding has so many true quotes that speak."""
    proofs = tuple(
        Proof(
            Evidence(source=f"f{place}", quote=f"编号 {place}23", verified=True), f"编号{place}23", "编号", speaks=True
        )
        for place in range(1, quotes + 1)
    )
    finding = Finding(clause=clause, result=FindingResult.PASS, number=1, evidence=tuple(p.evidence for p in proofs))
    return judge(ReadAnswer(Verdict.APPROVE, "", (finding,)), [Shown(finding, proofs)], [clause], ())


@pytest.mark.parametrize(("clause", "demands"), SEVERAL)
def test_one_true_quote_is_no_approve_of_a_clause_that_asks_for_more(clause: str, demands: int) -> None:
    judgement = judged(clause, 1)

    assert (judgement.verdict, judgement.findings[0].reason) == (Verdict.NEEDS_HUMAN, TOO_FEW)
    assert judged(clause, demands).verdict is Verdict.APPROVE


@pytest.mark.parametrize("clause", ONE[:-1])
def test_one_true_quote_is_enough_where_one_thing_is_asked_for(clause: str) -> None:
    assert judged(clause, 1).verdict is Verdict.APPROVE


@pytest.mark.parametrize(
    "unit", ["，", "、", "和", "的", "须附", "no ", "and ", "超过", "5,000", "报销3", "如", "有发票，"]
)
def test_a_clause_of_one_sign_over_and_over_is_no_trap(unit: str) -> None:
    assert count_demands(unit * 20_000) >= 1
