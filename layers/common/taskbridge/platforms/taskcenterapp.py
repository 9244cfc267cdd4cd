"""taskcenterapp, the older generation of the JinZhi (金智, Wisedu) task center: a form field with JSON in it.

Everything is one path: `taskInfo` holds `inserttasks` and `updatetasks`, a delete is an update with a flag,
the token is issued by the school and does not change. Known from public users of the API; it has no call
for a process instance alone, so `save_instance` is not among its capabilities.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET

from taskbridge.commands import (
    Command,
    DeleteInstance,
    DeleteTask,
    InstanceView,
    Operation,
    SaveTask,
    SessionStatus,
    TaskStatus,
    TaskView,
)
from taskbridge.errors import PermanentError
from taskbridge.platforms.base import Request, TaskCenter, link_places
from taskbridge.platforms.formats import UrlTemplate, format_time, zone
from taskbridge.platforms.settings import Secret, codes, secret, setting
from taskbridge.platforms.task_center_settings import LinkSettings
from taskbridge.reasons import build_reason

# Public users send only RUNNING and COMPLETE. An instance that is over in any way is COMPLETE.
_OVER = frozenset({SessionStatus.COMPLETED, SessionStatus.ABORTED, SessionStatus.REVOKED})


class TaskCenterAppSettings(LinkSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one older task center. Its links become form_url, form_url_view and their mobile twins."""

    app_id: Annotated[str, setting(("应用 ID", "App id"), format="header-text", group="connection")]
    access_token: Annotated[
        Secret,
        secret(("访问令牌", "Access token"), ("由学校发放，不会过期。", "Issued by the school, does not expire.")),
    ] = UNSET
    task_path: Annotated[
        str, setting(("推送路径", "Push path"), format="path", group="connection", receives_secret=True)
    ] = "/taskcenterapp/sys/taskCenter/taskReceive/pushTask.do"
    # Every public user sends form_url; a todo that cannot be opened helps nobody.
    pc_todo_url: Annotated[
        str, setting(("电脑端待办链接", "Todo link, PC"), format="url-template", group="links", min_length=1)
    ]
    biz_domain: Annotated[str, setting(("业务域", "Business domain (biz_domain)"), ask=True, group="scene")] = ""
    success_codes: Annotated[
        tuple[str, ...],
        codes(("成功码", "Success codes"), ("push_result 的值。", "Values of push_result."), ask=False, least=1),
    ] = ("SUCCESS",)


class JinZhiTaskCenterApp(TaskCenter):
    """Todos by `inserttasks` and `updatetasks`, one item a request.

    Not sent, because a command does not carry it: when a task or an instance ended. An update of an open task
    carries its assignees; whether the school's version takes them is to be asked.
    """

    class_name: ClassVar[str] = "JinZhiTaskCenterApp"
    title: ClassVar[Mapping[str, str]] = {
        "zh": "金智任务中心（旧版）",
        "en": "JinZhi task center (taskcenterapp)",
    }
    vendor: ClassVar[Mapping[str, str]] = {"zh": "金智", "en": "JinZhi (金智)"}
    capabilities: ClassVar[frozenset[Operation]] = frozenset(Operation) - {Operation.SAVE_INSTANCE}
    uses_token: ClassVar[bool] = False
    secret_field: ClassVar[str] = "access_token"  # noqa: S105 - a name
    code_key: ClassVar[str] = "push_result"
    message_key: ClassVar[str] = "message"
    Settings = TaskCenterAppSettings
    settings: TaskCenterAppSettings

    def __init__(self, platform_id: str, settings: TaskCenterAppSettings) -> None:
        super().__init__(platform_id, settings)
        self._zone = zone(settings.time_zone)
        links = {
            "form_url": settings.pc_todo_url,
            "form_url_view": settings.pc_apply_url,
            "form_mobile_url": settings.h5_todo_url,
            "form_mobile_url_view": settings.h5_apply_url,
        }
        self._links = {key: UrlTemplate(text) for key, text in links.items() if text}

    def build_request(self, command: Command, token: str) -> Request:
        """A form POST; the static token travels in the header `accessToken`."""
        app_id = self.settings.app_id
        info = msgspec.json.encode(self._task_info(command)).decode()
        headers = {"appId": app_id, "accessToken": token, "accept": "application/json"}
        return Request("POST", self.settings.task_path, headers, form={"appId": app_id, "taskInfo": info})

    def _task_info(self, command: Command) -> dict[str, list[dict[str, Any]]]:
        match command:
            case SaveTask(operation=Operation.INSERT_TASK):
                return {"inserttasks": [self._inserted(command.task, command.instance)], "updatetasks": []}
            case SaveTask():
                item = self._updated(command.task, command.instance)
            case DeleteTask():
                item = {
                    "task_id": command.task_id,
                    "process_instance_id": command.sess_id,
                    "task_delete_flag": 1,
                }
            case DeleteInstance():
                item = {"process_instance_id": command.sess_id, "process_delete_flag": 1}
            case _:
                raise PermanentError(build_reason("no_call", platform=self.class_name, operation=command.operation))
        return {"inserttasks": [], "updatetasks": [{"app_id": self.settings.app_id, **item}]}

    def _inserted(self, task: TaskView, instance: InstanceView) -> dict[str, Any]:
        initiator = instance.initiator
        item = {
            "app_id": self.settings.app_id,
            "task_id": task.task_id,
            "subject": instance.subject,
            "priority": task.priority,
            "appName": instance.app_name,
            "biz_key": instance.sess_id,
            "biz_domain": self.settings.biz_domain,
            "process_instance_id": instance.sess_id,
            "process_id": instance.app_id,
            "process_name": instance.app_name,
            "assignments": _assignments(task),
            "created_by_ids": initiator.account,
            "created_by_names": initiator.name,
            "node_id": task.node_id,
            "node_name": task.node_name,
            "process_instance_initiator": initiator.name,
            "process_instance_initiator_id": initiator.account,
            "process_instance_subject": instance.subject,
            **self._state(task, instance),
        }
        created = task.created_at or instance.created_at
        if created:
            item["created_on"] = format_time(created, self._zone, self.settings.time_format)
        return item

    def _updated(self, task: TaskView, instance: InstanceView) -> dict[str, Any]:
        item = {
            "task_id": task.task_id,
            "process_instance_id": instance.sess_id,
            **self._state(task, instance),
        }
        if task.assignees and task.status is TaskStatus.INIT:
            item["assignments"] = _assignments(task)
        elif task.assignees:
            item["actual_owner_id"] = task.assignees[0].account
            item["actual_owner_name"] = task.assignees[0].name
        return item

    def _state(self, task: TaskView, instance: InstanceView) -> dict[str, Any]:
        places = link_places(instance, task)
        return {
            "status": "ACTIVE" if task.status is TaskStatus.INIT else "COMPLETE",
            "process_instance_status": "COMPLETE" if instance.status in _OVER else "RUNNING",
            **{key: template.fill(places) for key, template in self._links.items()},
        }


def _assignments(task: TaskView) -> list[dict[str, str]]:
    return [{"assign_id": person.account, "assign_name": person.name} for person in task.assignees]
