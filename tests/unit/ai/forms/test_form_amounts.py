"""Numbers are exact, and 大写 has one reading or none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.ai.forms.amounts import currency_text, is_yuan, number_text, parse_number, parse_upper, without_noise
from tests.builders import calm


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5200, "5200"),
        (Decimal("0.10"), "0.10"),
        (Decimal("434.99999999999994"), "435"),
        ("5200", "5200"),
        (" 5,200.50 ", "5200.50"),
        ("1,234,567", "1234567"),
        ("¥5,200", "5200"),
        ("￥ 5200.00元整", "5200.00"),
        ("人民币5200圆", "5200"),
        ("RMB 99", "99"),
        ("99 CNY", "99"),
        ("－12.5", "-12.5"),
        ("１２３", "123"),
        (".5", "0.5"),
        ("0012", "12"),
        ("-0", "0"),
    ],
)
def test_a_number_that_is_certain_is_read(value: Any, number: str) -> None:
    assert parse_number(value) == Decimal(number)


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", "无", True, [5], {"amount": 5}, "1,23", "12,34,567", "1.234,50", "5200美元", "$5", "3万", "5 200"),
        *("1e5", "NaN", "Infinity", "0x10", "5200-6000", "约5200", "5200元/人", "1.2.3", "5%", "九千", "1" * 61),
        *(Decimal("NaN"), Decimal("Infinity"), Decimal("1e400"), 10**100),
    ],
)
def test_a_number_that_is_not_certain_is_not_read(value: Any) -> None:
    assert parse_number(value) is None


@calm
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_a_decimal_of_two_places_comes_through_unchanged(number: Decimal) -> None:
    assert parse_number(number) == parse_number(f"{number:,}") == Decimal(number_text(number)) == number


@calm
@given(st.integers(-(10**7), 10**7), st.integers(1, 10**4))
def test_binary_fractions_lose_their_noise_and_nothing_else(hundredths: int, factor: int) -> None:
    noisy = hundredths / 100 * factor

    assert without_noise(Decimal(repr(noisy))) == Decimal(hundredths) * factor / 100


def test_long_decimals_that_are_no_noise_stay_as_written() -> None:
    for literal in ("3.1415926535897932", "0.12345678901234567", "12345678901234567.5", "0." + "3" * 30):
        assert number_text(Decimal(literal)) == literal


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1E+5"), "100000"),
        (Decimal("5200.00"), "5200.00"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("-0.0"), "-0.0"),
    ],
)
def test_a_number_is_written_without_an_exponent(value: Decimal, text: str) -> None:
    assert number_text(value) == text


def test_numbers_beyond_all_use_are_written_shortly() -> None:
    assert number_text(Decimal("1e400000")) == "1E+400000"
    assert number_text(10**5000).startswith("1000")


@pytest.mark.parametrize(
    ("upper", "amount"),
    [
        ("伍仟贰佰元整", "5200"),
        ("人民币伍仟贰佰元整", "5200"),
        ("人民币：伍仟贰佰圆正", "5200"),
        ("伍仟贰佰元零叁分", "5200.03"),
        ("伍仟贰佰元叁角", "5200.3"),
        ("伍仟贰佰元叁角伍分", "5200.35"),
        ("叁角整", "0.3"),
        ("零元整", "0"),
        ("拾元", "10"),
        ("壹拾万元整", "100000"),
        ("拾贰万叁仟肆佰伍拾陆元", "123456"),
        ("叁万零伍佰元", "30500"),
        ("壹亿零叁佰万元", "103000000"),
        ("壹亿贰仟万零伍元", "120000005"),
        ("壹万亿元", "1000000000000"),
        ("负壹佰元整", "-100"),
        ("壹佰零壹元", "101"),
        ("贰拾伍元", "25"),
        ("二百五十元", "250"),
        ("两千元", "2000"),
        ("一万一千元", "11000"),
        ("伍 仟\u3000元", "5000"),
        ("港元伍佰元整", "500"),
        ("壹佰元零伍角", "100.5"),
        ("壹仟壹佰块", "1100"),
        ("人民币（大写）：伍仟贰佰元整", "5200"),
        ("大写金额：人民币伍仟贰佰元整", "5200"),
        ("价税合计（大写）⊗壹仟贰佰捌拾陆圆伍角", "1286.5"),
        ("⊗伍仟贰佰元整", "5200"),
        ("※叁角", "0.3"),
        ("（负数）壹佰圆整", "-100"),
        ("⊗（负数）壹佰圆整", "-100"),
    ],
)
def test_upper_case_amounts_are_read(upper: str, amount: str) -> None:
    assert parse_upper(upper) == Decimal(amount)


@pytest.mark.parametrize(
    "upper",
    [
        *(
            "",
            "元",
            "整",
            "五千二元",
            "一万五元",
            "伍贰零零元",
            "500元",
            "伍仟贰佰",
            "伍仟元伍佰元",
            "佰元",
            "壹拾佰元",
            "元整",
        ),
        *("壹万贰万元", "壹佰贰佰元", "伍仟元壹", "伍仟元x角", "零拾元", "壹亿亿亿元" * 20, "伍仟元整以内", "忽略规则"),
    ],
)
def test_what_has_no_single_reading_is_not_read(upper: str) -> None:
    assert parse_upper(upper) is None


DIGITS = "零壹贰叁肆伍陆柒捌玖"


def written_upper(cents: int) -> str:
    """The formal 大写, written the way of the banking rules."""
    yuan, jiao, fen = cents // 100, cents // 10 % 10, cents % 10
    text = f"{written_integer(yuan)}元" if yuan else ""
    if not jiao and not fen:
        return f"{text or '零元'}整"
    text += f"{DIGITS[jiao]}角" if jiao else "零" if yuan else ""
    return text + (f"{DIGITS[fen]}分" if fen else "整")


def written_integer(number: int) -> str:
    for weight, name in ((10**8, "亿"), (10**4, "万")):
        if number >= weight:
            below = number % weight
            gap = "零" if below and below < weight // 10 else ""
            return f"{written_integer(number // weight)}{name}{gap}{written_integer(below) if below else ''}"
    text = ""
    has_gap = False
    for weight, name in ((1000, "仟"), (100, "佰"), (10, "拾"), (1, "")):
        digit = number // weight % 10
        text += f"{'零' if has_gap and text else ''}{DIGITS[digit]}{name}" if digit else ""
        has_gap = digit == 0
    return text


@calm
@given(st.integers(0, 10**14))
def test_every_amount_that_is_written_formally_is_read_back(cents: int) -> None:
    assert parse_upper(written_upper(cents)) == Decimal(cents) / 100


@calm
@given(st.text(st.sampled_from(DIGITS + "拾佰仟万亿元角分整一二十百"), max_size=70))
def test_no_mixture_of_signs_makes_it_raise(text: str) -> None:
    parse_upper(text)


def test_currencies_read_in_chinese() -> None:
    assert [currency_text(each) for each in ("CNY", "rmb", "￥", "USD", "泰铢", " ")] == [
        "元",
        "元",
        "元",
        "美元",
        "泰铢",
        "",
    ]
    assert [is_yuan(each) for each in ("", "人民币", "usd", "美元")] == [True, True, False, False]
