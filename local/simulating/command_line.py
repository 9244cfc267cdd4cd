"""`python -m local.<name>_simulator --port N --state-file PATH`, with an option for each plain setting."""

from __future__ import annotations

import argparse
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from local.simulating.keeping import read_snapshot
from local.simulating.server import SimulatorServer
from local.simulating.simulator import Simulator

T = TypeVar("T", bound=Simulator[Any, Any, Any])


def main(kind: type[Simulator[Any, Any, Any]], arguments: Sequence[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT, and says where; returns the exit code."""
    options = parse_arguments(kind, arguments)
    try:
        server = SimulatorServer((options.host, options.port), build(kind, options), options.state_file)
    except (OSError, ValueError) as error:
        print(f"the simulator cannot start: {error}", file=sys.stderr)
        return 1
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    server.start()
    print(f"{kind.title}: {server.url}", flush=True)
    stopped.wait()
    server.stop()
    return 0


def parse_arguments(kind: type[Simulator[Any, Any, Any]], arguments: Sequence[str] | None) -> argparse.Namespace:
    """The arguments of the command line; ends the process with code 2 where they are wrong."""
    parser = argparse.ArgumentParser(prog=f"python -m local.{kind.name}_simulator", description=kind.title)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state-file", type=Path, help="where everything is kept; without it nothing is")
    for setting, how in _plain_settings(kind.settings_kind):
        option = f"--{setting.name.replace('_', '-')}"
        parser.add_argument(option, default=setting.default, help=f"default: {setting.default!r}", **how)
    return parser.parse_args(arguments)


def build(kind: type[T], options: argparse.Namespace) -> T:
    """A simulator as the arguments say, with what the state file holds; ValueError if it cannot."""
    given = {setting.name: getattr(options, setting.name) for setting, _ in _plain_settings(kind.settings_kind)}
    simulator = kind(time.time, random.SystemRandom(), kind.settings_kind(**given))
    if options.state_file is not None:
        simulator.restore(read_snapshot(options.state_file, simulator.snapshot_kind))
    return simulator


def _plain_settings(settings_kind: type[Any]) -> Iterator[tuple[Field[Any], dict[str, Any]]]:
    """The settings that an option can say, each with how argparse reads it."""
    kinds = get_type_hints(settings_kind)
    for setting in fields(settings_kind):
        kind = kinds[setting.name]
        if kind is bool:
            yield setting, {"action": "store_true"}
        elif get_origin(kind) is Literal:
            yield setting, {"choices": get_args(kind)}
        elif kind in (str, int, float):
            yield setting, {"type": kind}
