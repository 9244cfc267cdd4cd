"""The audit log of AI approval: one entry for each question that was asked, or would have been."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from taskbridge.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedFile:
    """A file that took part. `size` in bytes; `file_id` is the platform's, empty where only its text was sent."""

    name: str
    sha256: str
    size: int
    file_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """Who asked what of whom, by which rule, and what came of it. An entry is never changed.

    `at` is RFC 3339 in UTC. `question` is system and user prompt as sent, `answer` as it came. `kind` is what was
    asked: review, second_ask (the verdict alone, once more), second_look (the evidence alone), question (for
    checks of a rule); empty where nothing was.
    `outcome` is a word: answered, unreadable, failed, refused, late; `error` says more where something went wrong.
    """

    id: str
    at: str
    uid: str
    task_id: str
    sess_id: str
    app_id: str
    node_id: str
    analysis_id: str
    outcome: str
    kind: str = ""
    fingerprint: str = ""
    rule_version: str = ""
    template_version: str = ""
    platform_id: str = ""
    model: str = ""
    files: tuple[AuditedFile, ...] = ()
    question: str = ""
    answer: str = ""
    usage: Usage = field(default_factory=Usage)
    latency_ms: int = 0
    error: str = ""
    requested_by: str = ""

    def without_person(self) -> AuditRecord:
        """The entry without person, question, answer and files: what was counted stays."""
        return replace(self, uid="", question="", answer="", error="", files=())
