"""Whatever a value is like: nothing raises, nothing vanishes, no id shows, nothing hidden shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.ai.forms.controls import read_fields
from taskbridge.ai.forms.form import form_text, format_form
from taskbridge.ai.forms.value_text import EMPTY
from taskbridge.ai.forms.values import field_types, typed_values
from taskbridge.events import EventForm, Field
from tests.builders import calm
from tests.unit.ai.forms.builders import (
    CONTROL_TYPES,
    column,
    compact,
    field,
    form_of,
    formatted,
    options,
    raw_form,
    table,
)

NAMES = (
    *(
        "name",
        "number",
        "uid",
        "id",
        "start",
        "end",
        "duration",
        "unit",
        "type",
        "amount",
        "currency",
        "upper",
        "score",
    ),
    *(
        "max",
        "columns",
        "rows",
        "key",
        "label",
        "options",
        "value",
        "url",
        "token",
        "size",
        "subject",
        "status",
        "sess_id",
    ),
    *("province", "city", "detail", "signed_at", "start_half", "end_half", "longitude", "hidden", "zh", "lang", "text"),
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["2026-11-22", "伍仟元整", "5,200元", "<p>", "table", "file", "money", "a"])
)
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=25,
)


def read_whole(form: EventForm) -> str:
    """Everything that is ever made of a form; what comes out can be sent as UTF-8."""
    shown = format_form(form)
    typed_values(read_fields(form))
    field_types(form.fields)
    text = "\n".join([form_text(shown), *shown.notices, *(each.label + each.name for each in shown.attachments)])
    text.encode()
    return text


@calm
@given(kind=st.sampled_from([*CONTROL_TYPES, "hologram"]), value=json_values, choices=st.lists(json_values, max_size=3))
def test_no_json_value_makes_any_type_raise(kind: str, value: Any, choices: list[Any]) -> None:
    form = form_of(field(kind, value, options=[{"value": each, "label": "选项"} for each in choices]))

    assert read_whole(form).startswith("字段：")


@calm
@given(kind=st.sampled_from(CONTROL_TYPES), value=json_values, rows=st.lists(json_values, max_size=3))
def test_no_json_value_in_a_table_makes_it_raise(kind: str, value: Any, rows: list[Any]) -> None:
    columns = [column("a", kind), column("b", "table", columns=[column("a", kind)])]

    assert read_whole(form_of(field("table", table(columns, {"a": value, "b": rows}, *rows)))).startswith("字段：")


@calm
@given(columns=json_values, rows=json_values)
def test_no_shape_of_a_table_makes_it_raise(columns: Any, rows: Any) -> None:
    assert read_whole(form_of(field("table", {"columns": columns, "rows": rows})))


@calm
@given(kind=st.sampled_from([*CONTROL_TYPES, "hologram"]), source=st.binary(max_size=60))
def test_no_bytes_make_any_type_raise(kind: str, source: bytes) -> None:
    assert read_whole(raw_form(kind, source)).startswith("字段：")


LONG = "长" * 200_000
HOSTILE = {
    "deep arrays": b"[" * 10_000 + b"]" * 10_000,
    "arrays as deep as can be decoded": b"[" * 900 + b"1" + b"]" * 900,
    "arrays at the limit": b"[" * 99 + b"1" + b"]" * 99,
    "deep objects": b'{"rows":' * 10_000 + b"1" + b"}" * 10_000,
    "objects at the limit": b'{"name":' * 99 + b"1" + b"}" * 99,
    "not a number": b"NaN",
    "infinity": b"-Infinity",
    "huge integer": b"9" * 100_000,
    "huge exponent": b"1e999999999999999999",
    "large exponent": b"1e400",
    "tiny": b"1e-999999999999999999",
    "many decimals": b"0." + b"3" * 50_000,
    "lone surrogate": b'"\\ud800 \\udc00\\ud800"',
    "surrogate bytes": b'"\xed\xa0\x80"',
    "broken bytes": b'"\xff\xfe\x00"',
    "cut off": b'{"name": "',
    "nothing": b"",
    "long text": json.dumps(LONG).encode(),
    "long text of controls": json.dumps("\x00\u202e" * 100_000).encode(),
    "long number text": json.dumps("1," * 100_000).encode(),
    "many elements": json.dumps(["x"] * 5_000).encode(),
    "many rows": json.dumps({"columns": [{"key": "a", "type": "date"}], "rows": [{"a": 1}] * 2_000}).encode(),
    "many columns": json.dumps({"columns": [{"key": str(n)} for n in range(5_000)], "rows": [{"0": 1}]}).encode(),
    "duplicate names": b'{"name": 1, "name": {"name": 2}}',
}


@pytest.mark.parametrize("kind", [*CONTROL_TYPES, "hologram"])
@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_hostile_values_are_shown_and_nothing_raises(kind: str, source: bytes) -> None:
    shown = format_form(raw_form(kind, source)).fields[0].text

    read_whole(raw_form(kind, source))
    assert len(shown) < 1_000_000
    assert shown or not source


@pytest.mark.parametrize(
    "kind", ["text", "textarea", "hologram", "phone", "select", "date", "user", "department", "money"]
)
def test_a_long_text_is_whole(kind: str) -> None:
    assert LONG in format_form(raw_form(kind, json.dumps(LONG).encode())).fields[0].text


def test_labels_may_be_as_hostile_as_values() -> None:
    hostile = EventForm([Field("f", "标\ud800签\n二", "text", msgspec.Raw(b'"x"'))])

    assert read_whole(hostile) == "标\ufffd签 二：x"


def test_tables_within_tables_are_shown_down_to_the_last() -> None:
    value: Any = {"columns": [column("x", label="内")], "rows": [{"x": "最深"}]}
    for _ in range(30):
        value = table([column("t", "table", "层")], {"t": value})

    text = read_whole(form_of(field("table", value)))

    assert "最深" in text
    assert '"' not in text


def test_many_labels_that_come_back_do_not_fill_the_memory() -> None:
    label = "长" * 100_000
    choices = [{"value": "x", "label": label}]

    for kind in ("multi_select", "cascade"):
        value = [["x"] * 10] * 5_000 if kind == "cascade" else ["x"] * 5_000
        assert len(format_form(form_of(field(kind, value, options=choices))).fields[0].text) < 2_000_000
    assert len(format_form(form_of(field("cascade", ["x"] * 5_000, options=choices))).fields[0].text) < 2_000_000


def leaves(value: Any) -> Iterator[Any]:
    """The scalars that people can see: blank ones show nothing."""
    if isinstance(value, dict):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    elif value not in {None, ""}:
        yield value


def plain_text(leaf: Any) -> str:
    return ("是" if leaf else "否") if isinstance(leaf, bool) else str(leaf)


plain_leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(-(10**6), 10**6, places=3).map(float)
    | st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd", "Po"], codec="utf-8"), max_size=10)
)
trees = st.recursive(
    plain_leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc甲乙", min_size=1, max_size=3), inner, max_size=4)
    ),
    max_leaves=15,
)


@calm
@given(value=trees)
def test_every_scalar_of_an_unknown_type_is_shown(value: Any) -> None:
    shown = formatted(field("hologram", value)).fields[0].text

    for leaf in leaves(value):
        within_json = isinstance(value, dict | list)
        assert (compact(leaf) if within_json else plain_text(leaf)) in shown
    assert (shown == EMPTY) == (not list(leaves(value)))


@calm
@given(
    value=trees, kind=st.sampled_from(["text", "number", "date", "switch", "phone", "formula", "date_range", "leave"])
)
def test_nothing_that_was_filled_in_reads_as_not_filled_in(value: Any, kind: str) -> None:
    filled = list(leaves(value))

    assert (formatted(field(kind, value)).fields[0].text == EMPTY) == (not filled)


HIDDEN = "不可见的内容"
SECRET = "zq9-internal"  # stands wherever people see nothing: no text may hold it


def person(n: int) -> dict[str, Any]:
    return {"uid": f"{SECRET}-u{n}", "number": f"2026{n}", "name": f"人{n}"}


def stored_file(n: int) -> dict[str, Any]:
    return {"name": f"文件{n}.pdf", "url": f"https://f/{SECRET}", "token": SECRET, "sha256": SECRET, "size": n}


CHOICES = [{"value": f"{SECRET}-{n}", "label": f"选项{n}"} for n in range(3)]
chosen = st.sampled_from([choice["value"] for choice in CHOICES])
numbers = st.integers(0, 9)
people, files = numbers.map(person), numbers.map(stored_file)
units = numbers.map(lambda n: {"id": SECRET, "name": f"部门{n}"})
VALUES_WITH_IDS: dict[str, st.SearchStrategy[Any]] = {
    "radio": chosen,
    "select": chosen,
    "checkbox": st.lists(chosen),
    "multi_select": st.lists(chosen),
    "cascade": st.lists(chosen, max_size=5),
    "user": people,
    "users": st.lists(people),
    "department": units,
    "departments": st.lists(units),
    "file": st.lists(files),
    "image": st.lists(files),
    "signature": numbers.map(lambda n: {"name": f"人{n}", "url": SECRET, "signed_at": "2026-11-22"}),
    "related": st.lists(numbers.map(lambda n: {"sess_id": SECRET, "subject": f"事{n}", "status": "running"})),
    "leave": chosen.map(lambda kind: {"type": kind, "start": "2026-11-22", "end": "2026-11-23"}),
}


@st.composite
def fields_with_ids(draw: st.DrawFn, depth: int = 2) -> tuple[dict[str, Any], Any]:
    """A column with options, and a value for it; sometimes a table of such columns, one of them hidden."""
    if depth and draw(st.booleans()):
        inside = draw(st.lists(fields_with_ids(depth - 1), min_size=1, max_size=3))
        columns = [{**declared, "key": f"{SECRET}-{n}"} for n, (declared, _) in enumerate(inside)]
        row = {f"{SECRET}-{n}": value for n, (_, value) in enumerate(inside)}
        columns.append(column("hidden", "text", HIDDEN, hidden=True))
        return column("x", "table", "表"), table(columns, {**row, "hidden": HIDDEN, "_id": SECRET}, {"hidden": HIDDEN})
    kind = draw(st.sampled_from(sorted(VALUES_WITH_IDS)))
    return column("x", kind, "列", options=CHOICES), draw(VALUES_WITH_IDS[kind])


@calm
@given(st.lists(fields_with_ids(), min_size=1, max_size=4))
def test_no_id_and_nothing_hidden_is_in_the_text(drawn: list[tuple[dict[str, Any], Any]]) -> None:
    visible = [{**declared, "key": f"{SECRET}-{n}", "value": value} for n, (declared, value) in enumerate(drawn)]
    unseen = [{**each, "key": f"hidden-{each['key']}", "label": HIDDEN, "hidden": True} for each in visible]

    shown = format_form(form_of(*visible, *unseen, field("text", HIDDEN, hidden=True)))

    text = "\n".join([form_text(shown), *shown.notices, *(each.label + each.name for each in shown.attachments)])
    assert SECRET not in text
    assert HIDDEN not in text
    assert "https://" not in text


@calm
@given(
    st.lists(
        st.tuples(st.sampled_from(["user", "department", "file", "text", "number"]), numbers), min_size=1, max_size=6
    )
)
def test_every_visible_value_is_there_exactly_once(drawn: list[tuple[str, int]]) -> None:
    """Each value has a mark of its own; rows of a table and fields of the form alike."""
    marks = [f"标{chr(0x4E00 + index)}记" for index in range(len(drawn))]
    shapes: dict[str, Callable[[str], Any]] = {
        "user": lambda mark: {"uid": SECRET, "name": mark},
        "department": lambda mark: [{"id": SECRET, "name": mark}],
        "file": lambda mark: [{"name": mark, "url": SECRET}],
    }
    filled = [(kind, shapes.get(kind, str)(mark)) for (kind, _), mark in zip(drawn, marks, strict=True)]
    rows = table(
        [column(str(n), kind, "列") for n, (kind, _) in enumerate(filled)],
        {str(n): v for n, (_, v) in enumerate(filled)},
    )

    as_fields = form_text(formatted(*(field(kind, value, str(n)) for n, (kind, value) in enumerate(filled))))
    as_cells = form_text(formatted(field("table", rows)))

    assert [as_fields.count(mark) for mark in marks] == [1] * len(marks)
    assert [as_cells.count(mark) for mark in marks] == [1] * len(marks)


def test_options_with_hostile_values_and_labels_do_not_raise() -> None:
    choices = [*options(a="甲"), {"value": [[{"x": None}]], "label": [{"lang": "zh", "text": None}]}]
    raw = Field(
        "f", "字段", "select", msgspec.Raw(b'"a"'), [*form_of(field("select", options=choices)).fields[0].options]
    )

    assert format_form(EventForm([raw])).fields[0].text == "甲"
