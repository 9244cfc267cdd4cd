"""Aigc, the campus AI platform of the process system ("智麟 AI 助手"): token, talk, visitor, stream, upload, feedback.

One public deployment of it is known; what may be another elsewhere (paths, codes, the stream) is a setting. Questions
are multipart forms that carry the token in a field.
"""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET

from taskbridge.errors import PermanentError, PlatformError, QuotaExhausted, TokenRefused, TransientError
from taskbridge.platforms.addresses import HOST_EXAMPLE
from taskbridge.platforms.ai import ModelInfo, Question
from taskbridge.platforms.ai_platform import AiPlatform, UploadedFile, file_part, read_body
from taskbridge.platforms.ai_settings import AiPlatformSettings, FileLifetime, UploadFiles
from taskbridge.platforms.base import Request
from taskbridge.platforms.formats import is_header_text
from taskbridge.platforms.http_answers import Response
from taskbridge.platforms.loose_json import object_at, parse_object, text_at, tokens_of
from taskbridge.platforms.settings import Secret, SuccessCodes, TokenExpiredCodes, secret, setting
from taskbridge.platforms.streams import Draft, Profile
from taskbridge.platforms.surrogates import mend
from taskbridge.reasons import build_reason

_FRAGMENT = re.compile(r"[ \t]*data:[ \t]*(\{.*\}|\[DONE\])[ \t]*\r?")
_EVENT = re.compile(r"event:[ \t]*[a-z_]*[ \t]*\r?")
_END = re.compile(r"event:[ \t]*end[ \t]*\r?")


