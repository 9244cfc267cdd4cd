"""JinZhi (金智, Wisedu) task center, the generation with `saveOrUpdate` and a gateway token.

Token call, push path, `errcode` and the items of `insertModel` and `updateModel` are known from public
users of the API; the three other paths and every code table are not public, so they are settings.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET, Struct

from taskbridge.commands import (
    Command,
    DeleteInstance,
    DeleteTask,
    InstanceView,
    Operation,
    Person,
    SaveInstance,
    SaveTask,
    SessionStatus,
    TaskStatus,
    TaskView,
)
from taskbridge.errors import TransientError
from taskbridge.platforms.base import Request, TaskCenter, link_places
from taskbridge.platforms.formats import UrlTemplate, format_time, is_header_text, zone
from taskbridge.platforms.http_answers import OutcomeKind, Response, classify, error_of
from taskbridge.platforms.settings import Code, Secret, TokenExpiredCodes, secret, setting
from taskbridge.platforms.task_center_settings import LinkSettings
from taskbridge.reasons import build_reason


class PriorityMap(Struct, frozen=True, kw_only=True):
    """Priorities as the task center numbers them. Keys 1 (very urgent) to 3 (normal)."""

    very_urgent: Annotated[Code, setting(("特急", "Very urgent"))] = msgspec.field(name="1", default=1)
    urgent: Annotated[Code, setting(("紧急", "Urgent"))] = msgspec.field(name="2", default=2)
    normal: Annotated[Code, setting(("一般", "Normal"))] = msgspec.field(name="3", default=3)


class StatusMap(Struct, frozen=True, kw_only=True):
    """Statuses as the task center names them: of an instance, and (`task_`) of a task."""

    running: Annotated[str, setting(("进行中", "Running"))] = "RUNNING"
    completed: Annotated[str, setting(("已完成", "Completed"))] = "COMPLETE"
    revoked: Annotated[str, setting(("已撤销", "Revoked"))] = "COMPLETE"
    aborted: Annotated[str, setting(("已中止", "Aborted"))] = "ABORT"
    rejected: Annotated[str, setting(("已驳回", "Rejected"))] = "RUNNING"
    draft: Annotated[str, setting(("草稿", "Draft"))] = "RUNNING"
    task_init: Annotated[str, setting(("任务待办", "Task open"))] = "RUNNING"
    task_completed: Annotated[str, setting(("任务已办", "Task completed"))] = "COMPLETE"
    task_aborted: Annotated[str, setting(("任务中止", "Task aborted"))] = "COMPLETE"


class UrlTypes(Struct, frozen=True, kw_only=True):
    """What `urls[].type` says for each terminal."""

    pc: Annotated[Code, setting(("电脑端", "PC"))] = "PC"
    h5: Annotated[Code, setting(("手机端", "Mobile"))] = "H5"


class JinZhiSettings(LinkSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one JinZhi task center."""

    app_id: Annotated[str, setting(("应用 ID", "App id"), format="header-text", group="connection")]
    app_secret: Annotated[
        Secret,
        secret(
            ("应用密钥", "App secret"),
            (
                "只写不读；更换期间旧密钥可继续有效。",
                "Write-only; while it is changed the old one may stay valid.",
            ),
        ),
    ] = UNSET
    scene_code: Annotated[
        str, setting(("业务场景编码", "Scene code (sceneCode)"), ask=True, group="scene", min_length=1)
    ]
    token_path: Annotated[
        str, setting(("令牌路径", "Token path"), format="path", group="connection", receives_secret=True)
    ] = "/token/gateway/accessToken"  # noqa: S105 - a path
    task_path: Annotated[
        str, setting(("任务新增或更新路径", "Task path (saveOrUpdate)"), format="path", group="connection")
    ] = "/casp-tdc/task/saveOrUpdate"
    delete_task_path: Annotated[
        str, setting(("待办删除路径", "Delete-todo path"), ask=True, format="path", group="connection")
    ] = "/casp-tdc/task/delete"
    delete_instance_path: Annotated[
        str, setting(("实例删除路径", "Delete-instance path"), ask=True, format="path", group="connection")
    ] = "/casp-tdc/processInstance/delete"
    instance_path: Annotated[
        str, setting(("流程实例路径", "Process-instance path"), ask=True, format="path", group="connection")
    ] = "/casp-tdc/processInstance/save"
    task_type: Annotated[Code, setting(("任务类型", "taskType"), ask=True, group="codes")] = 3
    priority_map: Annotated[PriorityMap, setting(("优先级映射", "Priorities"), ask=True, group="codes")] = PriorityMap()
    initiator_type: Annotated[Code, setting(("发起人类型", "initiatorType"), ask=True, group="codes")] = 1
    processor_type: Annotated[Code, setting(("处理人类型", "processorType"), ask=True, group="codes")] = 1
    object_scope: Annotated[
        Code,
        setting(
            ("账号范围", "objectScope"),
            ("1 校内账号，2 校外账号。", "1 on-campus account, 2 off-campus account."),
            ask=True,
            group="codes",
        ),
    ] = 1
    status_map: Annotated[StatusMap, setting(("状态映射", "Statuses"), ask=True, group="codes")] = StatusMap()
    url_types: Annotated[UrlTypes, setting(("链接类型", "Link types"), ask=True, group="codes")] = UrlTypes()
    token_expired_codes: TokenExpiredCodes = ("993",)


