"""The commands of the stack on one machine."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from cli.errors import CommandError
from local.console_address import console_lines
from local.errors import StackError
from local.picture import address_table
from local.running import run
from local.settings import StackSettings, read_settings
from local.stack import down, status, up
from local.steps import Steps
from taskbridge.errors import TaskbridgeError

_PIPE_WIDTH = 160
_COMMANDS = {
    "up": "start the stack in the background; returns when it is ready",
    "down": "stop the stack; what it holds is kept",
    "run": "start the stack, play the events of examples/, show what came of them",
    "status": "what runs, and where",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command. Returns the exit status."""
    options = _parse(arguments)
    # A pipe has no width of its own, and 80 columns are too few for the tables.
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    try:
        settings = read_settings(os.environ)
    except StackError as error:
        return _fail(str(error))
    try:
        return _carry_out(options, settings, console)
    except (StackError, CommandError) as error:
        return _fail(str(error))
    except (BotoCoreError, ClientError, TaskbridgeError) as error:
        return _fail(f"The AWS emulator did not do what it was asked: {error}\nIts log: {settings.log_dir}/aws.log")
    except OSError as error:
        return _fail(f"The machine did not do what it was asked: {error}\nThe state directory: {settings.state_dir}")


def _fail(text: str) -> int:
    console = Console(stderr=True)
    console.print("Error:", style="bold red", end=" ")
    console.print(text, highlight=False, markup=False, soft_wrap=True)
    return 1


def _carry_out(options: argparse.Namespace, settings: StackSettings, console: Console) -> int:
    say = Steps(sys.stdout).say
    if options.command == "run":
        return run(settings, console, once=options.once)
    if options.command == "up":
        outputs = up(settings, Steps(sys.stdout))
        say(f"The stack is up: {outputs['endpoint_url']}")
        addresses = {"Console": console_lines(outputs), "Task center": outputs["task_center_url"]}
        addresses |= {"AI platform": outputs["ai_platform_url"], "Outputs": str(settings.outputs_file)}
        console.print(address_table(addresses))
    elif options.command == "down":
        down(settings, say)
        say("The stack is down.")
    else:
        console.print(address_table(status(settings)))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="The whole of taskbridge on one machine.",
        epilog="Environment: AWS_PORT, STATE_DIR, JINZHI_HOST, AIGC_HOST, and more: see docs/one-machine.md.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="|".join(_COMMANDS))
    for name, text in _COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        if name == "run":
            command.add_argument("--once", action="store_true", help="stop the stack after the tables")
    return parser.parse_args(arguments)
