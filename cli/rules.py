"""`taskbridge rules`: which events go where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from cli.api import path_of
from cli.errors import WRONG_USE, CommandError
from cli.screen import Column, build_facts, build_table
from cli.session import Session
from cli.verbs import DEFAULT_LIMIT, Limit, Verbs

_RULES: Sequence[Column] = (
    ("Id", "id"),
    ("Name", "name"),
    ("Enabled", "enabled"),
    ("Actions", lambda rule: ", ".join(rule["actions"]) or "all"),
    ("Apps", lambda rule: ", ".join(rule["app_ids"]) or "all"),
    ("To", lambda rule: ", ".join(rule["targets"])),
)
RuleId = Annotated[str, typer.Argument(metavar="RULE", help="Id of the rule.")]
Targets = Annotated[
    list[str] | None, typer.Option("--to", metavar="TARGET", help="push:PLATFORM, push:* or ai; may be repeated.")
]
Actions = Annotated[list[str] | None, typer.Option("--action", metavar="NAME", help="Only this action; repeatable.")]
Apps = Annotated[list[str] | None, typer.Option("--app", metavar="ID", help="Only this application; repeatable.")]
Name = Annotated[str, typer.Option(metavar="TEXT", help="A name for people.")]
Enabled = Annotated[bool | None, typer.Option("--enable/--disable", help="Whether it is in force.")]
app = Verbs("Trigger rules: which events go where. While none is enabled, everything goes everywhere.")


@app.verb("list")
def list_rules(context: typer.Context, limit: Limit = DEFAULT_LIMIT) -> int:
    """The rules, and what those in force leave out."""
    session: Session = context.obj
    found = session.api.items("/v1/trigger-rules", {}, limit)
    session.screen.show(found, build_table("Trigger rules", _RULES, found))
    return 0


@app.verb("add")
def add_rule(
    context: typer.Context,
    to: Targets = None,
    actions: Actions = None,
    apps: Apps = None,
    rule_id: Annotated[str, typer.Option("--id", metavar="ID", help="Made up where it is not given.")] = "",
    name: Name = "",
    enabled: Enabled = True,
) -> int:
    """Add a rule; tells what the rules leave out from now on."""
    session: Session = context.obj
    if not to:
        raise CommandError("Where do the events go? Name --to push:PLATFORM, push:* or ai.", WRONG_USE)
    body = {
        "name": name or _name_after(to, actions, apps),
        "enabled": bool(enabled),
        "actions": actions or [],
        "app_ids": apps or [],
        "targets": to,
    }
    return _show(session.api.post("/v1/trigger-rules", body | ({"id": rule_id} if rule_id else {})), session)


@app.verb("set")
def change_rule(
    context: typer.Context,
    rule_id: RuleId,
    to: Targets = None,
    actions: Actions = None,
    apps: Apps = None,
    name: Name = "",
    enabled: Enabled = None,
) -> int:
    """Change what is named, and leave the rest."""
    session: Session = context.obj
    before = _find(rule_id, session)
    named = {"targets": to, "actions": actions, "app_ids": apps, "name": name or None, "enabled": enabled}
    body = {**before, **{field: value for field, value in named.items() if value is not None}}
    return _show(session.api.put(path_of("trigger-rules", rule_id), body), session)


@app.verb("delete")
def delete_rule(context: typer.Context, rule_id: RuleId) -> int:
    """Delete a rule; tells what is left out from now on."""
    session: Session = context.obj
    answer = session.api.delete(path_of("trigger-rules", rule_id))
    session.screen.show(answer or {"id": rule_id, "gaps": []})
    session.screen.tell(f"{rule_id} is deleted.")
    _tell_gaps(answer, session)
    return 0


def _find(rule_id: str, session: Session) -> Mapping[str, Any]:
    for rule in session.api.items("/v1/trigger-rules", {}, 10_000):
        if rule["id"] == rule_id:
            return dict(rule)
    raise CommandError(f"There is no rule {rule_id}: `taskbridge rules list` shows those that there are.")


def _name_after(to: Sequence[str], actions: Sequence[str] | None, apps: Sequence[str] | None) -> str:
    """What the rule does, for people: "task_received of leave to push:jinzhi"."""
    of = f" of {', '.join(apps)}" if apps else ""
    return f"{', '.join(actions or ['everything'])}{of} to {', '.join(to)}"


def _show(rule: Mapping[str, Any], session: Session) -> int:
    session.screen.show(rule, build_facts("Trigger rule", {heading: _cell(rule, source) for heading, source in _RULES}))
    _tell_gaps(rule, session)
    return 0


def _cell(rule: Mapping[str, Any], source: Any) -> object:
    return rule[source] if isinstance(source, str) else source(rule)


def _tell_gaps(answer: Mapping[str, Any], session: Session) -> None:
    for gap in answer.get("gaps") or []:
        session.screen.tell(f"From now on: {gap}")
