"""Sheets: xls, xlsx and xlsb, one page a sheet, one line a row. What nobody sees is left out: sheets, rows, columns."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from ai_analyze.extraction.kinds import Kind
from ai_analyze.extraction.limits import Limits, UnreadableFile
from ai_analyze.extraction.pages import Extract, Unread, gather
from ai_analyze.extraction.sheet_marks import Marks, say
from ai_analyze.extraction.xls_marks import has_pictures, is_locked, read_xls_marks
from ai_analyze.extraction.xlsx_marks import count_drawn, read_xlsx_marks
from taskbridge.reasons import build_reason

_MARKS: dict[Kind, Callable[[bytes, Limits], dict[str, Marks]]] = {
    Kind.XLS: read_xls_marks,
    Kind.XLSX: read_xlsx_marks,
}
# Before this day, a date is a time of day whose format shows no date.
_FIRST_DATE = date(1900, 1, 2)


def read(content: bytes, limits: Limits, kind: Kind = Kind.XLSX) -> Extract:
    """The visible sheets, each under its name. Raises UnreadableFile where it is locked."""
    unread = Unread()
    if kind is Kind.XLS and is_locked(content):
        raise UnreadableFile(build_reason("file_locked"))
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    except PasswordError as error:
        raise UnreadableFile(build_reason("file_locked")) from error
    marks = _MARKS[kind](content, limits) if kind in _MARKS else {}
    drawn = {"图片": int(has_pictures(content))} if kind is Kind.XLS else count_drawn(content, limits)
    if any(drawn.values()):
        unread.scanned = True
        unread.say(f"含{'、'.join(what for what, count in drawn.items() if count)}，其中的文字未能读取")
    return gather(_pages(workbook, marks, limits, unread), limits, unread)


def _pages(workbook: CalamineWorkbook, marks: dict[str, Marks], limits: Limits, unread: Unread) -> Iterator[str]:
    for sheet in workbook.sheets_metadata:
        if sheet.visible is not SheetVisibleEnum.Visible:
            continue
        if sheet.typ is SheetTypeEnum.WorkSheet:
            of_sheet = marks.get(sheet.name, Marks())
            say(sheet.name, of_sheet, unread)
            yield _page(workbook.get_sheet_by_name(sheet.name), of_sheet, limits)
        else:
            unread.say(f"工作表「{sheet.name}」是图表，其中的文字未能读取")


def _page(sheet: CalamineSheet, marks: Marks, limits: Limits) -> str:
    lines = []
    length = 0
    for line in _lines(sheet, marks):
        lines.append(line)
        length += len(line)
        if length > limits.chars:
            break
    return "\n".join([f"工作表：{sheet.name}", *lines]) if lines else ""


def _lines(sheet: CalamineSheet, marks: Marks) -> Iterator[str]:
    left = sheet.start[1] if sheet.start else 0
    for place, row in enumerate(sheet.iter_rows()):
        # Formatted but empty rows, of which a sheet may have a million.
        if row.count("") == len(row) or place in marks.hidden_rows:
            continue
        cells = ((left + column, value) for column, value in enumerate(row))
        seen = (
            marks.texts.get((place, column)) or _cell_text(value)
            for column, value in cells
            if column not in marks.hidden_columns
        )
        if line := " | ".join(seen).rstrip(" |"):
            yield line


def _cell_text(value: Any) -> str:  # noqa: PLR0911 - one for each kind of value
    match value:
        case bool():
            return "是" if value else "否"
        case float():
            return _number_text(value)
        case datetime() if value.date() < _FIRST_DATE:
            return value.strftime("%H:%M" if value.second == 0 else "%H:%M:%S")
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M" if value.second == 0 else "%Y-%m-%d %H:%M:%S")
        case timedelta():
            return _duration_text(value)
        case date() | time():
            return str(value)
        case _:
            return " ".join(str(value).split())


def _duration_text(value: timedelta) -> str:
    """As a sheet shows it, hours beyond a day and all: 26:00."""
    seconds = round(value.total_seconds())
    minutes, rest = divmod(abs(seconds), 60)
    text = f"{minutes // 60:02}:{minutes % 60:02}" + (f":{rest:02}" if rest else "")
    return f"-{text}" if seconds < 0 else text


def _number_text(value: float) -> str:
    """As a sheet shows it: whole numbers without a point, 15 digits at most, no exponent."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - not a number
        return str(value)
    text = f"{Decimal(f'{value:.15g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
