"""Well-formed items to try the simulator with: examples of what it accepts, and where tests start from."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec

from local.jinzhi_simulator.records import Settings

Item = dict[str, Any]

_CREATED = "2026-11-22 09:30:00"


def sample_insert(task_id: str = "task-1", sess_id: str = "inst-1", **changed: Any) -> Item:
    """An item of `insertModel`; `changed` fields replace those of the sample."""
    return {
        "taskId": task_id,
        "sceneCode": Settings().scene_code,
        "subject": "请假申请",
        "priority": 3,
        "taskType": 3,
        "initiatorType": 1,
        "initiatorId": "20230001",
        "processors": sample_processors("10001"),
        "urls": [{"type": "PC", "url": f"https://process.example.edu/todo/{task_id}"}],
        "status": "RUNNING",
        "nodeId": "node-1",
        "nodeName": "院系审批",
        "createTime": _CREATED,
        "applicationModel": sample_application(sess_id),
        **changed,
    }


def sample_update(task_id: str = "task-1", sess_id: str = "inst-1", **changed: Any) -> Item:
    """An item of `updateModel.taskModels`."""
    return {
        "taskId": task_id,
        "status": "COMPLETE",
        "applicationModel": sample_application(sess_id),
        **changed,
    }


def sample_application(sess_id: str = "inst-1", **changed: Any) -> Item:
    """An `applicationModel`."""
    return {
        "processInstanceId": sess_id,
        "processInstanceStatus": "RUNNING",
        "nodeId": "node-1",
        "nodeName": "院系审批",
        "serviceName": "请假",
        **changed,
    }


def sample_processors(*accounts: str) -> list[Item]:
    """A `processors` list of these on-campus accounts."""
    return [{"processorType": 1, "processorId": account, "objectScope": 1} for account in accounts]


def sample_instance(sess_id: str = "inst-1", **changed: Any) -> Item:
    """The body of a process-instance call."""
    return {
        "processInstanceId": sess_id,
        "initiatorType": 1,
        "initiatorId": "20230001",
        "subject": "请假申请",
        "processors": sample_processors("20230001"),
        "nodeName": "事项结束",
        "processInstanceStatus": "COMPLETE",
        "urls": [],
        "createTime": _CREATED,
        **changed,
    }


def sample_older_insert(task_id: str = "task-1", sess_id: str = "inst-1", **changed: Any) -> Item:
    """An item of `inserttasks`, of the older generation."""
    return {
        "app_id": Settings().app_id,
        "task_id": task_id,
        "subject": "请假申请",
        "priority": "3",
        "process_instance_id": sess_id,
        "process_instance_status": "RUNNING",
        "assignments": [{"assign_id": "10001", "assign_name": "张三", "assign_dept": "教务处"}],
        "created_by_ids": "20230001",
        "created_on": _CREATED,
        "form_url": f"https://process.example.edu/todo/{task_id}",
        "node_id": "node-1",
        "node_name": "院系审批",
        "status": "ACTIVE",
        **changed,
    }


def sample_older_update(task_id: str = "task-1", sess_id: str = "inst-1", **changed: Any) -> Item:
    """An item of `updatetasks`, of the older generation."""
    return {
        "app_id": Settings().app_id,
        "task_id": task_id,
        "status": "COMPLETE",
        "end_on": _CREATED,
        "process_instance_id": sess_id,
        "process_instance_status": "RUNNING",
        **changed,
    }


def sample_older_form(app_id: str = "taskbridge", **task_info: Any) -> bytes:
    """The form of a push; `task_info` has `inserttasks` and `updatetasks`."""
    return urlencode({"appId": app_id, "taskInfo": msgspec.json.encode(task_info).decode()}).encode()
