"""A task as one assignee has it, with the analysis that this person has of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from taskbridge.ai.results import Verdict


class SeatState(StrEnum):
    """Whether the task is with this person."""

    OPEN = "open"
    DONE = "done"  # decided, aborted, or ended with its instance
    GONE = "gone"  # somebody else's now, or deleted


class AnalysisStatus(StrEnum):
    """How far an analysis has come, as stored. PROCESSED is shown for every analysis of a task that is done."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    PROCESSED = "processed"


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """One analysis of a task for one person: where it stands, and what it found. Times are RFC 3339 in UTC.

    `basis` is everything that the answer depends on and that is known before attachments are fetched; `fingerprint`
    adds their contents. `answer_id` is where the answer's text stands (AnswerTable), `reason` why it failed or waits.
    `lease_until` (epoch seconds): a worker is at it until then. `requested_by`: auto, manual, or forced.
    `opened_at`: its person looked at the task while this was under way, empty for never. `moved_at` (epoch seconds) is
    when a worker last took it up or let it go; the seconds until then went as `taskbridge.ai.delays` says.
    """

    id: str
    basis: str
    status: AnalysisStatus
    rule_version: str
    created_at: str
    requested_by: str = "auto"
    fingerprint: str = ""
    answer_id: str = ""
    verdict: Verdict | None = None
    platform_id: str = ""
    model: str = ""
    attempts: int = 0
    holder: str = ""
    lease_until: float = 0.0
    finished_at: str = ""
    reason: str = ""
    opened_at: str = ""
    moved_at: float = 0.0
    queue_s: float = 0.0
    files_s: float = 0.0
    platform_s: float = 0.0
    retries_s: float = 0.0
    feedback_tag: str = ""
    feedback_comment: str = ""


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A task of one person. Times are RFC 3339 in UTC, empty for none; `received_on` is a date in Asia/Shanghai.

    `version` is that of the process document it was derived from: an older one never replaces a newer one.
    `decision` (approved, rejected, returned, empty) is what was decided; `decided_here`: by this very person.
    `is_over`: done, and its instance has ended as well.
    """

    uid: str
    task_id: str
    sess_id: str
    app_id: str
    node_id: str
    state: SeatState
    version: int
    app_name: str = ""
    node_key: str = ""
    node_name: str = ""
    subject: str = ""
    initiator: str = ""
    priority: int = 3
    form_hash: str = ""
    received_on: str = ""
    created_at: str = ""
    finished_at: str = ""
    decision: str = ""
    decided_here: bool = False
    is_over: bool = False
    analysis: Analysis | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """The names of people that the event carries beside the form."""
        return (self.initiator,) if self.initiator else ()
