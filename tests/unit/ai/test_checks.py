"""Exact clauses: what a check says of a form, and why."""

from __future__ import annotations

import logging
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.ai.checks import MAX_CHECKS, check_expression, evaluate_checks, known_types
from taskbridge.ai.checks.arithmetic import FUNCTIONS, MACROS, METHODS
from taskbridge.ai.forms.values import FieldType, Period
from taskbridge.ai.results import FindingResult, Origin
from taskbridge.ai.rules import Check
from taskbridge.errors import ConfigurationError
from tests.builders import calm

TODAY = date(2026, 11, 22)
PASS, FAIL, UNKNOWN = FindingResult.PASS, FindingResult.FAIL, FindingResult.UNKNOWN

FORM: dict[str, Any] = {
    "amount": Decimal("5200.00"),
    "invoices": [
        {"type": "餐费", "amount": Decimal("0.1"), "paid_on": date(2026, 11, 1)},
        {"type": "交通", "amount": Decimal("0.2"), "paid_on": date(2026, 11, 20)},
    ],
    "total": Decimal("0.3"),
    "start": date(2026, 11, 22),
    "sent_at": datetime(2026, 11, 21, 17, 30, tzinfo=UTC),
    "leave": Period(date(2026, 11, 22), date(2026, 11, 24), Decimal("2.5")),
    "meeting": Period(datetime(2026, 11, 22, 9), datetime(2026, 11, 22, 12, 30)),  # noqa: DTZ001
    "overtime": Period(TODAY, TODAY, hours=Decimal("1.5")),
    "type": "事假",
    "tags": ["加急", "涉密"],
    "files": 2,
    "agreed": True,
    "金额": Decimal(3),
    "today": date(2020, 1, 1),
}


