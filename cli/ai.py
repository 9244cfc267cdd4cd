"""`taskbridge ai`: one's tasks with what the AI says of them; have one of them read, and watch the answer come."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import httpx
import typer
from httpx_sse import EventSource, ServerSentEvent, SSEError

from cli import ai_setup
from cli.api import encode_id, path_of
from cli.errors import NO_ANSWER, REFUSED, CommandError
from cli.screen import Column, build_facts, build_table, clean
from cli.session import Session
from cli.verbs import DEFAULT_LIMIT, Limit, NoWait, Verbs

RETRY_S = 2.0
LONGEST_WATCH_S = 1800.0
_TASKS: Sequence[Column] = (
    ("Task", "task_id"),
    ("Subject", "subject"),
    ("Is", "status"),
    ("Analysis", lambda task: task["result"] and task["result"]["status"]),
    ("Verdict", lambda task: task["result"] and task["result"]["verdict"]),
    ("Decision", "decision"),
    ("In short", lambda task: task["result"] and (task["result"]["summary"] or task["result"]["reason"])),
)
_UNDER_WAY = frozenset({"pending", "running"})
_FINDINGS: Sequence[Column] = (
    ("Clause", "clause"),
    ("Result", "result"),
    ("Reason", "reason"),
    ("Evidence", lambda each: "\n".join(_quote(quote) for quote in each["evidence"])),
)


app = Verbs("AI approval: one's tasks and rules for approvers, settings and nodes for admins.")
app.verb("settings")(ai_setup.settings)
app.verb("nodes")(ai_setup.list_nodes)
app.verb("rules")(ai_setup.list_rules)
app.verb("dry-run")(ai_setup.dry_run)


@app.verb("tasks")
def list_tasks(
    context: typer.Context,
    status: Annotated[Literal["open", "done", "all"], typer.Option(help="Which of them.")] = "all",
    limit: Limit = DEFAULT_LIMIT,
) -> int:
    """Your tasks, the open ones first, and what the AI says of them."""
    session: Session = context.obj
    found = session.api.items("/v1/ai/tasks", {"status": status}, limit)
    session.screen.show(found, build_table("Tasks", _TASKS, found))
    return 0


@app.verb("analyse")
def analyse(
    context: typer.Context,
    task_id: Annotated[str, typer.Argument(metavar="TASK", help="Id of the task in the process system.")],
    force: Annotated[bool, typer.Option("--force", help="A new answer, also where there is one.")] = False,
    no_wait: NoWait = False,
) -> int:
    """Have one of your tasks analysed, and watch; status 1 where there is no verdict."""
    session: Session = context.obj
    body = {"force": True} if force else {}
    result = session.api.post(path_of("ai", "tasks", encode_id(task_id), "analyses"), body)
    if result["status"] in _UNDER_WAY and not no_wait:
        _watch(result["id"], session)
        result = session.api.get(path_of("ai", "analyses", result["id"]))
    _show(result, session)
    is_wanted = result["verdict"] is not None or (no_wait and result["status"] in _UNDER_WAY)
    return 0 if is_wanted else REFUSED


def _watch(analysis_id: str, session: Session) -> None:
    """Show the words while they come, until the last event. Raises CommandError where there is no result."""
    path = path_of("ai", "analyses", analysis_id, "stream")
    deadline = session.world.clock() + LONGEST_WATCH_S
    seen = why = ""
    while session.world.clock() < deadline:
        wait = RETRY_S
        for event in read_stream(session.api.stream(path, seen)):
            seen = event.id or seen
            wait = event.retry / 1000 if event.retry is not None else wait
            if _take(event, session):
                return
        if wait >= RETRY_S:  # nothing came
            why = _tell_why(analysis_id, why, session)
        session.world.sleep(wait)
    raise CommandError(f"The analysis {analysis_id} still goes on: ask again later.", NO_ANSWER)


def _tell_why(analysis_id: str, told: str, session: Session) -> str:
    """Say what the analysis waits for, where that was not told yet; returns it."""
    why = str(session.api.get(path_of("ai", "analyses", analysis_id))["reason"])
    if why and why != told:
        session.screen.tell(f"It waits: {why}")
    return why


def read_stream(answer: httpx.Response) -> list[ServerSentEvent]:
    """The events of a response, which ends when it has told what there is."""
    if answer.status_code == 204:
        return [ServerSentEvent(event="done")]
    try:
        return list(EventSource(answer).iter_sse())
    except SSEError:
        raise CommandError("The stream is none: is TASKBRIDGE_URL the address of the API?") from None


def _take(event: ServerSentEvent, session: Session) -> bool:
    """Show an event; whether it is the last."""
    screen = session.screen
    data: Mapping[str, Any] = json.loads(event.data) if event.data else {}
    if event.event == "delta" and not screen.as_json:
        begin = "\n" if data["number"] == 1 else ""
        screen.told.print(begin + clean(data["text"]), end="", highlight=False, markup=False, soft_wrap=True)
    elif event.event == "error":
        raise CommandError(f"There is no result: {data.get('detail', '')} ({data.get('code', '')})")
    elif event.event == "done" and not screen.as_json:
        screen.told.print()
    return event.event == "done"


def _show(result: Mapping[str, Any], session: Session) -> None:
    facts = {
        "verdict": result["verdict"] or "none yet",
        "summary": result["summary"],
        "status": result["status"],
        "reason": result["reason"] or result["downgraded"],
        "model": result["model"],
        "id": result["id"],
    }
    shown = build_facts(f"Task {clean(result['task_id'])}", {name: value for name, value in facts.items() if value})
    session.screen.show(result, shown, *_findings(result))


def _findings(result: Mapping[str, Any]) -> list[Any]:
    return [build_table("Findings", _FINDINGS, result["findings"])] if result["findings"] else []


def _quote(evidence: Mapping[str, Any]) -> str:
    page = f" p. {evidence['page']}" if evidence["page"] else ""
    doubt = "" if evidence["verified"] else " (not found there)"
    return f"{evidence['source']}{page}: {evidence['quote']}{doubt}"
