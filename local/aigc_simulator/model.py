"""The AI platform itself: who may call, which fault strikes, what is answered, what is remembered. Pure."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from local.aigc_simulator.attachments import FILES_PREFIX, answer_file
from local.aigc_simulator.codes import (
    BROKEN,
    CONTENT_REFUSED,
    FILE_UNKNOWN,
    MODEL_UNKNOWN,
    QUESTION_UNKNOWN,
    QUOTA_EXHAUSTED,
    SUCCESS,
    THROTTLED,
    TOKEN_EXPIRED,
    TOO_LONG,
    UNKNOWN_PATH,
    WRONG_METHOD,
)
from local.aigc_simulator.faults import ACTED, SPOILED, STREAMED, Faults, kind_for
from local.aigc_simulator.reading import Reading, read_prompt
from local.aigc_simulator.records import (
    ANSWER_FORMS,
    QUESTIONS,
    Asked,
    Call,
    Operation,
    Settings,
    Snapshot,
    StoredFile,
    Verdict,
)
from local.aigc_simulator.wire import (
    EVENT_STREAM,
    ROUTES,
    Request,
    accept,
    parse_request,
    refuse,
    render_answer,
    stream_end,
    stream_error,
    stream_frames,
)
from local.simulating.answers import Answer, Dropped, Piece, Refused, Stream, json_answer, page_answer
from local.simulating.faults import CALLER_GONE, ERRCODE_PREFIX
from local.simulating.simulator import PREFIX, Endpoint, Simulator, done

_LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>统一身份认证</title></head><body><p>系统维护中，请稍后再试。</p></body></html>"
)
_HALF = 2


class AiPlatform(Simulator[Faults, Snapshot, Answer | Stream]):
    """A strict AI platform: see Simulator. `read` is what a prompt and a question are answered with.

    `state` has the files held, and the streams going out now and the most at once; POST `expire_files` forgets the
    files. GET `/files/<name>` is a sample attachment.
    """

    name = "aigc"
    title = "Aigc simulator"
    max_body_bytes = 25_000_000
    settings: Settings
    settings_kind = Settings
    faults_kind = Faults
    snapshot_kind = Snapshot

    def __init__(
        self,
        clock: Callable[[], float],
        rng: random.Random,
        settings: Settings | None = None,
        read: Callable[[str, str], Reading] = read_prompt,
    ) -> None:
        super().__init__(clock, rng, settings)
        self.streaming = 0
        self.most_streaming = 0
        self._read = read

    def state(self) -> dict[str, Any]:
        """See the base."""
        streams = {"streaming": self.streaming, "most_streaming": self.most_streaming}
        return {**super().state(), "files": list(self.files.values()), **streams}

    def is_control(self, path: str) -> bool:
        """See the base."""
        return path.startswith(FILES_PREFIX) or super().is_control(path)

    def control(self, method: str, path: str, body: bytes) -> Answer:
        """See the base."""
        if path.startswith(FILES_PREFIX):
            return answer_file(self.settings.attachments, method, path)
        return super().control(method, path, body)

    def endpoints(self) -> dict[tuple[str, str], Endpoint]:
        """See the base."""
        return {**super().endpoints(), ("POST", f"{PREFIX}expire_files"): lambda *_: done(self.expire_files)}

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, *, heard: bool
    ) -> Answer | Stream:
        """See the base."""
        allowed, operation = ROUTES.get(path.partition("?")[0], ("", Operation.UNKNOWN))
        if self.faults.down:
            self._record(operation, Asked(), Verdict.FAILED, fault="down")
            raise Dropped("down", acted=False)
        request, refused = Request(Asked()), None
        try:
            _check_route(operation, method, allowed)
            request = parse_request(operation, path, headers, body, self.settings)
            request = self._check(operation, request)
        except Refused as refusal:
            refused = refusal
        kind = self._next_kind(operation, request.asked)
        if kind and kind not in ACTED + SPOILED + STREAMED:
            return self._fail(operation, request, kind, heard=heard)
        if refused is not None:
            return self._turn_away(operation, request, refused, heard=heard)
        return self._proceed(operation, request, kind if heard else CALLER_GONE)

    def expire_files(self) -> None:
        """Forgets every uploaded file, as their lifetime would."""
        self.files.clear()

    def reset(self) -> None:
        """See the base."""
        self.most_streaming = self.streaming
        super().reset()

    def held(self) -> dict[str, Any]:
        """See the base."""
        return {"files": list(self.files.values()), "questions": list(self._questions)}

    def restore(self, snapshot: Snapshot) -> None:
        """See the base. Streams of then were cut off."""
        super().restore(snapshot)
        self.files = {file.file_id: file for file in snapshot.files}
        self._questions = dict.fromkeys(snapshot.questions)
        self.calls = [_cut_off(call) for call in snapshot.calls]

    def _check(self, operation: Operation, request: Request) -> Request:
        """Refuses what a well-formed call may not ask. Returns the call with the model that is meant."""
        asked, now = request.asked, self._clock()
        if operation is not Operation.TOKEN and not self._tokens.is_valid(request.token, now):
            raise Refused(TOKEN_EXPIRED, "access_token is missing, wrong or expired")
        if operation is Operation.FEEDBACK and asked.question_id not in self._questions:
            raise Refused(QUESTION_UNKNOWN, "question_id is unknown")
        if operation not in QUESTIONS:
            return request
        if asked.model and asked.model not in self.settings.models:
            raise Refused(MODEL_UNKNOWN, f"model {asked.model!r} is unknown")
        for file_id in asked.file_ids:
            if file_id not in self.files or self.files[file_id].expires_at <= now:
                raise Refused(FILE_UNKNOWN, f"file_id {file_id!r} is unknown or has expired")
        if len(asked.prompt) + len(asked.question) > self.settings.question_chars:
            raise Refused(TOO_LONG, f"the question has more than {self.settings.question_chars} characters")
        return Request(replace(asked, model=asked.model or self.settings.models[0]), request.token)

    def _next_kind(self, operation: Operation, asked: Asked) -> str:
        matching = self.faults.matching
        if matching and matching not in asked.prompt + asked.question:
            return ""
        return kind_for(operation, self.next_fault([operation]))

    def _proceed(self, operation: Operation, request: Request, fault: str) -> Answer | Stream:
        if operation in QUESTIONS:
            return self._answer_question(operation, request, fault)
        data, asked = self._act(operation, request)
        return self._finish(operation, asked, fault, accept(data))

    def _act(self, operation: Operation, request: Request) -> tuple[object, Asked]:
        now, asked = self._clock(), request.asked
        if operation is Operation.TOKEN:
            return {"access_token": self._tokens.issue(now, self._rng, self.settings.token_lifetime_s)}, asked
        if operation is Operation.MODELS:
            return [{"model": model, "name": model} for model in self.settings.models], asked
        if operation is Operation.FEEDBACK:
            return {}, asked
        sha256 = hashlib.sha256(request.content).hexdigest()
        file_id = f"file-{self._rng.getrandbits(64):016x}"
        ends = now + self.settings.file_lifetime_s
        size = len(request.content)
        self.files[file_id] = StoredFile(file_id, asked.file_name, size, sha256, request.ocr, now, ends)
        return {"file_id": file_id}, replace(asked, sha256=sha256, file_ids=(file_id,))

    def _answer_question(self, operation: Operation, request: Request, fault: str) -> Answer | Stream:
        question_id = f"q-{self._rng.getrandbits(64):016x}"
        self._questions[question_id] = None
        asked = replace(request.asked, question_id=question_id)
        streamed = operation is Operation.TALK_STREAM
        form = self.settings.answer_form or ANSWER_FORMS[len(self._questions) % len(ANSWER_FORMS)]
        # Inside a stream the platform's fragments are the lines: there are no others.
        form = "fenced" if streamed and form == "data_lines" else form
        text = _spoil(render_answer(_without(self._read(asked.prompt, asked.question), fault), form), fault)
        if not streamed or fault in (*ACTED, CALLER_GONE):
            answer = accept({"answer": text, "question_id": question_id})
            return self._finish(operation, asked, fault, answer, text)
        number = self._record(operation, asked, Verdict.RUNNING, 200, fault=fault, answer=text)
        self.streaming += 1
        self.most_streaming = max(self.most_streaming, self.streaming)
        headers = {"content-type": EVENT_STREAM, "cache-control": "no-cache"}
        calls, broken = self.calls, fault if fault in ("cut", "stall") else ""
        return Stream(
            200,
            headers,
            self._pieces(text, question_id, fault),
            broken,
            partial(self._end_stream, calls, number, fault),
        )

    def _pieces(self, text: str, question_id: str, fault: str) -> Iterator[Piece]:
        settings = self.settings
        frames = list(stream_frames(text, settings.piece_chars))
        until = len(frames) // _HALF if fault in ("cut", "stall", "error_event") else len(frames)
        wait_s = settings.first_text_ms / 1000
        for frame in islice(frames, until):
            yield Piece(wait_s, frame)
            wait_s = settings.piece_ms / 1000
        if fault == "error_event":
            yield Piece(0.0, stream_error(BROKEN, "simulated: the model failed"))
        elif fault not in ("cut", "stall", "no_end"):
            yield Piece(0.0, stream_end(settings, question_id))

    def _end_stream(self, calls: list[Call], number: int, fault: str, complete: bool) -> None:  # noqa: FBT001
        """What a Stream calls. `calls` is the ledger in which it began."""
        self.streaming -= 1
        verdict = Verdict.UNHEARD if not complete else Verdict.SPOILED if fault else Verdict.ANSWERED
        calls[number - 1] = replace(calls[number - 1], verdict=verdict, ended_at=self._clock())

    def _finish(self, operation: Operation, asked: Asked, fault: str, answer: Answer, text: str = "") -> Answer:
        """Answers what was done, unless a fault swallows the answer."""
        if fault == "http_500_after":
            answer = json_answer({"code": int(BROKEN), "message": "internal error"}, 500)
        if fault in ("timeout_after", "reset_after", CALLER_GONE):
            self._record(operation, asked, Verdict.UNHEARD, fault=fault, answer=text)
            raise Dropped(fault, acted=True)
        unheard = Verdict.UNHEARD if fault in ACTED else Verdict.SPOILED
        self._record(operation, asked, unheard if fault else Verdict.ANSWERED, answer.status, fault=fault, answer=text)
        return answer

    def _fail(self, operation: Operation, request: Request, kind: str, *, heard: bool) -> Answer:
        """Strikes a call before anything is done."""
        answer = self._failure(kind, request.token) if heard else None
        kind = kind if heard else CALLER_GONE
        self._record(operation, request.asked, Verdict.FAILED, answer.status if answer else 0, fault=kind)
        if answer is None:
            raise Dropped(kind, acted=False)
        return answer

    def _failure(self, kind: str, token: str) -> Answer | None:
        if kind == "expired_token":
            self._tokens.end(token)
            return refuse(Refused(TOKEN_EXPIRED, "access_token is missing, wrong or expired"))
        if kind == "http_429":
            retry_after = {"retry-after": str(self.faults.retry_after_s)}
            return json_answer({"code": int(THROTTLED), "message": "too many requests"}, 429, retry_after)
        if kind in ("html", "http_503"):
            return page_answer(_LOGIN_PAGE, 503 if kind == "http_503" else 200)
        refusal = _REFUSALS.get(kind)
        if kind.startswith(ERRCODE_PREFIX):
            refusal = Refused(kind.removeprefix(ERRCODE_PREFIX), "simulated refusal")
        return refuse(refusal) if refusal else None

    def _turn_away(self, operation: Operation, request: Request, refused: Refused, *, heard: bool) -> Answer:
        answer = refuse(refused)
        status = answer.status if heard else 0
        self._record(operation, request.asked, Verdict.REFUSED, status, code=refused.errcode, message=refused.message)
        if not heard:
            raise Dropped(CALLER_GONE, acted=False)
        return answer

    def _record(
        self,
        operation: Operation,
        asked: Asked,
        verdict: Verdict,
        http_status: int = 0,
        *,
        code: str = "",
        message: str = "",
        fault: str = "",
        answer: str = "",
    ) -> int:
        """Adds a line to the ledger; its number."""
        now, number = self._clock(), len(self.calls) + 1
        code = code or ("" if verdict is Verdict.FAILED else SUCCESS)
        ended_at = 0.0 if verdict is Verdict.RUNNING else now
        self.calls.append(
            Call(number, now, operation, asked, verdict, code, message, http_status, fault, answer, ended_at)
        )
        return number


_REFUSALS = {
    "http_500": Refused(BROKEN, "internal error", 500),
    "http_403": Refused(QUOTA_EXHAUSTED, "the quota is used up", 403),
    "quota": Refused(QUOTA_EXHAUSTED, "the quota is used up"),
    "content_refused": Refused(CONTENT_REFUSED, "the content was refused"),
}


def _check_route(operation: Operation, method: str, allowed: str) -> None:
    if operation is Operation.UNKNOWN:
        raise Refused(UNKNOWN_PATH, "no such path", 404)
    if method != allowed:
        raise Refused(WRONG_METHOD, f"{method} is not allowed here, {allowed} is", 405)


def _without(reading: Reading, fault: str) -> Reading:
    return Reading(reading.prose, None) if fault == "no_json" else reading


def _spoil(text: str, fault: str) -> str:
    if fault == "empty":
        return ""
    return text[: -max(1, len(text) // 5)] if fault == "half_json" else text


def _cut_off(call: Call) -> Call:
    return replace(call, verdict=Verdict.UNHEARD, ended_at=call.at) if call.verdict is Verdict.RUNNING else call
