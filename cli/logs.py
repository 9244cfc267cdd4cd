"""`taskbridge logs` and `taskbridge tail`: what was pushed, and what became of it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cli.api import path_of
from cli.screen import Column, build_facts, build_table, clean
from cli.session import Session

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
_CALLS: Sequence[Column] = (
    ("At", "at"),
    ("Call", lambda call: f"{call['method']} {call['path']}"),
    ("HTTP", "status"),
    ("ms", "duration_ms"),
    ("Request", "request"),
    ("Response", lambda call: call["response"] or call["error"]),
)


def show_logs(options: argparse.Namespace, session: Session) -> int:
    """Push logs, the newest first; or one of them, with its calls."""
    if options.id:
        return _show_one(options.id, session)
    found = session.api.items("/v1/push-logs", _filters(options), options.limit)
    session.screen.show(found, build_table("Push logs", _LOGS, found))
    return 0


def follow(options: argparse.Namespace, session: Session) -> int:
    """What happens from now on, a line for each change, until Ctrl-C."""
    seen: dict[tuple[str, ...], None] = {}
    start = session.world.clock() - options.since * 60
    while True:
        query = {**_filters(options), "from": datetime.fromtimestamp(start, UTC).isoformat()}
        start = max(start, session.world.clock() - OVERLAP_S)
        for log in reversed(session.api.items("/v1/push-logs", query, TAIL_ITEMS)):
            key = (log["id"], log["status"], str(log["updated_at"]))
            if key not in seen:
                seen[key] = None
                _write_line(log, session)
        for old in list(seen)[: max(0, len(seen) - REMEMBERED)]:
            del seen[old]
        session.world.sleep(options.every)


def _show_one(log_id: str, session: Session) -> int:
    log = session.api.get(path_of("push-logs", log_id))
    names = ("event_id", "platform_id", "sess_id", "app_id", "action", "status", "received_at", "updated_at")
    views = (
        build_facts("Push log", {name: log[name] for name in names}),
        build_table("Tasks", _ENTRIES, log["entries"]),
        build_table("Calls", _CALLS, log["attempts"]),
    )
    session.screen.show(log, *views)
    return 0


def _filters(options: argparse.Namespace) -> dict[str, str | int | None]:
    found = {"status": options.status, "platform_id": options.platform}
    for name, option in (("sess_id", "session"), ("task_id", "task"), ("from", "from_"), ("to", "to")):
        found[name] = getattr(options, option, None)
    return found


def _write_line(log: Mapping[str, Any], session: Session) -> None:
    screen = session.screen
    if screen.as_json:
        screen.write_json(log)
        return
    facts = (log["updated_at"], log["platform_id"], log["status"], log["action"], log["sess_id"], reason_of(log))
    line = "  ".join(clean(each).replace("\n", " ") for each in facts if each)
    screen.out.print(line, highlight=False, markup=False, soft_wrap=True)
