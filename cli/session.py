"""What every verb works with."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import typer
from botocore.exceptions import BotoCoreError

from cli.api import Api, open_api
from cli.connection import Connection, read_connection
from cli.errors import WRONG_USE, CommandError
from cli.kept_login import read_login, renewed
from cli.moments import parse_moment
from cli.screen import Screen
from cli.world import World


@dataclass
class Session:
    """One run of the command: what it was told for all verbs, and what it opens when a verb asks for it."""

    world: World
    wants_json: bool = False
    outputs: Path | None = None
    person: str = ""
    _open: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @cached_property
    def screen(self) -> Screen:
        """Where results go: tables on a terminal, JSON where it is asked for or piped."""
        world = self.world
        return Screen(world.out, world.told, as_json=self.wants_json or not world.out.is_terminal)

    @cached_property
    def connection(self) -> Connection:
        """Where the API and the bus are, and the token: of the login that is kept where nothing else gives them.

        Raises CommandError where the outputs or the login cannot be used.
        """
        world = self.world
        named = read_connection(world.environment, self.outputs, self.person)
        kept = None if named.token else read_login(world.environment)
        if kept is None or (named.url and named.api_address() != kept.url):
            return named
        fresh = renewed(kept, world.environment, world.clock, world.transport)
        return replace(named, url=kept.url, token=fresh.id_token)

    @cached_property
    def api(self) -> Api:
        """The API. Raises CommandError where address or token are missing."""
        return self._open.enter_context(open_api(self.connection, self.world.transport, self.world.sleep))

    def open_aws(self, service: str) -> Any:
        """A client of an AWS service, such as "events". Raises CommandError where region or profile are missing."""
        try:
            return self.world.open_aws(self.connection, service)
        except BotoCoreError as error:
            raise CommandError(f"AWS cannot be asked: {error}", WRONG_USE) from None

    def ask(self, question: str, *, is_secret: bool = False, default: str | None = None) -> str:
        """What a person types, a secret unseen; from a pipe, its next line. Raises CommandError where nothing comes."""
        if self.world.stdin.isatty():
            return str(typer.prompt(question, default=default, show_default=False, hide_input=is_secret, err=True))
        line = self.world.stdin.readline().decode(errors="replace").strip()
        if not line:
            raise CommandError(f"{question} is missing: type it, or give it as a line of the input.", WRONG_USE)
        return line

    def moment(self, text: str | None) -> str | None:
        """A time as the API takes it. Raises CommandError where it cannot be read."""
        return parse_moment(text, self.world.clock()) if text else None
