"""The text of a value by its control type, in Chinese, as the contract of trigger events has it. Pure.

What does not have the shape of its type is shown raw, less the ids that no person sees; nothing vanishes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from taskbridge.ai.forms.controls import (
    Control,
    Malformed,
    Table,
    is_blank,
    option_text,
    raw_text,
    read_table,
    scalar_text,
    table_rows,
)
from taskbridge.ai.forms.moments import half_text
from taskbridge.ai.forms.texts import one_line
from taskbridge.ai.forms.value_text import (
    ELEMENT_TEXTS,
    EMPTY,
    UNNAMED,
    UNSIGNED,
    VALUE_TEXTS,
    duration_text,
    end_text,
    range_text,
)

# A table longer than this is cut: labels of options that come back in every row could make it any size.
LONGEST_TABLE = 500_000
MOST_LEVELS = 20  # of a cascade
# What no person sees of a value, or what says nothing alone: left out where a value has to be shown raw.
_UNSEEN = {
    **dict.fromkeys(("user", "users"), ("uid",)),
    **dict.fromkeys(("department", "departments"), ("id",)),
    **dict.fromkeys(("file", "image"), ("url", "token", "sha256", "mime", "size")),
    **dict.fromkeys(("radio", "select", "checkbox", "multi_select", "cascade"), ("value",)),
    **dict.fromkeys(("date_range", "leave"), ("unit",)),
    "signature": ("url",),
    "related": ("sess_id",),
    "money": ("currency",),
    "rating": ("max",),
}
_TRUE = frozenset({"true", "1", "yes", "y", "on", "是"})
_FALSE = frozenset({"false", "0", "no", "n", "off", "否"})


def control_text(control: Control, value: Any) -> str:
    """What a person reads as the value of the control: one line, or several for tables and long texts."""
    if is_blank(value):
        return UNSIGNED if control.type == "signature" else EMPTY
    if control.type == "table":
        return _table_text(control, value)
    try:
        if control.type in _WITH_OPTIONS:
            text = _WITH_OPTIONS[control.type](control, value)
        elif control.type in ELEMENT_TEXTS:
            text = "、".join(_each(control, as_list(value), ELEMENT_TEXTS[control.type]))
        else:
            text = VALUE_TEXTS.get(control.type, raw_text)(value)
    except Malformed:
        text = ""
    return text or _raw_text(control, value)


def truth(value: object) -> bool | None:
    """The truth value that a switch states; None for anything else."""
    if isinstance(value, bool):
        return value
    text = "" if isinstance(value, dict | list) else scalar_text(value).lower()
    return True if text in _TRUE else False if text in _FALSE else None


def as_list(value: object) -> list[Any]:
    """The elements of an array that are not blank; one that came without its array stands for itself."""
    return [each for each in (value if isinstance(value, list) else [value]) if not is_blank(each)]


def _raw_text(control: Control, value: object) -> str:
    if isinstance(value, list):
        return "、".join(_raw_text(control, each) for each in as_list(value)) or EMPTY
    if not isinstance(value, dict) or control.type not in _UNSEEN:
        return raw_text(value)
    seen = {name: each for name, each in value.items() if name not in _UNSEEN[control.type]}
    return raw_text(seen) if not is_blank(seen) else UNNAMED.get(control.type, EMPTY)


def _labels(control: Control, values: Iterable[Any]) -> Iterator[str]:
    return _each(control, values, lambda value: option_text(control, value))


def _choices(control: Control, value: Any) -> str:
    return "、".join(dict.fromkeys(_labels(control, as_list(value))))


def _cascade(control: Control, value: Any) -> str:
    levels = as_list(value)
    if all(isinstance(each, list) for each in levels):
        different = {raw_text(each): each for each in levels}
        return "、".join(_cascade(control, each) for each in different.values())
    if len(levels) > MOST_LEVELS:
        raise Malformed("too many levels")
    return "/".join(_labels(control, levels))


def _switch(control: Control, value: Any) -> str:
    if raw_text(value) in control.options:
        return option_text(control, value)
    states = {True: "是", False: "否", None: scalar_text(value)}
    return states[truth(value)]


def _leave(control: Control, value: Any) -> str:
    if not isinstance(value, dict):
        return scalar_text(value)
    kind = value.get("type")
    words = "" if is_blank(kind) else option_text(control, kind)
    ends = (f"{end_text(value.get(end))} {_half(value.get(f'{end}_half'))}".strip() for end in ("start", "end"))
    span, duration = " ".join(filter(None, (words, range_text(*ends)))), duration_text(value)
    return "，".join(filter(None, (span, f"共 {duration}" if duration else "")))


def _half(value: object) -> str:
    return half_text(value) or scalar_text(value)


def _each(control: Control, values: Iterable[Any], text: Callable[[Any], str]) -> Iterator[str]:
    """The text of each element; one that cannot be read, or says nothing that is known, is raw beside the others."""
    for value in values:
        try:
            found = text(value)
        except Malformed:
            found = ""
        yield found or _raw_text(control, value)


def _table_text(control: Control, value: Any) -> str:
    lines: list[str] = []
    room = LONGEST_TABLE
    for line in _table_lines(control, value):
        room -= len(line) + 1
        if room < 0:
            return "\n".join([*lines, "（表格过长，以下未显示）"])
        lines.append(line)
    return "\n".join(lines) or EMPTY


def _table_lines(control: Control, value: Any) -> Iterator[str]:
    """A header and a line for each row; a table within a cell follows below, named by row and column."""
    try:
        table = read_table(control, value)
    except Malformed:
        if not is_blank(table_rows(value)):
            yield one_line(raw_text(table_rows(value)))
        return
    if not table.rows:
        return
    yield _row_line(column.label for column in table.columns)
    yield _row_line("---" for _ in table.columns)
    for number, row in enumerate(table.rows, start=1):
        if isinstance(row, dict):
            yield _row_line(_cell_text(column, row.get(column.key), number) for column in table.columns)
        else:
            yield _row_line([raw_text(row)])
    for number, column, inner in _inner_tables(table):
        yield f"第{number}行 {column.label}："
        yield from (f"  {line}" for line in _table_lines(column, inner))


def _cell_text(column: Control, value: Any, number: int) -> str:
    if column.type == "table" and not is_blank(table_rows(value)):
        return f"见下方「第{number}行 {column.label}」"
    return control_text(column, value)


def _inner_tables(table: Table) -> Iterator[tuple[int, Control, Any]]:
    for number, row in enumerate(table.rows, start=1):
        for column in table.columns:
            value = row.get(column.key) if isinstance(row, dict) else None
            if column.type == "table" and not is_blank(table_rows(value)):
                yield number, column, value


def _row_line(cells: Iterable[str]) -> str:
    """Cells cannot forge others: a bar within one becomes full-width, a line break a blank."""
    return f"| {' | '.join(one_line(cell).replace('|', '｜') for cell in cells)} |"


_WITH_OPTIONS: dict[str, Callable[[Control, Any], str]] = {
    **dict.fromkeys(("radio", "select"), option_text),
    **dict.fromkeys(("checkbox", "multi_select"), _choices),
    "cascade": _cascade,
    "switch": _switch,
    "leave": _leave,
}
