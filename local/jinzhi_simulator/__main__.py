"""The command line of the simulator."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from local.jinzhi_simulator.model import TaskCenter
from local.jinzhi_simulator.records import Settings, Snapshot
from local.jinzhi_simulator.server import SimulatorServer
from local.simulating.keeping import read_snapshot
from local.simulating.server import serve_until_stopped


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The arguments of the command line; ends the process with code 2 where they are wrong."""
    default = Settings()
    parser = argparse.ArgumentParser(prog="python -m local.jinzhi_simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state-file", type=Path, help="where everything is kept; without it nothing is")
    parser.add_argument("--app-id", default=default.app_id)
    parser.add_argument("--app-secret", default=default.app_secret)
    parser.add_argument("--scene-code", default=default.scene_code)
    parser.add_argument("--static-token", default=default.static_token, help="of the older generation")
    parser.add_argument("--token-lifetime-s", type=float, default=default.token_lifetime_s)
    parser.add_argument("--new-token-ends-old", action="store_true")
    parser.add_argument("--repeated-insert", choices=("update", "refuse"), default=default.repeated_insert)
    parser.add_argument("--gone-delete-succeeds", action="store_true")
    return parser.parse_args(arguments)


def build_center(options: argparse.Namespace) -> TaskCenter:
    """A task center as the arguments say, with what the state file holds; ValueError if it cannot."""
    settings = Settings(
        app_id=options.app_id,
        app_secret=options.app_secret,
        scene_code=options.scene_code,
        static_token=options.static_token,
        token_lifetime_s=options.token_lifetime_s,
        new_token_ends_old=options.new_token_ends_old,
        repeated_insert=options.repeated_insert,
        gone_delete_succeeds=options.gone_delete_succeeds,
    )
    center = TaskCenter(time.time, random.SystemRandom(), settings)
    if options.state_file is not None:
        center.restore(read_snapshot(options.state_file, Snapshot))
    return center


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT; returns the exit code."""
    options = parse_arguments(arguments)
    try:
        server = SimulatorServer((options.host, options.port), build_center(options), options.state_file)
    except (OSError, ValueError) as error:
        print(f"the simulator cannot start: {error}", file=sys.stderr)
        return 1
    serve_until_stopped(server, "JinZhi simulator")
    return 0


if __name__ == "__main__":
    sys.exit(main())