def evaluate(expression: str, values: dict[str, Any] | None = None, labels: dict[str, str] | None = None) -> Any:
    check = Check(clause="条款", expression=expression, confirmed=True)
    (finding,) = evaluate_checks([check], FORM if values is None else values, TODAY, labels)
    return finding


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("amount <= 5000", FAIL),
        ("amount <= 5200", PASS),
        ('sum(invoices, "amount") == total', PASS),
        ("0.1 + 0.2 == total", PASS),
        ("amount / 3 * 3 == amount", PASS),
        ("amount % 1000 == 200 && amount - 1 == 5199 && -amount < 0 && abs(-amount) == amount", PASS),
        ("amount == 5.2e3", PASS),
        ("start >= today", PASS),
        ("start - today >= 3", FAIL),
        ("start + 3 == date('2026-11-25') && 1 + start > today && start - 1 < today", PASS),
        ("sent_at >= today", PASS),  # 17:30 in UTC is the next day in Shanghai
        ("days(leave) <= 3 && leave.days == 2.5", PASS),
        ("end(leave) - start(leave) == 2", PASS),
        ("hours(meeting) <= 3.5 && hours(overtime) == 1.5", PASS),
        ("type == '事假' ? days(leave) <= 2 : days(leave) <= 5", FAIL),
        ("type in ['事假', '病假'] && type != '年假'", PASS),
        ("tags.contains('涉密') && '加急' in tags && count(tags) == 2 && size(tags) == 2", PASS),
        ("type.contains('事') && type.startsWith('事') && type.endsWith('假') && size(type) == 2", PASS),
        ("count(files) >= 1 && files >= 1", PASS),
        ("agreed && !(amount > 9000) || amount == 0", PASS),
        ("invoices.all(r, r.amount <= 0.15)", FAIL),
        ("invoices.exists(r, r.type == '餐费')", PASS),
        ("invoices.exists_one(r, r.amount > 0)", FAIL),
        ("sum(invoices.filter(r, r.type == '餐费'), 'amount') == 0.1", PASS),
        ("sum(invoices.map(r, r.amount * 2)) == 0.6 && invoices[1].amount == 0.2", PASS),
        ("max(invoices, 'amount') == 0.2 && min(invoices, 'paid_on') >= date('2026-11-01')", PASS),
        ('form["金额"] == 3 && form.amount > 5000', PASS),
        ('form["today"] < today', PASS),
        ("amount <=\r\n\t5200 // 上限", PASS),
    ],
)
def test_a_confirmed_check_is_computed(expression: str, result: FindingResult) -> None:
    finding = evaluate(expression)

    assert (finding.result, finding.origin) == (result, Origin.COMPUTED), finding.reason


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("nothing <= 5000", "「nothing」未填写"),
        ("nothing <= 5000 || false", "「nothing」未填写"),
        ("amount > 1 && nothing <= 5000", "「nothing」未填写"),
        ("nothing <= 5000 || amount", "得到的是数字"),
        ("!(nothing > 1)", "「nothing」未填写"),
        ("form.nothing == 1", "「nothing」未填写"),
        ("invoices.exists(r, r.nothing == 1)", "「nothing」未填写"),
        ("sum(invoices, 'nothing') == 0", "「nothing」未填写"),
        ("days(meeting) <= 3", "「天数」未填写"),
        ("hours(leave) <= 3", "没有精确到钟点"),
        ("amount", "得到的是数字"),
        ("type || true", "得到的是文字"),
        ("amount == '5200'", "数字与文字不能比较"),
        ("agreed == 1", "是否与数字不能比较"),
        ("agreed < true", "是否不能比较大小"),
        ("'10' + '20' == type", "文字不能参与数字计算"),
        ("tags == 1", "列表与数字不能比较"),
        ("amount / (total - 0.3) > 1", "除数为零"),
        ("amount % 0 == 1", "除数为零"),
        ("start + 0.5 > today", "整天"),
        ("start + 9999999 > today", "公元"),
        ("max(invoices.filter(r, r.amount > 9), 'amount') > 1", "列表为空"),
        ("invoices[2].amount == 1", "没有这一行"),
        ("invoices.filter(r, r.amount) == invoices", "得到的是数字"),
        ("amount.all(r, true)", "得到的是数字"),
        ("sum(tags, 'amount') == 1", "只有表格"),
        ("sum(invoices, 'amount', 'type') == 1", "函数的参数不对"),
        ("date('昨天') < start", "日期要写成"),
        ("days(amount) == 1", "起止时间"),
        ("amount == 1e999999", "数字过长"),
        ("has(amount)", "没有函数 has"),
        ("amount.matches('.*')", "没有方法 matches"),
        ("amount <=", "不是有效的 CEL 表达式"),
        ("1 < 2", "没有用到表单的任何字段"),
    ],
)
def test_what_cannot_be_computed_is_unknown_and_says_why(expression: str, reason: str) -> None:
    finding = evaluate(expression)

    assert finding.result is UNKNOWN
    assert reason in finding.reason


def test_a_branch_that_is_not_taken_needs_no_value() -> None:
    assert evaluate("type == '出差' ? nothing > 1 : days(leave) <= 3").result is PASS


def test_the_reason_shows_the_numbers_that_were_compared() -> None:
    assert evaluate("amount <= 5000", labels={"amount": "报销金额"}).reason == "报销金额 = 5200，要求 amount <= 5000"
    assert evaluate("sum(invoices, 'amount') == amount").reason.startswith(
        "sum(invoices, 'amount') = 0.3；amount = 5200"
    )
    assert evaluate("amount / 7 > 1", {"amount": Decimal(1)}).reason == "amount = 1，要求 amount / 7 > 1"
    assert (
        "max(rows, 'share') = 0.5" in evaluate("max(rows, 'share') < 1", {"rows": [{"share": Decimal("0.50")}]}).reason
    )


def test_a_number_without_end_is_shown_as_about() -> None:
    values = {"rows": [{"a": Decimal(1)}], "people": 3}

    assert "= 约 0.3333333333" in evaluate("sum(rows.map(r, r.a / people)) < 1", values).reason


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.1"),
        (Decimal("-5200.00"), "-5200"),
        (Decimal(0), "0"),
        (True, "是"),
        ("甲" * 100, "甲" * 40 + "…"),
        ("两\n行", "两 行"),
        (date(2026, 1, 2), "2026-01-02"),
    ],
)
def test_values_are_shown_as_people_write_them(value: Any, shown: str) -> None:
    assert f"v = {shown}，要求" in evaluate("v == v", {"v": value}).reason


