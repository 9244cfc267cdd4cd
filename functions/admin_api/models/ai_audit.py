"""The audit log of AI approval as it is shown."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from admin_api.models.ai_results import Usage


class AuditedFile(BaseModel):
    """A file that took part. `file_id` is the platform's, empty where only its text was sent."""

    name: str
    sha256: str
    size: int
    file_id: str


class AuditEntry(BaseModel):
    """One question that was asked of an AI platform. `decision` is what the person decided later, or null.

    Long texts are cut, with a mark, by the room that a page has: a smaller `limit` shows more of them.
    """

    id: str
    at: datetime
    uid: str
    task_id: str
    sess_id: str
    app_id: str
    node_id: str
    analysis_id: str
    outcome: str
    kind: str = Field(description="review, second_ask, second_look, question; empty where nothing was asked")
    rule_version: str
    template_version: str
    fingerprint: str
    platform_id: str
    model: str
    files: list[AuditedFile]
    question: str
    answer: str
    usage: Usage
    latency_ms: int
    error: str
    requested_by: str
    decision: str | None
