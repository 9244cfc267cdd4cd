"""The command `taskbridge`: its verbs, one run of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

import typer

from cli import (
    ai,
    changes,
    dead_letters,
    doctor,
    events,
    login,
    logs,
    mcp_server,
    people,
    platforms,
    replays,
    rules,
    setup,
    summary,
)
from cli.errors import WRONG_USE
from cli.session import Session
from cli.verbs import Verbs
from cli.world import World, build_world

app = Verbs(
    "Operates taskbridge: events in, what became of them, replays, platforms, rules, AI approval.\n\n"
    "Environment: TASKBRIDGE_URL (output ApiUrl of the stack), TASKBRIDGE_TOKEN (a token of yours), TASKBRIDGE_BUS "
    "(output EventBusName); events go to the bus with your AWS credentials. Exit status: 0 done, 1 refused or not as "
    "it should be, 2 wrong use, 3 no answer.",
    is_root=True,
)
app.verb("login")(login.sign_in)
app.verb("logout")(login.sign_out)
app.verb("open")(login.open_console)
app.verb("setup")(setup.set_up)
app.add_typer(events.app, name="events")
app.verb("logs")(logs.show_logs)
app.verb("tail")(logs.follow)
app.add_typer(replays.app, name="replay")
app.verb("reconcile")(replays.reconcile)
app.verb("doctor")(doctor.examine)
app.verb("summary")(summary.summarise)
app.add_typer(dead_letters.app, name="dlq")
app.add_typer(platforms.app, name="platforms")
app.add_typer(rules.app, name="rules")
app.verb("changes")(changes.list_changes)
app.add_typer(ai.app, name="ai")
app.add_typer(people.app, name="people")
app.verb("mcp")(mcp_server.serve)


@cache
def command() -> Any:
    """What Typer makes of all verbs: a tenth of a second, once for a process."""
    return typer.main.get_command(app)


def main(arguments: Sequence[str] | None = None, world: World | None = None) -> int:
    """Returns the exit status; see cli.errors."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        command().main(words, prog_name="taskbridge", obj=Session(world or build_world()))
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else WRONG_USE
    return 0
