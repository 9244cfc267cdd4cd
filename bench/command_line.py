"""Runs the measurements one after the other and prints one table of all."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from bench.errors import BenchError
from bench.table import Row, any_missed, render

Say = Callable[[str], None]
Measurement = Callable[[Say], Sequence[Row]]
NAMES = ("cpu", "cold-start", "batch", "cost", "outage")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: returns 1 where a target was missed, or something could not be measured."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Speed and cost, each beside something that runs on the same machine."
    )
    parser.add_argument("names", nargs="*", metavar="|".join(NAMES), help="what to measure; everything if not given")
    chosen = parser.parse_args(arguments).names or NAMES
    unknown = sorted(set(chosen) - set(NAMES))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    # So that a bench that is told to end takes the programs along that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return run({name: _measurement(name) for name in chosen}, _say)


def run(measurements: Mapping[str, Measurement], say: Say) -> int:
    """Measure, print the table on the standard output, return the exit status. `say` is told how it goes."""
    rows: list[Row] = []
    failed = False
    for name, measure in measurements.items():
        started = time.monotonic()
        say(f"{name} ...")
        try:
            rows += measure(say)
        except BenchError as error:
            failed = True
            say(f"  {name} could not be measured: {error}")
        say(f"  {time.monotonic() - started:.0f} s")
    print(render(rows))
    return int(failed or any_missed(rows))


def _measurement(name: str) -> Measurement:
    """Imported only now: a measurement that is not asked for costs nothing."""
    measure: Measurement = import_module(f"bench.{name.replace('-', '_')}").measure
    return measure


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
