"""Whatever speaks OpenAI's chat completions: DashScope (Qwen), vLLM, DeepSeek, a campus gateway."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET

from taskbridge.errors import PermanentError, TransientError
from taskbridge.platforms.ai import ModelInfo, ModelLimits, Question
from taskbridge.platforms.ai_failures import is_finished
from taskbridge.platforms.ai_platform import AiOperation, AiPlatform, UploadedFile, file_part, read_body
from taskbridge.platforms.ai_settings import AiPlatformSettings, FileLifetime, UploadFiles
from taskbridge.platforms.base import Request
from taskbridge.platforms.http_answers import Response
from taskbridge.platforms.loose_json import content_at, object_at, text_at, tokens_of
from taskbridge.platforms.settings import Secret, secret, setting
from taskbridge.platforms.streams import Draft, as_thinking
from taskbridge.platforms.surrogates import mend
from taskbridge.reasons import build_reason

# Statuses of a file that will not change: anything else is on its way.
_READY = frozenset({"", "processed"})
_BROKEN = frozenset({"error", "failed", "deleted"})
ASK_FOR_JSON = "\n\n请只输出一个 JSON 对象。"


class OpenAICompatibleSettings(AiPlatformSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one such platform."""

    base_url: Annotated[
        str,
        setting(
            ("接口地址", "Base URL"),
            ("到 /chat/completions 之前为止。", "All before /chat/completions."),
            format="base-url",
            group="connection",
            receives_secret=True,
            examples=["https://dashscope.aliyuncs.com/compatible-mode/v1"],
        ),
    ]
    api_key: Annotated[
        Secret,
        secret(
            ("API 密钥", "API key"),
            (
                "作为 Authorization: Bearer 发送；服务不校验时可填任意字符。",
                "Sent as Authorization: Bearer; anything, where the server checks none.",
            ),
        ),
    ] = UNSET
    temperature: Annotated[
        float,
        setting(
            ("温度", "Temperature"),
            ("0 最稳定；-1 表示不发送。", "0: the steadiest; -1: not sent."),
            group="models",
            ge=-1,
            le=2,
        ),
    ] = 0.0
    extra_body: Annotated[
        dict[str, Any],
        setting(
            ("附加请求参数", "More fields of a request"),
            (
                '并入请求体的 JSON，例如 {"enable_thinking": false}：DashScope 的 Qwen3 非流式提问必须带它。',
                'JSON that goes into the body, such as {"enable_thinking": false}, which DashScope wants for Qwen3.',
            ),
            format="extra-body",
            group="models",
        ),
    ] = msgspec.field(default_factory=dict)
    file_purpose: Annotated[str, setting(("上传用途", "Purpose of uploads"), group="files")] = "file-extract"
    upload_files: UploadFiles = "none"
    file_lifetime_s: FileLifetime = 0.0


