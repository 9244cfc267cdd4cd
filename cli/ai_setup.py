"""`taskbridge ai settings`, `nodes`, `rules` and `dry-run`: how AI approval is set up, and drafts of rules tried."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.api import encode_id, path_of
from cli.errors import REFUSED, WRONG_USE, CommandError
from cli.screen import Column, build_facts, build_table
from cli.session import Session
from cli.verbs import DEFAULT_LIMIT, Limit

POLL_S = 2.0
SHOWN_CHARS = 60
_NODES: Sequence[Column] = (
    ("App", "app_id"),
    ("Node", "node_id"),
    ("Name", "node_name"),
    ("Rule", lambda node: _short(node["rule"])),
    ("Automatic", "auto_analysis"),
    ("Version", "version"),
)
_TRIALS: Sequence[Column] = (
    ("Task", "task_id"),
    ("Decision", "decision"),
    ("Verdict then", "verdict_then"),
    ("Verdict now", "verdict_now"),
    ("In short", lambda trial: trial["problem"] or trial["summary"]),
)


def settings(
    context: typer.Context,
    named: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE...", help="What to change; JSON or text.")
    ] = None,
) -> int:
    """The switches of AI approval; with NAME=VALUE they are set."""
    session: Session = context.obj
    found = session.api.get("/v1/ai/settings")
    if named:
        found = session.api.put("/v1/ai/settings", {**_parse(named, found), "version": found["version"]})
    session.screen.show(found, build_facts("AI approval", {name: _text(value) for name, value in found.items()}))
    return 0


def list_nodes(context: typer.Context, limit: Limit = DEFAULT_LIMIT) -> int:
    """The default rules of nodes, for admins."""
    session: Session = context.obj
    found = session.api.items("/v1/ai/nodes", {}, limit)
    session.screen.show(found, build_table("Nodes", _NODES, found))
    return 0


def list_rules(context: typer.Context, limit: Limit = DEFAULT_LIMIT) -> int:
    """Your own rules, for approvers."""
    session: Session = context.obj
    found = session.api.items("/v1/ai/rules", {}, limit)
    session.screen.show(found, build_table("Your rules", _NODES, found))
    return 0


def dry_run(
    context: typer.Context,
    app_id: Annotated[str, typer.Argument(metavar="APP")],
    node_id: Annotated[str, typer.Argument(metavar="NODE")],
    rule: Annotated[Path, typer.Option("--rule", metavar="FILE", help="The draft, as text.")],
    tasks: Annotated[int, typer.Option(min=1, metavar="N", help="On how many past tasks.")] = 5,
    estimate: Annotated[bool, typer.Option("--estimate", help="Only say what it would take.")] = False,
) -> int:
    """Try a draft rule on your past tasks, or as an admin who is no approver on everyone's. No result is stored."""
    session: Session = context.obj
    try:
        text = rule.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{rule} cannot be read: {error}.", WRONG_USE) from None
    path = path_of("ai", "rules", encode_id(app_id), encode_id(node_id), "dry-run")
    job = session.api.post(path, {"rule": text, "limit": tasks, "estimate_only": estimate})
    job = _watch(job, session)
    facts = {"status": job["status"], "reason": job["reason"], "tasks": job["tasks"], "takes": _usage(job["estimate"])}
    views = [build_facts("Dry run", {name: value for name, value in facts.items() if value})]
    session.screen.show(job, *views, *([build_table("Past tasks", _TRIALS, job["trials"])] if job["trials"] else []))
    return REFUSED if job["status"] == "failed" else 0


def _watch(job: Mapping[str, Any], session: Session) -> Mapping[str, Any]:
    with session.screen.progress() as progress:
        bar = progress.add_task("Past tasks", total=job["tasks"])
        while job["status"] == "running":
            session.world.sleep(POLL_S)
            job = session.api.get(path_of("ai", "jobs", str(job["id"])))
            progress.update(bar, completed=len(job["trials"]))
    return job


def _parse(words: Sequence[str], known: Mapping[str, Any]) -> dict[str, Any]:
    """`NAME=VALUE` words: text where the setting is a text, else JSON. Raises CommandError."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if name not in known or name == "version" or not equals:
            raise CommandError(f"{word!r}: expected NAME=VALUE with one of {', '.join(known)}.", WRONG_USE)
        try:
            found[name] = value if isinstance(known[name], str) else json.loads(value)
        except ValueError:
            raise CommandError(f"{name}: expected JSON such as true, 10 or [], got {value!r}.", WRONG_USE) from None
    return found


def _usage(estimate: Mapping[str, Any] | None) -> str:
    """What a model reads and writes, and what that costs where its platform has a price."""
    if not estimate:
        return ""
    cost = f", {estimate['cost']:.2f} to pay" if estimate["cost"] else ""
    return f"{estimate['input_tokens']:,} tokens in, {estimate['output_tokens']:,} out{cost}"


def _text(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARS else line[: SHOWN_CHARS - 1] + "…"
