"""What every command works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError

from cli.api import Api
from cli.connection import Connection
from cli.errors import WRONG_USE, CommandError
from cli.screen import Screen
from cli.world import World


@dataclass(frozen=True, slots=True)
class Session:
    """One run of the command. `known_api` is None for a command that does not ask the API."""

    world: World
    screen: Screen
    connection: Connection
    known_api: Api | None = None

    @property
    def api(self) -> Api:
        """The API, for a command that is declared to ask it."""
        if self.known_api is None:
            raise TypeError("this command is not declared to ask the API")
        return self.known_api

    def open_bus(self) -> Any:
        """A client for the event bus. Raises CommandError where region or profile are missing."""
        try:
            return self.world.open_bus(self.connection)
        except BotoCoreError as error:
            raise CommandError(f"AWS cannot be asked: {error}", WRONG_USE) from None