def test_the_reason_names_a_missing_field_by_its_label() -> None:
    assert "「报销金额」未填写" in evaluate("amount > 1", {}, {"amount": "报销金额"}).reason


def test_the_reason_shows_the_rows_at_fault() -> None:
    finding = evaluate("invoices.all(r, r.amount <= 0.15)")

    assert "r.amount = 0.2" in finding.reason
    assert "0.1；" not in finding.reason


def test_only_confirmed_checks_are_computed_and_each_keeps_its_clause() -> None:
    # given
    checks = [
        Check("甲", "amount > 1", confirmed=True),
        Check("乙", "amount > 1"),
        Check("丙", "amount < 1", confirmed=True),
    ]

    # when
    findings = evaluate_checks(checks, FORM, TODAY)

    # then
    assert [(finding.clause, finding.result) for finding in findings] == [("甲", PASS), ("丙", FAIL)]


def test_too_many_checks_are_unknown_beyond_the_limit() -> None:
    checks = [Check(str(number), "amount > 1", confirmed=True) for number in range(MAX_CHECKS + 2)]

    results = [finding.result for finding in evaluate_checks(checks, FORM, TODAY)]

    assert results == [PASS] * MAX_CHECKS + [UNKNOWN] * 2


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "  ",
        [],
        {},
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1E+999999"),
        Decimal("9" * 50),
        0.1,
        object(),
    ],
)
@pytest.mark.parametrize(
    "expression",
    ["v == 0 || false", "v != 0 && true", "v <= 5", "!(v > 5)", "count(v) >= 0", "v != 1", "v.all(r, true)"],
)
def test_a_missing_or_malformed_value_never_passes(expression: str, value: Any) -> None:
    assert evaluate(expression, {"v": value}).result is UNKNOWN


@pytest.mark.parametrize("cell", [None, "", Decimal("NaN")])
def test_a_table_with_an_unreadable_cell_has_no_sum(cell: Any) -> None:
    values = {"rows": [{"a": Decimal(1)}, {"a": cell}]}

    assert evaluate("sum(rows, 'a') <= 5", values).result is UNKNOWN
    assert evaluate("rows.all(r, r.a <= 5)", values).result is UNKNOWN
    assert evaluate("rows.all(r, r.a > 5)", values).result is FAIL
    assert evaluate("rows.exists(r, r.a == 1)", values).result is PASS
    assert evaluate("rows.exists(r, r.a == 2)", values).result is UNKNOWN


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("nothing <= 5000 || true", PASS),
        ("true || nothing <= 5000", PASS),
        ("nothing <= 5000 && false", FAIL),
        ("amount < 1 && nothing <= 5000", FAIL),
        ("!(nothing > 1 && amount < 1)", PASS),
        ("amount % 1000 == 200", PASS),
        ("43 % -5 == 3 && -3 % 5 == -3 && -43 % -5 == -3 && 5.5 % 2 == 1.5 && amount > 0", PASS),
        ("'a' < 'b' && 'Z' < 'a' && '事' > 'z' && type != ''", PASS),
        ("tags == tags && tags != [] && [1, 2] == [1, 2] && [1, 2] != [2, 1] && [1] != [1, 1]", PASS),
        ("[[1], [2]] == [[1], [2]] && amount > 0", PASS),
    ],
)
def test_it_is_as_cel_defines_it(expression: str, result: FindingResult) -> None:
    finding = evaluate(expression)

    assert finding.result is result, finding.reason


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("报销金额 <= 5000", 'form["报销金额"] <= 5000'),
        ("amount ≤ 5000", "amount <= 5000"),
        ("type == “事假”", 'type == "事假"'),
        ("报销金额 ≥ 1 且 amount ＜ 5", 'form["报销金额"] >= 1 && amount < 5'),
        ("type = '事假'", "type == '事假'"),
        ("count（invoices） >= 1", "count(invoices) >= 1"),
        ("form[“报销金额”] <= 5000", 'form["报销金额"] <= 5000'),
    ],
)
def test_a_slip_gets_a_hint(typed: str, meant: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"是不是想写：{meant}")):
        check_expression(typed)


