"""Forms as checks compute with them: the typed values of the visible fields, by field key. Pure.

What is missing, malformed or contradicts itself has no typed value: a check over it is unknown, and never passes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from taskbridge.ai.forms.amounts import is_yuan, parse_number
from taskbridge.ai.forms.control_text import as_list, control_text, truth
from taskbridge.ai.forms.controls import (
    Control,
    Malformed,
    ReadField,
    is_blank,
    label_text,
    option_text,
    raw_text,
    read_control,
    read_table,
    read_value,
    scalar_text,
)
from taskbridge.ai.forms.moments import Period, build_period, parse_moment, time_text
from taskbridge.ai.forms.notices import contradicts
from taskbridge.ai.forms.value_text import EMPTY, address_text, is_signed, location_text
from taskbridge.events import Field, NodeField

__all__ = ["FieldType", "Period", "field_types", "typed_values"]

_TYPES = {
    **dict.fromkeys(
        ("text", "textarea", "rich_text", "serial", "radio", "select", "time", "user", "department"), "text"
    ),
    **dict.fromkeys(("address", "location", "phone", "email", "id_card", "bank_account"), "text"),
    **dict.fromkeys(("number", "money", "rating"), "number"),
    "formula": "number or text",
    **dict.fromkeys(("switch", "signature"), "bool"),
    "date": "date",
    "datetime": "datetime",
    **dict.fromkeys(("date_range", "leave"), "period"),
    **dict.fromkeys(("checkbox", "multi_select", "cascade", "users", "departments", "related"), "list"),
    **dict.fromkeys(("file", "image"), "count"),
    "table": "rows",
}


@dataclass(frozen=True, slots=True)
class FieldType:
    """What a check may expect of a field.

    `type` is one of text, number, number or text, bool, date, datetime, period, list (of texts), count (of files) and
    rows; `columns` are those of a table, where they are known.
    """

    key: str
    label: str
    type: str
    columns: tuple[FieldType, ...] = ()


def typed_values(fields: Sequence[ReadField]) -> dict[str, Any]:
    """The values of the visible fields of a form by key; a missing, malformed or contradictory one is absent.

    Numbers and money (in 元 only) are Decimal, dates date, moments aware datetimes of Asia/Shanghai, periods Period,
    switches and signatures bool, choices their labels (several: a list), people and departments names, files their
    count (an empty array is 0), tables a list of rows by column key without the blank ones, anything else text.
    Two visible fields with one key have no value.
    """
    counts = Counter(field.control.key for field in fields)
    once = [field for field in fields if field.unread is None and counts[field.control.key] == 1]
    typed = {field.control.key: _typed_cell(field.control, field.value) for field in once}
    return {key: value for key, value in typed.items() if value is not None}


def field_types(fields: Sequence[Field | NodeField]) -> tuple[FieldType, ...]:
    """What checks over these fields may name. Hidden fields, and types that have no typed value, are left out."""
    controls = ((field, read_control(field)) for field in fields if not getattr(field, "hidden", False))
    return tuple(
        FieldType(control.key, control.label, _TYPES[control.type], _column_types(field, control))
        for field, control in controls
        if control.type in _TYPES
    )


def _column_types(field: Field | NodeField, control: Control) -> tuple[FieldType, ...]:
    if control.type != "table" or not isinstance(field, Field):
        return ()
    try:
        return _types_of(read_table(control, read_value(field.value)).columns)
    except Malformed:
        return ()


def _types_of(columns: Iterable[Control]) -> tuple[FieldType, ...]:
    known = (column for column in columns if column.type in _TYPES)
    return tuple(FieldType(each.key, each.label, _TYPES[each.type], _types_of(each.columns)) for each in known)


def _typed(control: Control, value: Any) -> Any:
    """The typed value, or None. Raises Malformed as well."""
    if control.type in {"file", "image"} and value == []:
        return 0
    if is_blank(value) or control.type not in _TYPES:
        return None
    if control.type in _VALUES:
        return _VALUES[control.type](value)
    return _WITH_CONTROL[control.type](control, value)


def _plain_text(control: Control, value: Any) -> str | None:
    text = control_text(control, value) if isinstance(value, str | int | Decimal) else EMPTY
    return text if text != EMPTY else None


def _or_none(read: Callable[[Any], str]) -> Callable[[Any], str | None]:
    return lambda value: read(value) or None


def _formula(control: Control, value: Any) -> Decimal | str | None:
    number = parse_number(value)
    return number if number is not None else _plain_text(control, value)


def _money(value: Any) -> Decimal | None:
    """None as well in another currency, and where the 大写 says otherwise: no limit in 元 can be compared with it."""
    if not isinstance(value, dict):
        return parse_number(value)
    amount = parse_number(value.get("amount"))
    usable = is_yuan(scalar_text(value.get("currency"))) and not contradicts(amount, value.get("upper"))
    return amount if usable else None


def _choice(control: Control, value: Any) -> str:
    if control.options and raw_text(value) not in control.options:
        raise Malformed("no such option")
    return option_text(control, value)


def _choices(control: Control, value: Any) -> list[str]:
    return list(dict.fromkeys(_choice(control, each) for each in as_list(value)))


def _levels(control: Control, value: Any) -> list[str]:
    return [_choice(control, each) for each in as_list(value)]


def _date(value: Any) -> date | None:
    moment = parse_moment(value)
    return moment.date() if isinstance(moment, datetime) else moment if isinstance(moment, date) else None


def _datetime(value: Any) -> datetime | None:
    moment = parse_moment(value)
    return moment if isinstance(moment, datetime) else None


def _period(value: Any) -> Period | None:
    if isinstance(value, list):
        return build_period(value[0], value[1]) if len(value) == 2 else None
    if not isinstance(value, dict):
        return None
    duration, halves = value.get("duration"), (value.get("start_half"), value.get("end_half"))
    if is_blank(duration):
        return build_period(value.get("start"), value.get("end"), halves=halves)
    number = parse_number(duration)
    return (
        None
        if number is None
        else build_period(value.get("start"), value.get("end"), number, value.get("unit"), halves)
    )


def _names(control: Control, value: Any) -> list[str] | None:
    """The names of people or departments, the subjects of related cases; None where one of them has none."""
    wanted = "subject" if control.type == "related" else "name"
    names = [label_text(each.get(wanted) if isinstance(each, dict) else each) for each in as_list(value)]
    return names if all(names) else None


def _name(control: Control, value: Any) -> str | None:
    names = _names(control, value)
    return names[0] if names and len(names) == 1 else None


def _count(value: Any) -> int | None:
    return len(as_list(value)) if isinstance(value, list | dict) else None


def _rating(value: Any) -> Decimal | None:
    return parse_number(value.get("score") if isinstance(value, dict) else value)


def _rows(control: Control, value: Any) -> list[dict[str, Any]] | None:
    """None for a table without a row that was filled in: a sum over nothing would pass any limit."""
    table = read_table(control, value)
    if not all(isinstance(row, dict) for row in table.rows):
        return None
    return [_row(table.columns, row) for row in table.rows] or None


def _row(columns: Iterable[Control], row: dict[str, Any]) -> dict[str, Any]:
    typed = {column.key: _typed_cell(column, row.get(column.key)) for column in columns}
    return {key: value for key, value in typed.items() if value is not None}


def _typed_cell(column: Control, value: Any) -> Any:
    try:
        return _typed(column, value)
    except Malformed:
        return None


_VALUES: dict[str, Callable[[Any], Any]] = {
    "number": parse_number,
    "money": _money,
    "rating": _rating,
    **dict.fromkeys(("file", "image"), _count),
    "time": time_text,
    "address": _or_none(address_text),
    "location": _or_none(location_text),
    "switch": truth,
    "signature": is_signed,
    "date": _date,
    "datetime": _datetime,
    **dict.fromkeys(("date_range", "leave"), _period),
}
_WITH_CONTROL: dict[str, Callable[[Control, Any], Any]] = {
    **dict.fromkeys(("text", "textarea", "rich_text", "serial"), _plain_text),
    **dict.fromkeys(("phone", "email", "id_card", "bank_account"), _plain_text),
    "formula": _formula,
    **dict.fromkeys(("radio", "select"), _choice),
    **dict.fromkeys(("checkbox", "multi_select"), _choices),
    "cascade": _levels,
    **dict.fromkeys(("users", "departments", "related"), _names),
    **dict.fromkeys(("user", "department"), _name),
    "table": _rows,
}
