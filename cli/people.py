"""`taskbridge people erase`: take out what is stored of a person."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.api import encode_id, path_of
from cli.screen import build_facts
from cli.session import Session
from cli.verbs import DryRun, Verbs

app = Verbs("What is stored of people, for admins.")


@app.verb("erase")
def erase(
    context: typer.Context,
    uid: Annotated[str, typer.Argument(metavar="UID", help="The person's id in the process system.")],
    dry_run: DryRun = False,
) -> int:
    """Erase what is stored of a person; see "Erasing a person" in the handbook.

    Interrupted, it goes on where it is repeated.
    """
    session: Session = context.obj
    path = path_of("people", encode_id(uid))
    if dry_run:
        return _show(session.api.delete(path, {"dry_run": "true"}), session)
    answer = session.api.delete(path)
    total = dict(answer["erased"])
    change_ids = [answer["change_id"]]
    while not answer["finished"]:
        session.screen.tell(f"{total['tasks']} tasks so far")
        answer = session.api.delete(path)
        total = {name: total[name] + count for name, count in answer["erased"].items()}
        change_ids.append(answer["change_id"])
    return _show({**answer, "erased": total, "change_id": " ".join(change_ids)}, session)


def _show(answer: dict[str, Any], session: Session) -> int:
    title = "Would be erased" if answer["dry_run"] else "Erased"
    facts = {name.replace("_", " "): count for name, count in answer["erased"].items()}
    session.screen.show(answer, build_facts(title, {**facts, "on the trail as": answer["change_id"] or "nothing"}))
    return 0