@pytest.mark.parametrize("typed", ["amount <=", "金额 不超过 5000", "(((", "≤"])
def test_what_cannot_be_guessed_gets_none(typed: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        check_expression(typed)

    assert "是不是想写" not in str(raised.value)


def test_nothing_of_a_form_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        evaluate("secret == '13800138000' || nothing == 1", {"secret": "13800138000"})

    assert "13800138000" not in caplog.text


amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4)


@calm
@given(st.lists(amounts, min_size=1, max_size=30))
def test_sums_of_decimals_are_exact(cells: list[Decimal]) -> None:
    # given
    scaled = sum(int(cell * 10_000) for cell in cells)
    values = {"rows": [{"a": cell} for cell in cells], "total": Decimal(scaled).scaleb(-4)}

    # then
    assert evaluate("sum(rows, 'a') == total", values).result is PASS
    assert evaluate("sum(rows, 'a') == total + 0.0001", values).result is FAIL


@calm
@given(amounts, amounts)
def test_comparisons_agree_with_decimals(left: Decimal, right: Decimal) -> None:
    values = {"l": left, "r": right}

    assert (evaluate("l <= r", values).result is PASS) == (left <= right)
    assert (evaluate("l - r == 0", values).result is PASS) == (left == right)
    assert evaluate("l * r == r * l && l + r == r + l", values).result is PASS


@calm
@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-1000, 1000))
def test_days_between_dates_are_exact(start: date, days: int) -> None:
    values = {"start": start, "end": start + timedelta(days=days)}

    assert evaluate(f"end - start == {days} && start + ({days}) == end", values).result is PASS


FIELDS = (
    FieldType("amount", "报销金额", "number"),
    FieldType("leave", "请假", "period"),
    FieldType("sent_at", "时间", "datetime"),
    FieldType("note", "公式", "number or text"),
    FieldType("items", "明细", "rows", (FieldType("price", "单价", "number"), FieldType("kind", "类别", "text"))),
)


@pytest.mark.parametrize(
    "expression",
    [
        "amount <= 5000",
        "days(leave) <= 3 && hours(leave) <= 8",
        "sum(items, 'price') == amount && items.all(r, r.kind == '餐费')",
        "amount / (amount - 1) > 1",  # the sample is 1: what a zero means is for the form to show
        "sent_at >= today",
        "note == 1",
    ],
)
def test_a_sound_expression_is_accepted(expression: str) -> None:
    check_expression(expression)
    check_expression(expression, known_types(FIELDS))


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("", "表达式为空"),
        ("amount <= 5000 &&", "不是有效的 CEL 表达式"),
        ("amont <= 5000", "没有字段 amont，可用的有 amount、leave、sent_at、note、items"),
        ('form["金额"] > 1', "没有字段 金额"),
        ("amount == '5000'", "数字与文字不能比较"),
        ("amount + 1", "这里需要是或否"),
        ("items.all(r, r.kind > 1)", "文字与数字不能比较"),
        ("days(amount) < 3", "这里需要起止时间"),
        ("sum(amount) < 3", "这里需要列表或表格"),
        ("sum(items, 'price', 'kind') < 3", "函数的参数不对"),
    ],
)
def test_an_unsound_expression_is_refused_with_its_problem(expression: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_expression(expression, known_types(FIELDS), field="checks[3].expression")

    assert refused.value.field == "checks[3].expression"
    assert problem in refused.value.problem


GUIDE = Path(__file__).parents[3] / "docs" / "ai-checks.md"
EXAMPLES = [
    line for block in re.findall(r"```cel\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL) for line in block.split("\n")
]


@pytest.mark.parametrize("expression", [line for line in EXAMPLES if line])
def test_what_the_guide_shows_can_be_used(expression: str) -> None:
    check_expression(expression)


def test_the_guide_names_everything_there_is() -> None:
    text = GUIDE.read_text("utf-8")

    assert [name for name in (*FUNCTIONS, *METHODS, *MACROS) if name not in text] == []


def test_types_of_columns_are_known_by_their_field() -> None:
    assert known_types(FIELDS)["items.price"] == "number"
