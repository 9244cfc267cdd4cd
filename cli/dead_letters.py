"""`taskbridge dlq`: dead letters, listed and moved back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.api import path_of
from cli.screen import Column, build_facts, build_table
from cli.session import Session
from cli.verbs import Verbs

QUEUES: Sequence[Column] = (
    ("Queue", "name"),
    ("Waiting", "waiting"),
    ("In work", "in_flight"),
    ("Delayed", "delayed"),
    ("Oldest, s", "oldest_age_s"),
)
QueueName = Annotated[str, typer.Argument(metavar="QUEUE", help="ingest, push, ai, analysis, or rule-dead-letters.")]
app = Verbs("Dead letters: what was tried in vain until its queue gave up.")


@app.verb("list")
def list_dead_letters(context: typer.Context) -> int:
    """How many there are, by queue."""
    session: Session = context.obj
    queues = [each for each in session.api.get("/v1/ops/summary")["queues"] if each["is_dead_letters"]]
    session.screen.show(queues, build_table("Dead letters", QUEUES, queues))
    return 0


@app.verb("redrive")
def redrive(context: typer.Context, queue: QueueName) -> int:
    """Move dead letters back, in as many calls as that takes."""
    session: Session = context.obj
    path = path_of("ops", "queues", queue, "redrive")
    found = session.api.post(path)
    moved = found["moved"]
    while moved and not found["is_done"]:
        again = session.api.post(path)
        if not again["moved"]:
            break  # what is left is in other hands, or refused
        moved += again["moved"]
        found = {**again, "waiting": found["waiting"], "moved": moved}
    facts = {
        "from": found["queue"],
        "to": found["destination"],
        "letters, about": found["waiting"],
        "moved": "SQS is moving them" if moved is None else moved,
    }
    session.screen.show(found, build_facts("Redrive", facts))
    return 0
