"""What an HTTP answer means: taken, there already, tried again, refused. One table for every platform's commands.

Statuses and result codes become an `Outcome`; nothing here knows a vendor, opens a connection or reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from taskbridge.access.token_doubts import FORBIDDEN, PAGE, REDIRECT, code_signal
from taskbridge.commands import Operation
from taskbridge.errors import NoAnswer, PermanentError, PlatformError, TaskbridgeError, ThrottledError, TransientError
from taskbridge.platforms.bodies import unknown_encoding
from taskbridge.platforms.formats import parse_http_date
from taskbridge.reasons import build_reason
from taskbridge.spellings import mend_halves, mend_whole_number

RETRY_AFTER_CAP_S = 3600.0

_INSERTS = frozenset({Operation.INSERT_TASK, Operation.SAVE_INSTANCE})
_DELETES = frozenset({Operation.DELETE_TASK, Operation.DELETE_INSTANCE})


class OutcomeKind(StrEnum):
    """What an answer means for the push that caused it."""

    OK = "ok"
    ALREADY_THERE = "already_there"
    TRANSIENT = "transient"
    THROTTLED = "throttled"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a word
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer. Header names are lower-case; `at` is when it came, in epoch seconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict with its cause: `status` None where no answer came, `no_answer` why, `retry_after` in seconds.

    `doubt`: the signal by which it may be a lost session instead (see token_doubts), empty where it is none.
    """

    verdict: OutcomeKind
    status: int | None = None
    errcode: str = ""
    message: str = ""
    retry_after: float | None = None
    no_answer: NoAnswer | None = None
    doubt: str = field(default="", compare=False)


class JsonAnswer(msgspec.Struct, frozen=True):
    """The JSON object of an answer: `code` None where none can be read (absent, null, true, 1.5).

    `is_json`: the body is JSON, though perhaps no object; a web page is not. `is_status`: the code is the HTTP status.
    """

    code: str | None
    message: str
    fields: Mapping[str, msgspec.Raw]
    is_json: bool = True
    is_status: bool = False


class ResultCodes(msgspec.Struct, frozen=True):
    """Result codes by meaning, compared as text."""

    success: frozenset[str]
    token_expired: frozenset[str]
    already_there: frozenset[str]
    already_gone: frozenset[str]
    retry: frozenset[str]


class _Signal(msgspec.Struct, frozen=True):
    operation: Operation | None
    status: int
    code: str | None
    codes: ResultCodes
    is_json: bool
    is_status: bool


# The request itself is too large: the status says so whoever sends it, and a gateway sends it with a page.
TOO_LARGE = frozenset({413, 414, 431})

# The first row that holds decides. The HTTP status speaks before the code does, except that a 4xx which says
# nothing by itself leaves the word to the lists; success is HTTP 200 and nothing else, unless the status is the code.
# What is no JSON was not said by the task center (a server that is being redeployed answers 404 with a page), so it
# may pass.
_TABLE: tuple[tuple[OutcomeKind, Callable[[_Signal], bool]], ...] = (
    (OutcomeKind.TRANSIENT, lambda s: s.status == 408 or s.status >= 500),
    (OutcomeKind.THROTTLED, lambda s: s.status == 429),
    (OutcomeKind.TOKEN_REFUSED, lambda s: s.status in {401, 403} or s.code in s.codes.token_expired),
    (OutcomeKind.TRANSIENT, lambda s: s.code in s.codes.retry),
    (OutcomeKind.OK, lambda s: s.operation in _DELETES and s.code in s.codes.already_gone),
    (OutcomeKind.ALREADY_THERE, lambda s: s.operation in _INSERTS and s.code in s.codes.already_there),
    (OutcomeKind.PERMANENT, lambda s: 400 <= s.status < 500 and (s.is_json or s.status in TOO_LARGE)),
    (OutcomeKind.OK, lambda s: s.is_status and s.code in s.codes.success),
    (OutcomeKind.TRANSIENT, lambda s: s.status != 200 or s.code is None),
    (OutcomeKind.OK, lambda s: s.code in s.codes.success),
    (OutcomeKind.PERMANENT, lambda _: True),
)


def classify(operation: Operation | None, response: Response, answer: JsonAnswer, codes: ResultCodes) -> Outcome:
    """The outcome of any answer of any platform; `operation` None for a call that is no command."""
    signal = _Signal(operation, response.status, answer.code, codes, answer.is_json, answer.is_status)
    verdict = next(verdict for verdict, holds in _TABLE if holds(signal))
    if verdict is OutcomeKind.OK:
        return Outcome(OutcomeKind.OK, response.status, answer.code or "")
    return Outcome(
        verdict,
        response.status,
        answer.code or "",
        answer.message or describe_answer(response, answer.code),
        parse_retry_after(response),
        doubt=_doubt_of(verdict, signal) if operation else "",
    )


