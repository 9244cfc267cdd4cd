"""The command line of the simulator."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from local.aigc_simulator.model import AiPlatform
from local.aigc_simulator.records import ANSWER_FORMS, Settings, Snapshot
from local.aigc_simulator.server import SimulatorServer
from local.simulating.keeping import read_snapshot
from local.simulating.server import serve_until_stopped


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The arguments of the command line; ends the process with code 2 where they are wrong."""
    default = Settings()
    parser = argparse.ArgumentParser(prog="python -m local.aigc_simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state-file", type=Path, help="where everything is kept; without it nothing is")
    parser.add_argument("--files", type=Path, help="folder of the attachments that are served under /files/")
    parser.add_argument("--app-id", default=default.app_id)
    parser.add_argument("--app-secret", default=default.app_secret)
    parser.add_argument("--token-lifetime-s", type=float, default=default.token_lifetime_s)
    parser.add_argument("--file-lifetime-s", type=float, default=default.file_lifetime_s)
    parser.add_argument("--answer-form", choices=ANSWER_FORMS, default="", help="without it, all in turn")
    parser.add_argument("--stream-end", choices=("event", "done"), default=default.stream_end)
    parser.add_argument("--first-text-ms", type=float, default=default.first_text_ms)
    parser.add_argument("--piece-ms", type=float, default=default.piece_ms)
    return parser.parse_args(arguments)


def build_platform(options: argparse.Namespace) -> AiPlatform:
    """An AI platform as the arguments say, with what the state file holds; ValueError if it cannot."""
    settings = Settings(
        app_id=options.app_id,
        app_secret=options.app_secret,
        token_lifetime_s=options.token_lifetime_s,
        file_lifetime_s=options.file_lifetime_s,
        answer_form=options.answer_form,
        stream_end=options.stream_end,
        first_text_ms=options.first_text_ms,
        piece_ms=options.piece_ms,
    )
    platform = AiPlatform(time.time, random.SystemRandom(), settings)
    if options.state_file is not None:
        platform.restore(read_snapshot(options.state_file, Snapshot))
    return platform


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT; returns the exit code."""
    options = parse_arguments(arguments)
    try:
        address = (options.host, options.port)
        server = SimulatorServer(address, build_platform(options), options.state_file, options.files)
    except (OSError, ValueError) as error:
        print(f"the simulator cannot start: {error}", file=sys.stderr)
        return 1
    serve_until_stopped(server, "Aigc simulator")
    return 0


if __name__ == "__main__":
    sys.exit(main())
