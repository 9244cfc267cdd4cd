"""What an AI platform is: declarations, and pure functions from question to request and from response to answer.

Like a task center it opens no connection and reads no clock; `AiPlatformClient` drives it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from taskbridge.errors import PermanentError, PlatformError
from taskbridge.platforms.ai import ModelInfo, ModelLimits, Question
from taskbridge.platforms.ai_failures import Failure, FailureCodes, error_for
from taskbridge.platforms.ai_settings import AiPlatformSettings
from taskbridge.platforms.base import PlatformAdapter, Request
from taskbridge.platforms.http_answers import Response, decode_text, describe_answer, is_json, parse_retry_after
from taskbridge.platforms.loose_json import parse_object
from taskbridge.platforms.streams import PROFILES, Draft, Profile, StreamPiece, failure_codes


class AiOperation(StrEnum):
    """What can be asked of an AI platform."""

    ASK = "ask"
    STREAM = "stream"
    UPLOAD = "upload"
    MODELS = "models"
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that was taken. `ready`: it can be asked about. `expires_at` in epoch seconds, where the platform says."""

    file_id: str
    ready: bool = True
    expires_at: float | None = None


class AiPlatform(PlatformAdapter, ABC):
    """A platform that answers questions. A vendor declares, builds requests and parses answers.

    `known_models` holds what is public of models by the start of their name, in small letters; the longest counts.
    `shares_path`: questions that stream go where the others go, so a 404 says nothing about streaming.
    """

    category: ClassVar[str] = "ai"
    capabilities: ClassVar[frozenset[AiOperation]] = frozenset(AiOperation)
    known_models: ClassVar[Mapping[str, ModelLimits]] = {}
    shares_path: ClassVar[bool] = True
    Settings: ClassVar[type[AiPlatformSettings]]
    settings: AiPlatformSettings

    def __init__(self, platform_id: str, settings: AiPlatformSettings) -> None:
        super().__init__(platform_id, settings)
        self.codes = FailureCodes(
            token_expired=self.token_expired_codes(),
            retry=frozenset(settings.retry_codes),
            quota=frozenset(settings.quota_codes),
            refused=frozenset(settings.refused_codes),
        )
        self._configured = {
            row.model: ModelLimits(
                row.context_tokens, row.output_tokens, row.structured, row.streams, row.price_in, row.price_out
            )
            for row in settings.models
        }

    @property
    @abstractmethod
    def address(self) -> str:
        """Where paths begin: scheme, host and what they all share."""

    def token_expired_codes(self) -> frozenset[str]:
        """Codes that mean: fetch a token and repeat. Beside HTTP 401, which always does."""
        return frozenset()

    @property
    def profile(self) -> Profile:
        """How its streams are written."""
        return "openai"

    def model_for(self, wanted: str, environment: str) -> str:
        """The model to ask: `wanted`, else that of the environment (dev, prod), else the platform's."""
        return wanted or self.settings.environment_models.get(environment, "") or self.settings.model

    def limits_of(self, model: str) -> ModelLimits:
        """What `model` can do: by its row in the settings, else as known, else careful defaults."""
        if model in self._configured:
            return self._configured[model]
        known = [name for name in self.known_models if model.lower().startswith(name)]
        return self.known_models[max(known, key=len)] if known else ModelLimits()

    def streams(self, question: Question) -> bool:
        """Whether there is a streaming call for this question."""
        return self.limits_of(question.model).streams

    @abstractmethod
    def build_question(self, question: Question, token: str, *, stream: bool) -> Request:
        """The request that asks. `question.model` is set."""

    @abstractmethod
    def parse_answer(self, response: Response) -> Draft:
        """The answer in that request's response, where it did not stream. Raises PlatformError."""

    @abstractmethod
    def build_upload(self, name: str, content: bytes, token: str, *, ocr: bool) -> Request:
        """The request that hands over a file."""

    @abstractmethod
    def parse_upload(self, response: Response) -> UploadedFile:
        """The file in the answer to an upload, or to `build_upload_status`. Raises PlatformError."""

    def build_upload_status(self, file_id: str, token: str) -> Request:
        """The request that asks whether a file is ready. Only where `parse_upload` may say that it is not."""
        raise PermanentError(f"{self.class_name} has no call for the status of a file")

    @abstractmethod
    def build_models(self, token: str) -> Request:
        """The request that lists models."""

    @abstractmethod
    def parse_models(self, response: Response) -> tuple[ModelInfo, ...]:
        """The models in that request's answer. Raises PlatformError."""

    def build_feedback(self, question_id: str, tag: str, comment: str, token: str) -> Request:
        """The request that tells what a person thought of an answer."""
        raise PermanentError(f"{self.class_name} has no feedback call")

    @abstractmethod
    def check_body(self, response: Response) -> dict[str, Any]:
        """The JSON object of a successful answer. Raises PlatformError for every other."""

    def read_piece(self, event: str, data: str) -> StreamPiece | None:
        """What an event of its streams says, by name and data; None for one that says nothing."""
        return PROFILES[self.profile](event, data)

    def error_of(self, failure: Failure) -> PlatformError:
        """The error that a failure means, by this platform's codes."""
        return error_for(failure, self.codes)

    def refusal(self, response: Response, body: Mapping[str, Any] | None) -> PlatformError:
        """The error that an answer means which is no success; `body` is its JSON, where it has any."""
        codes, message = failure_codes(body or {})
        return self.error_of(
            Failure(
                status=response.status,
                codes=codes,
                message=message or describe_answer(response, codes[0] if codes else None),
                retry_after=parse_retry_after(response),
                readable=bool(codes),
                is_json=is_json(response.body),
            )
        )


def read_body(response: Response) -> dict[str, Any] | None:
    """The JSON object in the body, None where there is none. Never raises."""
    return parse_object(decode_text(response.body.removeprefix(b"\xef\xbb\xbf")))


def file_part(name: str, content: bytes) -> tuple[str, bytes, str]:
    """A file as a part of a form, with the media type that its ending stands for."""
    from mimetypes import guess_type

    return name, content, guess_type(name)[0] or "application/octet-stream"
