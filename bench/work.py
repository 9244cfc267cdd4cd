"""What there is to push: events of one task each, as the bus, the queues and a plain loop get them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from typing import Any

from taskbridge.event_reading import parse_event
from taskbridge.push.messages import build_event_message, encode_message
from taskbridge.queues import Record

PLATFORM = "jinzhi"
BATCH = 10
_RECEIVED_AT = "2026-11-22T01:30:00.000+00:00"
_FORM = {
    "fields": [
        {"key": "serial", "label": "单号", "type": "serial", "value": "QJ-20261122-001"},
        {
            "key": "applicant",
            "label": "申请人",
            "type": "user",
            "value": {"uid": "u1", "number": "2024010117", "name": "张伟"},
        },
        {"key": "college", "label": "学院", "type": "department", "value": {"id": "d-cs", "name": "计算机学院"}},
        {"key": "reason", "label": "请假事由", "type": "textarea", "value": "回家参加姐姐的婚礼，保证按时返校。"},
        {"key": "away", "label": "是否离校", "type": "switch", "value": True},
    ]
}


def received(name: str) -> dict[str, Any]:
    """The event that task `name` of an instance of its own was received, with its form."""
    task = {
        **_task(name, "init"),
        "assignees": [{"uid": "u2", "number": "10021", "name": "李娜"}],
        "priority": 2,
        "created_at": "2026-11-22T09:00:00+08:00",
        "form": _FORM,
    }
    return _event(name, "task_received", 1, task)


def completed(name: str) -> dict[str, Any]:
    """The event that the same task was decided."""
    finished = {"decision": "approved", "finished_at": "2026-11-22T10:00:00+08:00"}
    return _event(name, "task_completed", 2, _task(name, "completed") | finished)


def _task(name: str, status: str) -> dict[str, Any]:
    node = {"node_id": "counsellor", "node_name": {"zh": "辅导员审批", "en": "Counsellor"}}
    return {"task_id": f"T-{name}", "status": status, **node}


def _event(name: str, action: str, sequence: int, task: dict[str, Any]) -> dict[str, Any]:
    zhang_wei = {"uid": "u1", "number": "2024010117", "name": "张伟"}
    return {
        "version": "1",
        "id": f"E-{name}-{sequence}",
        "event": f"action.{action}.t1",
        "sequence": sequence,
        "occurred_at": "2026-11-22T09:00:00+08:00",
        "app": {"app_id": "leave", "name": {"zh": "请假申请", "en": "Leave"}},
        "session": {
            "sess_id": f"P-{name}",
            "status": "running",
            "initiator": zhang_wei,
            "subject": {"zh": "张伟的请假申请（2 天）", "en": "Leave of Zhang Wei (2 days)"},
            "created_at": "2026-11-22T08:58:00+08:00",
        },
        "tasks": [task],
        "operator": zhang_wei,
    }


def push_body(event: dict[str, Any]) -> str:
    """The message of the push queue that the router makes of an event."""
    return encode_message(build_event_message(parse_event(json.dumps(event).encode()), PLATFORM, _RECEIVED_AT))


def bus_body(event: dict[str, Any]) -> str:
    """The event as EventBridge puts it into the ingest queue."""
    envelope = {
        "version": "0",
        "id": f"bus-{event['id']}",
        "detail-type": "process.trigger",
        "source": "htd.process",
        "account": "123456789012",
        "time": "2026-11-22T01:30:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": event,
    }
    return json.dumps(envelope, ensure_ascii=False)


def records(bodies: Iterable[str]) -> list[Record]:
    """Messages as the push function takes them from its batch."""
    return [Record(f"m{index}", f"r{index}", body) for index, body in enumerate(bodies)]


def invocation(bodies: Iterable[str]) -> dict[str, Any]:
    """Messages as Lambda hands them to a handler."""
    sent_at = {"SentTimestamp": str(int(time.time() * 1000))}
    return {
        "Records": [
            {"messageId": f"m{index}", "receiptHandle": f"r{index}", "body": body, "attributes": sent_at}
            for index, body in enumerate(bodies)
        ]
    }


def batches(bodies: Sequence[str], size: int = BATCH) -> list[Sequence[str]]:
    """Full batches, as a queue with a backlog gives them."""
    return [bodies[start : start + size] for start in range(0, len(bodies), size)]
