"""A table is one line a row, and no cell can pass for another one."""

from __future__ import annotations

from typing import Any

from taskbridge.ai.forms.control_text import LONGEST_TABLE
from tests.unit.ai.forms.builders import column, field, formatted, options, table, text_of

INVOICES = [
    column("no", "text", "发票号"),
    column("sum", "money", {"zh": "金额", "en": "Amount"}),
    column("kind", "select", "类型", options=options(k1="交通", k2="住宿")),
]


def test_a_row_is_a_line_and_a_cell_reads_by_its_own_type() -> None:
    shown = text_of(
        "table",
        table(
            INVOICES,
            {"no": "001", "sum": {"amount": "12.50", "currency": "CNY"}, "kind": "k1"},
            {"no": "002", "sum": 0.1, "kind": None, "_id": "row-2"},
        ),
    )

    assert shown.split("\n") == [
        "| 发票号 | 金额 | 类型 |",
        "| --- | --- | --- |",
        "| 001 | 12.50 元 | 交通 |",
        "| 002 | 0.1 | 未填写 |",
    ]


def test_blank_rows_are_left_out() -> None:
    shown = text_of("table", table(INVOICES, {"no": ""}, {"no": "002"}, {}, None))

    assert shown.split("\n")[2:] == ["| 002 | 未填写 | 未填写 |"]


def test_bars_and_line_breaks_stay_within_their_cell() -> None:
    shown = text_of("table", table(INVOICES, {"no": "1 | 9999 | 交通 |\n| 2\u2028x", "sum": 1}))

    assert shown.split("\n")[2:] == ["| 1 ｜ 9999 ｜ 交通 ｜ ｜ 2 x | 1 | 未填写 |"]


def test_hidden_columns_are_not_shown() -> None:
    columns = [column("a", label="甲"), column("b", label="密", hidden=True), column("c", label="丙")]

    shown = text_of("table", table(columns, {"a": "1", "b": "不可见", "c": "3"}))

    assert shown == "| 甲 | 丙 |\n| --- | --- |\n| 1 | 3 |"


def test_a_table_whose_columns_are_all_hidden_shows_nothing() -> None:
    assert text_of("table", table([column("a", hidden=True)], {"a": "不可见"})) == "未填写"


def test_a_table_within_a_table_follows_below_with_its_place() -> None:
    inner = table([column("x", label="物品"), column("n", "number", "数量")], {"x": "笔", "n": 2}, {"x": "纸", "n": 3})
    columns = [column("d", "date", "日期"), column("t", "table", "明细")]

    shown = text_of("table", table(columns, {"d": "2026-11-22", "t": inner}, {"d": "2026-11-23", "t": table([])}))

    assert shown.split("\n") == [
        "| 日期 | 明细 |",
        "| --- | --- |",
        "| 2026-11-22 | 见下方「第1行 明细」 |",
        "| 2026-11-23 | 未填写 |",
        "第1行 明细：",
        "  | 物品 | 数量 |",
        "  | --- | --- |",
        "  | 笔 | 2 |",
        "  | 纸 | 3 |",
    ]


def test_columns_may_be_declared_by_the_column_that_holds_the_table() -> None:
    columns = [column("t", "table", "明细", columns=[column("x", label="物品"), column("h", hidden=True)])]

    shown = text_of("table", table(columns, {"t": [{"x": "笔", "h": "不可见"}]}))

    assert shown.endswith("  | 物品 |\n  | --- |\n  | 笔 |")
    assert "不可见" not in shown


def test_rows_of_another_shape_are_shown_raw() -> None:
    shown = text_of("table", table([column("a", label="甲")], ["x", 1], "散落的一行", {"a": "好"}))

    assert shown.split("\n")[2:] == ['| ["x",1] |', "| 散落的一行 |", "| 好 |"]


def test_a_single_row_may_come_without_its_array() -> None:
    assert text_of("table", {"columns": [column("a", label="甲")], "rows": {"a": "好"}}).endswith("| 好 |")


def test_columns_that_cannot_be_read_do_not_take_the_others_with_them() -> None:
    columns: list[Any] = [
        None,
        "x",
        {"label": "无键"},
        {"key": "a"},
        column("b", "select", 5, options="none"),
        column("b"),
    ]

    shown = text_of("table", table(columns, {"a": "1", "b": "2"}))

    assert shown.split("\n") == ["| 未命名字段 | 5 |", "| --- | --- |", "| 1 | 2 |"]


def test_a_table_that_grows_beyond_all_bounds_is_cut_and_says_so() -> None:
    columns = [column("a", "select", "甲", options=options(x="长" * 5000))]

    shown = text_of("table", table(columns, *({"a": "x"} for _ in range(1000))))

    assert shown.endswith("\n（表格过长，以下未显示）")
    assert len(shown) < LONGEST_TABLE + 50


def test_files_within_tables_are_attachments_with_their_place() -> None:
    columns = [column("no", label="发票号"), column("pdf", "file", "发票"), column("p", "image", hidden=True)]
    value = table(columns, {"no": "1"}, {"no": "2", "pdf": [{"name": "a.pdf", "url": "u"}], "p": [{"name": "b"}]})

    (attachment,) = formatted(field("table", value, key="detail", label="明细")).attachments

    assert (attachment.field_key, attachment.column_keys) == ("detail", ("pdf",))
    assert (attachment.label, attachment.name) == ("明细 第2行 发票", "a.pdf")
    assert attachment.named_by(["detail"])
    assert attachment.named_by(["pdf"])
    assert attachment.named_by({"detail.pdf"})
    assert not attachment.named_by(["other"])
