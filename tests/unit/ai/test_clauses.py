"""Rules come apart into clauses, and two texts are known to mean the same one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.ai.clauses import SEPARATORS, find_clause, same_clause, split_clauses
from tests.builders import calm


@pytest.mark.parametrize(
    ("rule", "clauses"),
    [
        ("报销金额不超过 5000 元", ["报销金额不超过 5000 元"]),
        ("金额不超过 5000 元；附发票。合计相等", ["金额不超过 5000 元", "附发票", "合计相等"]),
        ("1. 附发票\n2. 有合同\r\n\r\n3、合计相等", ["1. 附发票", "2. 有合同", "3、合计相等"]),
        ("1.附发票 2.有合同 3.合计相等", ["1.附发票", "2.有合同", "3.合计相等"]),
        ("（1）附发票；（2）有合同", ["（1）附发票", "（2）有合同"]),
        ("一、附发票\n二、有合同", ["一、附发票", "二、有合同"]),
        ("第一条 附发票 第二条 有合同", ["第一条 附发票", "第二条 有合同"]),
        ("①附发票②有合同", ["①附发票", "②有合同"]),
        ("(1)有发票(2)有签字", ["(1)有发票", "(2)有签字"]),
        ("1.有发票2.有签字", ["1.有发票", "2.有签字"]),
        ("一、有发票二、有签字", ["一、有发票", "二、有签字"]),
        ("第一条有发票第二条有签字", ["第一条有发票", "第二条有签字"]),
        ("要求如下：1.有发票2.有签字", ["要求如下： 1.有发票", "2.有签字"]),
        ("1.使用1、2号楼2.有签字", ["1.使用1、2号楼", "2.有签字"]),
        ("按（1）执行（2）除外", ["按（1）执行（2）除外"]),
        ("有发票！有签字！", ["有发票", "有签字"]),
        ("有发票吗？有签字吗？", ["有发票吗", "有签字吗"]),
        ("Attach the invoice. Sign it.", ["Attach the invoice.", "Sign it."]),
        ("amount != 0", ["amount != 0"]),
        ("- 附发票\n- 有合同", ["- 附发票", "- 有合同"]),
        ("审批规则：\n1. 附发票\n2. 有合同", ["审批规则： 1. 附发票", "2. 有合同"]),
        ("# 报销\n附发票\n有合同", ["# 报销 附发票", "有合同"]),
        ("一、\n附发票\n二、\n有合同", ["一、 附发票", "二、 有合同"]),
        ("金额在 3.5 万元以内", ["金额在 3.5 万元以内"]),
        ("使用 1、2 号楼的会议室", ["使用 1、2 号楼的会议室"]),
        ("按第（1）项执行", ["按第（1）项执行"]),
        ("附发票（见说明。）", ["附发票（见说明）"]),
        ("附发票；；。\n\n；有合同", ["附发票", "有合同"]),
        ("只有标题：", ["只有标题："]),
        ("；；", ["；；"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_a_rule_comes_apart_at_lines_stops_and_numbers(rule: str, clauses: list[str]) -> None:
    assert list(split_clauses(rule)) == clauses


def bare(text: str) -> str:
    return "".join(character for character in text if not character.isspace() and character not in SEPARATORS)


pieces = st.lists(
    st.sampled_from(
        [
            *"附发票不超过元万。；;：，、（）()①②#-·. \n\r\t0123456789一二三第条",
            "1.",
            "1、",
            "（一）",
            "第一条",
            "\n\n",
            "5000",
        ]
    )
    | st.characters(),
    max_size=60,
).map("".join)


@calm
@given(pieces)
def test_no_text_is_lost_and_none_is_made_up(rule: str) -> None:
    clauses = split_clauses(rule)

    assert bare("".join(clauses)) == bare(rule)
    assert all(clause.strip() for clause in clauses)
    assert bool(clauses) == bool(rule.strip())


@calm
@given(st.text("附发票不超过元万abc0123456789", min_size=4))
def test_numbers_in_front_and_stops_behind_make_no_difference(text: str) -> None:
    assert same_clause(f"1. 按{text}", f"（2） 按 {text}。")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("报销金额不超过 5000 元", "1. 报销金额不超过5000元；"),
        ("报销金额不超过５０００元", "报销金额不超过5,000元"),
        ("第三条 附发票原件", "附发票原件"),
        ("附发票", "（2）附发票。"),
        ("请假不超过 3.5 天", "请假不超过3.5天，超过的须另行说明"),
        ("Amount must not exceed 5000", "amount must not exceed 5000"),
        ("折扣 <= 20%", "折扣<=20%"),
    ],
)
def test_the_same_clause_in_other_dress_is_known(one: str, other: str) -> None:
    assert same_clause(one, other)
    assert same_clause(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("金额不超过 500", "金额不超过 5000 元"),
        ("金额不超过 5000", "金额不超过 5000.5 元"),
        ("3 天以内的请假", "13 天以内的请假"),
        ("请假不超过 3.5 天", "请假不超过 35 天"),
        ("折扣 <= 20%", "折扣 >= 20%"),
        ("发票", "附发票和合同"),
        ("附发票", "有合同"),
        ("", ""),
        ("。", "；"),
        ("", "附发票"),
    ],
)
def test_different_clauses_are_not_mixed_up(one: str, other: str) -> None:
    assert not same_clause(one, other)
    assert not same_clause(other, one)


@pytest.mark.parametrize(
    ("text", "number"), [("有发票", 1), ("2. 有签字。", 2), ("有发票；有签字", 0), ("发票", 0), ("", 0)]
)
def test_a_clause_is_found_by_its_very_words(text: str, number: int) -> None:
    assert find_clause(text, ("1.有发票", "2.有签字")) == number


def test_words_that_stand_twice_find_none() -> None:
    assert find_clause("有发票", ("1.有发票", "2.有发票")) == 0


@pytest.mark.parametrize("rule", ["有发票" + " " * 200_000 + "有签字", " " * 200_000 + "x", "\u3000\t" * 100_000 + "x"])
def test_blanks_without_end_take_no_time_of_their_own(rule: str) -> None:
    assert len("".join(split_clauses(rule))) < 20


def test_a_very_long_rule_comes_apart_soon() -> None:
    rule = "附发票，合计等于报销金额；" * 20_000

    assert len(split_clauses(rule)) == 20_000


@pytest.mark.parametrize("unit", ["一", "（", "1", "#", "- ", "第", "①", " ", "1、", "第一条"])
def test_a_rule_of_one_sign_over_and_over_is_no_trap(unit: str) -> None:
    rule = unit * 20_000

    assert bare("".join(split_clauses(rule))) == bare(rule)
    assert not same_clause(rule, "附发票原件")
