"""The wire of the AI platform: what each call must look like, and the forms of its answers.

The token call, `access_token`, `question`, `prompt`, `code`, `data.answer` and the three forms of an answer are known
from public users of one deployment. The other paths and fields are not: they stand here as taskbridge sends them by
default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec

from local.aigc_simulator.codes import MALFORMED, SUCCESS, UNREADABLE, WRONG_CONTENT_TYPE, WRONG_CREDENTIALS
from local.aigc_simulator.multipart import Part, parse_multipart, read_text
from local.aigc_simulator.reading import Reading
from local.aigc_simulator.records import AnswerForm, Asked, Operation, Settings
from local.simulating.answers import Answer, Refused, decode_json, json_answer

PREFIX = "/api/v1/"
ROUTES: dict[str, tuple[str, Operation]] = {
    f"{PREFIX}get_access_token": ("POST", Operation.TOKEN),
    f"{PREFIX}talk": ("POST", Operation.TALK),
    f"{PREFIX}visitor": ("POST", Operation.VISITOR),
    f"{PREFIX}talk_stream": ("POST", Operation.TALK_STREAM),
    f"{PREFIX}upload": ("POST", Operation.UPLOAD),
    f"{PREFIX}feedback": ("POST", Operation.FEEDBACK),
    f"{PREFIX}models": ("GET", Operation.MODELS),
}
EVENT_STREAM = "text/event-stream;charset=UTF-8"

_LINE_CHARS = 60
_TRUTHS = {"true": True, "false": False}


class Request(msgspec.Struct, frozen=True):
    """A call as it was read: what it says, the token it carries, and the file of an upload."""

    asked: Asked
    token: str = ""
    content: bytes = b""
    ocr: bool = False


def parse_request(operation: Operation, path: str, headers: Mapping[str, str], body: bytes, rules: Settings) -> Request:
    """What a call says; refuses what is not well formed. Header names come in lower case."""
    content_type = headers.get("content-type", "")
    if operation is Operation.MODELS:
        query = parse_qs(path.partition("?")[2])
        return Request(Asked(), token=headers.get("access_token") or query.get("access_token", [""])[0])
    if operation is Operation.TOKEN:
        _check_credentials(_read_object(content_type, body), rules)
        return Request(Asked())
    if operation is Operation.FEEDBACK:
        return _parse_feedback(_read_object(content_type, body))
    parts = parse_multipart(content_type, body)
    if operation is Operation.UPLOAD:
        return _parse_upload(parts, rules)
    return _parse_question(operation, parts)


def accept(data: object) -> Answer:
    """`code` 0, with `data`."""
    return json_answer({"code": int(SUCCESS), "message": "success", "data": data})


def refuse(refused: Refused) -> Answer:
    """The refusal's code and message, by default with HTTP 200."""
    code = refused.errcode
    shown: str | int = int(code) if code.isdecimal() else code
    return json_answer({"code": shown, "message": refused.message, "data": None}, refused.status)


def render_answer(reading: Reading, form: AnswerForm) -> str:
    """The text of an answer in one of the forms in which the platform is known to give it."""
    verdict = msgspec.json.encode(reading.verdict).decode() if reading.verdict is not None else ""
    if form == "fenced" and verdict:
        return f"{reading.prose}\n```json\n{verdict}\n```".strip()
    text = f"{reading.prose}\n{verdict}".strip()
    if form != "data_lines":
        return text
    pieces = [text[at : at + _LINE_CHARS] for at in range(0, len(text), _LINE_CHARS)]
    return "\n".join(f"data: {msgspec.json.encode({'text': piece}).decode()}" for piece in pieces)


def stream_frames(text: str, piece_chars: int) -> Iterator[bytes]:
    """The fragments of a stream, without its end."""
    for at in range(0, len(text), piece_chars):
        yield b"data: " + msgspec.json.encode({"text": text[at : at + piece_chars]}) + b"\n\n"


def stream_end(settings: Settings, question_id: str) -> bytes:
    """How a stream says that it is complete."""
    if settings.stream_end == "done":
        return b"data: [DONE]\n\n"
    return b"event: end\ndata: " + msgspec.json.encode({"question_id": question_id}) + b"\n\n"


def stream_error(code: str, message: str) -> bytes:
    """How a stream says that it failed; the HTTP status has long been 200."""
    return b"event: error\ndata: " + msgspec.json.encode({"code": int(code), "message": message}) + b"\n\n"


def _read_object(content_type: str, body: bytes) -> Mapping[str, Any]:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused(WRONG_CONTENT_TYPE, "Content-Type application/json is required", 415)
    try:
        payload = decode_json(body)
    except ValueError as error:
        raise Refused(UNREADABLE, f"the body is not JSON: {error}", 400) from None
    if not isinstance(payload, dict):
        raise Refused(MALFORMED, "the body is not a JSON object")
    return payload


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused(MALFORMED, f"{name}: a string that is not blank is required")
    return value


def _check_credentials(payload: Mapping[str, Any], settings: Settings) -> None:
    given = _text(payload, "appid"), _text(payload, "appsecret")
    if given != (settings.app_id, settings.app_secret):
        raise Refused(WRONG_CREDENTIALS, "appid or appsecret is wrong")


def _parse_feedback(payload: Mapping[str, Any]) -> Request:
    comment = payload.get("comment", "")
    if not isinstance(comment, str):
        raise Refused(MALFORMED, "comment: a string is required")
    asked = Asked(question_id=_text(payload, "question_id"), tag=_text(payload, "tag"), comment=comment)
    return Request(asked, token=_text(payload, "access_token"))


def _parse_upload(parts: Mapping[str, Part], settings: Settings) -> Request:
    parts = dict(parts)
    file = parts.get("file")
    if file is None or file.file_name is None:
        raise Refused(MALFORMED, "file: a file is required")
    if not file.file_name or not file.content:
        raise Refused(MALFORMED, "file: it has no name, or is empty")
    if len(file.content) > settings.file_bytes:
        raise Refused(MALFORMED, f"file: more than {settings.file_bytes} bytes")
    ocr = _TRUTHS.get(read_text(parts, "ocr", needed=True))
    if ocr is None:
        raise Refused(MALFORMED, "ocr: true or false is required")
    if file.content.startswith(b"%PDF-") and not ocr:
        raise Refused(MALFORMED, "ocr: a PDF needs true")
    return Request(Asked(file_name=file.file_name), read_text(parts, "access_token", needed=True), file.content, ocr)


def _parse_question(operation: Operation, parts: dict[str, Part]) -> Request:
    uid = read_text(parts, "uid", needed=operation is Operation.TALK)
    if operation is Operation.VISITOR and "uid" in parts:
        raise Refused(MALFORMED, "uid: a visitor has none")
    asked = Asked(
        uid=uid,
        model=read_text(parts, "model"),
        prompt=read_text(parts, "prompt"),
        question=read_text(parts, "question", needed=True),
        file_ids=_read_file_ids(read_text(parts, "file_ids")),
    )
    return Request(asked, read_text(parts, "access_token", needed=True))


def _read_file_ids(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    try:
        return tuple(msgspec.json.decode(text, type=list[str]))
    except ValueError:
        raise Refused(MALFORMED, "file_ids: a JSON array of strings is required") from None
