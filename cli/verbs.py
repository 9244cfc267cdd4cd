"""How verbs are declared: each takes the options that all have, before its name or behind it.

A verb is a function of `(context: typer.Context, ...)`: `context.obj` is its Session, and it returns the exit status.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from cli.errors import CommandError
from cli.screen import clean
from cli.session import Session

DEFAULT_LIMIT = 50
_TIME = "30m, 2h or 3d ago, 2026-11-22, or RFC 3339"

Limit = Annotated[int, typer.Option(min=1, metavar="N", help="Most rows.")]
From = Annotated[str | None, typer.Option("--from", metavar="TIME", help=f"The first moment: {_TIME}.")]
To = Annotated[str | None, typer.Option(metavar="TIME", help="The last moment, likewise.")]
OfPlatform = Annotated[str | None, typer.Option("--platform", metavar="ID", help="Of this platform.")]
OfApp = Annotated[str | None, typer.Option("--app", metavar="ID", help="Of this app.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
StackName = Annotated[str, typer.Option("--stack", metavar="NAME", help="The stack; else that of TASKBRIDGE_BUS.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not watch it.")]


class Verb(TyperCommand):
    """A verb. What it returns is the exit status."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.params += _options_of_all()

    def invoke(self, ctx: Any) -> Any:
        """Ends the command with the status of the verb."""
        ctx.exit(_status_of(lambda: super(Verb, self).invoke(ctx), ctx.obj))


class _Group(TyperGroup):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.params += _options_of_all()


class Verbs(typer.Typer):
    """Verbs below one name. `unnamed` is the verb that is meant where none is named."""

    def __init__(self, text: str, *, unnamed: str = "", is_root: bool = False) -> None:
        super().__init__(
            cls=_with_unnamed(unnamed) if unnamed else _Group,
            help=text,
            no_args_is_help=not unnamed,
            add_completion=is_root,
            pretty_exceptions_enable=False,
            context_settings={"help_option_names": ["-h", "--help"]},
        )

    def verb(self, name: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
        """Declares a function as a verb; its docstring is the help."""
        return self.command(name, cls=Verb)


def _with_unnamed(unnamed: str) -> type[TyperGroup]:
    class Group(_Group):
        def parse_args(self, ctx: Any, args: list[str]) -> Any:
            """As always, with the verb that is meant where none is named."""
            if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
                args = [unnamed, *args]
            return super().parse_args(ctx, args)

    return Group


def _keep(ctx: typer.Context, option: typer.CallbackParam, value: Any) -> None:
    """An option of all, where it is given: the session has it, wherever on the line it stood."""
    if not value:
        return
    session: Session = ctx.obj
    if option.name == "json":
        session.wants_json = True
    elif option.name == "outputs":
        session.outputs = Path(value)
    else:
        session.person = value


def _of_all(name: str, **more: Any) -> Any:
    return typer.Option(name, callback=_keep, expose_value=False, **more)


def _every_verb(
    json: Annotated[bool, _of_all("--json", help="JSON instead of tables, as when piped.")] = False,
    outputs: Annotated[str, _of_all("--outputs", metavar="FILE", help="outputs.json of a stack on this machine.")] = "",
    person: Annotated[str, _of_all("--as", metavar="NAME", help="Whose token of these outputs: admin, ops, ...")] = "",
) -> None:
    """What each verb takes besides its own."""


def _options_of_all() -> list[Any]:
    """The options of `_every_verb`, as typer itself makes them: how it does that is no part of what it promises."""
    declared = typer.Typer(add_completion=False)
    declared.command()(_every_verb)
    return typer.main.get_command(declared).params


def _status_of(carry_out: Callable[[], Any], session: Session) -> int:
    """The exit status of a verb; see cli.errors. What it cannot do is told."""
    try:
        with session:
            return int(carry_out() or 0)
    except CommandError as error:
        told = session.world.told
        told.print("Error:", style="bold red", end=" ")
        told.print(clean(str(error)), highlight=False, markup=False, soft_wrap=True)
        return error.status
    except BrokenPipeError:
        # Whoever read the output has enough; nothing may be written to it when Python ends, either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
