"""What a sheet shows otherwise than by its values: what is hidden, padded numbers, formulas without a result. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ai_analyze.extraction.pages import Unread

_MOST_COLUMNS = 16_384
_PADDED = re.compile(r"0{2,30}")


@dataclass(slots=True)
class Marks:
    """Of one sheet, rows and columns from 0. `texts`: cells as they are shown, where their value says less.

    `uncomputed`: how many formulas nobody has computed, so that there is nothing to read.
    """

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    uncomputed: int = 0

    def hide_columns(self, first: int, behind: int) -> None:
        """Nobody sees the columns from `first` up to, and without, `behind`."""
        if len(self.hidden_columns) < _MOST_COLUMNS:
            self.hidden_columns.update(range(max(first, 0), min(behind, _MOST_COLUMNS)))


def say(name: str, marks: Marks, unread: Unread) -> None:
    """What of a sheet was left out."""
    if marks.hidden_rows or marks.hidden_columns:
        unread.say(f"工作表「{name}」有隐藏的行或列，未读取")
    if marks.uncomputed:
        unread.say(f"工作表「{name}」有 {marks.uncomputed} 个公式没有计算结果，未能读取")


def padding(code: str) -> int:
    """To how many digits a format of numbers fills up with zeros (000000); 0 for any other format."""
    return len(code) if _PADDED.fullmatch(code) else 0


def padded(value: float, width: int) -> str:
    """000123 for 123 and 6."""
    return f"{'-' if value < 0 else ''}{abs(value):0{width}.0f}"
