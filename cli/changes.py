"""`taskbridge changes`: who changed which platform, rule or setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from cli.screen import Column, build_table
from cli.session import Session
from cli.verbs import DEFAULT_LIMIT, From, Limit, To


def describe(change: Mapping[str, Any]) -> str:
    """What differs, a line each."""
    before, after = (_flat(change[side]) for side in ("before", "after"))
    if change["before"] is None:
        return "made"
    if change["after"] is None:
        return "deleted"
    names = [name for name in {**before, **after} if name != "version" and _differs(before.get(name), after.get(name))]
    return "\n".join(f"{name}: {before.get(name)} → {after.get(name)}" for name in names)


def _differs(before: object, after: object) -> bool:
    """Nothing is nothing, whether it is an empty list or was not there yet."""
    return before != after and not (before in (None, []) and after in (None, []))


def _flat(side: Mapping[str, Any] | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in (side or {}).items():
        found |= {f"{name}.{each}": one for each, one in value.items()} if isinstance(value, dict) else {name: value}
    return found


_CHANGES: Sequence[Column] = (("At", "at"), ("Who", "who"), ("What", "subject"), ("Change", describe))


def list_changes(
    context: typer.Context,
    subject: Annotated[str | None, typer.Argument(metavar="SUBJECT", help="Such as platform/jinzhi.")] = None,
    from_: From = None,
    to: To = None,
    limit: Limit = DEFAULT_LIMIT,
) -> int:
    """Who changed what, the newest first, for admins; secrets are masked."""
    session: Session = context.obj
    query = {"subject": subject, "from": session.moment(from_), "to": session.moment(to)}
    found = session.api.items("/v1/changes", query, limit)
    session.screen.show(found, build_table("Changes", _CHANGES, found))
    return 0
