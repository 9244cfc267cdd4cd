"""`taskbridge people erase`: take out what is stored of a person."""

from __future__ import annotations

import argparse
from typing import Any

from cli.api import encode_id, path_of
from cli.screen import build_facts
from cli.session import Session


def erase(options: argparse.Namespace, session: Session) -> int:
    """Call until nothing is left; what was erased when it is interrupted stays so."""
    path = path_of("people", encode_id(options.uid))
    if options.dry_run:
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
