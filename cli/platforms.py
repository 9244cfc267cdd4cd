"""`taskbridge platforms`: task centers and AI platforms, set up and tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from cli.api import path_of
from cli.errors import REFUSED, WRONG_USE, CommandError
from cli.platform_form import ask_secret, ask_settings, parse_settings, type_named
from cli.screen import Column, build_facts, build_table
from cli.session import Session
from cli.verbs import DEFAULT_LIMIT, Limit, Verbs

_PLATFORMS: Sequence[Column] = (
    ("Id", "id"),
    ("Name", "name"),
    ("Class", "class_name"),
    ("Enabled", "enabled"),
    ("Draining", "draining"),
    ("Version", "version"),
)

PlatformId = Annotated[str, typer.Argument(metavar="PLATFORM", help="Id of the platform.")]
Settings = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME=VALUE...", help="Settings, as its page names them; lists by commas, or as JSON."),
]
Secret = Annotated[
    list[str] | None, typer.Option("--secret", metavar="NAME", help="A secret to enter: it is asked for, unseen.")
]
Name = Annotated[str, typer.Option(metavar="TEXT", help="A name for people.")]
Enabled = Annotated[bool | None, typer.Option("--enable/--disable", help="Whether new events go to it.")]
app = Verbs("Task centers and AI platforms.")


@app.verb("list")
def list_platforms(context: typer.Context, limit: Limit = DEFAULT_LIMIT) -> int:
    """Which platforms there are."""
    session: Session = context.obj
    found = session.api.items("/v1/platforms", {}, limit)
    session.screen.show(found, build_table("Platforms", _PLATFORMS, found))
    return 0


@app.verb("show")
def show_platform(context: typer.Context, platform_id: PlatformId) -> int:
    """One platform with its settings; secrets are masked."""
    session: Session = context.obj
    return _show(session.api.get(path_of("platforms", platform_id)), session)


@app.verb("add")
def add_platform(
    context: typer.Context,
    class_name: Annotated[str, typer.Argument(metavar="TYPE", help="Such as JinZhiTaskCenter or Aigc.")],
    settings: Settings = None,
    platform_id: Annotated[str, typer.Option("--id", metavar="ID", help="Made up where it is not given.")] = "",
    name: Name = "",
) -> int:
    """Add a platform. What it cannot do without is asked for; secrets are typed unseen."""
    session: Session = context.obj
    kind = type_named(class_name, session)
    given = ask_settings(kind, parse_settings(kind, settings or []), session)
    body = {"name": name or kind["title"]["zh"], "class_name": class_name, "settings": given}
    return _show(session.api.post("/v1/platforms", body | ({"id": platform_id} if platform_id else {})), session)


@app.verb("set")
def change_platform(
    context: typer.Context,
    platform_id: PlatformId,
    settings: Settings = None,
    secret: Secret = None,
    name: Name = "",
    enabled: Enabled = None,
) -> int:
    """Change what is named, and leave the rest. Refused where somebody else changed it in between."""
    session: Session = context.obj
    before = session.api.get(path_of("platforms", platform_id))
    kind = type_named(before["class_name"], session)
    changed = parse_settings(kind, settings or []) | {each: ask_secret(each, session) for each in secret or []}
    if not changed and not name and enabled is None:
        raise CommandError("Nothing to change: name settings, --secret, --name, --enable or --disable.", WRONG_USE)
    return _show(put_platform(before, changed, session, name=name, enabled=enabled), session)


@app.verb("disable")
def disable_platform(context: typer.Context, platform_id: PlatformId) -> int:
    """Send it no new events; what waits for it goes on waiting."""
    session: Session = context.obj
    return _show(put_platform(session.api.get(path_of("platforms", platform_id)), {}, session, enabled=False), session)


@app.verb("delete")
def delete_platform(
    context: typer.Context,
    platform_id: PlatformId,
    drain: Annotated[
        bool, typer.Option("--drain", help="Let what waits be pushed first; repeat to delete it.")
    ] = False,
) -> int:
    """Delete a platform. Refused while a rule names it, or work waits for it."""
    session: Session = context.obj
    answer = session.api.delete(path_of("platforms", platform_id), {"drain": "true"} if drain else None)
    drains = bool(answer.get("draining"))
    session.screen.show(answer or {"id": platform_id, "deleted": True})
    session.screen.tell(
        f"{platform_id} drains: it gets no new events. Repeat the command until it is deleted."
        if drains
        else f"{platform_id} is deleted."
    )
    return REFUSED if drains else 0


@app.verb("test")
def try_platform(
    context: typer.Context,
    platform_id: PlatformId,
    trial: Annotated[
        str, typer.Option("--trial", metavar="NUMBER", help="Insert a todo for this person, and delete it again.")
    ] = "",
) -> int:
    """Try the connection; status 1 where it fails. Nothing is pushed but for --trial."""
    session: Session = context.obj
    found = session.api.post(path_of("platforms", platform_id, "test"), {"todo_for": trial} if trial else None)
    session.screen.show(found, build_facts(f"Platform {platform_id}", connection_facts(found)))
    return 0 if found["ok"] else REFUSED


def connection_facts(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a test of the connection found."""
    facts = {
        "cause": found["cause"],
        "message": found["message"],
        "HTTP": found["status"],
        "code": found["errcode"],
        "took": f"{found['duration_ms']} ms",
        "tried": ", ".join(found["tried"]),
        "not tried": ", ".join(found["untried"]),
        "opened by": found["opened_by"] and f"the {found['opened_by']} secret",
    }
    return {name: value for name, value in facts.items() if value}


def put_platform(
    before: Mapping[str, Any],
    changed: Mapping[str, Any],
    session: Session,
    *,
    name: str = "",
    enabled: bool | None = None,
) -> Any:
    """The platform with what is named changed, at the version that was read. Raises CommandError."""
    body = {
        "name": name or before["name"],
        "class_name": before["class_name"],
        "enabled": before["enabled"] if enabled is None else enabled,
        "settings": {**before["settings"], **changed},
        "version": before["version"],
    }
    return session.api.put(path_of("platforms", before["id"]), body)


def _show(platform: Mapping[str, Any], session: Session) -> int:
    facts = {name: platform[name] for name in ("name", "class_name", "enabled", "draining", "version")}
    settings = {name: value for name, value in platform["settings"].items() if value not in ("", [], {})}
    title = f"Platform {platform['id']}"
    session.screen.show(platform, build_facts(title, facts), build_facts("Settings", settings))
    return 0
