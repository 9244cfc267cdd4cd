"""Simulators behind real HTTP, as their commands serve them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from local.simulating.command_line import build, parse_arguments
from local.simulating.server import SimulatorServer
from local.simulating.simulator import Simulator

T = TypeVar("T", bound=Simulator[Any, Any, Any])


@contextmanager
def served(kind: type[T], *arguments: str, state: Path | None = None) -> Iterator[SimulatorServer[T]]:
    """A simulator of these options on a free port; `state` is the file that keeps what it holds."""
    kept = ("--state-file", str(state)) if state else ()
    server = SimulatorServer(("127.0.0.1", 0), build(kind, parse_arguments(kind, [*arguments, *kept])), state)
    server.start()
    try:
        yield server
    finally:
        server.stop()
