"""What checks compute with: exact numbers, dates, texts, and rows of tables. Pure.

The operators replace those of cel-python, which knows binary floating point only (0.1 + 0.2 is not 0.3 there) and
takes much for true that is not a boolean. Numbers are fractions here, so that a third is a third: an operation gives
the exact result or raises `NotComputable`.
Import it only where checks are computed: cel-python takes 0.15 s.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import reduce
from typing import Any

from celpy.celtypes import BoolType, ListType

from taskbridge.ai.checks.exact_values import FormRecord, NotComputable, TypeMismatch, kind_of, rows_of, truth

_MOST_BITS = 4_096


def _both(kind: type, left: Any, right: Any) -> bool:
    return isinstance(left, kind) and isinstance(right, kind)


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _number(value: Any) -> Fraction:
    if not isinstance(value, Fraction):
        raise TypeMismatch(f"{kind_of(value)}不能参与数字计算")
    return value


def _bounded(number: Fraction) -> Fraction:
    if number.numerator.bit_length() + number.denominator.bit_length() > _MOST_BITS:
        raise NotComputable("数值过大")
    return number


def _arithmetic(compute: Callable[[Fraction, Fraction], Fraction]) -> Callable[[Any, Any], Fraction]:
    def operation(left: Any, right: Any) -> Fraction:
        try:
            return _bounded(compute(_number(left), _number(right)))
        except ZeroDivisionError as error:
            raise NotComputable("除数为零") from error

    return operation


_add_numbers = _arithmetic(operator.add)
_subtract_numbers = _arithmetic(operator.sub)


def _add(left: Any, right: Any) -> Any:
    if isinstance(right, date):
        left, right = right, left
    return _move(left, _number(right)) if isinstance(left, date) else _add_numbers(left, right)


def _subtract(left: Any, right: Any) -> Any:
    if _both(date, left, right):
        return Fraction((_day(left) - _day(right)).days)
    return _move(left, -_number(right)) if isinstance(left, date) else _subtract_numbers(left, right)


def _move(start: date, days: Fraction) -> date:
    if days.denominator != 1:
        raise NotComputable("日期只能加减整天")
    try:
        return _day(start) + timedelta(days=days.numerator)
    except OverflowError as error:
        raise NotComputable("日期超出公元纪年") from error


def _comparable(left: Any, right: Any) -> tuple[Any, Any]:
    """Two values of one kind; a date beside a point in time is compared by its day."""
    if _both(date, left, right):
        return (left, right) if _both(datetime, left, right) else (_day(left), _day(right))
    if not any(_both(kind, left, right) for kind in (BoolType, Fraction, str, ListType)):
        raise TypeMismatch(f"{kind_of(left)}与{kind_of(right)}不能比较")
    return left, right


def _ordering(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], BoolType]:
    def ordered(left: Any, right: Any) -> BoolType:
        left, right = _comparable(left, right)
        if not isinstance(left, date | Fraction | str):
            raise TypeMismatch(f"{kind_of(left)}不能比较大小")
        return BoolType(compare(left, right))

    return ordered


def _equal(left: Any, right: Any) -> BoolType:
    left, right = _comparable(left, right)
    if isinstance(left, ListType):
        same = [_equal(one, other) for one, other in zip(left, right, strict=False)]
        return BoolType(len(left) == len(right) and sum(same) == len(left))
    return BoolType(left == right)


def _remainder(left: Fraction, right: Fraction) -> Fraction:
    """As CEL has it, with the sign of what is divided: 43 % -5 is 3, -3 % 5 is -3."""
    return left - right * math.trunc(left / right)


def _in(item: Any, items: Any) -> BoolType:
    return BoolType(sum(_equal(item, other) for other in rows_of(items)) > 0)


def _item(container: Any, key: Any) -> Any:
    if isinstance(container, FormRecord) and isinstance(key, str):
        return container[key]
    rows, index = rows_of(container), _number(key)
    if index.denominator != 1 or not 0 <= index < len(rows):
        raise NotComputable("没有这一行（行号从 0 数起）")
    return rows[index.numerator]


def _column(rows: Any, column: tuple[Any, ...]) -> list[Any]:
    """The cells of the one column that is named, or the items of a list."""
    if not column:
        return list(rows_of(rows))
    (key,) = column
    return [_cell(row, key) for row in rows_of(rows)]


def _cell(row: Any, key: Any) -> Any:
    if not isinstance(row, FormRecord) or not isinstance(key, str):
        raise TypeMismatch("只有表格才能按列计算，列写成文字")
    return row[key]


def _sum(rows: Any, *column: Any) -> Fraction:
    return reduce(_add_numbers, _column(rows, column), Fraction(0))


def _extreme(choose: Callable[..., Any]) -> Callable[..., Any]:
    def extreme(rows: Any, *column: Any) -> Any:
        cells = _column(rows, column)
        if not cells:
            raise NotComputable("列表为空，没有最大值或最小值")
        days = [_day(cell) for cell in cells if isinstance(cell, date)]
        return choose(days) if len(days) == len(cells) else choose(_number(cell) for cell in cells)

    return extreme


def _count(value: Any) -> Fraction:
    # A file field is its number of files already.
    return value if isinstance(value, Fraction) else Fraction(len(rows_of(value)))


def _size(value: Any) -> Fraction:
    return Fraction(len(value)) if isinstance(value, str) else _count(value)


def _period(value: Any) -> FormRecord:
    if not isinstance(value, FormRecord):
        raise TypeMismatch(f"这里需要起止时间，得到的是{kind_of(value)}")
    return value


def _hours(value: Any) -> Fraction:
    period = _period(value)
    if "hours" in period:
        return _number(period["hours"])
    start, end = period["start"], period["end"]
    if not _both(datetime, start, end):
        raise NotComputable("起止时间没有精确到钟点，无法计算小时数")
    return Fraction((end - start) // timedelta(microseconds=1), 3_600_000_000)


def _date(text: Any) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise TypeMismatch('日期要写成 date("2026-01-01")') from error


def _text_test(test: Callable[[str, str], bool]) -> Callable[[Any, Any], BoolType]:
    def tested(text: Any, part: Any) -> BoolType:
        if not _both(str, text, part):
            raise TypeMismatch(f"不能在{kind_of(text)}中查找{kind_of(part)}")
        return BoolType(test(text, part))

    return tested


_contains_text = _text_test(lambda text, part: part in text)


def _contains(container: Any, part: Any) -> BoolType:
    return _in(part, container) if isinstance(container, ListType) else _contains_text(container, part)


OPERATORS: dict[str, Callable[..., Any]] = {
    "_+_": _add,
    "_-_": _subtract,
    "_*_": _arithmetic(operator.mul),
    "_/_": _arithmetic(operator.truediv),
    "_%_": _arithmetic(_remainder),
    "-_": lambda value: -_number(value),
    "!_": lambda value: BoolType(not truth(value)),
    "_?_:_": lambda condition, chosen, other: chosen if truth(condition) else other,
    "_<_": _ordering(operator.lt),
    "_<=_": _ordering(operator.le),
    "_>_": _ordering(operator.gt),
    "_>=_": _ordering(operator.ge),
    "_==_": _equal,
    "_!=_": lambda left, right: BoolType(not _equal(left, right)),
    "_in_": _in,
    "_[_]": _item,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sum": _sum,
    "min": _extreme(min),
    "max": _extreme(max),
    "abs": lambda value: abs(_number(value)),
    "count": _count,
    "size": _size,
    "days": lambda value: _number(_period(value)["days"]),
    "hours": _hours,
    "start": lambda value: _period(value)["start"],
    "end": lambda value: _period(value)["end"],
    "date": _date,
}
METHODS: dict[str, Callable[..., Any]] = {
    "size": _size,
    "contains": _contains,
    "startsWith": _text_test(str.startswith),
    "endsWith": _text_test(str.endswith),
}


def _keep(rows: ListType, results: Sequence[Any]) -> ListType:
    return ListType(row for row, result in zip(rows, results, strict=True) if truth(result))


def decide(results: Sequence[bool | NotComputable], *, decisive: bool) -> BoolType:
    """What several conditions come to, of which one that is `decisive` decides alone, whatever the others are.

    So CEL has it: true || unknown is true, false && unknown is false. Else one that is not known raises.
    """
    if any(result is decisive for result in results):
        return BoolType(decisive)
    for result in results:
        if isinstance(result, NotComputable):
            raise result
    return BoolType(not decisive)


# A row that cannot be read is passed over only where another decides alone.
ABSORBING = {"all": False, "exists": True}
MACROS: dict[str, Callable[[ListType, Sequence[Any]], Any]] = {
    "all": lambda _, results: decide(results, decisive=False),
    "exists": lambda _, results: decide(results, decisive=True),
    "exists_one": lambda _, results: BoolType(sum(map(truth, results)) == 1),
    "filter": _keep,
    "map": lambda _, results: ListType(results),
}
