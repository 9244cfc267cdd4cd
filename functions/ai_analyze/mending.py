"""Broken JSON, mended by a kept library within a budget.

json-repair tries every reading of a stray quotation mark: a few thousand hostile characters can take it minutes, and it
has no limit of its own. Its function calls are counted, and what it looks through within them, which unlike a time
limit ends the same way everywhere.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

# A broken verdict of 6,000 characters takes some 140,000; a million are half a second.
MOST_CALLS = 1_000_000
CHARACTERS_A_CALL = 3


class _BudgetSpent(BaseException):
    """Not an Exception, so that nothing on the way here takes it for one of its own."""


def mend_json(text: str) -> Any:
    """The value that `text` most likely stands for. Raises ValueError where there is none, or it takes too long."""
    from json_repair import repair_json

    before = sys.getprofile()
    sys.setprofile(_Meter())
    try:
        return repair_json(text, return_objects=True, skip_json_loads=True)
    except _BudgetSpent:
        raise ValueError("too much would have to be tried") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    finally:
        sys.setprofile(before)


class _Meter:
    """Counts the calls of this thread. One that returns a number has looked through so many characters at most."""

    def __init__(self) -> None:
        self._left = MOST_CALLS

    def __call__(self, frame: FrameType, event: str, arg: object) -> None:
        is_distance = event == "return" and type(arg) is int and arg > 0
        self._left -= 1 + (arg // CHARACTERS_A_CALL if is_distance else 0)  # type: ignore[operator]  # an int
        if self._left < 0:
            raise _BudgetSpent
