"""Reads attachments and asks platforms: the chain of models, their breakers, and uploads that are made once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from ai_analyze.attachments import Fetcher, read_files
from ai_analyze.material import Material, ReadFile
from ai_analyze.review import Asked, Link, Model, Sink, review
from ai_analyze.turns import Turns, paid_for
from ai_analyze.uploads import UploadTable, upload_key
from taskbridge.access.breaker import Breakers
from taskbridge.ai.forms.form import AttachedFile
from taskbridge.ai.results import Review
from taskbridge.ai.rulebook import Standing
from taskbridge.ai.settings import ModelChoice
from taskbridge.errors import ConfigurationError, PlatformError, QuotaExhausted, TransientError
from taskbridge.platforms.ai import Question, Reply
from taskbridge.platforms.ai_client import AiPlatformClient
from taskbridge.reasons import build_reason
from taskbridge.tables.coordination import CoordinationTable

PROBE_LEASE_S = 60.0
UPLOAD_LEASE_S = 120.0
UPLOAD_POLL_S = 0.5
KEPT_UPLOADS_S = 7 * 86_400.0  # where the platform does not say how long it keeps a file


@dataclass(frozen=True, slots=True)
class Desk:
    """Reads the attachments and asks the platforms.

    `clients` gives the client of a platform, None where it is disabled; it raises ConfigurationError where there is no
    such platform.
    """

    clients: Callable[[str], AiPlatformClient | None]
    breakers: Breakers
    probes: CoordinationTable
    uploads: UploadTable
    environment: str
    trusted_hosts: tuple[str, ...]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    new_id: Callable[[], str]
    until: float = math.inf  # epoch seconds by which everything has to have ended

    def read_files(self, attachments: Sequence[AttachedFile], standing: Standing) -> tuple[ReadFile, ...]:
        """The files with their text; never raises for what a file holds."""
        if not attachments:
            return ()
        return read_files(attachments, Fetcher(standing.switches.settings.attachment_hosts, self.trusted_hosts))

    def chain(self, standing: Standing) -> list[Link]:
        """Whom to ask, in order; empty while all of them are paused. Raises ConfigurationError."""
        switches = standing.switches
        choices = [switches.choice, *switches.settings.fallbacks]
        configured = self._configured(choices)
        return [link for link in configured if self._may_ask(link.client.platform_id)]

    def review(
        self,
        material: Material,
        chain: Sequence[Link],
        sink: Sink,
        standing: Standing,
        uid: str,
        audit: Callable[[Asked], None],
        handing_over: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Review:
        """Ask. Raises the first platform's error where none answered. `handing_over` is around each file's upload."""

        def upload(client: Model, file: ReadFile) -> str:
            with handing_over():
                return self._upload(client, file)

        def heard(asked: Asked) -> None:
            self._note(asked)
            audit(asked)

        settings = standing.switches.settings
        return review(
            material,
            chain,
            sink,
            masking=settings.masked,
            second_look=settings.second_look,
            uid=uid,
            upload=upload,
            forget=self._forget,
            audit=heard,
            left=self._left,
        )

    def ask(self, chain: Sequence[Link], system: str, user: str, uid: str, audit: Callable[[Asked], None]) -> Reply:
        """Ask what is no review. Raises as `review` does."""
        turns = Turns(chain, self._left)
        for link, seconds in turns:
            asked = Asked(link.client.platform_id, link.model, "question", system, user, (), "", "answered")
            try:
                reply = link.client.ask(Question(system, user, model=link.model, uid=uid, within_s=seconds))
            except (PlatformError, ConfigurationError) as error:
                turns.failed(link, error)
                paid = paid_for(error)
                asked = replace(asked, outcome="failed", error=str(error), failure=error, usage=paid)
            else:
                asked = replace(asked, answer=reply.text, usage=reply.usage, latency_ms=reply.latency_ms)
            self._note(asked)
            audit(asked)
            if asked.failure is None:
                return replace(reply, usage=reply.usage + turns.paid)
        raise turns.cut or (turns.errors or [ConfigurationError("platform_id", build_reason("no_ai_platform"))])[0]

    def _configured(self, choices: Sequence[ModelChoice]) -> list[Link]:
        """The choices that are configured. Raises the first one's ConfigurationError where none is."""
        links: list[Link] = []
        problems: list[ConfigurationError] = []
        for choice in choices:
            try:
                client = self._client(choice.platform_id)
            except ConfigurationError as error:
                problems.append(error)
            else:
                links.append(Link(client, client.model_for(choice.model, self.environment)))
        if not links:
            raise problems[0]
        return links

    def _client(self, platform_id: str) -> AiPlatformClient:
        client = self.clients(platform_id)
        if client is None:
            raise ConfigurationError("platform_id", build_reason("platform_disabled", platform=platform_id))
        return client

    def _may_ask(self, platform_id: str) -> bool:
        """Whether its breaker is closed, or this worker may try."""
        if self.breakers.allows(platform_id):
            return True
        if self.probes.take_probe(platform_id, self.clock(), PROBE_LEASE_S):
            self.breakers.start_probe(platform_id)
            return True
        return False

    def _note(self, asked: Asked) -> None:
        if isinstance(asked.failure, QuotaExhausted):
            # No answer before somebody pays: one question in a minute is enough to see that it happened.
            self.probes.open_breaker(asked.platform_id, self.clock(), str(asked.failure), wants_money=True)
        elif isinstance(asked.failure, TransientError):
            self.breakers.note_failure(asked.platform_id, str(asked.failure))
        elif not isinstance(asked.failure, ConfigurationError):  # of which the platform heard nothing
            self.breakers.note_success(asked.platform_id)
        if asked.failure is None:
            self.breakers.note_answer(asked.platform_id)

    def _upload(self, client: Model, file: ReadFile) -> str:
        """The platform's id of a file, which it gets once."""
        ocr, key = _upload_key(client, file)
        holder = self.new_id()
        while (left_s := self._left()) > 0:
            now = self.clock()
            claim = self.uploads.claim(key, holder, now, now + UPLOAD_LEASE_S)
            if claim.file_id:
                return claim.file_id
            if claim.state == "mine":
                return self._upload_now(client.platform_id, file, key, holder, ocr=ocr, within_s=left_s)
            self.sleep(UPLOAD_POLL_S)
        raise TransientError(build_reason("no_time_to_upload"))

    def _forget(self, client: Model, file: ReadFile, file_id: str) -> None:
        """The platform may have that file no longer: the next one uploads it again."""
        self.uploads.forget(_upload_key(client, file)[1], file_id)

    def _left(self) -> float:
        return self.until - self.clock()

    def _upload_now(
        self, platform_id: str, file: ReadFile, key: str, holder: str, *, ocr: bool, within_s: float
    ) -> str:
        try:
            upload = self._client(platform_id).upload(file.name, file.content, ocr=ocr, within_s=within_s)
        except PlatformError:
            self.uploads.release(key, holder)
            raise
        self.uploads.store(key, holder, upload.file_id, upload.expires_at or self.clock() + KEPT_UPLOADS_S)
        return upload.file_id


def _upload_key(client: Model, file: ReadFile) -> tuple[bool, str]:
    """Whether a file is to be read by OCR, and the key under which its upload is known."""
    ocr = file.mime == "application/pdf"
    return ocr, upload_key(client.platform_id, file.sha256, ocr=ocr)
