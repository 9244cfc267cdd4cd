"""The text of a value by its control type, in Chinese, as the contract of trigger events has it. Pure.

What does not have the shape of its type is shown raw, less the ids that no person sees; nothing vanishes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from taskbridge.ai.forms.amounts import currency_text, written_number_text
from taskbridge.ai.forms.controls import (
    Control,
    Malformed,
    Table,
    is_blank,
    label_text,
    option_text,
    raw_text,
    read_table,
    scalar_text,
    table_rows,
)
from taskbridge.ai.forms.html_text import html_text
from taskbridge.ai.forms.moments import date_text, datetime_text, half_text, moment_text, time_text, unit_text
from taskbridge.ai.forms.texts import one_line

EMPTY = "未填写"
UNSIGNED = "未签名"
UNNAMED = {
    "user": "姓名不详",
    "users": "姓名不详",
    "department": "名称不详",
    "departments": "名称不详",
    "file": "未命名文件",
    "image": "未命名文件",
    "related": "未命名事项",
}
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
_STATUSES = {
    "draft": "草稿",
    "running": "进行中",
    "completed": "已完成",
    "aborted": "已中止",
    "revoked": "已撤销",
    "rejected": "已驳回",
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
        elif control.type in _ELEMENTS:
            text = "、".join(_each(control, as_list(value), _ELEMENTS[control.type]))
        else:
            text = _VALUES.get(control.type, raw_text)(value)
    except Malformed:
        text = ""
    return text or _raw_text(control, value)


def truth(value: object) -> bool | None:
    """The truth value that a switch states; None for anything else."""
    if isinstance(value, bool):
        return value
    text = "" if isinstance(value, dict | list) else scalar_text(value).lower()
    return True if text in _TRUE else False if text in _FALSE else None


def is_signed(value: object) -> bool | None:
    """Whether a signature was given: it has a picture or a time. None where the value is no signature."""
    if not isinstance(value, dict) or all(is_blank(value.get(name)) for name in ("name", "url", "signed_at")):
        return None
    return not (is_blank(value.get("url")) and is_blank(value.get("signed_at")))


def as_list(value: object) -> list[Any]:
    """The elements of an array that are not blank; one that came without its array stands for itself."""
    return [each for each in (value if isinstance(value, list) else [value]) if not is_blank(each)]


def file_name(value: object) -> str:
    """The name of a file, empty for none; an address is no name."""
    text = label_text(value.get("name") if isinstance(value, dict) else value)
    return UNNAMED["file"] if "://" in text or text.startswith(("data:", "/")) else text


def _raw_text(control: Control, value: object) -> str:
    if isinstance(value, list):
        return "、".join(_raw_text(control, each) for each in as_list(value)) or EMPTY
    if not isinstance(value, dict) or control.type not in _UNSEEN:
        return raw_text(value)
    seen = {name: each for name, each in value.items() if name not in _UNSEEN[control.type]}
    return raw_text(seen) if not is_blank(seen) else UNNAMED.get(control.type, EMPTY)


def _rich_text(value: Any) -> str:
    return (html_text(value) or EMPTY) if isinstance(value, str) else scalar_text(value)


def _number(value: Any) -> str:
    return written_number_text(scalar_text(value)) if isinstance(value, str) else scalar_text(value)


def _money(value: Any) -> str:
    if not isinstance(value, dict):
        return _number(value)
    amount = _number(value.get("amount"))
    currency, upper = currency_text(scalar_text(value.get("currency"))), one_line(scalar_text(value.get("upper")))
    figures = f"{amount} {currency}".strip() if amount and not amount.endswith(currency or " ") else amount
    if not upper:
        return figures
    return f"{figures}（大写：{upper}）" if figures else f"大写：{upper}"


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


def _moment(read: Callable[[object], str | None]) -> Callable[[Any], str]:
    return lambda value: read(value) or scalar_text(value)


def _end_text(value: object) -> str:
    """An end of a range, in whatever precision it came."""
    return moment_text(value) or time_text(value) or scalar_text(value)


def _range_text(start: str, end: str) -> str:
    if start and end:
        return f"{start} 至 {end}"
    return f"自 {start} 起" if start else f"至 {end}" if end else ""


def _duration_text(value: Mapping[str, Any]) -> str:
    duration = _number(value.get("duration"))
    return f"{duration} {unit_text(value.get('unit'))}".strip() if duration else ""


def _date_range(value: Any) -> str:
    if isinstance(value, list):
        if len(value) != 2:
            raise Malformed("expected a start and an end")
        return _range_text(_end_text(value[0]), _end_text(value[1]))
    if not isinstance(value, dict):
        return scalar_text(value)
    span, duration = _range_text(_end_text(value.get("start")), _end_text(value.get("end"))), _duration_text(value)
    return f"{span}（{duration}）" if span and duration else span or duration


def _leave(control: Control, value: Any) -> str:
    if not isinstance(value, dict):
        return scalar_text(value)
    kind = value.get("type")
    words = "" if is_blank(kind) else option_text(control, kind)
    ends = (f"{_end_text(value.get(end))} {_half(value.get(f'{end}_half'))}".strip() for end in ("start", "end"))
    span, duration = " ".join(filter(None, (words, _range_text(*ends)))), _duration_text(value)
    return "，".join(filter(None, (span, f"共 {duration}" if duration else "")))


def _half(value: object) -> str:
    return half_text(value) or scalar_text(value)


def _person(value: Any) -> str:
    if not isinstance(value, dict):
        return one_line(scalar_text(value))
    name, number = label_text(value.get("name")), one_line(scalar_text(value.get("number")))
    return f"{name}（{number}）" if name and number else name or number


def _department(value: Any) -> str:
    return label_text(value.get("name") if isinstance(value, dict) else value)


def address_text(value: Any) -> str:
    """An address on one line; a municipality is named once although it is its own city. Raises Malformed."""
    if not isinstance(value, dict):
        return one_line(scalar_text(value))
    parts = [label_text(value.get(name)) for name in ("province", "city", "district", "detail")]
    return "".join(part for part, before in zip(parts, ["", *parts], strict=False) if part != before)


def location_text(value: Any) -> str:
    """The name of a place, its coordinates where it has none. Raises Malformed."""
    if not isinstance(value, dict):
        return one_line(scalar_text(value))
    if name := label_text(value.get("name")):
        return name
    named = (("经度", value.get("longitude")), ("纬度", value.get("latitude")))
    return "，".join(f"{word} {scalar_text(degrees)}" for word, degrees in named if not is_blank(degrees))


def _signature(value: Any) -> str:
    signed = is_signed(value)
    if signed is None:
        text = one_line(scalar_text(value))
        return "已签名" if "://" in text or text.startswith("data:") else text
    name = label_text(value.get("name"))
    if not signed:
        return f"{UNSIGNED}（{name}）" if name else UNSIGNED
    return " ".join(filter(None, ("已签名", name, _end_text(value.get("signed_at")))))


def _related_one(value: Any) -> str:
    if not isinstance(value, dict):
        return one_line(scalar_text(value))
    subject, status = label_text(value.get("subject")), one_line(scalar_text(value.get("status")))
    return f"{subject or UNNAMED['related']}（{_STATUSES.get(status, status)}）" if status else subject


def _rating(value: Any) -> str:
    if not isinstance(value, dict):
        return _number(value)
    score, most = _number(value.get("score")), _number(value.get("max"))
    return f"{score} / {most}" if score and most else score


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


# By the value alone, by each element of an array, and by the value with the control's options.
_VALUES: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(("text", "textarea", "serial", "formula"), scalar_text),
    **dict.fromkeys(("phone", "email", "id_card", "bank_account"), scalar_text),
    "rich_text": _rich_text,
    "number": _number,
    "money": _money,
    "rating": _rating,
    "date": _moment(date_text),
    "datetime": _moment(datetime_text),
    "time": _moment(time_text),
    "date_range": _date_range,
    "address": address_text,
    "location": location_text,
    "signature": _signature,
}
_ELEMENTS: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(("user", "users"), _person),
    **dict.fromkeys(("department", "departments"), _department),
    **dict.fromkeys(("file", "image"), file_name),
    "related": _related_one,
}
_WITH_OPTIONS: dict[str, Callable[[Control, Any], str]] = {
    **dict.fromkeys(("radio", "select"), option_text),
    **dict.fromkeys(("checkbox", "multi_select"), _choices),
    "cascade": _cascade,
    "switch": _switch,
    "leave": _leave,
}