class OpenAICompatible(AiPlatform):
    """Questions as chat completions. The key is itself the token."""

    class_name: ClassVar[str] = "OpenAICompatible"
    title: ClassVar[Mapping[str, str]] = {"zh": "OpenAI 兼容接口", "en": "OpenAI-compatible API"}
    vendor: ClassVar[Mapping[str, str]] = {"zh": "模型服务商", "en": "the provider of the models"}
    capabilities: ClassVar[frozenset[AiOperation]] = frozenset(AiOperation) - {AiOperation.FEEDBACK}
    limits: ClassVar[Mapping[str, Any]] = {"structured_output": True, "tells_usage": True}
    uses_token: ClassVar[bool] = False
    secret_field: ClassVar[str] = "api_key"  # noqa: S105 - a name
    # From the pages of Alibaba's Model Studio on JSON mode and on Qwen-Long, and the model card of Qwen2.5-32B.
    known_models: ClassVar[Mapping[str, ModelLimits]] = {
        "qwen2.5-32b-instruct": ModelLimits(32_768, 8_192, "json_schema"),
        "qwen/qwen2.5-32b-instruct": ModelLimits(32_768, 8_192, "json_schema"),
        "qwen3-max": ModelLimits(32_768, 8_192, "json_schema"),
        "qwen-plus": ModelLimits(32_768, 8_192, "json_schema"),
        "qwen-flash": ModelLimits(32_768, 8_192, "json_schema"),
        "qwen-max": ModelLimits(32_768, 8_192, "json_object"),
        "qwen-turbo": ModelLimits(32_768, 8_192, "json_object"),
        # Files apart, its messages take 9,000 tokens.
        "qwen-long": ModelLimits(17_000, 8_000, "json_object"),
        "deepseek-v3.2": ModelLimits(32_768, 8_192, "json_schema"),
    }
    Settings = OpenAICompatibleSettings
    settings: OpenAICompatibleSettings

    @property
    def address(self) -> str:
        """See AiPlatform."""
        return self.settings.base_url

    def build_question(self, question: Question, token: str, *, stream: bool) -> Request:
        """A chat completion; the person who asks is not told."""
        body: dict[str, Any] = {
            **self.settings.extra_body,
            "model": question.model,
            "messages": self._messages(question),
            "stream": stream,
            # Without it some servers cut an answer at a few hundred tokens.
            "max_tokens": self.limits_of(question.model).output_tokens,
        }
        if stream:
            body["stream_options"] = {"include_usage": True}
        if self.settings.temperature >= 0:
            body["temperature"] = self.settings.temperature
        if question.schema is not None:
            body |= self._response_format(question)
        return Request("POST", "/chat/completions", _bearer(token), json=body)

    def _messages(self, question: Question) -> list[dict[str, str]]:
        system = question.system
        structured = self.limits_of(question.model).structured
        wants_json = question.schema is not None and structured == "json_object"
        if wants_json and "json" not in f"{system}{question.user}".lower():
            # DashScope answers 400 where no message says so.
            system += ASK_FOR_JSON
        files = ",".join(f"fileid://{file_id}" for file_id in question.file_ids)
        messages = [("system", files), ("system", system), ("user", question.user)]
        return [{"role": role, "content": content} for role, content in messages if content]

    def _response_format(self, question: Question) -> dict[str, Any]:
        structured = self.limits_of(question.model).structured
        if structured == "none":
            return {}
        if structured == "json_object":
            return {"response_format": {"type": "json_object"}}
        if structured == "json_object_schema":
            return {"response_format": {"type": "json_object", "schema": question.schema}}
        schema = {"name": "answer", "schema": question.schema}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}

    def parse_answer(self, response: Response) -> Draft:
        """The first choice's message."""
        body = self.check_body(response)
        choices = body.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        message = object_at(choice, "message")
        finish = "refusal" if text_at(message, "refusal") else text_at(choice, "finish_reason")
        content = content_at(message, "content")
        thought = text_at(message, "reasoning_content") or text_at(message, "reasoning")
        if content is None and is_finished(finish) and not thought:
            raise TransientError(build_reason("answer_without_message"), status=response.status)
        text = mend(content or "") or as_thinking(thought)
        return Draft(text, text_at(body, "id"), text_at(body, "model"), tokens_of(body), finish)

    def build_upload(self, name: str, content: bytes, token: str, *, ocr: bool) -> Request:
        """A multipart form with file and purpose; whether a file is a scan the platform finds out itself."""
        parts = {"purpose": self.settings.file_purpose}
        return Request("POST", "/files", _bearer(token), parts={**parts, "file": file_part(name, content)})

    def parse_upload(self, response: Response) -> UploadedFile:
        """A file object; one with a status other than `processed` is not ready yet."""
        body = self.check_body(response)
        file_id, status = text_at(body, "id"), text_at(body, "status")
        if not file_id:
            raise TransientError(build_reason("upload_without_id"), status=response.status)
        if status in _BROKEN:
            raise PermanentError(build_reason("file_unreadable", why=status), status=200, errcode=status)
        expires_at = text_at(body, "expires_at")
        return UploadedFile(file_id, status in _READY, float(expires_at) if expires_at.isdecimal() else None)

    def build_upload_status(self, file_id: str, token: str) -> Request:
        """A GET of the file object."""
        from urllib.parse import quote

        return Request("GET", f"/files/{quote(file_id, safe='')}", _bearer(token))

    def build_models(self, token: str) -> Request:
        """A GET of the list."""
        return Request("GET", "/models", _bearer(token))

    def parse_models(self, response: Response) -> tuple[ModelInfo, ...]:
        """`{"data": [{"id"}]}`."""
        rows = self.check_body(response).get("data")
        ids = [text_at(row, "id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return tuple(ModelInfo(model, model) for model in ids if model)

    def check_body(self, response: Response) -> dict[str, Any]:
        """The object of an answer with HTTP 200 that is no error. Raises PlatformError."""
        body = read_body(response)
        if response.status == 200 and body and not body.get("error") and body.get("object") != "error":
            return body
        raise self.refusal(response, body)


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
