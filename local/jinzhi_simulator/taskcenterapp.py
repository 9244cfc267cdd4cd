"""The wire of the older generation (taskcenterapp): one form call that inserts, updates and deletes.

Known from public senders: the path, the form fields `appId` and `taskInfo`, `inserttasks` and `updatetasks`,
success as `push_result` SUCCESS, the names of the fields, the delete flags (the number 1), task statuses
ACTIVE and COMPLETE, instance statuses RUNNING and COMPLETE, priorities 0 to 3 (sent as text or number).
How a refusal looks is not: here `push_result` is FAIL with `errcode` and `message`, and a wrong token is
HTTP 401.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from local.jinzhi_simulator.codes import MALFORMED, TOKEN_EXPIRED, UNREADABLE, WRONG_CREDENTIALS
from local.jinzhi_simulator.fields import (
    Item,
    as_object,
    glance_text,
    malformed,
    read_choice,
    read_link,
    read_objects,
    read_optional,
    read_text,
    read_time,
)
from local.jinzhi_simulator.records import Change, Operation, Settings
from local.simulating.answers import Answer, Refused, decode_json, json_answer

PUSH_PATH = "/taskcenterapp/sys/taskCenter/taskReceive/pushTask.do"

content_type = "application/x-www-form-urlencoded"

_STATUSES = {"ACTIVE": "RUNNING", "COMPLETE": "COMPLETE"}
_INSTANCE_STATUSES = frozenset({"RUNNING", "COMPLETE"})
_PRIORITIES = frozenset({"0", "1", "2", "3"})


def authorise(headers: Mapping[str, str], settings: Settings, token_is_valid: Callable[[str], bool]) -> None:
    """Refuses a call without the right `appId` and the static `accessToken`; issued tokens do not count."""
    del token_is_valid
    if headers.get("appid") != settings.app_id:
        raise Refused(WRONG_CREDENTIALS, "header appId is missing or unknown")
    if headers.get("accesstoken") != settings.static_token:
        raise refuse_token()


def refuse_token() -> Refused:
    """HTTP 401."""
    return Refused(TOKEN_EXPIRED, "accessToken is missing or wrong", 401)


def accept(settings: Settings, data: str = "") -> Answer:
    """`push_result` SUCCESS."""
    del settings, data
    return json_answer({"push_result": "SUCCESS"})


def refuse(refused: Refused, settings: Settings) -> Answer:
    """`push_result` FAIL, with the code and its reason."""
    del settings
    return json_answer({"push_result": "FAIL", "errcode": refused.errcode, "message": refused.message}, refused.status)


def parse(operation: Operation, body: bytes, settings: Settings) -> list[Change]:
    """The changes of a call, inserts first; HTTP 400 for what is not a form with JSON in `taskInfo`."""
    del operation
    form = _read_form(body)
    if read_text(form, "appId", "form") != settings.app_id:
        raise Refused(WRONG_CREDENTIALS, "form.appId is unknown")
    try:
        payload = decode_json(read_text(form, "taskInfo", "form"))
    except ValueError as error:
        raise Refused(UNREADABLE, f"form.taskInfo is not JSON: {error}", 400) from None
    return _parse_info(as_object(payload, "taskInfo"), settings.app_id)


def glance(operation: Operation, body: bytes) -> Change:
    """The operation and the ids of the first item, as far as they can be told."""
    try:
        payload = decode_json(glance_text(_read_form(body), "taskInfo"))
    except (ValueError, Refused):
        return Change(operation)
    operation, item = _first_item(operation, payload)
    return Change(
        operation,
        task_id=glance_text(item, "task_id"),
        sess_id=glance_text(item, "process_instance_id"),
        status=glance_text(item, "status"),
        instance_status=glance_text(item, "process_instance_status"),
        subject=glance_text(item, "subject"),
        node_name=glance_text(item, "node_name"),
    )


def _first_item(operation: Operation, payload: Any) -> tuple[Operation, Any]:
    if isinstance(payload, dict):
        for name, named in (("inserttasks", Operation.INSERT_TASK), ("updatetasks", Operation.UPDATE_TASK)):
            items = payload.get(name)
            if isinstance(items, list) and items:
                return named, items[0]
    return operation, None


def _read_form(body: bytes) -> dict[str, str]:
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError as error:
        raise Refused(UNREADABLE, f"the body is not a form: {error}", 400) from None
    for name, values in fields.items():
        if len(values) > 1:
            raise malformed(f"form.{name}", "stands in it more than once")
    return {name: values[0] for name, values in fields.items()}


def _parse_info(payload: Item, app_id: str) -> list[Change]:
    if payload.get("inserttasks") is None and payload.get("updatetasks") is None:
        raise Refused(MALFORMED, "taskInfo: inserttasks or updatetasks is required")
    changes: list[Change] = []
    if payload.get("inserttasks") is not None:
        for at, item in enumerate(read_objects(payload, "inserttasks", "taskInfo", empty=True)):
            changes.append(_parse_insert(item, f"inserttasks[{at}]", app_id))
    if payload.get("updatetasks") is not None:
        for at, item in enumerate(read_objects(payload, "updatetasks", "taskInfo", empty=True)):
            changes += _parse_update(item, f"updatetasks[{at}]", app_id)
    if not changes:
        raise Refused(MALFORMED, "taskInfo: inserttasks and updatetasks are empty")
    ids = [change.task_id for change in changes if change.task_id]
    if len(set(ids)) < len(ids):
        raise Refused(MALFORMED, "taskInfo: a task_id stands in it more than once")
    return changes


def _parse_insert(item: Item, where: str, app_id: str) -> Change:
    _check_app(item, where, app_id)
    _check_priority(item, where)
    read_text(item, "created_by_ids", where)
    read_text(item, "node_id", where)
    return Change(
        Operation.INSERT_TASK,
        task_id=read_text(item, "task_id", where),
        sess_id=read_text(item, "process_instance_id", where),
        status=_STATUSES[read_choice(item, "status", _STATUSES, where)],
        instance_status=read_choice(item, "process_instance_status", _INSTANCE_STATUSES, where),
        processors=_read_assignments(item, where),
        subject=read_text(item, "subject", where),
        node_name=read_text(item, "node_name", where, empty=True),
        service_name=read_optional(item, "appName", where) or read_optional(item, "process_name", where),
        url=read_link(item, "form_url", where),
        created=read_time(item, "created_on", where),
        item=item,
    )


def _parse_update(item: Item, where: str, app_id: str) -> list[Change]:
    _check_app(item, where, app_id)
    deletes = _parse_flags(item, where)
    if deletes:
        return deletes
    for name in ("end_on", "process_instance_ent_date"):
        if item.get(name):
            read_time(item, name, where)
    for name in ("actual_owner_id", "actual_owner_name", "actual_owner_dept"):
        read_optional(item, name, where)
    return [
        Change(
            Operation.UPDATE_TASK,
            task_id=read_text(item, "task_id", where),
            sess_id=read_text(item, "process_instance_id", where),
            status=_STATUSES[read_choice(item, "status", _STATUSES, where)],
            instance_status=read_choice(item, "process_instance_status", _INSTANCE_STATUSES, where),
            processors=_read_assignments(item, where) if item.get("assignments") is not None else None,
            subject=read_optional(item, "subject", where),
            node_name=read_optional(item, "node_name", where),
            url=read_link(item, "form_url", where) if item.get("form_url") else "",
            item=item,
        )
    ]


def _parse_flags(item: Item, where: str) -> list[Change]:
    """The deletes that an update asks for, the task before its instance."""
    sess_id = ""
    changes = []
    if _read_flag(item, "task_delete_flag", where) or _read_flag(item, "process_delete_flag", where):
        sess_id = read_text(item, "process_instance_id", where)
    if _read_flag(item, "task_delete_flag", where):
        task_id = read_text(item, "task_id", where)
        changes.append(Change(Operation.DELETE_TASK, task_id=task_id, sess_id=sess_id, item=item))
    if _read_flag(item, "process_delete_flag", where):
        changes.append(Change(Operation.DELETE_INSTANCE, sess_id=sess_id, item=item))
    return changes


def _read_flag(item: Item, name: str, where: str) -> bool:
    value = item.get(name)
    if isinstance(value, bool) or value not in (None, 0, 1, "0", "1"):
        raise malformed(f"{where}.{name}", f"0 or 1 is required, got {value!r}")
    return value in (1, "1")


def _check_app(item: Item, where: str, app_id: str) -> None:
    if read_text(item, "app_id", where) != app_id:
        raise Refused(WRONG_CREDENTIALS, f"{where}.app_id is unknown")


def _check_priority(item: Item, where: str) -> None:
    value = item.get("priority")
    if isinstance(value, bool) or not isinstance(value, int | str) or str(value) not in _PRIORITIES:
        raise malformed(f"{where}.priority", f"0 to 3 is required, got {value!r}")


def _read_assignments(item: Item, where: str) -> tuple[str, ...]:
    people = []
    for at, assignment in enumerate(read_objects(item, "assignments", where)):
        place = f"{where}.assignments[{at}]"
        for name in ("assign_name", "assign_dept"):
            read_optional(assignment, name, place)
        people.append(read_text(assignment, "assign_id", place))
    return tuple(people)