def _doubt_of(verdict: OutcomeKind, signal: _Signal) -> str:
    """How a refusal of a command may be that of a lost session: nothing of it, or another thing, is in the lists."""
    if verdict is OutcomeKind.TOKEN_REFUSED:
        return FORBIDDEN if signal.status == 403 and signal.code not in signal.codes.token_expired else ""
    if verdict is OutcomeKind.PERMANENT:
        is_told = signal.is_status or signal.code in signal.codes.success
        return code_signal(signal.code) if signal.code and not is_told else ""
    return page_doubt(signal.status, is_json=signal.is_json) if verdict is OutcomeKind.TRANSIENT else ""


def page_doubt(status: int, *, is_json: bool) -> str:
    """The signal of an answer that may be a login page, or lead to one; empty for any other."""
    if status in range(300, 400):
        return REDIRECT
    return PAGE if status == 200 and not is_json else ""


def describe_answer(response: Response, code: str | None) -> str:
    """What an answer says that brings no message of its own."""
    if response.status in range(300, 400):
        where = response.headers.get("location", "nowhere")
        return build_reason("redirect", status=response.status, where=where)
    if response.status != 200:
        is_page = response.body and not is_json(response.body)
        return build_reason(
            "http_page" if is_page else "http_status", status=response.status, content=_content(response)
        )
    if code is None:
        return build_reason("not_json", content=_content(response))
    return build_reason("code", code=repr(code))


def _content(response: Response) -> str:
    kind = response.headers.get("content-type", "") or "no content type"
    encoding = unknown_encoding(response.headers)
    return f"{kind}, content-encoding {encoding}, not asked for" if encoding else f"{kind}, {len(response.body)} bytes"


def parse_retry_after(response: Response) -> float | None:
    """Seconds that `Retry-After` (seconds or an HTTP date) asks for, 0 to one hour; None without it."""
    text = response.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return min(float(text), RETRY_AFTER_CAP_S)
    until = parse_http_date(text)
    if until is None:
        return None
    # Both dates by the clock of the server, where it tells: ours may differ.
    now = parse_http_date(response.headers.get("date", ""))
    return min(max(until - (response.at if now is None else now), 0.0), RETRY_AFTER_CAP_S)


_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_CODE = msgspec.json.Decoder(str | int)
_TEXT = msgspec.json.Decoder(str)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_answer(response: Response, code_key: str, message_key: str) -> JsonAnswer:
    """The JSON object in the body; anything else is a `JsonAnswer` without a code. Never raises.

    Without a `code_key` the HTTP status is the code: of an empty body too, but not of a page.
    """
    if not code_key:
        return _read_status(response, message_key)
    body = _mended(response.body)
    try:
        fields = _FIELDS.decode(body)
    except _UNREADABLE:
        return JsonAnswer(None, "", {}, is_json(body))
    return JsonAnswer(_read_code(fields.get(code_key)), _read_text(fields.get(message_key)), fields)


def _read_status(response: Response, message_key: str) -> JsonAnswer:
    read = read_answer(response, message_key, message_key)
    code = str(response.status) if read.is_json or not response.body.strip() else None
    return JsonAnswer(code, read.message, read.fields, read.is_json, is_status=True)


def is_json(body: bytes) -> bool:
    """Whether a body is JSON at all, an object or not. Never raises."""
    try:
        msgspec.json.decode(_mended(body), type=msgspec.Raw)
    except _UNREADABLE:
        return False
    return True


def _mended(body: bytes) -> bytes:
    """A body without what the decoder refuses and nobody meant: a mark in front, and halves of characters, which a
    text has that was cut to fit.
    """
    text = body.removeprefix(b"\xef\xbb\xbf")
    return mend_halves(text) if b"\\u" in text else text


def _read_code(raw: msgspec.Raw | None) -> str | None:
    if raw is None:
        return None
    try:
        code = str(_CODE.decode(mend_whole_number(bytes(raw))))
    except _UNREADABLE:
        return None
    return None if "\ufffd" in code else code


def _read_text(raw: msgspec.Raw | None) -> str:
    if raw is None or bytes(raw) == b"null":
        return ""
    try:
        return _TEXT.decode(raw)
    except _UNREADABLE:
        return decode_text(bytes(raw))


def decode_text(body: bytes) -> str:
    """Text in UTF-8, else in GB 18030, which older campus systems still answer in. Never raises."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("gb18030", "backslashreplace")


def error_of(outcome: Outcome, message: str) -> PlatformError:
    """An outcome that is no success, as the error to raise. A refused token counts as permanent here."""
    kinds = {OutcomeKind.TRANSIENT: TransientError, OutcomeKind.THROTTLED: ThrottledError}
    kind = kinds.get(outcome.verdict, PermanentError)
    return kind(message, status=outcome.status, errcode=outcome.errcode, retry_after=outcome.retry_after)


def outcome_of(error: TaskbridgeError) -> Outcome:
    """An error as an outcome: whatever is not known to be permanent may pass."""
    if not isinstance(error, PlatformError):
        return Outcome(OutcomeKind.TRANSIENT, message=str(error))
    verdict = OutcomeKind.TRANSIENT
    if isinstance(error, PermanentError):
        verdict = OutcomeKind.PERMANENT
    elif isinstance(error, ThrottledError):
        verdict = OutcomeKind.THROTTLED
    return Outcome(verdict, error.status, error.errcode, str(error), error.retry_after, error.no_answer)
