"""Tasks and results of AI approval as they are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictBool, computed_field

from admin_api.ids import encode_id
from admin_api.models.ai_rules import EffectiveRule
from admin_api.requests import Wanted
from taskbridge.ai.results import FindingResult, Origin, Verdict
from taskbridge.ai.seats import AnalysisStatus

COMMENT_CHARS = 2_000
Tag = Literal["useful", "wrong_verdict", "missed_point", "wrong_evidence", "other"]


class Evidence(BaseModel):
    """A quote, and where it stands: a field's key, or an attachment (`附件2.pdf` is the one with `number` 2)."""

    source: str
    page: int | None
    quote: str
    verified: bool


class Finding(BaseModel):
    """One clause of the rule, and how the form stands to it.

    `number` is that of the clause among those that the rule was read as, null where a finding is of none of them.
    `covers`: a computed finding that decides its clause alone.
    """

    number: int | None = None
    clause: str
    result: FindingResult
    reason: str
    origin: Origin
    covers: bool = False
    evidence: list[Evidence]


class Usage(BaseModel):
    """Tokens, and what they cost by the platform's price list."""

    input_tokens: int
    output_tokens: int
    cost: float


class Feedback(BaseModel):
    """What the person thought of a result."""

    tag: str
    comment: str


class FeedbackTaken(Feedback):
    """`forwarded`: the AI platform took it too."""

    forwarded: bool


class FeedbackWanted(Wanted):
    """What you think of a result."""

    tag: Tag
    comment: Annotated[str, Field(max_length=COMMENT_CHARS)] = ""


class AnalysisWanted(Wanted):
    """`force`: a new answer, also where there is one to the same input."""

    force: StrictBool = False


class Result(BaseModel):
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
    findings: list[Finding] | None
    downgraded: str | None
    rule_version: str
    fingerprint: str
    platform_id: str
    model: str
    usage: Usage
    decision: str | None
    feedback: Feedback | None
    notes: list[str]
    reason: str
    created_at: datetime
    finished_at: datetime | None


class TaskFacts(BaseModel):
    """A task of the caller. `rule` is null where none is in force."""

    task_id: str
    sess_id: str
    app_id: str
    app_name: str
    node_id: str
    node_key: str
    node_name: str
    subject: str
    initiator: str
    priority: int
    status: Literal["open", "done"]
    decision: str | None
    created_at: datetime
    finished_at: datetime | None
    rule: EffectiveRule | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def id(self) -> str:
        """The task as a path of the API takes it."""
        return encode_id(self.task_id)


class Task(TaskFacts):
    """A task with its latest result, which is null where there is none for today's form and rule."""

    result: Result | None


class FormField(BaseModel):
    """A visible field of a form; `text` may have several lines."""

    key: str
    label: str
    type: str
    text: str


class Attachment(BaseModel):
    """A file of a form. `number` is that of the evidence that quotes it, null where the rule leaves the file out."""

    field_key: str
    label: str
    name: str
    size: int | None
    mime: str
    number: int | None


class Form(BaseModel):
    """A form as people read it. `notices` are contradictions in it."""

    fields: list[FormField]
    attachments: list[Attachment]
    notices: list[str]


class TaskDetail(TaskFacts):
    """One task whole. `form` is null once it is no longer kept."""

    form: Form | None
    results: list[Result]
