"""The same job the way it is usually written: one task after the other, each call alone.

Kind to itself where a choice was open: one HTTP client and one client of the store are kept, the token is fetched
once, nothing is compressed or masked, nothing is written to the console.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

STACK = "bench"  # stands here, since Celery's environment has nothing of what the surroundings need
LOGS = f"{STACK}-push-logs"
PAGES = f"{STACK}-push-log-pages"
_STATUS = {"init": "RUNNING", "completed": "COMPLETE"}
Message = dict[str, Any]


class Store(Protocol):
    """Where the log is, which is the state too: one entry for each task, and one for each call."""

    def known_sequence(self, message: Message) -> int:
        """The newest sequence that the task was pushed with, -1 for none."""

    def log_before(self, message: Message) -> None:
        """The task is going to be pushed."""

    def log_attempt(self, message: Message, attempt: dict[str, str | int]) -> None:
        """A call was made."""

    def log_after(self, message: Message, errcode: str) -> None:
        """The task was pushed."""


@dataclass
class LoneLoop:
    """Pushes tasks to the task center at `host`: a guard, a log before, the call, its attempt, a log after."""

    store: Store
    host: str
    app_id: str
    app_secret: str
    scene_code: str
    http: httpx.Client = field(default_factory=httpx.Client)
    token: str = ""

    def push(self, message: Message) -> None:
        """One message of the push queue."""
        if self.store.known_sequence(message) >= message["sequence"]:
            return
        self.store.log_before(message)
        request = build_request(message, self.scene_code)
        started = time.time()
        response = self.http.post(f"{self.host}/casp-tdc/task/saveOrUpdate", json=request, headers=self._headers())
        attempt: dict[str, str | int] = {
            "request": json.dumps(request, ensure_ascii=False),
            "status": response.status_code,
            "response": response.text,
            "started": f"{started:.3f}",
            "duration_ms": round((time.time() - started) * 1000),
        }
        self.store.log_attempt(message, attempt)
        answer = response.json()
        if answer["errcode"] != "0":
            raise RuntimeError(f"the task center refused: {answer}")
        self.store.log_after(message, answer["errcode"])

    def _headers(self) -> dict[str, str]:
        if not self.token:
            headers = {"appId": self.app_id, "appSecret": self.app_secret}
            self.token = self.http.get(f"{self.host}/token/gateway/accessToken", headers=headers).json()["data"]
        return {"appId": self.app_id, "accessToken": self.token}


@dataclass(frozen=True, slots=True)
class DynamoStore:
    """The log in DynamoDB: one GetItem, two PutItem, one UpdateItem for a task. `client` is boto3's."""

    client: Any

    def known_sequence(self, message: Message) -> int:
        """See Store."""
        answer = self.client.get_item(TableName=LOGS, Key=_key(message), ConsistentRead=True)
        return int(answer["Item"]["sequence"]["N"]) if "Item" in answer else -1

    def log_before(self, message: Message) -> None:
        """See Store."""
        item = {
            **_key(message),
            "sess_id": {"S": message["sess_id"]},
            "action": {"S": message["action"]},
            "sequence": {"N": str(message["sequence"])},
            "status": {"S": "retrying"},
            "received_at": {"S": message["received_at"]},
        }
        self.client.put_item(TableName=LOGS, Item=item)

    def log_attempt(self, message: Message, attempt: dict[str, str | int]) -> None:
        """See Store."""
        item = {
            "bucket": {"S": message["event_id"]},
            "page": {"S": str(attempt["started"])},
            "request": {"S": str(attempt["request"])},
            "status": {"N": str(attempt["status"])},
            "response": {"S": str(attempt["response"])},
            "duration_ms": {"N": str(attempt["duration_ms"])},
        }
        self.client.put_item(TableName=PAGES, Item=item)

    def log_after(self, message: Message, errcode: str) -> None:
        """See Store."""
        self.client.update_item(
            TableName=LOGS,
            Key=_key(message),
            UpdateExpression="SET #s = :status, errcode = :errcode, settled_at = :now",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={
                ":status": {"S": "succeeded"},
                ":errcode": {"S": errcode},
                ":now": {"N": f"{time.time():.3f}"},
            },
        )


def _key(message: Message) -> dict[str, Any]:
    return {"event_id": {"S": message["tasks"][0]["task_id"]}, "platform_id": {"S": message["platform_id"]}}


def build_request(message: Message, scene_code: str) -> dict[str, Any]:
    """The body of the call: the same fields with the same values as the adapter sends."""
    task, instance = message["tasks"][0], message["instance"]
    url = f"https://process.example.edu.cn/todo/{message['sess_id']}/{task['task_id']}"
    item = {
        "taskId": task["task_id"],
        "status": _STATUS[task["status"]],
        "urls": [{"type": "PC", "url": url}],
        "nodeId": task["node_id"],
        "nodeName": task["node_name"],
        "applicationModel": {
            "processInstanceId": message["sess_id"],
            "processInstanceStatus": "RUNNING",
            "nodeId": task["node_id"],
            "nodeName": task["node_name"],
            "serviceName": instance["app_name"],
        },
    }
    if task["status"] != "init":
        return {"updateModel": {"taskModels": [item]}}
    item |= {
        "sceneCode": scene_code,
        "subject": instance["subject"],
        "priority": task["priority"],
        "taskType": 3,
        "initiatorType": 1,
        "initiatorId": instance["initiator"][1],
        "processors": [{"processorType": 1, "processorId": who[1], "objectScope": 1} for who in task["assignees"]],
        "createTime": task["created_at"][:19].replace("T", " "),
    }
    return {"insertModel": [item]}
