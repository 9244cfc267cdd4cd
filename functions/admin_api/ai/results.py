"""A result of AI approval as it is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from admin_api.views import show
from taskbridge.ai.results import Finding, Review, Verdict
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState
from taskbridge.usage import Usage

_NO_REVIEW = Review(verdict=Verdict.NEEDS_HUMAN)  # stands in where there is none; its verdict is never shown


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the person thought of a result."""

    tag: str
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An analysis. `reason` is why it failed, or waits.

    In a list `text` is null, and so are the `findings` of the last ones where those of a page are very long.
    """

    id: str
    task_id: str
    app_id: str
    node_id: str
    status: AnalysisStatus
    verdict: Verdict | None
    summary: str
    text: str | None
    findings: tuple[Finding, ...] | None
    downgraded: str | None
    rule_version: str
    fingerprint: str
    platform_id: str
    model: str
    usage: Usage
    decision: str | None
    feedback: Feedback | None
    notes: tuple[str, ...]
    reason: str
    created_at: datetime
    finished_at: datetime | None


def show_result(seat: Seat, analysis: Analysis, review: Review | None) -> Result:
    """An analysis of a seat. `review` is None until there is one, and where it is no longer kept."""
    is_done = seat.state is SeatState.DONE
    found = review or _NO_REVIEW
    feedback = Feedback(analysis.feedback_tag, analysis.feedback_comment) if analysis.feedback_tag else None
    return show(
        Result,
        analysis,
        task_id=seat.task_id,
        app_id=seat.app_id,
        node_id=seat.node_id,
        status=AnalysisStatus.PROCESSED if is_done else analysis.status,
        summary=found.summary,
        text=found.text,
        findings=tuple(replace(each, number=each.number or None) for each in found.findings),
        downgraded=found.downgraded,
        usage=found.usage,
        decision=decision_of(seat),
        feedback=feedback,
        notes=found.notes,
        created_at=datetime.fromisoformat(analysis.created_at),
        finished_at=moment(analysis.finished_at),
    )


def decision_of(seat: Seat | None) -> str | None:
    """What this very person decided, None where nothing yet, or somebody else did."""
    return seat.decision or None if seat and seat.state is SeatState.DONE and seat.decided_here else None


def moment(text: str) -> datetime | None:
    """A time as it is stored, None for an empty one."""
    return datetime.fromisoformat(text) if text else None
