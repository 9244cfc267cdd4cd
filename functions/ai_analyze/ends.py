"""How the turn of a message ends. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """What became of a message, for the journal."""

    DONE = "done"
    REUSED = "reused"  # the answer was there already
    LATE = "late"  # overtaken: the answer stands in the audit log only
    OUTDATED = "outdated"  # nobody wants this analysis any more
    BUSY = "busy"  # another worker is at it
    WAITING = "waiting"
    GOING_ON = "going_on"  # one turn of several is done
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """How a message's turn ended; `again_in` seconds where it has to stay in the queue.

    `opened_first`: the approver had opened the task before the analysis ended; None where that says nothing.
    """

    fate: Fate
    again_in: float | None = None
    reason: str = ""
    opened_first: bool | None = None
