"""A plain caller of a task center in this process: what tests and experiments speak through.

It retries nothing and hides nothing; the real client is taskbridge's own.
"""

from __future__ import annotations

from typing import Any

import msgspec

from local.jinzhi_simulator import casp, taskcenterapp
from local.jinzhi_simulator.model import TaskCenter
from local.jinzhi_simulator.records import ViolationKind
from local.simulating.answers import Answer
from tests.unit.local.jinzhi_samples import (
    sample_insert,
    sample_instance,
    sample_older_form,
    sample_update,
)


class Caller:
    """Calls `center` with its own credentials and a token that is fetched once, at the beginning.

    Methods that are named for an operation send the sample of it, with `changed` fields, and return the
    errcode as text. All raise what `TaskCenter.handle` raises.
    """

    def __init__(self, center: TaskCenter) -> None:
        self.center = center
        self.token: str = read(self.fetch_token())["data"]

    def fetch_token(self, app_id: str | None = None, secret: str | None = None) -> Answer:
        """The answer to a token call, with the right credentials unless told otherwise."""
        settings = self.center.settings
        headers = {
            "appId": settings.app_id if app_id is None else app_id,
            "appSecret": settings.app_secret if secret is None else secret,
        }
        return self.center.handle("GET", casp.TOKEN_PATH, headers, b"")

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """The answer to a JSON call; `body` may be bytes as they are."""
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        sent = {"appId": self.center.settings.app_id, "accessToken": self.token}
        return self.center.handle("POST", path, {**sent, "Content-Type": casp.content_type, **headers}, content)

    def push(self, body: bytes | None = None, /, *, token: str | None = None, **task_info: Any) -> Answer:
        """The answer to a push of the older generation, of `task_info` or of a body as it is."""
        settings = self.center.settings
        headers = {
            "appId": settings.app_id,
            "accessToken": settings.static_token if token is None else token,
            "Content-Type": taskcenterapp.content_type,
        }
        form = sample_older_form(settings.app_id, **task_info) if body is None else body
        return self.center.handle("POST", taskcenterapp.PUSH_PATH, headers, form)

    def insert(self, *ids: str, **changed: Any) -> str:
        """Inserts the sample task."""
        return self.code(casp.TASK_PATH, {"insertModel": [sample_insert(*ids, **changed)]})

    def update(self, *ids: str, **changed: Any) -> str:
        """Completes the sample task, unless `changed` says otherwise."""
        return self.code(casp.TASK_PATH, {"updateModel": {"taskModels": [sample_update(*ids, **changed)]}})

    def delete_task(self, task_id: str = "task-1") -> str:
        """Deletes a task."""
        return self.code(casp.DELETE_TASK_PATH, {"taskId": task_id})

    def delete_instance(self, sess_id: str = "inst-1") -> str:
        """Deletes an instance."""
        return self.code(casp.DELETE_INSTANCE_PATH, {"processInstanceId": sess_id})

    def save_instance(self, *ids: str, **changed: Any) -> str:
        """Saves the sample instance, which is complete."""
        return self.code(casp.INSTANCE_PATH, sample_instance(*ids, **changed))

    def violations(self) -> list[ViolationKind]:
        """The kinds of the violations so far."""
        return [violation.kind for violation in self.center.violations]

    def code(self, path: str, body: Any) -> str:
        """The errcode with which a JSON call is answered, as text."""
        return str(read(self.post(path, body))["errcode"])


def read(answer: Answer) -> dict[str, Any]:
    """The JSON object in an answer."""
    return msgspec.json.decode(answer.body, type=dict[str, Any])
