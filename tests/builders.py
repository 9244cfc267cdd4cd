"""Events, messages and documents with defaults: a test names only what it is about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import HealthCheck, settings

from taskbridge.ai.settings import AiSettings
from taskbridge.event_reading import parse_event
from taskbridge.push.event_order import fold
from taskbridge.push.instances import Instance
from taskbridge.push.messages import EventMessage, SyncMessage, build_event_message
from taskbridge.push.trigger_rules import DEFAULT_RULE, TriggerRule
from taskbridge.tables.configuration import Configuration, PlatformConfig

PLATFORM = "jz"
START = 1_795_000_000.0  # 2026-11-18T13:06:40Z
HAPPENED_AT = "2026-11-22T09:30:00+08:00"
RECEIVED_AT = "2026-11-22T01:30:05.000+00:00"

# A busy machine makes a property slow, never false.
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SESSION_STATUS = {
    "instance_completed": "completed",
    "instance_started_and_ended": "completed",
    "instance_terminated": "aborted",
    "instance_revoked": "revoked",
    "instance_rejected": "rejected",
    "instance_deleted": "aborted",
}
TASK_STATUS = {
    "task_completed": "completed",
    "task_aborted": "aborted",
    "instance_completed": "completed",
    "instance_terminated": "aborted",
    "instance_revoked": "aborted",
    "instance_rejected": "aborted",
}
WITHOUT_TASKS = frozenset({"instance_started_and_ended", "instance_deleted", "node_published"})


def user(uid: str = "u-2", number: str = "2026002", name: str = "李四") -> dict[str, Any]:
    return {"uid": uid, "number": number, "name": name}


def task(task_id: str = "T1", **changes: Any) -> dict[str, Any]:
    values = {
        "task_id": task_id,
        "node_id": "node-2",
        "node_name": {"zh": "院系审批", "en": "Department"},
        "status": "init",
        "priority": 2,
        "assignees": [user()],
        "created_at": HAPPENED_AT,
    }
    return without_none({**values, **changes})


def bare_task(task_id: str = "T1", status: str = "init") -> dict[str, Any]:
    """As little as an event may say of a task."""
    return {"task_id": task_id, "node_id": "node-2", "status": status}


def session(sess_id: str = "S1", **changes: Any) -> dict[str, Any]:
    values = {
        "sess_id": sess_id,
        "status": "running",
        "subject": {"zh": "张三的请假申请", "en": "Leave of Zhang San"},
        "initiator": user("u-1", "2026001", "张三"),
        "created_at": HAPPENED_AT,
    }
    return without_none({**values, **changes})


def event(
    action: str = "task_received",
    sequence: int = 1,
    *,
    sess_id: str = "S1",
    tasks: Sequence[str | dict[str, Any]] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """The detail of an event; `tasks` are ids, or tasks as they are. A change to None leaves the property out."""
    if tasks is None:
        tasks = () if action in WITHOUT_TASKS else ("T1",)
    status = TASK_STATUS.get(action, "init")
    values = {
        "version": "1",
        "id": f"{sess_id}-e{sequence}",
        "event": f"action.{action}.7",
        "sequence": sequence,
        "occurred_at": HAPPENED_AT,
        "app": {"app_id": "leave", "name": {"zh": "请假", "en": "Leave"}},
        "session": session(sess_id, status=SESSION_STATUS.get(action, "running")),
        "tasks": [task(each, status=status) if isinstance(each, str) else each for each in tasks],
    }
    return without_none({**values, **changes})


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def on_bus(detail: Any, bus_id: str = "bus-1") -> bytes:
    """An event as EventBridge puts it into the ingest queue."""
    return as_json({"version": "0", "id": bus_id, "source": "htd.process", "detail": detail})


def message_of(detail: dict[str, Any], platform_id: str = PLATFORM) -> EventMessage:
    return build_event_message(parse_event(as_json(detail)), platform_id, RECEIVED_AT)


def message(action: str = "task_received", sequence: int = 1, platform_id: str = PLATFORM, **more: Any) -> EventMessage:
    return message_of(event(action, sequence, **more), platform_id)


def deletion(sequence: int, *task_ids: str, **more: Any) -> EventMessage:
    return message("instance_deleted", sequence, backup={"task_ids": list(task_ids)}, **more)


def sync(sess_id: str = "S1", platform_id: str = PLATFORM, **changes: Any) -> SyncMessage:
    values = {"reason": "due", "requested_at": RECEIVED_AT, **changes}
    return SyncMessage(platform_id=platform_id, sess_id=sess_id, **values)


def instance_after(*messages: EventMessage) -> Instance:
    """A document into which the messages were folded, of the instance of the first."""
    document = Instance(messages[0].platform_id, messages[0].sess_id)
    for each in messages:
        fold(document, each)
    return document


JINZHI_SETTINGS = {
    "host": "https://jinzhi.test",
    "app_id": "taskbridge",
    "scene_code": "todo",
    "pc_todo_url": "https://process.test/todo/{sess_id}/{task_id}",
    "pc_apply_url": "https://process.test/apply/{sess_id}",
    "h5_todo_url": "https://m.process.test/todo/{task_id}",
    "already_there_codes": ["40902"],
    "already_gone_codes": ["40402", "40404"],
}


def platform(platform_id: str = PLATFORM, *, enabled: bool = True, version: int = 1, **settings: Any) -> PlatformConfig:
    """A JinZhi platform that points to the simulated task center; `settings` are added to it."""
    merged = {**JINZHI_SETTINGS, **settings}
    return PlatformConfig(platform_id, "金智", "JinZhiTaskCenter", enabled, version, merged)


def configuration(
    platforms: Iterable[PlatformConfig] | None = None,
    rules: Iterable[TriggerRule] = (DEFAULT_RULE,),
    version: int = 1,
    ai: AiSettings | None = None,
) -> Configuration:
    found = [platform()] if platforms is None else list(platforms)
    return Configuration(version, {each.id: each for each in found}, tuple(rules), ai)
