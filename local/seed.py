"""The configuration that a new stack starts with: one task center, and its secret."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from local.emulator import CREDENTIALS, Aws
from local.jinzhi_simulator.codes import ALREADY_GONE_CODES, ALREADY_THERE_CODES
from local.settings import REGION, StackSettings
from taskbridge.tables.configuration import ConfigurationTable

PLATFORM_ID = "jinzhi"
_LINKS = "https://process.example.edu.cn"


def seed_platform(aws: Aws, outputs: Mapping[str, str], settings: StackSettings, host: str) -> None:
    """Make the task center at `host` known to the stack.

    What is stored already is kept as it is, but for `host`: that one moves with the stack.
    """
    _seed_secret(aws, outputs["ParameterPrefix"], settings.account.app_secret)
    table = outputs["ConfigurationTableName"]
    stored = ConfigurationTable(aws.dynamodb, table, time.time).current().platforms.get(PLATFORM_ID)
    if stored is None:
        _save(table, aws.endpoint_url, _first_platform(settings, host))
    elif stored.settings.get("host") != host:
        moved = {
            "name": stored.name,
            "class_name": stored.class_name,
            "enabled": stored.enabled,
            "settings": {**stored.settings, "host": host},
            "version": stored.version,
        }
        _save(table, aws.endpoint_url, moved)


def _first_platform(settings: StackSettings, host: str) -> dict[str, Any]:
    """Which codes mean "already there" is only known of the simulator: nobody publishes the real table."""
    bundled = not settings.jinzhi_host
    return {
        "name": "金智任务中心",
        "class_name": "JinZhiTaskCenter",
        "enabled": True,
        "settings": {
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
        },
    }


def _save(table: str, endpoint_url: str, platform: Mapping[str, Any]) -> None:
    from taskbridge.tables.configuration_models import Configurator  # slow to import, and seldom needed

    with _emulator_environment():
        Configurator(table, REGION, endpoint_url).save_platform(PLATFORM_ID, **platform)


def _seed_secret(aws: Aws, prefix: str, secret: str) -> None:
    name = f"{prefix}/platforms/{PLATFORM_ID}/app_secret"
    if not aws.ssm.get_parameters(Names=[name], WithDecryption=True)["Parameters"]:
        aws.ssm.put_parameter(Name=name, Value=secret, Type="SecureString")


@contextmanager
def _emulator_environment() -> Iterator[None]:
    """pynamodb takes its credentials from nowhere but the environment."""
    before = {name: os.environ.get(name) for name in CREDENTIALS}
    os.environ.update(CREDENTIALS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
