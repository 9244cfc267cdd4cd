"""A task center without a vendor, behind the same interface: for trying things out on one machine, and for tests.

Its protocol is one JSON POST to `/{operation}` with the command as it is, answered by `{"errcode": "0"}`; "1" is a task
that is there already, "2" one that is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import msgspec

from taskbridge.commands import Command
from taskbridge.platforms.base import Request, TaskCenter
from taskbridge.platforms.settings import codes, setting
from taskbridge.platforms.task_center_settings import TaskCenterSettings


class InMemorySettings(TaskCenterSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing to set: no host is ever connected to."""

    host: Annotated[str, setting(("地址", "Address"), format="origin")] = "http://memory.invalid"
    already_there_codes: Annotated[tuple[str, ...], codes(("已存在码", "Already-there codes"), ask=False)] = ("1",)
    already_gone_codes: Annotated[tuple[str, ...], codes(("已删除码", "Already-gone codes"), ask=False)] = ("2",)


class InMemoryTaskCenter(TaskCenter):
    """The platform that speaks to a `MemoryServer`. It needs no token."""

    class_name: ClassVar[str] = "InMemoryTaskCenter"
    title: ClassVar[Mapping[str, str]] = {
        "zh": "内存任务中心（测试用）",
        "en": "Task center in memory (for tests)",
    }
    uses_token: ClassVar[bool] = False
    secret_field: ClassVar[str] = ""
    Settings = InMemorySettings

    def build_request(self, command: Command, token: str) -> Request:
        """The command itself, as JSON."""
        return Request("POST", f"/{command.operation.value}", {}, json=msgspec.to_builtins(command))
