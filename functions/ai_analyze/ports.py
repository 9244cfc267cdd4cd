"""What the life of an analysis needs of the outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ai_analyze.flight import Answers
from ai_analyze.material import Material, ReadFile
from ai_analyze.review import Asked, Link, Sink
from taskbridge.ai.audit import AuditEntry
from taskbridge.ai.forms.form import Attachment
from taskbridge.ai.jobs import AiJob
from taskbridge.ai.messages import AnalyseMessage, JobMessage, SeatsMessage
from taskbridge.ai.requests import RequestPorts
from taskbridge.ai.results import Review
from taskbridge.ai.rulebook import Standing, Switches
from taskbridge.ai.rules import AiSettings
from taskbridge.ai.seats import Analysis, Seat
from taskbridge.platforms.ai import Reply


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
class End:
    """How a message's turn ended; `again_in` seconds where it has to stay in the queue."""

    fate: Fate
    again_in: float | None = None
    reason: str = ""


class Seats(Protocol):
    """Seats with their analyses; see TaskTable."""

    def get(self, uid: str, task_id: str) -> Seat | None:
        """The seat, as it is now."""

    def claim(
        self, uid: str, task_id: str, analysis_id: str, holder: str, now: float, lease_until: float
    ) -> Analysis | None:
        """Begin to work at an analysis, unless another worker does."""

    def renew(self, uid: str, task_id: str, analysis_id: str, holder: str, lease_until: float) -> bool:
        """Keep it for longer."""

    def attach(
        self, uid: str, task_id: str, analysis_id: str, holder: str, *, answer_id: str, fingerprint: str
    ) -> bool:
        """Say where its answer will stand."""

    def wait(self, uid: str, task_id: str, analysis_id: str, holder: str, reason: str, *, counts: bool) -> bool:
        """Let go of it for a while; `counts` says whether this was one of its attempts."""

    def settle(self, uid: str, task_id: str, analysis_id: str, finished: Analysis) -> bool:
        """Store what it came to, if the task is open and this analysis still wanted."""

    def clear(self, uid: str, task_id: str, analysis_id: str) -> bool:
        """Remove it."""


class FormStore(Protocol):
    """Forms by task and hash; see FormTable."""

    def get(self, task_id: str, form_hash: str) -> bytes | None:
        """The form as JSON."""


class Audit(Protocol):
    """The audit log; see AuditTable."""

    def record(self, entry: AuditEntry, now: float, retention_days: float) -> bool:
        """Add an entry, to be kept this long from `now` on."""


class Jobs(Protocol):
    """Jobs of people; see AiJobTable."""

    def get(self, uid: str, job_id: str) -> AiJob | None:
        """The job, as it is now."""

    def claim(self, uid: str, job_id: str, holder: str, now: float, lease_until: float) -> AiJob | None:
        """Begin to work at a job, unless another worker does."""

    def renew(self, uid: str, job_id: str, holder: str, lease_until: float) -> bool:
        """Keep it for longer."""

    def save(self, job: AiJob, holder: str, now: float) -> bool:
        """Store what was found, and let go of it."""


class Questions(Protocol):
    """What was asked today; see QuestionTable."""

    def take(self, uid: str, app_id: str, node_id: str, settings: AiSettings, now: float) -> str:
        """Count one more, or say why it may not be asked."""

    def spend(self, questions: int, cost: float, now: float) -> None:
        """Count what was asked beside it, and what all of it cost."""


class TrackQueue(Protocol):
    """The AI queue, whose worker deletes what a deleted instance leaves."""

    def send(self, messages: Sequence[SeatsMessage]) -> set[int]:
        """Send messages; returns the positions of those that did not get in."""


class Reviewer(Protocol):
    """Reads the attachments and asks the platforms; the real one is Desk."""

    def read_files(self, attachments: Sequence[Attachment], standing: Standing) -> tuple[ReadFile, ...]:
        """The files with their text; never raises for what a file holds."""

    def chain(self, standing: Standing) -> list[Link]:
        """Whom to ask, in order; empty while all of them are paused. Raises ConfigurationError."""

    def review(
        self,
        material: Material,
        chain: Sequence[Link],
        sink: Sink,
        standing: Standing,
        uid: str,
        audit: Callable[[Asked], None],
    ) -> Review:
        """Ask. Raises the first platform's error where none answered."""

    def ask(self, chain: Sequence[Link], system: str, user: str, uid: str, audit: Callable[[Asked], None]) -> Reply:
        """Ask what is no review. Raises as above."""


class Journal(Protocol):
    """Who hears what happened."""

    def ended(self, message: AnalyseMessage, end: End, review: Review | None) -> None:
        """A message had its turn."""

    def job_ended(self, message: JobMessage, end: End) -> None:
        """A job's message had its turn."""

    def first_token(self, milliseconds: float) -> None:
        """How long the question took to its first word."""

    def answered(self, milliseconds: float) -> None:
        """How long it took as a whole."""

    def quota_exhausted(self, platform_id: str) -> None:
        """A platform wants money before it goes on."""

    def failed(self, message_id: str, error: BaseException) -> None:
        """A message stays in the queue, because something here did not work."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside. `kept_alive` renews leases while the work within goes on.

    `clock` gives epoch seconds, `new_id` a short id never given before.
    """

    seats: Seats
    forms: FormStore
    answers: Answers
    audit: Audit
    reviewer: Reviewer
    jobs: Jobs
    questions: Questions
    switches: Callable[[], Switches]
    requests: RequestPorts
    tracker: TrackQueue
    standing: Callable[[Seat], Standing | None]
    kept_alive: Callable[[Callable[[], None]], AbstractContextManager[None]]
    journal: Journal
    clock: Callable[[], float]
    new_id: Callable[[], str]
