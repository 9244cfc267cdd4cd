"""`taskbridge dlq`: dead letters, listed, read and moved back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from cli.api import path_of
from cli.deployed import read_outputs
from cli.errors import WRONG_USE, CommandError, told_of_aws
from cli.screen import Column, build_facts, build_table, clean
from cli.session import Session
from cli.verbs import StackName, Verbs

QUEUES: Sequence[Column] = (
    ("Queue", "name"),
    ("Waiting", "waiting"),
    ("In work", "in_flight"),
    ("Delayed", "delayed"),
    ("Oldest, s", "oldest_age_s"),
)
QueueName = Annotated[str, typer.Argument(metavar="QUEUE", help="ingest, push, ai, analysis, or rule-dead-letters.")]
AnyQueueName = Annotated[str, typer.Argument(metavar="QUEUE", help="ingest, rule, push, ai, analysis or invocation.")]
DEAD = "-dead-letters"
app = Verbs("Dead letters: what was tried in vain until its queue gave up.")


@app.verb("list")
def list_dead_letters(context: typer.Context) -> int:
    """How many there are, by queue."""
    session: Session = context.obj
    queues = [each for each in session.api.get("/v1/ops/summary")["queues"] if each["is_dead_letters"]]
    session.screen.show(queues, build_table("Dead letters", QUEUES, queues))
    return 0


@app.verb("show")
def show_letters(
    context: typer.Context,
    queue: AnyQueueName,
    limit: Annotated[int, typer.Option(min=1, max=10, metavar="N", help="Most letters.")] = 1,
    stack: StackName = "",
) -> int:
    """One dead letter whole, with your AWS credentials; it stays where it is. It may hold what a form says."""
    session: Session = context.obj
    with told_of_aws():
        url = _url_of(queue, session.connection.stack_name(stack), session)
        answer = session.open_aws("sqs").receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=limit,
            VisibilityTimeout=0,
            WaitTimeSeconds=1,  # a shorter look may see nothing where there is something
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
    letters = [_letter(each) for each in answer.get("Messages", [])]
    session.screen.show(letters, *(view for letter in letters for view in _view(letter)))
    if not letters:
        session.screen.tell(f"There is no dead letter of {queue}.")
    return 0


def _url_of(queue: str, stack: str, session: Session) -> str:
    if not stack:
        raise CommandError("Which stack? Name it with --stack.", WRONG_USE)
    outputs = read_outputs(session.open_aws("cloudformation"), stack)
    name = f"{queue.removesuffix(DEAD).capitalize()}DeadLetterQueueUrl"
    if name not in outputs:
        raise CommandError(f"{stack} has no dead letters of {queue!r}.", WRONG_USE)
    return outputs[name]


def _letter(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message of SQS with its body as JSON, where it is that, and what EventBridge and Lambda wrote beside it."""
    system = message.get("Attributes", {})
    sent = datetime.fromtimestamp(int(system.get("SentTimestamp", 0)) / 1000, UTC)
    beside = {name: each.get("StringValue") for name, each in message.get("MessageAttributes", {}).items()}
    return {
        "id": message["MessageId"],
        "sent_at": sent.isoformat(timespec="seconds"),
        "group": system.get("MessageGroupId"),
        **beside,
        "body": _read(message["Body"]),
    }


def _read(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body


def _view(letter: Mapping[str, Any]) -> tuple[RenderableType, ...]:
    facts = {name: value for name, value in letter.items() if value and name not in {"id", "body"}}
    body = json.dumps(letter["body"], ensure_ascii=False, indent=2) if letter["body"] else ""
    return build_facts(f"Dead letter {clean(letter['id'])}", facts), Text(clean(body))


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
