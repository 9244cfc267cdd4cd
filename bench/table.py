"""The table that everything ends in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_HEADER = ("measurement", "ours", "beside it", "ratio", "target", "met")


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. `value` is what the target bounds; None where it could not be measured.

    `ours` and `beside` are texts with units; `ratio` is ours divided by what ran beside it. `strict`: the target
    itself is too much.
    """

    name: str
    ours: str
    beside: str
    ratio: float | None
    value: float | None
    target: float
    unit: str = ""
    strict: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where that was not measured."""
        if self.value is None:
            return None
        return self.value < self.target if self.strict else self.value <= self.target

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        bound = f"{'below' if self.strict else 'at most'} {self.target:g}{self.unit}"
        answer = {True: "yes", False: "NO", None: "skipped"}[self.met]
        return self.name, self.ours, self.beside, _ratio(self.ratio), bound, answer


def _ratio(ratio: float | None) -> str:
    if ratio is None:
        return "-"
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"


def render(rows: Sequence[Row]) -> str:
    """The rows as a table."""
    lines = [_HEADER, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADER))]
    texts = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([texts[0], "  ".join("-" * width for width in widths), *texts[1:]])


def any_missed(rows: Sequence[Row]) -> bool:
    """Whether a target was missed."""
    return any(row.met is False for row in rows)
