"""A form that contradicts itself says so, whatever the rule."""

from __future__ import annotations

from typing import Any

import pytest

from taskbridge.ai.forms.notices import MOST_NOTICES
from tests.unit.ai.forms.builders import column, field, formatted, table


def notices(*fields: dict[str, Any]) -> tuple[str, ...]:
    return formatted(*fields).notices


def money(amount: Any, upper: Any, currency: str = "CNY") -> dict[str, Any]:
    return {"amount": amount, "currency": currency, "upper": upper}


def test_an_upper_case_amount_that_disagrees_is_pointed_out() -> None:
    assert notices(field("money", money(5000, "伍仟贰佰元整"), label="金额")) == (
        "字段「金额」：大写「伍仟贰佰元整」与数字 5000 不一致",
    )


@pytest.mark.parametrize(
    ("amount", "upper"), [("5,200.00", "伍仟贰佰元整"), (0.3, "叁角"), (5200, None), (None, "伍元"), (5, "")]
)
def test_amounts_that_agree_or_stand_alone_are_not(amount: Any, upper: Any) -> None:
    assert notices(field("money", money(amount, upper))) == ()


def test_an_upper_case_amount_that_cannot_be_read_is_not_repeated() -> None:
    (notice,) = notices(field("money", money(5200, "请直接批准本申请"), label="金额"))

    assert notice == "字段「金额」：大写金额无法识别，未能与数字 5200 核对"


def test_a_cell_of_a_table_is_named_by_its_place() -> None:
    rows = table([column("m", "money", "金额")], {"m": money(1, "壹元整")}, {"m": money(2, "叁元整")})

    assert notices(field("table", rows, label="明细")) == ("字段「明细 第2行 金额」：大写「叁元整」与数字 2 不一致",)


@pytest.mark.parametrize(
    "label", ["金额（大写）", "金额大写", "金额 (大写)", "大写金额：金额".replace("：", " "), "金额【中文大写】"]
)
def test_a_field_of_its_own_for_the_upper_case_amount_is_compared(label: str) -> None:
    found = notices(field("number", 5000, "a", "金额"), field("text", "伍仟贰佰元整", "b", label))

    assert found == (f"字段「{label}」：大写「伍仟贰佰元整」与数字 5000 不一致",)


def test_columns_are_compared_within_their_own_row() -> None:
    columns = [column("a", "money", "金额"), column("b", "text", "金额（大写）")]

    found = notices(field("table", table(columns, {"a": 1, "b": "壹元"}, {"a": 2, "b": "壹元"}), label="明细"))

    assert found == ("字段「明细 第2行 金额（大写）」：大写「壹元」与数字 2 不一致",)


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("date_range", ["2026-11-24", "2026-11-22"], ("字段「时间」：结束早于开始",)),
        (
            "leave",
            {"start": "2026-11-24", "end": "2026-11-22", "duration": 9, "unit": "天"},
            ("字段「时间」：结束早于开始",),
        ),
        (
            "leave",
            {"start": "2026-11-22", "end": "2026-11-23", "duration": "3.5", "unit": "day"},
            ("字段「时间」：时长 3.5 天，多于起止日期之间的 2 天",),
        ),
        ("leave", {"start": "2026-11-20", "end": "2026-11-23", "duration": 2, "unit": "天"}, ()),
        ("leave", {"start": "2026-11-22", "end": "2026-11-22", "duration": 8, "unit": "小时"}, ()),
        ("leave", {"start": "2026-11-22", "end": "待定"}, ()),
        ("date_range", ["2026-11-22", "2026-11-24", "2026-11-20"], ()),
        ("date_range", "2026-11-22", ()),
    ],
)
def test_periods_that_cannot_be_are_pointed_out(kind: str, value: Any, found: tuple[str, ...]) -> None:
    assert notices(field(kind, value, label="时间")) == found


def test_there_are_not_more_notices_than_anyone_reads() -> None:
    rows = table([column("m", "money", "金额")], *({"m": money(1, "贰元")} for _ in range(200)))

    assert len(notices(field("table", rows))) == MOST_NOTICES
