"""Checks compute with typed values; what is not certain has none."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.ai.forms.controls import read_fields
from taskbridge.ai.forms.values import FieldType, Period, field_types, typed_values
from taskbridge.events import NodeField
from tests.builders import calm
from tests.unit.ai.forms.builders import CONTROL_TYPES, column, field, form_of, options, raw_form, table, value_of

KINDS = options(a="事假", b={"zh": "病假", "en": "Sick"})
WANG, ZHAO = {"uid": "u-7", "number": "7", "name": "王五"}, {"uid": "u-8", "name": "赵六"}


@pytest.mark.parametrize(
    ("kind", "value", "typed"),
    [
        ("text", " 出差 ", "出差"),
        ("textarea", "一\r\n二", "一\n二"),
        ("rich_text", "<p>一</p><p>二</p>", "一\n二"),
        ("serial", "0012", "0012"),
        ("serial", 12, "12"),
        ("formula", "5,200.00", Decimal("5200.00")),
        ("formula", 12.5, Decimal("12.5")),
        ("formula", "三项", "三项"),
        ("number", 0.1, Decimal("0.1")),
        ("number", "1,234.50", Decimal("1234.50")),
        ("number", 0, Decimal(0)),
        ("money", 5200, Decimal(5200)),
        ("money", "5200元", Decimal(5200)),
        ("money", {"amount": "5200.00", "currency": "CNY", "upper": "伍仟贰佰元整"}, Decimal(5200)),
        ("money", {"amount": 5200}, Decimal(5200)),
        ("radio", "a", "事假"),
        ("select", "b", "病假"),
        ("checkbox", ["a", "b", "a"], ["事假", "病假"]),
        ("multi_select", ["b"], ["病假"]),
        ("cascade", ["a", "b"], ["事假", "病假"]),
        ("switch", True, True),
        ("switch", False, False),
        ("switch", "0", False),
        ("date", "2026-11-22", date(2026, 11, 22)),
        ("date", 1795276800000, date(2026, 11, 22)),
        ("datetime", "2026-11-22 09:30", datetime(2026, 11, 22, 1, 30, tzinfo=UTC)),
        ("time", "9:30", "09:30"),
        ("date_range", ["2026-11-22", "2026-11-24"], Period(date(2026, 11, 22), date(2026, 11, 24), Decimal(3))),
        (
            "date_range",
            {"start": "2026-11-22", "end": "2026-11-24", "duration": "2", "unit": "天"},
            Period(date(2026, 11, 22), date(2026, 11, 24), Decimal(2)),
        ),
        (
            "leave",
            {"type": "a", "start": "2026-11-22", "end": "2026-11-23", "start_half": "下午", "end_half": "下午"},
            Period(date(2026, 11, 22), date(2026, 11, 23), Decimal("1.5")),
        ),
        (
            "leave",
            {"type": "a", "start": "2026-11-22", "end": "2026-11-22", "duration": 4, "unit": "hour"},
            Period(date(2026, 11, 22), date(2026, 11, 22), None, Decimal(4)),
        ),
        ("user", WANG, "王五"),
        ("user", [WANG], "王五"),
        ("users", [WANG, ZHAO], ["王五", "赵六"]),
        ("users", WANG, ["王五"]),
        ("department", {"id": "d", "name": "财务处"}, "财务处"),
        ("departments", [{"id": "d", "name": "财务处"}], ["财务处"]),
        ("file", [{"name": "a", "url": "u"}, None, {"url": "v"}], 2),
        ("file", {"name": "a"}, 1),
        ("file", [], 0),
        ("address", {"province": "浙江省", "city": "杭州市"}, "浙江省杭州市"),
        ("location", {"name": "图书馆"}, "图书馆"),
        ("phone", 13800000000, "13800000000"),
        ("signature", {"name": "王五", "url": "u"}, True),
        ("signature", {"name": "王五"}, False),
        ("related", [{"sess_id": "s", "subject": "采购", "status": "running"}], ["采购"]),
        ("rating", {"score": 4, "max": 5}, Decimal(4)),
        ("rating", "4.5", Decimal("4.5")),
    ],
)
def test_a_value_has_the_type_of_its_control(kind: str, value: Any, typed: Any) -> None:
    found = value_of(kind, value, options=KINDS if "a" in str(value) and kind in {"radio", "select", "cascade"} else [])
    if kind in {"checkbox", "multi_select"} or value == "b":
        found = value_of(kind, value, options=KINDS)

    assert found == typed
    assert type(found) is type(typed)


@pytest.mark.parametrize("value", [None, "", "  ", {}, [None]])
@pytest.mark.parametrize("kind", [*CONTROL_TYPES, "hologram"])
def test_what_was_not_filled_in_has_no_value(kind: str, value: Any) -> None:
    assert value_of(kind, value) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", {"a": 1}),
        ("text", ["a"]),
        ("rich_text", "<p></p>"),
        ("number", "约 5 天"),
        ("number", True),
        ("number", "1,23"),
        ("money", {"amount": 5200, "currency": "USD"}),
        ("money", {"amount": 5000, "currency": "CNY", "upper": "伍仟贰佰元整"}),
        ("money", {"amount": "未定"}),
        ("money", {"amount": 1, "currency": {"a": 1}}),
        ("select", "c"),
        ("select", {"value": "a"}),
        ("multi_select", ["a", "c"]),
        ("cascade", [["a"]]),
        ("switch", "也许"),
        ("date", "2026-02-30"),
        ("date", "09:30"),
        ("datetime", "2026-11-22"),
        ("time", "上午"),
        ("date_range", ["2026-11-22"]),
        ("date_range", ["2026-11-24", "2026-11-22"]),
        ("date_range", {"start": "2026-11-22", "end": "2026-11-24", "duration": "几", "unit": "天"}),
        ("leave", "两天"),
        ("user", [WANG, ZHAO]),
        ("users", [WANG, {"uid": "u-9"}]),
        ("department", {"id": "d"}),
        ("file", "a.pdf"),
        ("address", {"province": {"x": 1}}),
        ("signature", "王五"),
        ("signature", {"by": "x"}),
        ("rating", {"score": "好"}),
        ("table", "x"),
        ("table", {"rows": [{"a": 1}]}),
        ("hologram", "x"),
    ],
)
def test_what_is_malformed_or_contradicts_itself_has_no_value(kind: str, value: Any) -> None:
    assert value_of(kind, value, options=KINDS) is None


def test_a_table_is_a_list_of_rows_by_column_key() -> None:
    columns = [
        column("sum", "money"),
        column("kind", "select", options=KINDS),
        column("day", "date"),
        column("no", hidden=True),
        column("pdf", "file"),
        column("inner", "table", columns=[column("n", "number")]),
    ]
    rows = [
        {
            "sum": {"amount": "12.50", "currency": "CNY"},
            "kind": "a",
            "day": "2026-11-22",
            "no": "1",
            "pdf": [{"name": "a"}],
        },
        {"sum": "", "kind": None},
        {"sum": "十元", "inner": [{"n": 1}, {"n": "x"}]},
    ]

    assert value_of("table", table(columns, *rows)) == [
        {"sum": Decimal("12.50"), "kind": "事假", "day": date(2026, 11, 22), "pdf": 1},
        {"inner": [{"n": Decimal(1)}, {}]},
    ]


@pytest.mark.parametrize("rows", [[], [{}], [{"a": ""}, None], [{"a": 1}, ["x"]]])
def test_a_table_without_rows_or_with_rows_of_another_shape_has_no_value(rows: list[Any]) -> None:
    assert value_of("table", table([column("a", "number")], *rows)) is None


def test_hidden_fields_have_no_value_and_do_not_disturb_visible_ones() -> None:
    form = form_of(field("number", 1, "a", hidden=True), field("number", 2, "a"), field("number", 3, "b", hidden=True))

    assert typed_values(read_fields(form)) == {"a": Decimal(2)}


def test_two_visible_fields_with_one_key_have_no_value() -> None:
    assert typed_values(
        read_fields(form_of(field("number", 1, "a"), field("number", 2, "a"), field("number", 3, "b")))
    ) == {"b": 3}


@pytest.mark.parametrize(
    "source", [b"NaN", b"[1,", b"9" * 5000, b"[" * 10_000 + b"]" * 10_000, b'"\\ud800"', b"1e999999999999999999"]
)
@pytest.mark.parametrize("kind", [*CONTROL_TYPES, "hologram"])
def test_json_that_cannot_be_read_has_no_number(kind: str, source: bytes) -> None:
    found = typed_values(read_fields(raw_form(kind, source))).get("f")

    assert found is None or isinstance(found, str | list)


def test_numbers_of_a_form_add_up_exactly() -> None:
    values = typed_values(
        read_fields(form_of(field("number", 0.1, "a"), field("money", 0.2, "b"), field("number", 0.3, "c")))
    )

    assert values["a"] + values["b"] == values["c"]


def test_field_types_tell_what_a_check_may_name() -> None:
    columns = [column("sum", "money", "金额"), column("x", "hologram"), column("no", hidden=True)]
    columns.append(column("t", "table", "明细", columns=[column("n", "number", "数")]))
    form = form_of(
        field("table", table(columns, {}), "rows", "清单"),
        field("leave", None, "leave", {"zh": "请假"}),
        field("hologram", 1, "h"),
        field("number", 1, "n", hidden=True),
        field("table", "x", "broken"),
    )

    assert field_types(form.fields) == (
        FieldType(
            "rows",
            "清单",
            "rows",
            (FieldType("sum", "金额", "number"), FieldType("t", "明细", "rows", (FieldType("n", "数", "number"),))),
        ),
        FieldType("leave", "请假", "period"),
        FieldType("broken", "字段", "rows"),
    )


def test_fields_of_a_published_node_have_types_too() -> None:
    fields = [NodeField("a", {"zh": "金额"}, "money"), NodeField("t", "明细", "table"), NodeField("x", "x", "hologram")]

    assert field_types(fields) == (FieldType("a", "金额", "number"), FieldType("t", "明细", "rows"))


TYPED: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "number": (Decimal,),
    "number or text": (Decimal, str),
    "bool": (bool,),
    "date": (date,),
    "datetime": (datetime,),
    "period": (Period,),
    "list": (list,),
    "count": (int,),
    "rows": (list,),
}
loose = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 2 * 10**9)
    | st.sampled_from(["2026-11-22", "5元", "09:30", "a", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["start", "end", "amount", "name", "score", "rows", "columns", "key"]), inner, max_size=4
        )
    ),
    max_leaves=6,
)


@calm
@given(kind=st.sampled_from(CONTROL_TYPES), value=loose)
def test_a_value_is_of_the_type_that_is_announced_or_absent(kind: str, value: Any) -> None:
    form = form_of(field(kind, value))
    (announced,) = field_types(form.fields)

    found = typed_values(read_fields(form))

    assert all(isinstance(each, TYPED[announced.type]) for each in found.values())
