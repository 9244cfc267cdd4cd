"""Contradictions within a form that can be told without any rule. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from taskbridge.ai.forms.amounts import number_text, parse_number, parse_upper
from taskbridge.ai.forms.controls import Cell, is_blank
from taskbridge.ai.forms.moments import build_period, parse_moment, unit_text
from taskbridge.ai.forms.texts import one_line

MOST_NOTICES = 50
_NAMED_UPPER = re.compile(r"[\s(（\[【]{0,3}(?:中文)?大写(?:金额)?[\s)）\]】]{0,3}")


def build_notices(cells: Iterable[Cell]) -> tuple[str, ...]:
    """What the visible cells of a form contradict, in Chinese, in the order of the form.

    大写 against figures, within a money field and between a field `金额` and a text `金额（大写）`; periods that end
    before they start, or last longer than their dates.
    """
    all_cells = list(cells)
    found = [notice for cell in all_cells for notice in _cell_notices(cell)]
    return tuple([*found, *_neighbour_notices(all_cells)][:MOST_NOTICES])


def contradicts(amount: Decimal | None, upper: object) -> bool:
    """Whether a 大写 states another amount than the figures do; one that cannot be read contradicts nothing."""
    stated = parse_upper(upper) if isinstance(upper, str) else None
    return amount is not None and stated is not None and stated != amount


def _cell_notices(cell: Cell) -> Iterator[str]:
    value: Any = cell.value
    if cell.control.type == "money" and isinstance(value, dict):
        yield from _upper_notices(cell.label, parse_number(value.get("amount")), value.get("upper"))
    if cell.control.type in {"date_range", "leave"}:
        yield from _period_notices(cell.label, value)


def _upper_notices(label: str, amount: Decimal | None, upper: object) -> Iterator[str]:
    if amount is None or not isinstance(upper, str) or is_blank(upper):
        return
    if parse_upper(upper) is None:
        yield f"字段「{label}」：大写金额无法识别，未能与数字 {number_text(amount)} 核对"
    elif contradicts(amount, upper):
        yield f"字段「{label}」：大写「{one_line(upper)}」与数字 {number_text(amount)} 不一致"


def _period_notices(label: str, value: Any) -> Iterator[str]:
    start, end, duration, unit = _period_parts(value)
    if parse_moment(start) is None or parse_moment(end) is None:
        return
    period = build_period(start, end)
    if period is None:
        yield f"字段「{label}」：结束早于开始"
        return
    most = (period.end - period.start).days + 1
    if duration is not None and unit_text(unit) == "天" and duration > most:
        yield f"字段「{label}」：时长 {number_text(duration)} 天，多于起止日期之间的 {most} 天"


def _period_parts(value: Any) -> tuple[object, object, Decimal | None, object]:
    if isinstance(value, list) and len(value) == 2:
        return value[0], value[1], None, None
    if isinstance(value, dict):
        return value.get("start"), value.get("end"), parse_number(value.get("duration")), value.get("unit")
    return None, None, None, None


def _neighbour_notices(cells: list[Cell]) -> Iterator[str]:
    """金额（大写）as a text field of its own beside 金额, in the same form or row."""
    amounts = {cell.label: cell for cell in cells if cell.control.type in {"money", "number", "formula"}}
    for cell in cells:
        figures = amounts.get(_NAMED_UPPER.sub("", cell.label)) if "大写" in cell.label else None
        if figures is None or figures is cell:
            continue
        value: Any = figures.value
        amount = value.get("amount") if isinstance(value, dict) else value
        yield from _upper_notices(cell.label, parse_number(amount), cell.value)