class JinZhiTaskCenter(TaskCenter):
    """Todos by `insertModel` and `updateModel`, one item a request, so that one bad item fails alone.

    An item says only what is known: an update of a task whose assignees are unknown carries no
    `processors`, a link whose template is empty is left out, and so is a `createTime` that nobody gave.
    Texts pass as they are: their limits are not public, and a subject cut in silence is worse than one that
    is refused.
    """

    class_name: ClassVar[str] = "JinZhiTaskCenter"
    title: ClassVar[Mapping[str, str]] = {"zh": "金智任务中心", "en": "JinZhi task center"}
    vendor: ClassVar[Mapping[str, str]] = {"zh": "金智", "en": "JinZhi (金智)"}
    limits: ClassVar[Mapping[str, Any]] = {"items_per_request": 1, "token_lifetime_s": 7200}
    Settings = JinZhiSettings
    settings: JinZhiSettings

    def __init__(self, platform_id: str, settings: JinZhiSettings) -> None:
        super().__init__(platform_id, settings)
        statuses = settings.status_map
        self._headers = {"appId": settings.app_id, "accept": "application/json"}
        self._zone = zone(settings.time_zone)
        self._instance_status = {status: getattr(statuses, status.value) for status in SessionStatus}
        self._task_status = {status: getattr(statuses, f"task_{status.value}") for status in TaskStatus}
        priorities = settings.priority_map
        self._priority = {1: priorities.very_urgent, 2: priorities.urgent, 3: priorities.normal}
        self._todo_links = _templates(settings, settings.pc_todo_url, settings.h5_todo_url)
        self._apply_links = _templates(settings, settings.pc_apply_url, settings.h5_apply_url)

    def build_request(self, command: Command, token: str) -> Request:
        """A JSON POST; `token` travels in the header `accessToken`."""
        path, body = self._address(command)
        return Request("POST", path, {**self._headers, "accessToken": token}, json=body)

    def _address(self, command: Command) -> tuple[str, dict[str, Any]]:
        settings = self.settings
        match command:
            case SaveTask(operation=Operation.INSERT_TASK):
                return settings.task_path, {"insertModel": [self._inserted(command.task, command.instance)]}
            case SaveTask():
                item = self._updated(command.task, command.instance)
                return settings.task_path, {"updateModel": {"taskModels": [item]}}
            case SaveInstance():
                return settings.instance_path, self._instance_item(command)
            case DeleteTask():
                return settings.delete_task_path, {"taskId": command.task_id}
            case DeleteInstance():
                return settings.delete_instance_path, {"processInstanceId": command.sess_id}

    def _inserted(self, task: TaskView, instance: InstanceView) -> dict[str, Any]:
        settings = self.settings
        item = {
            "taskId": task.task_id,
            "sceneCode": settings.scene_code,
            "subject": instance.subject,
            "priority": self._priority[task.priority],
            "taskType": settings.task_type,
            "initiatorType": settings.initiator_type,
            "initiatorId": instance.initiator.account,
            "processors": self._processors(task.assignees),
            "urls": self._task_urls(task, instance),
            "status": self._task_status[task.status],
            "nodeId": task.node_id,
            "nodeName": task.node_name,
            "applicationModel": self._application(task, instance),
        }
        created = task.created_at or instance.created_at
        if created:
            item["createTime"] = format_time(created, self._zone, settings.time_format)
        return item

    def _updated(self, task: TaskView, instance: InstanceView) -> dict[str, Any]:
        item: dict[str, Any] = {"taskId": task.task_id, "status": self._task_status[task.status]}
        if task.assignees:
            item["processors"] = self._processors(task.assignees)
        urls = self._task_urls(task, instance)
        if urls:
            item["urls"] = urls
        item["nodeId"] = task.node_id
        item["nodeName"] = task.node_name
        item["applicationModel"] = self._application(task, instance)
        return item

    def _instance_item(self, command: SaveInstance) -> dict[str, Any]:
        # Nobody but the initiator took part in an instance that ended as it started.
        settings, instance = self.settings, command.instance
        item = {
            "processInstanceId": instance.sess_id,
            "initiatorType": settings.initiator_type,
            "initiatorId": instance.initiator.account,
            "subject": instance.subject,
            "processors": self._processors((instance.initiator,)),
            "nodeName": command.node_name,
            "processInstanceStatus": self._instance_status[instance.status],
            "urls": _links(self._apply_links, link_places(instance)),
        }
        if instance.created_at:
            item["createTime"] = format_time(instance.created_at, self._zone, settings.time_format)
        return item

    def _application(self, task: TaskView, instance: InstanceView) -> dict[str, Any]:
        return {
            "processInstanceId": instance.sess_id,
            "processInstanceStatus": self._instance_status[instance.status],
            "nodeId": task.node_id,
            "nodeName": task.node_name,
            "serviceName": instance.app_name,
        }

    def _processors(self, people: tuple[Person, ...]) -> list[dict[str, Any]]:
        kind, scope = self.settings.processor_type, self.settings.object_scope
        return [{"processorType": kind, "processorId": person.account, "objectScope": scope} for person in people]

    def _task_urls(self, task: TaskView, instance: InstanceView) -> list[dict[str, Any]]:
        templates = self._todo_links if task.status is TaskStatus.INIT else self._apply_links
        return _links(templates, link_places(instance, task))

    def build_token_request(self, secret: str) -> Request:
        """A GET without a body: app id and secret travel in headers."""
        return Request("GET", self.settings.token_path, {**self._headers, "appSecret": secret})

    def parse_token_response(self, response: Response) -> str:
        """`{"errcode": "0", "data": "<token>"}` gives the token; raises PlatformError."""
        answer = self.read_answer(response)
        outcome = classify(None, response, answer, self.codes)
        if outcome.verdict is not OutcomeKind.OK:
            raise error_of(outcome, self._token_problem(response, answer.code, outcome.message))
        try:
            token = msgspec.json.decode(answer.fields.get("data", b"null"), type=str)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            token = ""
        if not is_header_text(token):
            raise TransientError(build_reason("not_a_token"), status=response.status)
        return token

    def _token_problem(self, response: Response, code: str | None, message: str) -> str:
        where = f"{self.settings.host}{self.settings.token_path}"
        if code is None and response.status in {200, 404, 405}:
            return build_reason("token_address", where=where, why=message)
        if code is not None or response.status in {401, 403}:
            return build_reason("secret_refused", why=message)
        return build_reason("token_failed", why=message)


def _templates(settings: JinZhiSettings, pc: str, h5: str) -> tuple[tuple[Code, UrlTemplate], ...]:
    pairs = ((settings.url_types.pc, pc), (settings.url_types.h5, h5))
    return tuple((kind, UrlTemplate(text)) for kind, text in pairs if text)


def _links(templates: tuple[tuple[Code, UrlTemplate], ...], places: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"type": kind, "url": template.fill(places)} for kind, template in templates]
