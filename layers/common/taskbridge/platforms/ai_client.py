"""The driver of every AI platform: token, one refresh and one repeat, streams, prices, errors without secrets."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import httpx

from taskbridge.errors import (
    ContentRefused,
    IncompleteAnswer,
    PlatformError,
    QuotaExhausted,
    TaskbridgeError,
    ThrottledError,
    TransientError,
)
from taskbridge.platforms import build_ai_platform
from taskbridge.platforms.ai import FileUse, ModelInfo, ModelLimits, Question, Reply, Upload, estimate_tokens
from taskbridge.platforms.ai_failures import check_finish
from taskbridge.platforms.ai_platform import AiPlatform, UploadedFile
from taskbridge.platforms.ai_repeats import TokenRepeats
from taskbridge.platforms.ai_wire import AiWire, EventStream
from taskbridge.platforms.base import Request
from taskbridge.platforms.configured import Configured
from taskbridge.platforms.credentials import Credentials, Tokens
from taskbridge.platforms.http import StreamDeadline
from taskbridge.platforms.http_answers import Outcome, OutcomeKind, Response, outcome_of
from taskbridge.platforms.streams import Draft, StreamTranscript, is_cut, split_events
from taskbridge.platforms.surrogates import mend
from taskbridge.reasons import build_reason
from taskbridge.usage import Usage

if TYPE_CHECKING:
    from taskbridge.tables.configuration import Configuration, PlatformConfig

# What they mean, they mean also where text had come before; any other failure left an answer without its end.
_PLAIN = (ContentRefused, IncompleteAnswer, QuotaExhausted, ThrottledError)
_NO_SUCH_CALL = frozenset({404, 405, 501})
LEAST_S = 1.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 5.0
ID_CHARS = 200
MILLION = 1_000_000


def build_ai_client(
    config: PlatformConfig,
    http: httpx.Client,
    tokens: Tokens,
    secrets: Callable[[PlatformConfig, str], tuple[str, ...]],
    clock: Callable[[], float],
) -> AiPlatformClient:
    """The client of a configured platform; `secrets` by platform and field. Raises ConfigurationError."""
    platform = build_ai_platform(config.id, config.class_name, config.settings)
    return AiPlatformClient(platform, http, tokens, partial(secrets, config), clock)


def build_ai_clients(
    configuration: Callable[[], Configuration],
    http: httpx.Client,
    tokens: Tokens,
    secrets: Callable[[PlatformConfig, str], tuple[str, ...]],
    clock: Callable[[], float],
) -> Configured[AiPlatformClient]:
    """The clients of the configured AI platforms."""
    return Configured(configuration, lambda config: build_ai_client(config, http, tokens, secrets, clock))


class AiPlatformClient:
    """One configured AI platform. Threads may share it.

    Every call may raise TransientError (with its kinds ThrottledError, TokenRefused, IncompleteAnswer), PermanentError
    (QuotaExhausted, ContentRefused), ConfigurationError and StoreError, whose texts hold no secret and nothing of the
    question. `tokens` and `secrets` are as for `Credentials`; `clock` gives epoch seconds.

    `sleep` waits between looks at a file that the platform is still reading.
    """

    def __init__(
        self,
        platform: AiPlatform,
        http: httpx.Client,
        tokens: Tokens,
        secrets: Callable[[str], tuple[str, ...]],
        clock: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._platform = platform
        self._settings = platform.settings
        self._clock = clock
        self._sleep = sleep
        self._wire = AiWire(http, platform.address, platform.settings.timeout_s, clock)
        self._credentials = Credentials(platform, self._wire, tokens, secrets)
        self._with_token = TokenRepeats(self._wire, self._credentials).call

    @property
    def platform_id(self) -> str:
        """Id of the configured platform."""
        return self._platform.platform_id

    @property
    def files(self) -> FileUse:
        """Which attachments the platform is to get: all, only what we cannot read ourselves (scans), or none."""
        return self._settings.upload_files

    @property
    def answer_timeout_s(self) -> float:
        """How long one answer may take at most."""
        return self._settings.answer_timeout_s

    def model_for(self, wanted: str, environment: str) -> str:
        """The model to ask: `wanted`, else that of the environment (dev, prod), else the platform's."""
        return self._platform.model_for(wanted, environment)

    def limits(self, model: str) -> ModelLimits:
        """What `model` can do: as configured, else as known, else careful defaults."""
        return self._platform.limits_of(model)

    def ask(self, question: Question) -> Reply:
        """The whole answer at once."""
        return self._answered(question, self._ask)

    def stream(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        """The answer, of which every new piece of text goes to `on_text` when it comes.

        The pieces together are the `text` of the reply. Where it raises, what came is no answer. A platform that
        has no stream is asked for the whole, which goes to `on_text` as one.
        """
        return self._answered(question, partial(self._stream, on_text))

    def upload(self, name: str, content: bytes, *, ocr: bool, within_s: float = math.inf) -> Upload:
        """Hands over a file, ready to be asked about. `ocr`: it may be a scan (PDF). `within_s` as for a question."""
        longest_s = min(self._settings.upload_timeout_s, within_s)
        stored = self._with_token(partial(self._upload, name, content, ocr, longest_s))
        kept_s = self._settings.file_lifetime_s
        return Upload(stored.file_id, stored.expires_at or (self._clock() + kept_s if kept_s else None))

    def models(self) -> tuple[ModelInfo, ...]:
        """The models that the platform offers."""
        return self._with_token(self._models)

    def feedback(self, question_id: str, tag: str, comment: str) -> None:
        """Tells the platform what a person thought of an answer. PermanentError where it has no such call."""
        self._with_token(partial(self._feedback, question_id, tag, comment))

    def check(self) -> Outcome:
        """Tries the connection for a person; never raises an error of this package.

        A new token is fetched and kept; where the secret is the token, the models are listed.
        """
        started = self._clock()
        try:
            done = self._credentials.renew([]) if self._platform.uses_token else f"{len(self.models())} models"
        except TaskbridgeError as error:
            return outcome_of(error)
        return Outcome(OutcomeKind.OK, 200, message=f"{done}, {round((self._clock() - started) * 1000)} ms")

    # Questions

    def _answered(self, question: Question, answer: Callable[[Question, str], Draft]) -> Reply:
        asked = replace(
            question,
            model=question.model or self.model_for("", ""),
            system=mend(question.system),
            user=mend(question.user),
        )
        started = self._clock()
        draft = self._with_token(partial(answer, asked), (asked.system, asked.user))
        return Reply(
            text=draft.text,
            question_id=draft.question_id[:ID_CHARS],
            model=draft.model[:ID_CHARS] or asked.model,
            usage=self._usage(asked, draft),
            latency_ms=round((self._clock() - started) * 1000),
            estimated=draft.tokens is None,
        )

    def _ask(self, question: Question, token: str) -> Draft:
        request = self._platform.build_question(question, token, stream=False)
        response = self._wire.send(request, self._longest_s(question))
        return self._checked(question, self._platform.parse_answer(response))

    def _stream(self, on_text: Callable[[str], None], question: Question, token: str) -> Draft:
        started = self._clock()
        draft = self._try_stream(on_text, question, token) if self._platform.streams(question) else None
        if draft is None:
            left_s = self._longest_s(question) - (self._clock() - started)
            draft = self._ask(replace(question, within_s=max(LEAST_S, left_s)), token)
            on_text(draft.text)
        return draft

    def _try_stream(self, on_text: Callable[[str], None], question: Question, token: str) -> Draft | None:
        """The answer as it streams; None where the platform has no such call, or its stream holds no text.

        The latter is how a server looks that failed behind its headers, and a gateway in front of such a server, which
        ends its stream in order: asked for the whole, they say why.
        """
        request = self._platform.build_question(question, token, stream=True)
        whole_s = self._longest_s(question)
        deadline = StreamDeadline.starting(min(self._settings.first_token_timeout_s, whole_s), whole_s)
        transcript = StreamTranscript(on_text, may_repeat=self._platform.profile == "text-fragment")
        with self._wire.open(request, deadline) as stream:
            if stream.status in _NO_SUCH_CALL and not self._platform.shares_path:
                return None
            try:
                draft = self._read(stream, transcript, deadline)
                if draft is None:
                    return None
            except httpx.HTTPError as error:
                raise self._cut(question, self._wire.broken(error, deadline), transcript) from None
            except PlatformError as error:
                raise self._cut(question, error, transcript) from None
        return self._checked(question, draft)

    def _read(self, stream: EventStream, transcript: StreamTranscript, deadline: StreamDeadline) -> Draft | None:
        """The answer up to its terminal event; None where no text came. Raises httpx.HTTPError and PlatformError."""
        if stream.status == 200 and not stream.is_json:
            self._follow(stream, transcript, deadline)
        if not transcript.ended and transcript.is_finished:
            transcript.finish()  # closed in order behind the model's own end
        if transcript.ended:
            draft = transcript.draft()
            return None if transcript.is_finished and not draft.text else draft
        if stream.is_silent:
            response = stream.whole()
            if response.status == 200 and stream.is_events and not response.body.strip():
                return None
            whole = self._platform.parse_answer(response)
            transcript.take(whole.text)
            return whole
        raise TransientError(build_reason("stream_without_end"), status=stream.status)

    def _follow(self, stream: EventStream, transcript: StreamTranscript, deadline: StreamDeadline) -> None:
        for event, data in ((event, part) for event, whole in stream.events() for part in split_events(whole)):
            piece = self._platform.read_piece(event, data)
            if piece is None and is_cut(data):
                raise TransientError(build_reason("stream_in_part"), status=stream.status)
            if piece is None:
                continue
            if piece.failure is not None:
                raise self._platform.error_of(piece.failure)
            transcript.add(piece)
            if transcript.ended:
                return
            if piece.text or piece.busy:
                deadline.renew(self._settings.next_token_timeout_s)

    def _cut(self, question: Question, error: PlatformError, transcript: StreamTranscript) -> PlatformError:
        """`error`, as one of an answer that had begun, where it had."""
        draft = transcript.draft()
        if draft.text and not isinstance(error, _PLAIN):
            error = IncompleteAnswer(
                build_reason("answer_broke_off", why=error), status=error.status, errcode=error.errcode
            )
        if draft.text or draft.tokens:
            error.usage = self._usage(question, draft)
        return error

    def _checked(self, question: Question, draft: Draft) -> Draft:
        try:
            check_finish(draft.finish)
            if not draft.text.strip():
                raise IncompleteAnswer(build_reason("answer_empty"), status=200)
        except PlatformError as error:
            error.usage = self._usage(question, draft)
            raise
        return draft

    def _longest_s(self, question: Question) -> float:
        return min(self._settings.answer_timeout_s, question.within_s)

    def _usage(self, question: Question, draft: Draft) -> Usage:
        limits = self.limits(question.model)
        taken, given = draft.tokens or (
            estimate_tokens(question.system) + estimate_tokens(question.user),
            estimate_tokens(draft.text),
        )
        cost = (taken * limits.price_in + given * limits.price_out) / MILLION
        return Usage(input_tokens=taken, output_tokens=given, cost=round(cost, 9))

    # The other calls

    def _upload(self, name: str, content: bytes, ocr: bool, longest_s: float, token: str) -> UploadedFile:  # noqa: FBT001 - for partial
        until = self._clock() + longest_s
        request = self._platform.build_upload(name, content, token, ocr=ocr)
        stored = self._platform.parse_upload(self._wire.send(request, longest_s))
        pause = FIRST_PAUSE_S
        while not stored.ready:
            if self._clock() + pause > until:
                raise TransientError(build_reason("file_unread"))
            self._sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
            status = self._platform.build_upload_status(stored.file_id, token)
            stored = self._platform.parse_upload(self._send(status))
        return stored

    def _models(self, token: str) -> tuple[ModelInfo, ...]:
        return self._platform.parse_models(self._send(self._platform.build_models(token)))

    def _feedback(self, question_id: str, tag: str, comment: str, token: str) -> None:
        request = self._platform.build_feedback(question_id, tag, comment, token)
        self._platform.check_body(self._send(request))

    def _send(self, request: Request) -> Response:
        return self._wire.send(request, self._settings.timeout_s)
