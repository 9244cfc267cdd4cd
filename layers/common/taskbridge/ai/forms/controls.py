"""Form controls as the contract of trigger events knows them: what a field declares, and how its JSON is read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from taskbridge.ai.forms.amounts import number_text
from taskbridge.ai.forms.texts import clean_text, one_line
from taskbridge.events import EventForm, Field, NodeField, Text, resolve_text

# Levels of JSON that are read; a deeper value is shown as it came. It also bounds tables within tables.
DEEPEST_JSON = 100
WIDEST_NUMBER = 2000  # digits before or after the point
UNNAMED_FIELD = "未命名字段"


class Malformed(ValueError):
    """A value does not have the shape of its control type."""


@dataclass(frozen=True, slots=True)
class Control:
    """What a field, or a column of a table, declares. `options` holds the label by `raw_text` of the option's value."""

    key: str
    label: str
    type: str
    options: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[Control, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadField:
    """A visible field of a form, read once for all who look at it.

    `value` has its numbers exact. Where its JSON cannot be read, `unread` is it as it came; None where it can.
    """

    control: Control
    value: Any = None
    unread: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The visible columns of a table, and its rows without the blank ones. A row that is no object stays as it is."""

    columns: tuple[Control, ...]
    rows: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A value that is no table, wherever it stands: `path` are the keys of the field and of the columns within it.

    `label` tells people the place: `明细 第2行 金额`.
    """

    control: Control
    value: object
    path: tuple[str, ...]
    label: str


def read_fields(form: EventForm) -> tuple[ReadField, ...]:
    """The visible fields of a form in its order."""
    return tuple(_read_field(each) for each in form.fields if not each.hidden)


def _read_field(declared: Field) -> ReadField:
    control = read_control(declared)
    try:
        return ReadField(control, read_value(declared.value))
    except Malformed:
        return ReadField(control, unread=source_text(declared.value))


def read_control(declared: Field | NodeField) -> Control:
    """The control of a field of a form."""
    options: dict[str, str] = {}
    for option in declared.options if isinstance(declared, Field) else ():
        label = one_line(resolve_text(option.label))
        if label:
            options.setdefault(_option_key(option.value), label)
    return Control(declared.key, one_line(resolve_text(declared.label)) or UNNAMED_FIELD, declared.type, options)


def read_value(raw: msgspec.Raw) -> Any:
    """The JSON value with its numbers exact: int, or Decimal. Raises Malformed where it cannot be read."""
    source = bytes(raw)
    try:
        value = _decoder.decode(source.decode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError) as error:
        raise Malformed("no JSON that can be read") from error
    if source.count(b"[") + source.count(b"{") > DEEPEST_JSON and _is_deep(value):
        raise Malformed("too deep")
    return value


def source_text(raw: msgspec.Raw) -> str:
    """The JSON as it came."""
    return clean_text(bytes(raw).decode("utf-8", "replace"))


def raw_text(value: object) -> str:
    """A value of unknown shape: a text as it is, numbers and 是 or 否 for people, anything else as compact JSON."""
    if isinstance(value, dict | list):
        return clean_text(_encoder.encode(value).decode())
    return scalar_text(value)


def scalar_text(value: object) -> str:
    """A text, a number or a truth value for people. Raises Malformed for objects and arrays."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | Decimal):
        return number_text(value)
    if isinstance(value, str):
        return clean_text(value).strip()
    raise Malformed("expected a text or a number")


def label_text(value: object) -> str:
    """A text that may be in several languages, on one line. Raises Malformed for anything else."""
    if isinstance(value, dict | list):
        try:
            return one_line(resolve_text(msgspec.convert(value, Text)))
        except msgspec.ValidationError:
            raise Malformed("expected a text") from None
    return one_line(scalar_text(value))


def option_text(control: Control, value: object) -> str:
    """The label of an option's value; the value itself where the control has no such option."""
    return control.options.get(raw_text(value)) or scalar_text(value)


def is_blank(value: object) -> bool:
    """Whether nothing was entered: null, "", white space, [], {}, and what holds nothing else."""
    if isinstance(value, dict):
        return all(is_blank(each) for each in value.values())
    if isinstance(value, list):
        return all(is_blank(each) for each in value)
    return value is None or (isinstance(value, str) and not clean_text(value).strip())


def read_table(control: Control, value: object) -> Table:
    """The table that a value is. Rows alone are enough where the control itself declares the columns.

    Raises Malformed where nobody declares columns, or the rows are missing, or neither an array nor a single row.
    """
    declared = value.get("columns") if isinstance(value, dict) else None
    columns = _read_columns(declared) if isinstance(declared, list) else control.columns
    rows = table_rows(value)
    if isinstance(rows, dict) and isinstance(value, dict) and "rows" in value:
        rows = [rows]
    if not isinstance(rows, list) or not (columns or isinstance(declared, list)):
        raise Malformed("expected columns and rows")
    return Table(columns, tuple(row for row in rows if not _is_blank_row(columns, row)))


def table_rows(value: object) -> object:
    """The rows of a table's value in whatever shape they came; all but its columns where nothing is called rows."""
    if not isinstance(value, dict):
        return value
    return value.get("rows") if "rows" in value else {name: each for name, each in value.items() if name != "columns"}


def visible_cells(cell: Cell) -> Iterator[Cell]:
    """The cell itself, or everything in the table that it is. Malformed tables have no cells."""
    if cell.control.type != "table":
        yield cell
        return
    try:
        table = read_table(cell.control, cell.value)
    except Malformed:
        return
    for number, row in enumerate(table.rows, start=1):
        for column in table.columns if isinstance(row, dict) else ():
            label = f"{cell.label} 第{number}行 {column.label}"
            yield from visible_cells(Cell(column, row.get(column.key), (*cell.path, column.key), label))


def _read_columns(declared: list[Any]) -> tuple[Control, ...]:
    """The visible columns, each key once; what names no key has no cells."""
    columns: dict[str, Control] = {}
    for column in declared:
        if isinstance(column, dict) and isinstance(column.get("key"), str):
            columns.setdefault(column["key"], _read_column(column))
    hidden = {column.get("key") for column in declared if isinstance(column, dict) and column.get("hidden")}
    return tuple(column for key, column in columns.items() if key not in hidden)


def _read_column(column: dict[str, Any]) -> Control:
    options: dict[str, str] = {}
    declared, kind, within = column.get("options"), column.get("type"), column.get("columns")
    for option in declared if isinstance(declared, list) else ():
        if isinstance(option, dict) and "value" in option and (label := _forgiving_label(option.get("label"))):
            options.setdefault(raw_text(option["value"]), label)
    return Control(
        column["key"],
        _forgiving_label(column.get("label")) or UNNAMED_FIELD,
        kind if isinstance(kind, str) else "",
        options,
        _read_columns(within) if isinstance(within, list) else (),
    )


def _forgiving_label(value: object) -> str:
    try:
        return label_text(value)
    except Malformed:
        return ""


def _is_blank_row(columns: tuple[Control, ...], row: object) -> bool:
    if isinstance(row, dict):
        return all(is_blank(row.get(column.key)) for column in columns)
    return is_blank(row)


def _option_key(raw: msgspec.Raw) -> str:
    try:
        return raw_text(read_value(raw))
    except Malformed:
        return source_text(raw)


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST_JSON):
        level = [
            below
            for each in level
            if isinstance(each, dict | list)
            for below in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(level)


def _exact_number(literal: str) -> Decimal | str:
    """A number beyond all use stays the text that it was written as: one cannot reckon with it."""
    try:
        number = Decimal(literal)
    except InvalidOperation:
        return literal
    return number if abs(number.adjusted()) <= WIDEST_NUMBER else literal


_decoder = msgspec.json.Decoder(float_hook=_exact_number)
_encoder = msgspec.json.Encoder(decimal_format="number")
