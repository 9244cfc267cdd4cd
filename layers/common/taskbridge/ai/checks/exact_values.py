"""Values as checks see them: exact numbers, dates, texts, and rows of tables. Pure.

Numbers are fractions, so that a third is a third. Import it only where checks are computed: cel-python takes 0.15 s.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

from celpy.celtypes import BoolType, ListType, MapType

from taskbridge.ai.forms.values import Period
from taskbridge.errors import TaskbridgeError

# An amount has fewer digits, before and after its point, and no honest result needs as many bits.
_MOST_DIGITS = 40

_CHINA = timezone(timedelta(hours=8))

_PERIOD_LABELS = {"start": "开始时间", "end": "结束时间", "days": "天数", "hours": "小时数"}


class NotComputable(TaskbridgeError):
    """A check has no result for this form; its text says why, in Chinese, for the approver."""


class TypeMismatch(NotComputable):
    """The expression asks for what values of these types cannot give."""


class FormRecord(MapType):
    """A form, a row of a table, or a period: an entry that is missing makes the whole check not computable."""

    def __init__(self, entries: Mapping[str, Any], labels: Mapping[str, str]) -> None:
        super().__init__(entries)
        self._labels = labels

    def __getitem__(self, key: Any) -> Any:
        if key not in self:
            raise NotComputable(f"「{self._labels.get(key, key)}」未填写或无法识别")
        return super().__getitem__(key)


def prepare(value: Any, labels: Mapping[str, str]) -> Any:
    """A typed value as checks see it; None where it is missing, empty, or of a type that checks do not know."""
    if isinstance(value, Mapping):
        return FormRecord(prepare_entries(value, labels), labels) or None
    if isinstance(value, list | tuple):
        prepared = [prepare(item, labels) for item in value]
        # An item that cannot be read stays in its place: without it sums and counts would be wrong.
        return ListType(FormRecord({}, labels) if item is None else item for item in prepared) or None
    if isinstance(value, Period):
        parts = {name: getattr(value, name) for name in _PERIOD_LABELS}
        return FormRecord(prepare_entries(parts, _PERIOD_LABELS), _PERIOD_LABELS)
    return _prepare_scalar(value)


def prepare_entries(entries: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """The entries that are not missing."""
    prepared = {key: prepare(value, labels) for key, value in entries.items()}
    return {key: value for key, value in prepared.items() if value is not None}


def _prepare_scalar(value: Any) -> Any:
    if isinstance(value, bool):
        return BoolType(value)
    if isinstance(value, int | Decimal):
        return exact_number(Decimal(value))
    if isinstance(value, datetime):
        return value.astimezone(_CHINA).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return value
    return value if isinstance(value, str) and value.strip() else None


def exact_number(number: Decimal) -> Fraction | None:
    """The number as a fraction; None where it is infinite, none at all, or too long to be an amount."""
    if not number.is_finite() or len(number.as_tuple().digits) > _MOST_DIGITS:
        return None
    # Looked at first: the fraction of 1E+999999 would have a million digits.
    return Fraction(number) if abs(number.adjusted()) < _MOST_DIGITS else None


def truth(value: Any) -> bool:
    """A boolean as Python has it; nothing else is one."""
    if not isinstance(value, BoolType):
        raise TypeMismatch(f"这里需要是或否，得到的是{kind_of(value)}")
    return bool(value)


def rows_of(value: Any) -> ListType:
    """A list, or the rows of a table."""
    if not isinstance(value, ListType):
        raise TypeMismatch(f"这里需要列表或表格，得到的是{kind_of(value)}")
    return value


def kind_of(value: Any) -> str:
    names = {BoolType: "是否", Fraction: "数字", str: "文字", date: "日期", ListType: "列表", MapType: "一组值"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "无法识别的值")
