"""Tasks in the order that is asked for: by several fields, each up or down. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from taskbridge.ai.results import Verdict
from taskbridge.ai.seats import Analysis, Seat, SeatState

MOST_FIELDS = 5
# What needs a person's attention comes first.
_VERDICTS = {Verdict.REJECT: 0, Verdict.NEEDS_HUMAN: 1, Verdict.APPROVE: 2}


@dataclass(frozen=True, slots=True)
class SeatEntry:
    """A seat, with the analysis that may be shown of it."""

    seat: Seat
    analysis: Analysis | None


@dataclass(frozen=True, slots=True)
class SortField:
    """A field to sort by."""

    name: str
    is_descending: bool = False


_VALUES: Mapping[str, Callable[[SeatEntry], Any]] = {
    "created_at": lambda entry: entry.seat.created_at,
    "finished_at": lambda entry: entry.seat.finished_at or None,
    "priority": lambda entry: entry.seat.priority,
    "subject": lambda entry: entry.seat.subject,
    "initiator": lambda entry: entry.seat.initiator,
    "app_id": lambda entry: entry.seat.app_id,
    "app_name": lambda entry: entry.seat.app_name,
    "node_id": lambda entry: entry.seat.node_id,
    "node_name": lambda entry: entry.seat.node_name,
    "decision": lambda entry: entry.seat.decision or None,
    "verdict": lambda entry: (
        _VERDICTS.get(entry.analysis.verdict) if entry.analysis and entry.analysis.verdict else None
    ),
}
_FIELD = f"-?({'|'.join(_VALUES)})"
SORT_PATTERN = f"^{_FIELD}(,{_FIELD}){{0,{MOST_FIELDS - 1}}}$"


def parse_sort(text: str | None) -> tuple[SortField, ...]:
    """The fields of a text that matches SORT_PATTERN; none where there is no text."""
    return tuple(SortField(each.removeprefix("-"), each.startswith("-")) for each in text.split(",")) if text else ()


def index_order(sort: tuple[SortField, ...], states: tuple[SeatState, ...]) -> bool | None:
    """Whether the newest come first, where the index lists these tasks in that order; None where it does not.

    The index has open tasks as they were created, and done ones as they were finished.
    """
    if not sort:
        return True
    by_index: Mapping[tuple[SeatState, ...], str] = {(SeatState.OPEN,): "created_at", (SeatState.DONE,): "finished_at"}
    if len(sort) == 1 and sort[0].name == by_index.get(states):
        return sort[0].is_descending
    return None


def order(entries: Iterable[SeatEntry], sort: tuple[SortField, ...]) -> list[SeatEntry]:
    """The entries sorted; those equal in all fields stay in their order, those without a value come last."""
    ordered = list(entries)
    for field in reversed(sort):
        value = _VALUES[field.name]
        known = sorted((each for each in ordered if value(each) is not None), key=value, reverse=field.is_descending)
        ordered = [*known, *(each for each in ordered if value(each) is None)]
    return ordered
