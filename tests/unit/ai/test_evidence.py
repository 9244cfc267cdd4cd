"""Quotes checked against what they quote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_analyze.evidence import Quotable, find_places, fold
from ai_analyze.sources import name_sources
from taskbridge.ai.forms.form import FormField
from taskbridge.ai.results import Evidence
from tests.builders import calm
from tests.unit.ai.materials import a_field, a_file, a_material


def check(text: str, quote: str) -> bool:
    """Whether the quote is found in a field of that text."""
    quotable = Quotable(name_sources(a_material([a_field("f", "报销金额", text)])))
    return quotable.check(Evidence(source="f", quote=quote)).is_found


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("赴上海参加学术会议", "参加学术会议"),
        ("赴上海 参加\n学术会议", "上海参加学术会议"),
        ("赴上海参加学术会议", "赴上海 参加 学术会议"),
        ("金额５０００元（含税）", "金额5000元(含税)"),
        ("金额5000元(含税)", "金额５０００元（含税）"),
        ("5000 元", "5000"),
        ("共 500、600 元", "500"),
        ("共 500,600 元", "500,600"),
        ("3 500", "3 500"),
        ("2026-11-22 09:30", "2026-11-22"),
        ("2026-11-22 09:30", "2026-11-22 09:30"),
        ("说“可以”了", '说"可以"了'),
        ("一—二", "一-二"),
        ("正\u200b常的文字", "正常的文字"),
        ("a<b，c>d", "a<b"),
        ("5000", "报销金额：5000"),
        ("5000", "报销金额: 5000"),
        ("3", "3"),
        ("是", "是"),
        ("未填写", "未填写"),
        ("编号 A-500", "A-500"),
        ("500元。", "500元。"),
        ("人民币伍仟元整", "伍仟元"),
        ("10²", "10²"),
        ("48 美元", "48 美元"),
        ("4800元", "4800"),
        ("4 800 元", "4 800 元"),
        ("1.2w", "1.2w"),
        ("3天", "3天"),
        ("4800余元", "4800余元"),
        ("不足4800", "不足4800"),
        ("IMG_2026", "2026"),
        ("2026_1", "2026"),
        ("预约3天", "3天"),
        ("合约4800元", "4800元"),
        ("4800 圆", "4800 圆"),
        ("19 上下午", "19"),
        ("4800 元以上", "4800 元以上"),
        ("不同意报销", "不同意"),
        ("不同意，后补材料后同意", "同意"),
        ("其他费用 无 合计 500 元", "合计 500 元"),
        ("备注：无\n申请人：张三", "申请人：张三"),
        ("有无发票：有", "发票：有"),
        ("是不是独生子女", "独生子女"),
        ("赴南非开会", "开会"),
        ("未来三年规划", "三年规划"),
        ("Not approved", "Not approved"),
        ("knot approved by A", "approved by A"),
        ("The note approved", "approved"),
        ("Main plan", "plan"),
    ],
)
def test_a_quote_that_stands_there_is_found(text: str, quote: str) -> None:
    assert check(text, quote)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("5000", "500"),
        ("5000", "000"),
        ("15000 元", "5000 元"),
        ("5,000 元", "000 元"),
        ("5,000", "5"),
        ("0.500 元", "500 元"),
        ("500.5", "500"),
        ("-500 元", "500 元"),
        ("500万元", "500"),
        ("50%", "50"),
        ("３５００元", "500元"),
        ("3 500", "3500"),
        ("3500", "3 500"),
        ("3\n500", "3500"),
        ("三千五百元", "五百元"),
        ("五百万元", "五百"),
        ("伍仟万元", "伍仟"),
        ("10²", "102"),
        ("①500", "1500"),
        ("1½ 天", "11"),
        ("4 800 元", "800 元"),
        ("12 000 元", "12"),
        ("12'000", "12"),
        ("12’000", "000"),
        ("1.2w", "1.2"),
        ("48k", "48"),
        ("48美元", "48"),
        ("48 km", "4"),
        ("$4800", "4800"),
        ("USD4800", "4800"),
        ("4800点5", "4800"),
        ("负4800", "4800"),
        ("48倍", "48"),
        ("12°", "12"),
        ("12℃", "12"),
        ("4_800", "800"),
        ("4_800", "4"),
        ("4800円", "4800"),
        ("4800刀", "4800"),
        ("4800镑", "4800"),
        ("4800余元", "4800"),
        ("30多人", "30"),
        ("4800以上", "4800"),
        ("48±2", "48"),
        ("不足4800", "4800"),
        ("不到 4800 元", "4800 元"),
        ("超过 4800 元", "4800 元"),
        ("约4800元", "4800元"),
        ("三天，不满五天", "五天"),
        ("不同意报销", "同意报销"),
        ("导师意见：不予同意", "同意"),
        ("尚未签字", "签字"),
        ("没有发票", "发票"),
        ("无法提供合同", "提供合同"),
        ("非全日制", "全日制"),
        ("不\u200b同意", "同意"),
        ("材料不齐全", "齐全"),
        ("不少于 5000 元", "少于 5000 元"),
        ("Not approved", "approved"),
        ("It is not yet signed. It cannot approve", "approve"),
        ("wasn't signed", "signed"),
        ("Unpaid invoice", "paid invoice"),
        ("non-compliant", "compliant"),
        ("赴上海参加会议", "赴北京参加会议"),
        ("赴上海参加会议", ""),
        ("赴上海参加会议", " \u200b"),
        ("赴上海参加会议", "上"),
        ("赴上海，参加会议", "，"),
        ("赴上海……参加", "……"),
        ("赴上海参加学术会议", "赴上海……会议"),
        ("赴上海参加会议", "报销金额"),
        ("赴上海参加会议", "报销金额："),
        ("", "报销金额："),
        ("", ""),
    ],
)
def test_a_quote_that_does_not_stand_there_is_not_found(text: str, quote: str) -> None:
    assert not check(text, quote)


def speaks(text: str, quote: str, kind: str = "text") -> bool:
    """Whether the quote is found in a field of that text, and shows something that was entered."""
    quotable = Quotable(name_sources(a_material([FormField("f", "主管领导意见", kind, text)])))
    proof = quotable.check(Evidence(source="f", quote=quote))
    return proof.is_found and proof.speaks


TABLE = "| 名称 | 金额 |\n| --- | --- |\n| 教具 | 未填写 |\n| 书籍 | 300 |"


@pytest.mark.parametrize(
    ("text", "quote", "kind"),
    [
        ("未填写", "未填写", "text"),
        ("未填写", "填写", "text"),
        ("未填写", "未填", "text"),
        ("未填写", "未 填写", "text"),
        ("未填写", "主管领导意见：未填", "text"),
        ("未填写", "主管领导意见：未填写", "text"),
        ("未签名（王五）", "未签名（王五）", "signature"),
        ("未签名（王五）", "王五", "signature"),
        ("未签名", "签名", "signature"),
        (TABLE, "教具 | 未填写", "table"),
        (TABLE, "名称 | 金额", "table"),
        (TABLE, "金额", "table"),
        ("发票.pdf、合同.pdf", "发票.pdf", "file"),
        ("现场照片.png", "现场照片.png", "image"),
    ],
)
def test_an_emptiness_a_column_or_a_file_name_speaks_for_nothing(text: str, quote: str, kind: str) -> None:
    assert not speaks(text, quote, kind)


@pytest.mark.parametrize(
    ("text", "quote", "kind"),
    [
        ("同意", "主管领导意见：同意", "text"),
        ("甲方未填写，乙方已签字", "乙方已签字", "text"),
        ("已签名 王五 2026-11-22 09:30", "已签名 王五", "signature"),
        (TABLE, "书籍 | 300", "table"),
        ("是", "是", "switch"),
    ],
)
def test_what_was_entered_speaks(text: str, quote: str, kind: str) -> None:
    assert speaks(text, quote, kind)


def test_a_quote_counts_only_in_the_source_it_names() -> None:
    quotable = Quotable(name_sources(a_material([a_field("a", "金额", "5000 元"), a_field("b", "事由", "出差")])))

    assert quotable.check(Evidence(source="a", quote="5000 元")).is_found
    assert not quotable.check(Evidence(source="b", quote="5000 元")).is_found
    assert not quotable.check(Evidence(source="c", quote="5000 元")).is_found
    assert not quotable.check(Evidence(source="", quote="5000 元")).is_found


@pytest.mark.parametrize("source", ["amount", "[amount]", " amount ", "报销金额", "「报销金额」"])
def test_a_field_may_be_named_by_its_key_or_by_a_label_that_only_it_has(source: str) -> None:
    quotable = Quotable(name_sources(a_material()))

    checked = quotable.check(Evidence(source=source, quote="4,800.50")).evidence

    assert (checked.source, checked.verified) == ("amount", True)


def test_a_label_of_two_fields_names_neither() -> None:
    quotable = Quotable(name_sources(a_material([a_field("a", "金额", "5000 元"), a_field("b", "金额", "6000 元")])))

    assert not quotable.check(Evidence(source="金额", quote="5000 元")).is_found


def test_a_field_with_an_awkward_key_is_shown_under_its_key_again() -> None:
    quotable = Quotable(name_sources(a_material([a_field("金 额", "金额", "5000 元")])))

    checked = quotable.check(Evidence(source="字段1", quote="5000 元", page=3)).evidence

    assert (checked.source, checked.page, checked.verified) == ("金 额", None, True)


@pytest.mark.parametrize(("page", "found"), [(2, 2), (None, 1), (1, 1), (3, 1), (99, 1)])
def test_a_page_is_where_the_quote_was_found(page: int | None, found: int) -> None:
    quotable = Quotable(name_sources(a_material(files=[a_file("合计 500 元", "合计 500 元", "别的")])))

    checked = quotable.check(Evidence(source="附件1.pdf", quote="合计 500 元", page=page)).evidence

    assert (checked.page, checked.verified) == (found, True)


def test_what_is_not_found_keeps_the_page_that_was_said() -> None:
    quotable = Quotable(name_sources(a_material(files=[a_file("合计 500 元")])))

    checked = quotable.check(Evidence(source="附件1.pdf", quote="合计 600 元", page=7)).evidence

    assert (checked.page, checked.verified) == (7, False)


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("", ""),
        ("发 票\n", "\n开票日期"),
        ("1 200\n300\n" * 300, "\n4 500" * 300),
        ("　" * 500 + "长" * 700, "短" * 700),
    ],
)
def test_evidence_in_a_file_comes_with_what_stands_around_it(before: str, behind: str) -> None:
    quotable = Quotable(name_sources(a_material(files=[a_file(f"{before}合 计：500 元{behind}")])))

    passage = quotable.check(Evidence(source="附件1.pdf", quote="合计:500元")).evidence.passage

    assert "合 计：500 元" in passage
    assert passage in f"{before}合 计：500 元{behind}"
    assert len(passage) <= 420


def test_a_field_has_its_text_and_needs_no_passage() -> None:
    quotable = Quotable(name_sources(a_material([a_field("amount", "金额", "5000 元")])))

    assert quotable.check(Evidence(source="amount", quote="5000 元")).evidence.passage == ""


def test_nothing_can_be_verified_in_a_file_without_text() -> None:
    quotable = Quotable(name_sources(a_material(files=[a_file(problem="扫描件"), a_file("")])))

    assert not quotable.check(Evidence(source="附件1.pdf", quote="合计 500 元", page=1)).is_found


@given(st.text(max_size=40), st.integers(0, 40), st.integers(0, 40))
@calm
def test_no_quote_and_no_text_can_make_it_fail(text: str, start: int, length: int) -> None:
    check(text, text[start : start + length])
    check(text[start:], text)


@given(st.text(alphabet="0123456789,.- 万元金额五百", max_size=12), st.text(alphabet="0123456789,.万", max_size=6))
@calm
def test_a_number_is_found_only_whole(text: str, quote: str) -> None:
    """Whatever is found has no digit next to its own digits."""
    folded, part = fold(text), fold(quote)
    if not part or not find_places(part, folded):
        return
    places = [at for at in range(len(folded)) if folded.startswith(part, at)]
    assert any(
        not (part[0].isdigit() and folded[at - 1 : at].isdigit())
        and not (part[-1].isdigit() and folded[at + len(part) : at + len(part) + 1].isdigit())
        for at in places
    )


@given(st.text(max_size=60))
@calm
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)
