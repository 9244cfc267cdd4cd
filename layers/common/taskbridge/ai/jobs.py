"""What is asked of the models beside analyses: a draft rule tried on past tasks, checks for a rule, what a policy
document says, and, at night, whether findings follow a fact that is changed. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import msgspec

from taskbridge.ai.documents import DocumentClause, DocumentReading
from taskbridge.ai.flips import FlipAnswer
from taskbridge.ai.results import FindingResult, Origin, Verdict
from taskbridge.ai.rules import Check
from taskbridge.usage import Usage

MOST_TASKS = 20
NOBODY = ""  # whose jobs are those of the night
MOST_QUESTIONS = 20  # of a night about one node
QUESTIONS_A_FORM = 4


class AiJobStatus(StrEnum):
    """How far a job has come. RUNNING also before anybody has begun; STOPPED: its person wanted no more of it."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class DryRun(msgspec.Struct, frozen=True, kw_only=True, tag="dry_run", tag_field="kind"):
    """What would a draft rule have said of past tasks? Nothing of it is stored as a result."""

    rule: str
    keynote: str = ""
    file_key: tuple[str, ...] = ()


class ProposeChecks(msgspec.Struct, frozen=True, kw_only=True, tag="propose_checks", tag_field="kind"):
    """Which clauses of a rule are exact, as checks, and what would they have said of past forms?"""

    rule: str


class ReadDocument(msgspec.Struct, frozen=True, kw_only=True, tag="read_document", tag_field="kind"):
    """Which clauses does a policy document hold, and which checks do they come to?

    `of`: for one's own rule, or for the node's default. `parts` is where the bytes stand until the job is over. A newer
    version of the rule's document has in `before` what the rule at `rule_version` was taken from.
    """

    name: str
    sha256: str
    parts: str
    of: Literal["me", "default"] = "me"
    before: tuple[DocumentClause, ...] = ()
    rule_version: int = 0


class TryFlips(msgspec.Struct, frozen=True, kw_only=True, tag="flips", tag_field="kind"):
    """Do the findings of a node's default rule follow where a fact of a past form is changed?

    `checks` decide their clauses alone, and say what must follow. `day` is that of Asia/Shanghai.
    """

    day: str
    node_name: str
    rule: str
    keynote: str
    file_key: tuple[str, ...]
    checks: tuple[Check, ...]


Wanted = DryRun | ProposeChecks | ReadDocument | TryFlips


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFinding:
    """One clause of the draft, and how the form stands to it; without evidence, since trials are many."""

    clause: str
    result: FindingResult
    reason: str = ""
    origin: Origin = Origin.MODEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a draft rule says of one past task. `problem` (Chinese) says why it could not be asked about.

    `verdict_then` is that of the analysis that the task had, null for none; `decision` what the person decided, stored
    as empty where nothing, which is shown as null. Of somebody else's task subject, summary and reasons are empty, and
    `downgraded` is null.
    """

    task_id: str
    subject: str = ""
    decision: str | None = ""
    verdict_then: Verdict | None = None
    verdict_now: Verdict | None = None
    summary: str = ""
    downgraded: str | None = None
    findings: tuple[TrialFinding, ...] = ()
    usage: Usage = field(default_factory=Usage)
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedCheck:
    """A check that a person may confirm, and how many past forms it passes, fails, and cannot tell.

    `reasons` is an example of each, by result (pass, fail, unknown).
    """

    clause: str
    expression: str
    passed: int = 0
    failed: int = 0
    unknown: int = 0
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedCheck:
    """A check of the model that cannot be used, and why (Chinese)."""

    clause: str
    expression: str
    reason: str


class AiJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job of one person. Times are RFC 3339 in UTC, empty for none; `task_ids` are the past tasks, all this person's
    unless `owners` names another person for each.

    `estimate` is what it was thought to take, `usage` what it took so far. `attempts` counts the turns since something
    was last saved. `reason` (for people) says why it failed, or waits. One of the night is NOBODY's: a task leaves
    `task_ids` once all was asked about its form, and `asked` counts what was asked about the first of them.
    """

    id: str
    uid: str
    app_id: str
    node_id: str
    wanted: Wanted
    task_ids: tuple[str, ...]
    created_at: str
    owners: tuple[str, ...] = ()
    estimate: Usage = Usage()
    status: AiJobStatus = AiJobStatus.RUNNING
    finished_at: str = ""
    reason: str = ""
    attempts: int = 0
    trials: tuple[Trial, ...] = ()
    checks: tuple[ProposedCheck, ...] = ()
    dropped: tuple[DroppedCheck, ...] = ()
    document: DocumentReading | None = None
    flips: tuple[FlipAnswer, ...] = ()
    asked: int = 0
    usage: Usage = Usage()

    def seats(self) -> list[tuple[str, str]]:
        """(uid, task id) of each past task."""
        owners = self.owners or (self.uid,) * len(self.task_ids)
        return list(zip(owners, self.task_ids, strict=True))