class AigcSettings(AiPlatformSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one Aigc platform."""

    host: Annotated[
        str,
        setting(
            ("平台地址", "Platform address"),
            ("只写协议和域名，不带路径。", "Scheme and name only, no path."),
            format="origin",
            group="connection",
            receives_secret=True,
            examples=[HOST_EXAMPLE],
        ),
    ]
    app_id: Annotated[str, setting(("应用 ID", "App id (appid)"), format="header-text", group="connection")]
    app_secret: Annotated[
        Secret,
        secret(
            ("应用密钥", "App secret (appsecret)"),
            ("只写不读；更换期间旧密钥可继续有效。", "Write-only; while it is changed the old one may stay valid."),
        ),
    ] = UNSET
    token_path: Annotated[
        str, setting(("令牌路径", "Token path"), format="path", group="connection", receives_secret=True)
    ] = "/api/v1/get_access_token"  # noqa: S105 - a path
    talk_path: Annotated[str, setting(("提问路径", "Talk path"), format="path", group="connection")] = "/api/v1/talk"
    visitor_path: Annotated[
        str,
        setting(
            ("访客提问路径", "Visitor path"),
            ("没有提问人时使用。", "Where no person asks."),
            format="path",
            group="connection",
        ),
    ] = "/api/v1/visitor"
    stream_path: Annotated[
        str,
        setting(
            ("流式提问路径", "Stream path"),
            ("答复 404、405 或 501 时改用提问路径。", "Where it answers 404, 405 or 501, the talk path is used."),
            format="path",
            group="connection",
        ),
    ] = "/api/v1/talk_stream"
    upload_path: Annotated[str, setting(("上传路径", "Upload path"), format="path", group="connection")] = (
        "/api/v1/upload"
    )
    feedback_path: Annotated[str, setting(("反馈路径", "Feedback path"), format="path", group="connection")] = (
        "/api/v1/feedback"
    )
    models_path: Annotated[str, setting(("模型列表路径", "Models path"), format="path", group="connection")] = (
        "/api/v1/models"
    )
    models_token: Annotated[
        Literal["header", "query"],
        setting(
            ("模型列表的令牌位置", "Token of the models call"),
            (
                "有的代理会丢弃带下划线的请求头，此时选 query。",
                "Some proxies drop headers with an underscore: then query.",
            ),
            group="connection",
        ),
    ] = "header"  # noqa: S105 - a place
    stream_profile: Annotated[
        Profile,
        setting(
            ("流式格式", "Stream profile"),
            (
                'text-fragment：data: {"text"}；openai：choices；dify：event 字段。',
                'text-fragment: data: {"text"}; openai: choices; dify: a field event.',
            ),
            ask=True,
            group="codes",
        ),
    ] = "text-fragment"
    success_codes: SuccessCodes = ("0",)
    token_expired_codes: TokenExpiredCodes = ("401", "40001")
    upload_files: UploadFiles = "all"
    file_lifetime_s: FileLifetime = 86_400.0


class Aigc(AiPlatform):
    """Questions as multipart forms: `prompt` is what we say, `question` what is asked about."""

    class_name: ClassVar[str] = "Aigc"
    title: ClassVar[Mapping[str, str]] = {"zh": "Aigc 校园 AI 平台", "en": "Aigc campus AI platform"}
    vendor: ClassVar[Mapping[str, str]] = {"zh": "AI 平台厂商", "en": "the vendor of the AI platform"}
    limits: ClassVar[Mapping[str, Any]] = {"structured_output": False, "tells_usage": False}
    # Streams have a path of their own, which not every deployment has.
    shares_path: ClassVar[bool] = False
    token_lifetime_s: ClassVar[float] = 7000.0
    code_key: ClassVar[str] = "code"
    message_key: ClassVar[str] = "message"
    Settings = AigcSettings
    settings: AigcSettings

    def token_expired_codes(self) -> frozenset[str]:
        """See AiPlatform."""
        return frozenset(self.settings.token_expired_codes)

    @property
    def profile(self) -> Profile:
        """See AiPlatform."""
        return self.settings.stream_profile

    def streams(self, question: Question) -> bool:
        """A visitor has no streaming call."""
        return bool(question.uid) and super().streams(question)

    @property
    def address(self) -> str:
        """See AiPlatform."""
        return self.settings.host

    def build_question(self, question: Question, token: str, *, stream: bool) -> Request:
        """A multipart form to talk, visitor (no `uid`) or talk_stream."""
        parts = {
            "access_token": token,
            "question": question.user,
            "prompt": question.system,
            "model": question.model,
            "uid": question.uid,
            "file_ids": json.dumps(question.file_ids),
        }
        if not question.uid:
            del parts["uid"]
            return _form(self.settings.visitor_path, parts)
        headers = {"accept": "text/event-stream"} if stream else {}
        return _form(self.settings.stream_path if stream else self.settings.talk_path, parts, headers)

    def parse_answer(self, response: Response) -> Draft:
        """`{"code": 0, "data": {"answer", "question_id"}}`, its answer in any of its three forms."""
        data = object_at(self.check_body(response), "data")
        if not isinstance(data.get("answer"), str):
            raise TransientError(build_reason("answer_without_data"), status=response.status)
        question_id = text_at(data, "question_id")
        return Draft(read_answer_text(data["answer"]), question_id, text_at(data, "model"), tokens_of(data))

    def build_upload(self, name: str, content: bytes, token: str, *, ocr: bool) -> Request:
        """A multipart form with the file; `ocr` is true or false."""
        parts = {"access_token": token, "ocr": "true" if ocr else "false"}
        return Request("POST", self.settings.upload_path, {}, parts={**parts, "file": file_part(name, content)})

    def parse_upload(self, response: Response) -> UploadedFile:
        """`{"code": 0, "data": {"file_id"}}`."""
        file_id = text_at(object_at(self.check_body(response), "data"), "file_id")
        if not file_id:
            raise TransientError(build_reason("upload_without_file"), status=response.status)
        return UploadedFile(file_id)

    def build_models(self, token: str) -> Request:
        """A GET with the token in the header or the query `access_token`."""
        path = self.settings.models_path
        if self.settings.models_token == "header":  # noqa: S105 - a place
            return Request("GET", path, {"access_token": token})
        from urllib.parse import quote

        return Request("GET", f"{path}?access_token={quote(token, safe='')}", {})

    def parse_models(self, response: Response) -> tuple[ModelInfo, ...]:
        """`{"code": 0, "data": [{"model", "name"}]}`."""
        rows = self.check_body(response).get("data")
        found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return tuple(
            ModelInfo(text_at(row, "model"), text_at(row, "name", "model")) for row in found if text_at(row, "model")
        )

    def build_feedback(self, question_id: str, tag: str, comment: str, token: str) -> Request:
        """JSON with the token in a field."""
        body = {"access_token": token, "question_id": question_id, "tag": tag, "comment": comment}
        return Request("POST", self.settings.feedback_path, {}, json=body)

    def build_token_request(self, secret: str) -> Request:
        """JSON with `appid` and `appsecret`."""
        return Request("POST", self.settings.token_path, {}, json={"appid": self.settings.app_id, "appsecret": secret})

    def parse_token_response(self, response: Response) -> str:
        """`{"code": 0, "data": {"access_token"}}` gives the token; raises PlatformError."""
        try:
            body = self.check_body(response)
        except PlatformError as error:
            raise self._token_error(error, read_body(response)) from None
        token = text_at(object_at(body, "data"), "access_token")
        if not is_header_text(token):
            raise TransientError(build_reason("not_a_token"), status=response.status)
        return token

    def _token_error(self, error: PlatformError, body: dict[str, Any] | None) -> PlatformError:
        where = f"{self.settings.host}{self.settings.token_path}"
        kind, words = type(error), build_reason("token_failed", why=error)
        if body is None and error.status in {200, 404, 405}:
            words = build_reason("ai_token_address", where=where, why=error)
        elif isinstance(error, PermanentError | TokenRefused):
            words = build_reason("ai_secret_refused", why=error)
        if isinstance(error, QuotaExhausted | TokenRefused):
            # What it means for a question, it does not mean here: another secret may do.
            kind = PermanentError
        return kind(words, status=error.status, errcode=error.errcode, retry_after=error.retry_after)

    def check_body(self, response: Response) -> dict[str, Any]:
        """The object of an answer with HTTP 200 and a success code. Raises PlatformError."""
        body = read_body(response)
        if response.status == 200 and body and text_at(body, "code") in self.settings.success_codes:
            return body
        raise self.refusal(response, body)


def _form(path: str, parts: dict[str, str], headers: dict[str, str] | None = None) -> Request:
    return Request("POST", path, headers or {}, parts={**parts})


def read_answer_text(answer: str) -> str:
    """An `answer` as text: lines `data: {"text": "..."}` are put together, everything else stays as it is."""
    lines = answer.split("\n")
    fragments = [_fragment_of(line) for line in lines] if "data:" in answer else []
    if not any(fragments):
        return mend(answer)
    parts: list[str] = []
    within = False
    for before, line, fragment in zip(["", *lines], lines, fragments, strict=False):
        if fragment is not None:
            parts.append(fragment)
            within = True
        elif _END.fullmatch(before) and _FRAGMENT.fullmatch(line):
            continue  # what is told with the end is no text
        elif not _EVENT.fullmatch(line) and (line.strip() or not within):
            # Empty lines between fragments belong to the notation.
            parts.append(f"{line}\n")
            within = False
    return mend("".join(parts))


def _fragment_of(line: str) -> str | None:
    """The text of a line of that form, empty for `[DONE]`; None for any other line."""
    found = _FRAGMENT.fullmatch(line)
    if found is None:
        return None
    body = {"text": ""} if found[1] == "[DONE]" else parse_object(found[1])
    text = body.get("text") if body is not None else None
    return text if isinstance(text, str) else None
