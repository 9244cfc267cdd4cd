"""`taskbridge doctor`: whether a deployed stack works, part by part, and what to do where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Annotated, Any

import httpx
import typer
from rich.text import Text

from cli import deployed, reached
from cli.connection import Connection
from cli.deployed import DeployedStack
from cli.errors import CommandError
from cli.findings import Finding, State, ask, exit_status, fold
from cli.reached import Pages, not_asked
from cli.screen import Column, build_table, clean
from cli.session import Session
from cli.verbs import StackName

_EMULATED = "the emulator does not know"
_OF_AWS = ("functions", "queues to functions", "rules", "alarms", "quotas")
_OF_PEOPLE = ("dead letters", "platforms")
TIMEOUT = httpx.Timeout(35.0, connect=10.0)
_COLUMNS: tuple[Column, ...] = (
    ("Part", "area"),
    ("Which", "name"),
    ("State", "state"),
    ("What is found", "found"),
)


def examine(
    context: typer.Context,
    stack: StackName = "",
    every: Annotated[bool, typer.Option("--all", help="A row for each part, also where all is well.")] = False,
) -> int:
    """Whether everything works, with your AWS credentials and your login; nothing is changed.

    Each function is invoked once, with what it answers without doing anything. Status 1 where something is wrong,
    3 where something does not answer.
    """
    session: Session = context.obj
    findings = list(_examine(stack, session))
    rows = findings if every else fold(findings)
    table = build_table("Doctor", _COLUMNS, map(asdict, rows))
    session.screen.show([asdict(each) for each in findings], table, *_what_to_do(findings))
    session.screen.tell(_summary(findings))
    return exit_status(findings)


def _examine(name: str, session: Session) -> Iterator[Finding]:
    name = session.connection.stack_name(name)
    ahead: dict[str, float] = {}
    found: list[DeployedStack] = []
    if name:
        yield from ask("AWS", "credentials", lambda: _check_credentials(session, ahead))
        yield from ask("stack", name, lambda: _find(name, found, session))
    else:
        yield from not_asked(_OF_AWS, "which stack?", "name it with --stack")
    for stack in found:
        yield from _examine_in_aws(stack, session)
    of_stack = next((stack.outputs.get("ApiUrl", "") for stack in found), "")
    yield from _examine_from_outside(_choose(of_stack, session), ahead, session)


def _choose(of_stack: str, session: Session) -> Connection:
    """The API that is named, else that of the stack: a login that is kept may be one of another stage."""
    is_named = session.outputs is not None or bool(session.world.environment.get("TASKBRIDGE_URL"))
    if is_named or of_stack in {"", session.connection.url}:
        return session.connection
    return Connection(url=of_stack)


def _check_credentials(session: Session, ahead: dict[str, float]) -> Iterator[Finding]:
    """Who asks, and AWS's own clock."""
    answer = session.open_aws("sts").get_caller_identity()
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    ahead["AWS"] = reached.ahead_of(date, session.world.clock())
    yield Finding("AWS", f"account {answer['Account']}", State.OK)


def _find(name: str, found: list[DeployedStack], session: Session) -> Iterator[Finding]:
    stack = deployed.read_stack(session.open_aws("cloudformation"), name)
    found.append(stack)
    yield from deployed.check_status(stack)


def _examine_in_aws(stack: DeployedStack, session: Session) -> Iterator[Finding]:
    """What only AWS tells. An emulator keeps alarms and quotas, and knows nothing by them."""
    functions = session.open_aws("lambda")
    yield from ask("functions", "", lambda: deployed.check_functions(functions, stack))
    yield from ask("queues to functions", "", lambda: deployed.check_sources(functions, stack))
    yield from ask("rules", "", lambda: deployed.check_rules(session.open_aws("events"), stack))
    if session.connection.is_on_this_machine:
        yield from not_asked(("alarms", "quotas"), _EMULATED)
        return
    yield from ask("alarms", "", lambda: deployed.check_alarms(session.open_aws("cloudwatch"), stack))
    yield from ask("quotas", "concurrency", lambda: deployed.check_concurrency(functions, stack))
    ssm = session.open_aws("ssm")
    yield from ask("quotas", "Parameter Store", lambda: deployed.check_parameter_rate(ssm, functions, stack))


def _examine_from_outside(connection: Connection, ahead: dict[str, float], session: Session) -> Iterator[Finding]:
    """What the API and the issuer tell, and how late it is there."""
    if not connection.url:
        yield from not_asked(("API", "tables", "queues", "issuer", *_OF_PEOPLE), "no address", "set TASKBRIDGE_URL")
        return
    address = connection.api_address()
    with httpx.Client(transport=session.world.transport, timeout=TIMEOUT) as client:
        pages = Pages(client, session.world.clock, ahead)
        yield from ask("API", "", lambda: reached.check_health(address, pages))
        if connection.is_on_this_machine:
            yield from not_asked(("issuer",), _EMULATED)
        else:
            yield from ask("issuer", "", lambda: reached.check_issuer(address, pages))
        yield from reached.check_clocks(pages.ahead)
    yield from _examine_as_somebody(connection, session)


def _examine_as_somebody(connection: Connection, session: Session) -> Iterator[Finding]:
    """What the API tells people with a role alone."""
    try:
        connection.bearer()
    except CommandError:
        yield from not_asked(_OF_PEOPLE, "nobody is signed in", "taskbridge login")
        return
    looks: tuple[tuple[str, Callable[[Any], Iterator[Finding]]], ...] = (
        ("dead letters", reached.check_dead_letters),
        ("platforms", reached.check_platforms),
    )
    for area, look in looks:
        yield from ask(area, "", lambda look=look: look(session.api))  # type: ignore[misc]


def _what_to_do(findings: list[Finding]) -> Iterator[Text]:
    """A line for each thing to do: not in a column, so that a command can be copied."""
    for finding in findings:
        if finding.do:
            line = f"{' '.join(filter(None, (finding.area, finding.name)))}: {finding.do}"
            yield Text(clean(line))


def _summary(findings: list[Finding]) -> str:
    count = {state: sum(each.state is state for each in findings) for state in State}
    return ", ".join(f"{number} {state}" for state, number in count.items() if number) + "."
