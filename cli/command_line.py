"""Carries out one command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from cli.api import open_api
from cli.arguments import parse_arguments
from cli.connection import read_connection
from cli.errors import INTERRUPTED, CommandError
from cli.screen import Screen, clean
from cli.session import Session
from cli.world import World, build_world


def main(arguments: Sequence[str] | None = None, world: World | None = None) -> int:
    """Returns the exit status; see cli.errors."""
    options = parse_arguments(arguments)
    world = world or build_world()
    try:
        return _carry_out(options, world)
    except CommandError as error:
        world.told.print("Error:", style="bold red", end=" ")
        world.told.print(clean(str(error)), highlight=False, markup=False, soft_wrap=True)
        return error.status
    except KeyboardInterrupt:
        world.told.print()
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has enough; nothing may be written to it when Python ends, either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _carry_out(options: argparse.Namespace, world: World) -> int:
    connection = read_connection(world.environment, options.outputs, options.person, getattr(options, "bus", ""))
    screen = Screen(world.out, world.told, as_json=options.json or not world.out.is_terminal)
    if not options.asks_api:
        return int(options.carry_out(options, Session(world, screen, connection)))
    with open_api(connection, world.transport, world.sleep) as api:
        return int(options.carry_out(options, Session(world, screen, connection, api)))
