"""`taskbridge logs` and `taskbridge tail`: what was pushed, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from cli.api import path_of
from cli.screen import Column, build_facts, build_table, clean, indent_json
from cli.session import Session
from cli.verbs import DEFAULT_LIMIT, From, Limit, OfPlatform, To

TAIL_ITEMS = 200
OVERLAP_S = 120.0  # a page is listed a moment after its time
REMEMBERED = 5_000


def reason_of(log: Mapping[str, Any]) -> str:
    """The reasons of the entries that stand as the log does, once each."""
    worst = [entry for entry in log["entries"] if entry["status"] == log["status"] and entry["reason"]]
    told = [f"{entry['errcode']} {entry['reason']}".strip() for entry in worst]
    return "; ".join(dict.fromkeys(told))


_LOGS: Sequence[Column] = (
    ("Received", "received_at"),
    ("Platform", "platform_id"),
    ("Status", "status"),
    ("Action", "action"),
    ("Instance", "sess_id"),
    ("Why", reason_of),
    ("Id", "id"),
)
_ENTRIES: Sequence[Column] = (
    ("Task", lambda entry: entry["task_id"] or "the instance"),
    ("Status", "status"),
    ("Call", "operation"),
    ("Tries", "attempts"),
    ("Code", "errcode"),
    ("Reason", "reason"),
)
Status = Literal["retrying", "succeeded", "failed", "superseded", "skipped"]
OfStatus = Annotated[Status | None, typer.Option("--status", help="With this status.")]
Seconds = Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="How often to look.")]


def show_logs(
    context: typer.Context,
    log_id: Annotated[str, typer.Option("--id", metavar="LOG", help="Only this one, with its calls.")] = "",
    sess_id: Annotated[str | None, typer.Option("--session", metavar="ID", help="Of this process instance.")] = None,
    task_id: Annotated[str | None, typer.Option("--task", metavar="ID", help="Of this task.")] = None,
    status: OfStatus = None,
    platform_id: OfPlatform = None,
    from_: From = None,
    to: To = None,
    limit: Limit = DEFAULT_LIMIT,
) -> int:
    """Push logs, the newest first; or one of them, with its calls."""
    session: Session = context.obj
    if log_id:
        return _show_one(log_id, session)
    query = {
        "sess_id": sess_id,
        "task_id": task_id,
        "status": status,
        "platform_id": platform_id,
        "from": session.moment(from_),
        "to": session.moment(to),
    }
    found = session.api.items("/v1/push-logs", query, limit)
    session.screen.show(found, build_table("Push logs", _LOGS, found))
    return 0


def follow(
    context: typer.Context,
    status: OfStatus = None,
    platform_id: OfPlatform = None,
    since: Annotated[str, typer.Option(metavar="TIME", help="Begin there.")] = "5m",
    every: Seconds = 2.0,
) -> int:
    """What happens from now on, a line for each change, until Ctrl-C."""
    session: Session = context.obj
    seen: dict[tuple[str, ...], None] = {}
    start = datetime.fromisoformat(session.moment(since) or "").timestamp()
    while True:
        begin = datetime.fromtimestamp(start, UTC).isoformat()
        query = {"status": status, "platform_id": platform_id, "from": begin}
        start = max(start, session.world.clock() - OVERLAP_S)
        for log in reversed(session.api.items("/v1/push-logs", query, TAIL_ITEMS)):
            key = (log["id"], log["status"], str(log["updated_at"]))
            if key not in seen:
                seen[key] = None
                _write_line(log, session)
        for old in list(seen)[: max(0, len(seen) - REMEMBERED)]:
            del seen[old]
        session.world.sleep(every)


def _show_one(log_id: str, session: Session) -> int:
    log = session.api.get(path_of("push-logs", log_id))
    names = ("event_id", "platform_id", "sess_id", "app_id", "action", "status", "received_at", "updated_at")
    views: list[Any] = [
        build_facts("Push log", {name: log[name] for name in names}),
        build_table("Tasks", _ENTRIES, log["entries"]),
    ]
    for number, call in enumerate(log["attempts"], 1):
        facts = {
            "at": call["at"],
            "answered": f"{call['status'] or 'nothing'} after {call['duration_ms']} ms",
            "request": indent_json(call["request"]),
            "response": indent_json(call["response"]) or call["error"],
        }
        views.append(build_facts(f"Call {number}: {clean(call['method'])} {clean(call['path'])}", facts))
    session.screen.show(log, *views)
    return 0


def _write_line(log: Mapping[str, Any], session: Session) -> None:
    screen = session.screen
    if screen.as_json:
        screen.write_json(log)
        return
    facts = (log["updated_at"], log["platform_id"], log["status"], log["action"], log["sess_id"], reason_of(log))
    line = "  ".join(clean(each).replace("\n", " ") for each in facts if each)
    screen.out.print(line, highlight=False, markup=False, soft_wrap=True)
