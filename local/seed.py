"""What a new stack starts with: a task center and an AI platform, each with its secret, and AI approval on."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from local.aigc_simulator.codes import CONTENT_REFUSED, QUOTA_EXHAUSTED
from local.emulator import CREDENTIALS, Aws
from local.jinzhi_simulator.codes import ALREADY_GONE_CODES, ALREADY_THERE_CODES
from local.settings import REGION, StackSettings
from taskbridge.ai.settings import AiSettings
from taskbridge.tables.configuration import ConfigurationTable, PlatformConfig

PLATFORM_ID = "jinzhi"
AI_PLATFORM_ID = "aigc"
_LINKS = "https://process.example.edu.cn"


def seed(aws: Aws, outputs: Mapping[str, str], settings: StackSettings, task_center: str, ai_platform: str) -> None:
    """Make the task center and the AI platform at these addresses known to the stack, and switch AI approval on.

    What is stored already is kept as it is, but for `host`: that one moves with the stack.
    """
    prefix = outputs["ParameterPrefix"]
    _seed_secret(aws, prefix, PLATFORM_ID, settings.account.app_secret)
    _seed_secret(aws, prefix, AI_PLATFORM_ID, settings.ai_account.app_secret)
    table = outputs["ConfigurationTableName"]
    stored = ConfigurationTable(aws.dynamodb, table, time.time).current()
    wanted = (_task_center(settings, task_center), _ai_platform(settings, ai_platform))
    changes = [change for each in wanted if (change := _change(stored.platforms.get(each.id), each)) is not None]
    if not changes and stored.ai is not None:
        return
    from taskbridge.tables.configuration_models import Configurator  # slow to import, and seldom needed

    with patch.dict(os.environ, CREDENTIALS):  # pynamodb takes its credentials from nowhere else
        configurator = Configurator(table, REGION, aws.endpoint_url)
        for change in changes:
            configurator.save_platform(change)
        if stored.ai is None:
            configurator.save_ai_settings(
                AiSettings(examine_enable=True, examine_default_all_apps=True, platform_id=AI_PLATFORM_ID)
            )


def _change(stored: PlatformConfig | None, wanted: PlatformConfig) -> PlatformConfig | None:
    """What to save, or None where it stands there already."""
    if stored is None:
        return wanted
    host = wanted.settings["host"]
    return None if stored.settings.get("host") == host else replace(stored, settings={**stored.settings, "host": host})


def _task_center(settings: StackSettings, host: str) -> PlatformConfig:
    """Which codes mean "already there" is only known of the simulator: nobody publishes the real table."""
    bundled = not settings.jinzhi_host
    form = {
        "host": host,
        "app_id": settings.account.app_id,
        "scene_code": settings.account.scene_code,
        "pc_todo_url": f"{_LINKS}/pc/todo/{{sess_id}}/{{task_id}}",
        "pc_apply_url": f"{_LINKS}/pc/apply/{{sess_id}}",
        "h5_todo_url": f"{_LINKS}/h5/todo/{{sess_id}}/{{task_id}}",
        "h5_apply_url": f"{_LINKS}/h5/apply/{{sess_id}}",
        "max_concurrency": 10,
        "timeout_s": 5,  # one batch at a time runs here: a task center that hangs holds everything up
        "already_there_codes": list(ALREADY_THERE_CODES) if bundled else [],
        "already_gone_codes": list(ALREADY_GONE_CODES) if bundled else [],
    }
    return PlatformConfig(PLATFORM_ID, "金智任务中心", "JinZhiTaskCenter", True, 0, form)


def _ai_platform(settings: StackSettings, host: str) -> PlatformConfig:
    """Which codes mean a used-up quota and a refusal is only known of the simulator, too."""
    form: dict[str, Any] = {"host": host, "app_id": settings.ai_account.app_id, "model": settings.ai_account.model}
    if settings.aigc_host:
        return PlatformConfig(AI_PLATFORM_ID, "AI 平台", "Aigc", True, 0, form)
    form |= {"quota_codes": [QUOTA_EXHAUSTED], "refused_codes": [CONTENT_REFUSED]}
    return PlatformConfig(AI_PLATFORM_ID, "AI 平台（模拟器）", "Aigc", True, 0, form)


def _seed_secret(aws: Aws, prefix: str, platform_id: str, secret: str) -> None:
    name = f"{prefix}/platforms/{platform_id}/app_secret"
    if not aws.ssm.get_parameters(Names=[name], WithDecryption=True)["Parameters"]:
        aws.ssm.put_parameter(Name=name, Value=secret, Type="SecureString")
