"""The main job on this machine: the sample events, from the bus to the task center, and how it ended."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from types import FrameType
from typing import Any

from rich.console import Console

from cli.api import Api, open_api
from cli.bus import send_events
from cli.connection import read_connection
from cli.world import open_aws
from local.aigc_simulator.attachments import FILES_PREFIX
from local.console_address import console_lines
from local.errors import StackError
from local.people import APPROVERS
from local.picture import Stage, address_table, end_views
from local.settings import ROOT, StackSettings
from local.simulators import SimulatorClient
from local.stack import down, up
from local.steps import Steps
from local.story import (
    Chapter,
    Story,
    find_analysis_mismatches,
    find_event_mismatches,
    find_todo_mismatches,
    read_story,
)
from local.watching import Picture, Watch, explain_unsettled, watch_until_settled

EXAMPLES = ROOT / "examples"
SETTLE_TIMEOUT_S = 300.0


def run(settings: StackSettings, console: Console, *, once: bool) -> int:
    """Start the stack, play the samples, show what came of them. Returns the exit status.

    Without `once` it stays up until Ctrl-C. The stack is stopped in any case; what it holds is kept.
    """
    _stop_on_terminate()
    try:
        outputs = up(settings, Steps(sys.stdout))
        files_url = f"{outputs['ai_simulator_url']}{FILES_PREFIX}" if outputs["ai_simulator_url"] else ""
        picture, problems = _play(read_story(EXAMPLES, files_url), outputs, settings, console)
        _show(picture, problems, outputs, settings, console)
        if not once:
            _stay_up(console)
        return 1 if problems else 0
    except KeyboardInterrupt:
        console.print("\nInterrupted.")
        return 130
    finally:
        _let_finish()
        down(settings, console.print)


def _play(
    story: Story, outputs: Mapping[str, Any], settings: StackSettings, console: Console
) -> tuple[Picture, list[str]]:
    """Send each chapter, wait until it is settled; the last picture, and what is not as it should be."""
    with ExitStack() as open_until_the_end:

        def connect(person: str) -> Api:
            connection = read_connection({}, settings.outputs_file, person)
            return open_until_the_end.enter_context(open_api(connection, None, time.sleep))

        simulator = None
        if outputs["simulator_url"]:
            simulator = open_until_the_end.enter_context(SimulatorClient(outputs["simulator_url"]))
        todos = (lambda: simulator.state()["tasks"]) if simulator else (lambda: None)
        watch = Watch(connect("ops"), {person: connect(person) for person in APPROVERS}, todos)
        with Steps(sys.stdout).step("First answers of the HTTP API"):
            watch.look(())
        to_send = sum(len(chapter.lines) for chapter in story.chapters)
        stage = open_until_the_end.enter_context(Stage(console, to_send, len(story.expected.events)))
        picture = _send_chapters(story, settings, watch, stage)
        state = simulator.state() if simulator else None
    return picture, _problems(story, picture, state, is_simulated=bool(outputs["ai_simulator_url"]))


def _send_chapters(story: Story, settings: StackSettings, watch: Watch, stage: Stage) -> Picture:
    sent: dict[str, None] = {}  # a set that keeps its order
    picture = watch.look(sent)
    for chapter in story.chapters:
        _send(chapter, settings, stage)
        sent |= dict.fromkeys(event["id"] for event in chapter.events)
        picture = watch_until_settled(partial(watch.look, tuple(sent)), stage.show, SETTLE_TIMEOUT_S)
        if not picture.is_settled:
            break
    return picture


def _send(chapter: Chapter, settings: StackSettings, stage: Stage) -> None:
    connection = read_connection({}, settings.outputs_file, "")
    refused = send_events(
        open_aws(connection, "events"), connection.bus_name(), chapter.lines, stage.add_sent, time.sleep
    )
    if refused:
        raise StackError(f"EventBridge refused {refused[0].place} of {chapter.name}: {refused[0].message}")


def _problems(story: Story, picture: Picture, state: Mapping[str, Any] | None, *, is_simulated: bool) -> list[str]:
    if not picture.is_settled:
        return [explain_unsettled(picture, SETTLE_TIMEOUT_S)]
    return [
        *(f"{count} messages were given up in {name}" for name, count in picture.given_up.items()),
        *find_event_mismatches(story.expected, picture.events),
        *(find_todo_mismatches(story.expected, state) if state is not None else ()),
        *find_analysis_mismatches(story.expected, picture.tasks, is_simulated=is_simulated),
    ]


def _show(
    picture: Picture, problems: Sequence[str], outputs: Mapping[str, Any], settings: StackSettings, console: Console
) -> None:
    for view in end_views(picture, is_terminal=console.is_terminal):
        console.print(view, highlight=False)
    ask = f".venv/bin/taskbridge --outputs {os.path.relpath(settings.outputs_file)}"
    console.print(
        address_table(
            {
                "Console": console_lines(outputs),
                "Task center": outputs["task_center_url"],
                "HTTP API": outputs["ApiUrl"],
                "Logs": str(settings.log_dir),
            }
        )
    )
    # As wide as the screen: commands that are broken cannot be copied.
    console.print(f"More:\n  {ask} --as ops logs\n  {ask} --as approver-1 ai tasks", highlight=False)
    if not problems:
        console.print("[green]The samples ended as they should.[/green]")
        return
    console.print("[bold red]The samples did not end as they should.[/bold red]")
    for problem in problems:
        console.print(f"  {problem}", highlight=False, markup=False)


def _stop_on_terminate() -> None:
    """End by SIGTERM as by Ctrl-C: the stack is stopped. A shell starts background jobs with Ctrl-C ignored."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)


def _let_finish() -> None:
    """A second Ctrl-C does not cut off the stopping."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _stay_up(console: Console) -> None:
    """Wait for Ctrl-C, which may come as soon as it is spoken of."""
    try:
        console.print("The stack stays up. Ctrl-C stops it.")
        signal.pause()
    except KeyboardInterrupt:
        return
