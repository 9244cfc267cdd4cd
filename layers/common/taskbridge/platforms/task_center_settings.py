"""Settings that every task center has, and those that most have: its address, limits, result codes, links.

Leaves annotations as they are; see `settings`.
"""

from typing import Annotated

from taskbridge.platforms.addresses import HOST_EXAMPLE
from taskbridge.platforms.settings import PlatformSettings, SuccessCodes, TokenExpiredCodes, codes, seconds, setting


class TaskCenterSettings(PlatformSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every task center has: where it is, how fast it may be asked, what its result codes mean."""

    host: Annotated[
        str,
        setting(
            ("网关地址", "Gateway address"),
            ("只写协议和域名，不带路径。", "Scheme and name only, no path."),
            format="origin",
            group="connection",
            receives_secret=True,
            examples=[HOST_EXAMPLE],
        ),
    ]
    success_codes: SuccessCodes = ("0",)
    token_expired_codes: TokenExpiredCodes = ()
    already_there_codes: Annotated[
        tuple[str, ...],
        codes(
            ("已存在码", "Already-there codes"),
            ("新增时返回：视为已新增。", "Answer to an insert: it counts as inserted."),
        ),
    ] = ()
    already_gone_codes: Annotated[
        tuple[str, ...],
        codes(
            ("已删除码", "Already-gone codes"),
            ("删除时返回：视为成功。", "Answer to a delete: it succeeded."),
        ),
    ] = ()
    retry_codes: Annotated[
        tuple[str, ...],
        codes(
            ("可重试码", "Retry codes"),
            (
                "稍后自动重试；不在任何列表中的码视为永久失败。",
                "Tried again later; a code in no list fails at once.",
            ),
        ),
    ] = ()
    timeout_s: Annotated[
        float,
        seconds(
            ("超时（秒）", "Timeout (seconds)"),
            (
                "一次调用的总时间，须比推送函数的 PushTimeoutSeconds 短 5 秒；设了每秒最多请求时，再短其四分之一。",
                "For one call as a whole: PushTimeoutSeconds less 5 s, and less a quarter of it with a rate.",
            ),
            most=30,
        ),
    ] = 10.0
    max_rate_per_s: Annotated[
        float,
        setting(
            ("每秒最多请求", "Requests per second"),
            (
                "所有工作进程合计；0 表示不限，否则不小于 0.01。",
                "Of all workers together. 0: no limit; else at least 0.01.",
            ),
            ask=True,
            group="limits",
            ge=0,
            le=1_000_000,  # a number that JSON cannot write down is no limit that anybody can store
        ),
    ] = 0.0
    max_concurrency: Annotated[
        int,
        setting(
            ("最大并发", "Requests at the same time"),
            ("所有工作进程合计。", "Of all workers together."),
            ask=True,
            group="limits",
            ge=1,
            le=256,
        ),
    ] = 8


class LinkSettings(TaskCenterSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What most task centers share besides: links into the process system, and how a time is written."""

    pc_todo_url: Annotated[str, setting(("电脑端待办链接", "Todo link, PC"), format="url-template", group="links")] = ""
    pc_apply_url: Annotated[
        str, setting(("电脑端查看链接", "Application link, PC"), format="url-template", group="links")
    ] = ""
    h5_todo_url: Annotated[
        str, setting(("手机端待办链接", "Todo link, mobile"), format="url-template", group="links")
    ] = ""
    h5_apply_url: Annotated[
        str, setting(("手机端查看链接", "Application link, mobile"), format="url-template", group="links")
    ] = ""
    time_format: Annotated[
        str,
        setting(
            ("时间格式", "Time format"),
            ("strftime 格式。", "strftime."),
            ask=True,
            format="strftime",
            group="codes",
        ),
    ] = "%Y-%m-%d %H:%M:%S"
    time_zone: Annotated[str, setting(("时区", "Time zone"), format="time-zone", group="codes")] = "Asia/Shanghai"
