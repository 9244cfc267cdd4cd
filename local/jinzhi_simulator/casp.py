"""The wire of the newer generation: the token call and the JSON calls under /casp-tdc.

The token call, the header names, `insertModel`, `updateModel.taskModels` and codes "0" and "993" are known
from public users of the API. The delete and process-instance paths, their bodies and the shape of `urls` are
not: they stand here as taskbridge sends them by default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.jinzhi_simulator.codes import (
    MALFORMED,
    SUCCESS,
    TOKEN_EXPIRED,
    UNREADABLE,
    WRONG_CREDENTIALS,
    WRONG_SCENE,
)
from local.jinzhi_simulator.fields import (
    Item,
    as_object,
    glance_text,
    read_choice,
    read_link,
    read_object,
    read_objects,
    read_optional,
    read_text,
    read_time,
    read_whole,
)
from local.jinzhi_simulator.records import INSTANCE_STATUSES, TASK_STATUSES, Change, Operation, Settings
from local.simulating.answers import Answer, Refused, decode_json, json_answer

TOKEN_PATH = "/token/gateway/accessToken"  # noqa: S105 (a path)
TASK_PATH = "/casp-tdc/task/saveOrUpdate"
DELETE_TASK_PATH = "/casp-tdc/task/delete"
DELETE_INSTANCE_PATH = "/casp-tdc/processInstance/delete"
INSTANCE_PATH = "/casp-tdc/processInstance/save"

content_type = "application/json"

_URL_TYPES = frozenset({"PC", "H5"})
_SCOPES = (1, 2)  # on-campus and off-campus accounts


def authorise_token_call(headers: Mapping[str, str], settings: Settings) -> None:
    """Refuses a token call without the right `appId` and one of the valid `appSecret`s."""
    if headers.get("appid") != settings.app_id:
        raise Refused(WRONG_CREDENTIALS, "appId is missing or unknown")
    if headers.get("appsecret") not in (settings.app_secret, *settings.older_app_secrets):
        raise Refused(WRONG_CREDENTIALS, "appSecret is missing or wrong")


def authorise(headers: Mapping[str, str], settings: Settings, token_is_valid: Callable[[str], bool]) -> None:
    """Refuses a call without the right `appId` and a living `accessToken`."""
    if headers.get("appid") != settings.app_id:
        raise Refused(WRONG_CREDENTIALS, "appId is missing or unknown")
    if not token_is_valid(headers.get("accesstoken", "")):
        raise refuse_token()


def refuse_token() -> Refused:
    """Code 993."""
    return Refused(TOKEN_EXPIRED, "accessToken is missing, wrong or expired")


def accept(settings: Settings, data: str = "") -> Answer:
    """`errcode` 0, with `data` where there is some."""
    code: str | int = 0 if settings.numeric_errcode else SUCCESS
    return json_answer({"errcode": code, "errmsg": "success", "data": data or None})


def refuse(refused: Refused, settings: Settings) -> Answer:
    """The refusal's `errcode` and `errmsg`, by default with HTTP 200."""
    code = refused.errcode
    shown: str | int = int(code) if settings.numeric_errcode and code.isdecimal() else code
    return json_answer({"errcode": shown, "errmsg": refused.message, "data": None}, refused.status)


def parse(operation: Operation, body: bytes, settings: Settings) -> list[Change]:
    """The changes of a call; HTTP 400 for what is not JSON."""
    try:
        payload = decode_json(body)
    except ValueError as error:
        raise Refused(UNREADABLE, f"the body is not JSON: {error}", 400) from None
    payload = as_object(payload, "body")
    if operation is Operation.SAVE_TASKS:
        return _parse_save(payload, settings)
    if operation is Operation.SAVE_INSTANCE:
        return [_parse_instance(payload)]
    if operation is Operation.DELETE_TASK:
        return [Change(operation, task_id=read_text(payload, "taskId", "body"))]
    return [Change(operation, sess_id=read_text(payload, "processInstanceId", "body"))]


def glance(operation: Operation, body: bytes) -> Change:
    """The operation and the ids of the first item, as far as they can be told."""
    try:
        payload = decode_json(body)
    except ValueError:
        return Change(operation)
    operation, item = _first_item(operation, payload)
    application = item.get("applicationModel") if isinstance(item, dict) else None
    if application is None:
        application = item
    return Change(
        operation,
        task_id=glance_text(item, "taskId"),
        sess_id=glance_text(application, "processInstanceId"),
        status=glance_text(item, "status"),
        instance_status=glance_text(application, "processInstanceStatus"),
        subject=glance_text(item, "subject"),
        node_name=glance_text(item, "nodeName"),
    )


def _first_item(operation: Operation, payload: Any) -> tuple[Operation, Any]:
    if operation is not Operation.SAVE_TASKS or not isinstance(payload, dict):
        return operation, payload
    inserted, model = payload.get("insertModel"), payload.get("updateModel")
    if isinstance(inserted, list) and inserted:
        return Operation.INSERT_TASK, inserted[0]
    updated = model.get("taskModels") if isinstance(model, dict) else None
    if isinstance(updated, list) and updated:
        return Operation.UPDATE_TASK, updated[0]
    return operation, None


