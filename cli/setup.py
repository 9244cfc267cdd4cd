"""`taskbridge setup`: the first task center, from its address to the first todo."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer

from cli.api import path_of
from cli.bus import send_events
from cli.errors import REFUSED, CommandError
from cli.event_files import Found
from cli.events import show_outcomes, wait_for
from cli.platform_form import ask_settings, parse_settings, type_named
from cli.platforms import connection_facts, put_platform
from cli.screen import build_facts
from cli.session import Session

Assignee = Annotated[str, typer.Option("--todo-for", metavar="NUMBER", help="Whose test todo is sent: staff number.")]


def set_up(
    context: typer.Context,
    settings: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE...", help="What need not be asked.")
    ] = None,
    class_name: Annotated[str, typer.Option("--type", metavar="TYPE", help="Of the platform.")] = "JinZhiTaskCenter",
    platform_id: Annotated[str, typer.Option("--id", metavar="ID")] = "jinzhi",
    assignee: Assignee = "",
    keep: Annotated[bool, typer.Option("--keep", help="Leave the test todo there.")] = False,
) -> int:
    """Set the first task center up: asks for its settings, tries the connection, saves it, and sends a test todo.

    What need not be asked may stand on the line: `taskbridge setup host=https://gateway.school.edu.cn app_id=tb`.
    """
    session: Session = context.obj
    kind = type_named(class_name, session)
    tell = session.screen.tell
    tell(f"{kind['title']['en']}: settings, connection, a test todo. Ctrl-C stops at any place.")
    platform = _save(kind, parse_settings(kind, settings or []), platform_id, session)
    found = session.api.post(path_of("platforms", platform_id, "test"))
    session.screen.told.print(build_facts("The connection", connection_facts(found)))
    if not found["ok"]:
        tell(f"It is saved, and can't be worked with yet. Mend it: taskbridge platforms set {platform_id} NAME=VALUE")
        session.screen.show(platform)
        return REFUSED
    if not assignee:
        tell("Next: taskbridge setup --todo-for NUMBER sends a test todo to a person of yours.")
        session.screen.show(platform)
        return 0
    return _try_todo(assignee, platform_id, session, keep=keep)


def _save(kind: Mapping[str, Any], given: Mapping[str, Any], platform_id: str, session: Session) -> Mapping[str, Any]:
    """The platform: made where there is none, else with what was named changed."""
    before = session.api.find(path_of("platforms", platform_id))
    if before is None:
        body = {"id": platform_id, "name": kind["title"]["zh"], "class_name": kind["name"]}
        made: Mapping[str, Any] = session.api.post(
            "/v1/platforms", {**body, "settings": ask_settings(kind, given, session)}
        )
        return made
    session.screen.tell(f"There is a platform {platform_id} already: it stays but for what is named.")
    return dict(put_platform(before, given, session) if given else before)


def _try_todo(number: str, platform_id: str, session: Session, *, keep: bool) -> int:
    """A todo for one person, shown, and taken away again; 1 where it did not get to this task center."""
    id_ = f"setup-{uuid.uuid4().hex[:12]}"
    session.screen.tell(f"A test todo for {number} goes out as event {id_}.")
    events = _send(id_, "task_received", 1, number, session)
    show_outcomes(events, session)
    arrived = any(
        target["target"] == f"push:{platform_id}" and target["status"] == "succeeded"
        for event in events
        for target in event["targets"]
    )
    if not arrived:
        session.screen.tell(f"It did not get to {platform_id}: see the reason above, and `taskbridge rules list`.")
    elif session.world.stdin.isatty() and not keep:
        session.ask("Look for it at the task center. Then Enter, and it is taken away", default="")
    if not keep:
        deleted = all(
            _is_settled(event) for event in _send(f"{id_}-deleted", "instance_deleted", 2, number, session, id_)
        )
        session.screen.tell("It is taken away again." if deleted else f"It may still be there: delete instance {id_}.")
    return 0 if arrived else REFUSED


def _is_settled(event: Mapping[str, Any]) -> bool:
    return all(target["status"] not in {"failed", "retrying"} for target in event["targets"])


def _send(
    event_id: str, action: str, sequence: int, number: str, session: Session, of: str = ""
) -> list[Mapping[str, Any]]:
    """What became of an event that is sent. Raises CommandError where the bus does not take it."""
    event = _event(event_id, of or event_id, action, sequence, number, session.world.clock())
    found = [Found(event_id, msgspec.json.encode(event))]
    name = session.connection.bus_name()
    if refused := send_events(session.open_aws("events"), name, found, lambda _: None, session.world.sleep):
        raise CommandError(f"The bus {name} did not take it: {refused[0].code} {refused[0].message}")
    return wait_for([event_id], session)


def _event(event_id: str, sess_id: str, action: str, sequence: int, number: str, now: float) -> dict[str, Any]:
    """A trigger event of an instance with one task."""
    person = {"uid": f"setup-{number}", "number": number, "name": number}
    task = {"task_id": sess_id, "node_id": "setup", "node_name": "接入测试", "status": "init", "assignees": [person]}
    return {
        "version": "1",
        "id": event_id,
        "event": f"action.{action}.setup",
        "sequence": sequence,
        "occurred_at": datetime.fromtimestamp(now, UTC).isoformat(),
        "app": {"app_id": "taskbridge-setup", "name": {"zh": "接入测试", "en": "Connection test"}},
        "session": {"sess_id": sess_id, "status": "running", "subject": "taskbridge 接入测试", "initiator": person},
        **({"tasks": [task]} if action == "task_received" else {"backup": {"task_ids": [sess_id]}}),
    }
