"""Sheets: xls, xlsx, xlsb and ods, one page a sheet, one line a row. Hidden sheets, which nobody sees, are left out."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from ai_analyze.extraction.limits import Limits
from ai_analyze.extraction.pages import Extract, gather


def read(content: bytes, limits: Limits) -> Extract:
    """The visible sheets, each under its name."""
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    names = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.visible is SheetVisibleEnum.Visible and sheet.typ is SheetTypeEnum.WorkSheet
    ]
    return gather((_page(workbook.get_sheet_by_name(name), limits) for name in names), limits)


def _page(sheet: CalamineSheet, limits: Limits) -> str:
    lines = []
    length = 0
    for line in _lines(sheet):
        lines.append(line)
        length += len(line)
        if length > limits.chars:
            break
    return "\n".join([f"工作表：{sheet.name}", *lines]) if lines else ""


def _lines(sheet: CalamineSheet) -> Iterator[str]:
    for row in sheet.iter_rows():
        # Formatted but empty rows, of which a sheet may have a million.
        if row.count("") < len(row):
            yield " | ".join(map(_cell_text, row)).rstrip(" |")


def _cell_text(value: Any) -> str:
    match value:
        case bool():
            return "是" if value else "否"
        case float():
            return _number_text(value)
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M" if value.second == 0 else "%Y-%m-%d %H:%M:%S")
        case date() | time() | timedelta():
            return str(value)
        case _:
            return " ".join(str(value).split())


def _number_text(value: float) -> str:
    """As a sheet shows it: whole numbers without a point, 15 digits at most, no exponent."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - not a number
        return str(value)
    text = f"{Decimal(f'{value:.15g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
