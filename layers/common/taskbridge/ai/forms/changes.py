"""What can be changed about one value of a form, in the shape in which the form wrote it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from taskbridge.ai.forms.amounts import parse_number
from taskbridge.events import Field

# The nearest first: a limit that is just crossed is harder to see than one that is crossed by far.
_FACTORS = tuple(map(Decimal, ("1.05", "0.95", "1.3", "0.7", "2", "0.5", "10", "0.1")))
_DAYS = (1, -1, 3, 7, -7, 30, -30, 365, -365)
EMPTIED = "left_empty"


@dataclass(frozen=True, slots=True)
class Change:
    """A new value, and what kind of fact it changes: amount, number, date, period, entries, or left_empty."""

    kind: str
    value: Any


def changes_of(field: Field) -> Iterator[Change]:
    """Values that the field could have had instead, the nearest first, and none at the end."""
    value = msgspec.json.decode(field.value)
    if field.type in {"number", "rating", "money"}:
        yield from (Change("amount" if field.type == "money" else "number", each) for each in _other_numbers(value))
    elif field.type == "date":
        yield from (Change("date", each) for each in _other_days(value))
    elif field.type in {"date_range", "leave"} and isinstance(value, dict):
        yield from (Change("period", each) for each in _other_periods(value))
    elif field.type in {"users", "departments"} and isinstance(value, list):
        yield from (Change("entries", each) for each in _other_entries(value))
    elif field.type == "table":
        yield from _other_tables(value)
    yield Change(EMPTIED, None)


def _other_numbers(value: Any) -> Iterator[Any]:
    """The amount in words goes: it would contradict the new figures."""
    written = value.get("amount") if isinstance(value, dict) else value
    number = parse_number(written)
    if number is None:
        return
    for other in dict.fromkeys(_round_like(number, number * factor) for factor in _FACTORS):
        if other not in {number, 0}:
            plain = int(other) if other == int(other) else float(other)
            yield {"amount": plain, "currency": value.get("currency", "CNY")} if isinstance(value, dict) else plain


def _round_like(number: Decimal, other: Decimal) -> Decimal:
    """As a person would write it: whole where the old one was, else with its places; at least one away."""
    places = min(2, max(0, -int(number.as_tuple().exponent)))
    rounded = other.quantize(Decimal(1).scaleb(-places))
    step = Decimal(1).scaleb(-places)
    return rounded if rounded != number else number + (step if other > number else -step)


def _other_days(value: Any) -> Iterator[str]:
    day = _day(value)
    if day is not None:
        yield from ((day + timedelta(days)).isoformat() for days in _DAYS)


def _other_periods(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Longer at its end, with its duration; then as long as before, at another time."""
    start, end = _day(value.get("start")), _day(value.get("end"))
    if start is None or end is None:
        return
    if value.get("unit") == "天" and not value.get("start_half"):
        for days in (1, -1, 3, -3, 10, 30):
            if start <= end + timedelta(days):
                later = end + timedelta(days)
                yield {**value, "end": later.isoformat(), "duration": (later - start).days + 1}
    for days in _DAYS:
        yield {
            **value,
            "start": (start + timedelta(days)).isoformat(),
            "end": (end + timedelta(days)).isoformat(),
        }


def _other_entries(entries: list[Any]) -> Iterator[list[Any]]:
    """One fewer, down to one; the first ones twice."""
    yield from (entries[:count] for count in range(len(entries) - 1, 0, -1))
    yield from (entries + entries[:count] for count in range(1, len(entries) + 1))
    yield entries * 5


def _other_tables(table: Any) -> Iterator[Change]:
    rows = table.get("rows") if isinstance(table, dict) else None
    if not rows or not isinstance(table.get("columns"), list):
        return
    for column in table["columns"]:
        if column.get("type") in {"money", "number"}:
            for cell in _other_numbers(rows[0].get(column["key"])):
                yield Change("amount", {**table, "rows": [{**rows[0], column["key"]: cell}, *rows[1:]]})
    yield from (Change("entries", {**table, "rows": each}) for each in _other_entries(rows))


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
