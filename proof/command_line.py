"""Runs the steps one after the other, keeps what each found, and writes the pages of all that were ever run."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from importlib import import_module

from local.settings import ROOT
from proof import pages, record
from proof.record import Options, Step

STEPS = ("bench", "floor", "starts", "cost", "outage", "rows", "chaos", "runtime")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: returns 1 where a step failed. The pages are written all the same."""
    defaults = Options()
    parser = argparse.ArgumentParser(
        prog="python -m proof", description="Proves again what docs/performance.md claims."
    )
    parser.add_argument("steps", nargs="*", metavar="|".join(STEPS), help="what to run; everything if not given")
    parser.add_argument("--seeds", type=int, default=defaults.seeds, help="seeds of chaos, each with a run of its own")
    parser.add_argument(
        "--first-seed", type=int, default=defaults.first_seed, help="the first of them; those before it are kept"
    )
    parser.add_argument("--events", type=int, default=defaults.events, help="events of a seed")
    parser.add_argument("--rows", type=int, default=defaults.rows, help="rows of the push log beside which is counted")
    parser.add_argument("--pages", action="store_true", help="only write the pages anew")
    given = parser.parse_args(arguments)
    if unknown := sorted(set(given.steps) - set(STEPS)):
        parser.error(f"unknown: {', '.join(unknown)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = Options(given.seeds, given.first_seed, given.events, given.rows)
    failed = [] if given.pages else [name for name in given.steps or STEPS if not _run(name, options)]
    pages.write(record.load(), ROOT / "docs")
    _say(f"docs/performance.md and docs/capacity.md are written{', failed: ' if failed else ''}{', '.join(failed)}")
    return int(bool(failed))


def _run(name: str, options: Options) -> bool:
    """Whether a step went through; what it found is kept."""
    started = time.monotonic()
    step: Step = import_module(f"proof.{name}").run

    def say(text: str) -> None:
        _say(f"  {time.monotonic() - started:4.0f} s  {text}")

    _say(f"{name} ...")
    try:
        data = step(options, say)
    except Exception as error:  # noqa: BLE001 - the others are run all the same
        say("\n".join([f"{name} failed: {type(error).__name__}: {error}", *getattr(error, "__notes__", ())]))
        return False
    record.save(record.made(name, time.monotonic() - started, data))
    say(f"{name} is done")
    return True


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
