"""Settings that every AI platform has: its models, what it is sent, its result codes, how long it may take.

Leaves annotations as they are; see `settings`.
"""

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Struct

from taskbridge.platforms.ai import FileUse, Structured
from taskbridge.platforms.settings import PlatformSettings, codes, seconds, setting

# Words that vendors are known to use, whatever number they send with them: OpenAI, DashScope, DeepSeek, Dify.
QUOTA_CODES = (
    "Arrearage",
    "AllocationQuota.FreeTierOnly",
    "insufficient_quota",
    "insufficient_balance",
    "provider_quota_exceeded",
)
REFUSED_CODES = (
    "data_inspection_failed",
    "DataInspectionFailed",
    "content_filter",
    "content_policy_violation",
)

UploadFiles: TypeAlias = Annotated[
    FileUse,
    setting(
        ("上传附件", "Files to upload"),
        (
            "all 全部；scans 仅我们读不出文字的扫描件；none 不上传，只发送提取的文字。",
            "all; scans: only those without text that we can read; none: their text goes into the question.",
        ),
        group="files",
    ),
]
FileLifetime: TypeAlias = Annotated[
    float,
    setting(
        ("文件保留时间（秒）", "A file is kept (seconds)"),
        ("到期后重新上传；0 表示一直保留。", "Uploaded again after that; 0: kept for good."),
        ask=True,
        group="files",
        ge=0,
    ),
]


class ModelSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one model can do and what it costs, where that is not known, or other here than elsewhere."""

    model: Annotated[str, setting(("模型", "Model"), min_length=1)]
    context_tokens: Annotated[int, setting(("上下文长度", "Context, tokens"), ge=1024)] = 32_768
    output_tokens: Annotated[int, setting(("最大输出长度", "Output, tokens"), ge=256)] = 8_192
    structured: Annotated[Structured, setting(("结构化输出", "Structured output"))] = "none"
    streams: Annotated[bool, setting(("支持流式输出", "Streams its answers"))] = True
    price_in: Annotated[float, setting(("输入单价（每百万词元）", "Price of a million input tokens"), ge=0)] = 0.0
    price_out: Annotated[float, setting(("输出单价（每百万词元）", "Price of a million output tokens"), ge=0)] = 0.0


class AiPlatformSettings(PlatformSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every AI platform has."""

    model: Annotated[
        str,
        setting(
            ("默认模型", "Model"),
            ("没有另外指定时使用。", "Asked where nothing else is said."),
            group="models",
            min_length=1,
        ),
    ]
    environment_models: Annotated[
        dict[str, str],
        setting(
            ("各环境模型", "Models by environment"),
            ('例如 {"dev": "qwen-turbo"}。', 'For example {"dev": "qwen-turbo"}.'),
            group="models",
        ),
    ] = msgspec.field(default_factory=dict)
    models: Annotated[
        tuple[ModelSettings, ...],
        setting(
            ("模型参数", "What the models can do"),
            (
                "长度、结构化输出和单价；未列出的模型按已知资料或保守值处理。",
                "Lengths, structured output, prices; a model without a row is taken as it is known, or carefully.",
            ),
            group="models",
        ),
    ] = ()
    upload_files: UploadFiles
    file_lifetime_s: FileLifetime
    retry_codes: Annotated[
        tuple[str, ...], codes(("可重试码", "Retry codes"), ("稍后自动重试。", "Tried again later."))
    ] = ()
    quota_codes: Annotated[
        tuple[str, ...],
        codes(
            ("额度用尽码", "Quota codes"),
            ("额度或欠费：停止提问，等待管理员处理。", "Quota or debt: nothing is asked until an operator acts."),
        ),
    ] = QUOTA_CODES
    refused_codes: Annotated[
        tuple[str, ...],
        codes(
            ("内容拒答码", "Refusal codes"),
            ("内容审查：不重试，由人工判断。", "Content filter: not tried again, a person decides."),
        ),
    ] = REFUSED_CODES
    timeout_s: Annotated[
        float,
        seconds(
            ("普通调用超时（秒）", "Timeout (seconds)"),
            ("取令牌、列模型、反馈。", "Of calls for a token, models, feedback."),
            most=60,
        ),
    ] = 10.0
    upload_timeout_s: Annotated[
        float,
        seconds(
            ("上传超时（秒）", "Upload timeout (seconds)"),
            ("含平台解析文件的等待。", "With the wait until the platform has read the file."),
            most=600,
        ),
    ] = 60.0
    first_token_timeout_s: Annotated[
        float,
        seconds(
            ("首字超时（秒）", "First token within (seconds)"),
            ("流式回答。", "Of a streamed answer."),
            most=600,
        ),
    ] = 60.0
    next_token_timeout_s: Annotated[
        float,
        seconds(
            ("中断超时（秒）", "Next token within (seconds)"),
            ("流式回答中两段文字之间。", "Between two pieces of a streamed answer."),
            most=600,
        ),
    ] = 30.0
    answer_timeout_s: Annotated[
        float,
        seconds(
            ("回答超时（秒）", "Answer timeout (seconds)"),
            ("一次回答的总时间。", "Of one answer as a whole."),
            most=800,
        ),
    ] = 300.0
