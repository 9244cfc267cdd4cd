"""A question that was asked of a platform, as the audit log hears of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ai_analyze.prompt import TEMPLATE_VERSION
from ai_analyze.telling import Listener
from ai_analyze.turns import Link, paid_for
from taskbridge.ai.audit import AuditedFile, AuditRecord
from taskbridge.errors import ConfigurationError, ContentRefused, PlatformError
from taskbridge.platforms.ai import Question, Reply
from taskbridge.usage import Usage


@dataclass(frozen=True, slots=True)
class Asked:
    """One question asked of a platform, for the audit log.

    `system` and `user` as sent, `answer` as it came, also in part. `kind`: review, second_ask or second_look.
    `outcome`: answered, unreadable (no verdict could be read), refused (content), failed; `failure` is what was raised
    in the last two.
    """

    platform_id: str
    model: str
    kind: str
    system: str = field(repr=False)
    user: str = field(repr=False)
    file_ids: tuple[str, ...]
    answer: str = field(repr=False)
    outcome: str
    files: tuple[AuditedFile, ...] = ()
    usage: Usage = field(default_factory=Usage)
    latency_ms: int = 0
    question_id: str = ""
    error: str = ""
    failure: PlatformError | ConfigurationError | None = None
    template_version: str = TEMPLATE_VERSION

    def put_on(self, entry: AuditRecord) -> AuditRecord:
        """The entry of who asked, with the question and what came of it."""
        return replace(
            entry,
            outcome=self.outcome,
            platform_id=self.platform_id,
            model=self.model,
            template_version=self.template_version,
            kind=self.kind,
            files=self.files,
            question=f"{self.system}\n\n{self.user}",
            answer=self.answer,
            usage=self.usage,
            latency_ms=self.latency_ms,
            error=self.error,
        )


class Recording:
    """Sees to it that a question is recorded once, whatever becomes of it."""

    def __init__(
        self,
        audit: Callable[[Asked], None],
        link: Link,
        question: Question,
        kind: str,
        files: tuple[AuditedFile, ...] = (),
    ) -> None:
        self._record = audit
        self._asked = Asked(
            platform_id=link.client.platform_id,
            model=link.model,
            kind=kind,
            system=question.system,
            user=question.user,
            file_ids=question.file_ids,
            answer="",
            outcome="answered",
            files=files,
        )

    def call(self, ask: Callable[[], Reply], listener: Listener) -> Reply:
        """The reply; what the platform raises instead is recorded and raised."""
        try:
            return ask()
        except (PlatformError, ConfigurationError) as error:
            outcome = "refused" if isinstance(error, ContentRefused) else "failed"
            told = f"{type(error).__name__}: {error}"
            usage = paid_for(error)
            failed = replace(self._asked, answer=listener.heard, outcome=outcome, error=told, failure=error)
            self._record(replace(failed, usage=usage))
            raise

    def record(self, reply: Reply, heard: str, *, is_read: bool) -> None:
        """Record the question with its reply."""
        self._record(
            replace(
                self._asked,
                model=reply.model or self._asked.model,
                answer=heard,
                outcome="answered" if is_read else "unreadable",
                usage=reply.usage,
                latency_ms=reply.latency_ms,
                question_id=reply.question_id,
            )
        )