def _parse_save(payload: Item, settings: Settings) -> list[Change]:
    if payload.get("insertModel") is None and payload.get("updateModel") is None:
        raise Refused(MALFORMED, "body: insertModel or updateModel is required")
    changes: list[Change] = []
    if payload.get("insertModel") is not None:
        items = read_objects(payload, "insertModel", "body")
        changes += [_parse_insert(item, f"insertModel[{at}]", settings.scene_code) for at, item in enumerate(items)]
    if payload.get("updateModel") is not None:
        model = read_object(payload, "updateModel", "body")
        items = read_objects(model, "taskModels", "updateModel")
        changes += [
            _parse_update(item, f"updateModel.taskModels[{at}]", settings.scene_code) for at, item in enumerate(items)
        ]
    if len(changes) > 1 and len({change.task_id for change in changes}) < len(changes):
        raise Refused(MALFORMED, "body: a taskId stands in it more than once")
    return changes


def _parse_insert(item: Item, where: str, scene_code: str) -> Change:
    task_id = read_text(item, "taskId", where)
    _check_scene(item, where, scene_code)
    for name in ("priority", "taskType", "initiatorType"):
        read_whole(item, name, where)
    read_text(item, "initiatorId", where)
    read_text(item, "nodeId", where)
    sess_id, instance_status, service_name = _read_application(item, where)
    return Change(
        Operation.INSERT_TASK,
        task_id=task_id,
        sess_id=sess_id,
        status=read_choice(item, "status", TASK_STATUSES, where),
        instance_status=instance_status,
        processors=_read_processors(item, where),
        subject=read_text(item, "subject", where),
        node_name=read_text(item, "nodeName", where, empty=True),
        service_name=service_name,
        url=_read_url(item, where),
        created=read_time(item, "createTime", where),
        item=item,
    )


def _parse_update(item: Item, where: str, scene_code: str) -> Change:
    task_id = read_text(item, "taskId", where)
    if item.get("sceneCode") is not None:
        _check_scene(item, where, scene_code)
    if item.get("nodeId") is not None:
        read_text(item, "nodeId", where)
    sess_id, instance_status, service_name = _read_application(item, where)
    return Change(
        Operation.UPDATE_TASK,
        task_id=task_id,
        sess_id=sess_id,
        status=read_choice(item, "status", TASK_STATUSES, where),
        instance_status=instance_status,
        processors=_read_new_processors(item, where),
        subject=read_optional(item, "subject", where),
        node_name=read_optional(item, "nodeName", where),
        service_name=service_name,
        url=_read_url(item, where) if item.get("urls") is not None else "",
        created=read_time(item, "createTime", where) if item.get("createTime") is not None else "",
        item=item,
    )


def _parse_instance(item: Item) -> Change:
    where = "body"
    read_whole(item, "initiatorType", where)
    read_text(item, "initiatorId", where)
    return Change(
        Operation.SAVE_INSTANCE,
        sess_id=read_text(item, "processInstanceId", where),
        instance_status=read_choice(item, "processInstanceStatus", INSTANCE_STATUSES, where),
        processors=_read_processors(item, where),
        subject=read_text(item, "subject", where),
        node_name=read_text(item, "nodeName", where, empty=True),
        url=_read_url(item, where),
        created=read_time(item, "createTime", where),
        item=item,
    )


def _check_scene(item: Item, where: str, scene_code: str) -> None:
    sent = read_text(item, "sceneCode", where)
    if sent != scene_code:
        raise Refused(WRONG_SCENE, f"{where}.sceneCode: {sent!r} is unknown")


def _read_application(item: Item, where: str) -> tuple[str, str, str]:
    model, where = read_object(item, "applicationModel", where), f"{where}.applicationModel"
    read_text(model, "nodeId", where)
    read_text(model, "nodeName", where, empty=True)
    return (
        read_text(model, "processInstanceId", where),
        read_choice(model, "processInstanceStatus", INSTANCE_STATUSES, where),
        read_text(model, "serviceName", where, empty=True),
    )


def _read_processors(item: Item, where: str) -> tuple[str, ...]:
    people = []
    for at, processor in enumerate(read_objects(item, "processors", where)):
        place = f"{where}.processors[{at}]"
        read_whole(processor, "processorType", place)
        read_whole(processor, "objectScope", place, _SCOPES)
        people.append(read_text(processor, "processorId", place))
    return tuple(people)


def _read_new_processors(item: Item, where: str) -> tuple[str, ...] | None:
    if item.get("processors") is not None:
        return _read_processors(item, where)
    if item.get("processorId") is not None:
        return (read_text(item, "processorId", where),)
    return None


def _read_url(item: Item, where: str) -> str:
    """The first PC address, else the first of any kind, else empty; every one is checked."""
    first, first_pc = "", ""
    for at, entry in enumerate(read_objects(item, "urls", where, empty=True)):
        place = f"{where}.urls[{at}]"
        link = read_link(entry, "url", place)
        first = first or link
        if read_choice(entry, "type", _URL_TYPES, place) == "PC":
            first_pc = first_pc or link
    return first_pc or first
