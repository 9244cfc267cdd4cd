"""Dry runs and proposals of checks as they are asked for and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictBool

from admin_api.models.ai_results import Usage
from admin_api.models.ai_rules import FileKey
from admin_api.requests import Wanted
from taskbridge.ai.jobs import MOST_TASKS
from taskbridge.ai.results import FindingResult, Origin, Verdict
from taskbridge.ai.rules import KEYNOTE_CHARS, MOST_KEYS, RULE_CHARS

DraftRule = Annotated[str, Field(min_length=1, max_length=RULE_CHARS, pattern=r"\S", description="not stored")]


class DryRunWanted(Wanted):
    """A draft rule, and on how many of one's latest past tasks to try it."""

    rule: DraftRule
    keynote: Annotated[str, Field(max_length=KEYNOTE_CHARS)] = ""
    file_key: Annotated[list[FileKey], Field(default_factory=list, max_length=MOST_KEYS)]
    limit: Annotated[int, Field(ge=1, le=MOST_TASKS)] = 5
    estimate_only: Annotated[StrictBool, Field(description="only say what it is thought to take")] = False


class ProposalWanted(Wanted):
    """A rule whose exact clauses are to become checks."""

    rule: DraftRule


class TrialFinding(BaseModel):
    """One clause of the draft, and how the form stands to it."""

    clause: str
    result: FindingResult
    reason: str
    origin: Origin


class Trial(BaseModel):
    """What the draft says of one past task. `problem` says why it could not be asked about."""

    task_id: str
    subject: str
    decision: str | None = Field(description="what you decided, null where you did not")
    verdict_then: Verdict | None
    verdict_now: Verdict | None
    summary: str
    downgraded: str | None
    findings: list[TrialFinding]
    usage: Usage
    problem: str


class ProposedCheck(BaseModel):
    """A check to confirm, and how many of your past forms it passes, fails, and cannot tell."""

    clause: str
    expression: str
    passed: int
    failed: int
    unknown: int
    reasons: dict[str, str]


class DroppedCheck(BaseModel):
    """What the model proposed and cannot be used."""

    clause: str
    expression: str
    reason: str


class Job(BaseModel):
    """A dry run or a proposal. `reason` is why it failed, or waits; nothing of it is stored as a result.

    `id` is null where it was only estimated. Attachments are not in the estimate: they are not read before it starts.
    """

    id: str | None
    kind: Literal["dry_run", "propose_checks"]
    status: Literal["estimated", "running", "done", "failed"]
    app_id: str
    node_id: str
    tasks: int = Field(description="past tasks that take part")
    estimate: Usage
    usage: Usage
    trials: list[Trial]
    checks: list[ProposedCheck]
    dropped: list[DroppedCheck]
    reason: str
    created_at: datetime
    finished_at: datetime | None
