"""What held an analysis up, and whether its approver was there before it. Pure.

Only what nobody asked for can come too late: who asks for an analysis has the task open already.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState

_UNDER_WAY = (AnalysisStatus.PENDING, AnalysisStatus.RUNNING)


class Delay(StrEnum):
    """What took an analysis its time."""

    QUEUE = "queue"  # until a worker first took it up
    FILES = "files"  # attachments fetched, read, and handed to the platform
    PLATFORM = "platform"  # questions and answers
    RETRIES = "retries"  # between the turns of its workers: paused, throttled, full, or tried again


def is_awaited(seat: Seat | None) -> bool:
    """Whether the task is open, and its analysis under way without anybody having asked for it."""
    analysis = seat.analysis if seat and seat.state is SeatState.OPEN else None
    return analysis is not None and analysis.status in _UNDER_WAY and analysis.requested_by == "auto"


def is_new_opening(seat: Seat) -> bool:
    """Whether its approver, who looks at the task now, is there before its analysis, and was not seen before."""
    return is_awaited(seat) and seat.analysis is not None and not seat.analysis.opened_at


def was_first(ended: Analysis) -> bool | None:
    """Whether the approver had opened the task before its analysis ended; None where that says nothing.

    One that failed came neither before nor after.
    """
    if ended.requested_by != "auto":
        return None
    return bool(ended.opened_at) or (False if ended.status is AnalysisStatus.DONE else None)


def taken_up(analysis: Analysis, now: float) -> dict[str, float]:
    """What is to be written of an analysis that a worker takes up at `now` (epoch seconds): where the time went."""
    since = analysis.moved_at or datetime.fromisoformat(analysis.created_at).timestamp()
    name = "retries_s" if analysis.moved_at else "queue_s"
    return {name: round(getattr(analysis, name) + max(0.0, now - since), 3), "moved_at": now}


def delay_of(analysis: Analysis) -> Delay:
    """What took most of its time; where no turn has ended, what it was last seen in."""
    spent = {delay: getattr(analysis, f"{delay}_s") for delay in Delay}
    if any(spent.values()):
        return max(spent, key=lambda delay: spent[delay])
    return Delay.PLATFORM if analysis.moved_at else Delay.QUEUE
