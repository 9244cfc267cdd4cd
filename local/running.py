"""The main job on this machine: the sample events, from the bus to the task center, and how it ended."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import FrameType
from typing import Any

from rich.console import Console

from local.aigc_simulator.control import FILES_PREFIX
from local.analyses import stack_analyses
from local.emulator import Aws
from local.outcomes import StackOutcomes
from local.picture import Stage, address_table, analysis_table, event_table, todo_table
from local.settings import ROOT, StackSettings
from local.simulator import SimulatorClient
from local.stack import down, up
from local.story import Story, find_analysis_mismatches, find_event_mismatches, find_todo_mismatches, read_story
from local.watching import Picture, explain_unsettled, send_events, take_picture, watch_until_settled

EXAMPLES = ROOT / "examples"
SETTLE_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Ending:
    """How the story ended: the last picture, what the task center holds, and what is not as it should be."""

    picture: Picture
    state: Mapping[str, Any] | None
    problems: tuple[str, ...]


def run(settings: StackSettings, console: Console, *, once: bool) -> int:
    """Start the stack, play the samples, show what came of them. Returns the exit status.

    Without `once` it stays up until Ctrl-C. The stack is stopped in any case; what it holds is kept.
    """
    _stop_on_terminate()
    try:
        outputs = up(settings, console.print)
        files_url = f"{outputs['ai_simulator_url']}{FILES_PREFIX}" if outputs["ai_simulator_url"] else ""
        ending = _play(read_story(EXAMPLES, files_url), outputs, console)
        _show(ending, outputs, settings, console)
        if not once:
            _stay_up(console)
        return 1 if ending.problems else 0
    except KeyboardInterrupt:
        console.print("\nInterrupted.")
        return 130
    finally:
        _let_finish()
        down(settings, console.print)


def _play(story: Story, outputs: Mapping[str, Any], console: Console) -> Ending:
    """Send each chapter, wait until it is settled, compare the end with what was expected."""
    with ExitStack() as open_until_the_end:
        aws = open_until_the_end.enter_context(Aws(outputs["endpoint_url"], outputs["region"]))
        simulator = None
        if outputs["simulator_url"]:
            simulator = open_until_the_end.enter_context(SimulatorClient(outputs["simulator_url"]))
        stage = open_until_the_end.enter_context(Stage(console, story.event_count, len(story.expected.events)))
        picture = _send_chapters(story, outputs, aws, simulator, stage)
        state = simulator.state() if simulator else None
    problems = _problems(story, picture, state, is_simulated=bool(outputs["ai_simulator_url"]))
    return Ending(picture, state, tuple(problems))


def _send_chapters(
    story: Story, outputs: Mapping[str, Any], aws: Aws, simulator: SimulatorClient | None, stage: Stage
) -> Picture:
    outcomes, analyses = StackOutcomes(aws, outputs), stack_analyses(aws, outputs)
    sent: list[str] = []

    def look() -> Picture:
        return take_picture(aws, outputs, outcomes, sent, lambda: _todos(simulator), lambda: analyses.rows(story.seats))

    picture = look()
    for chapter in story.chapters:
        sent += [event["id"] for event in chapter.events]
        send_events(aws, outputs["EventBusName"], chapter.events, stage.add_sent)
        picture = watch_until_settled(look, stage.show, SETTLE_TIMEOUT_S)
        if not picture.is_settled:
            break
    return picture


def _problems(story: Story, picture: Picture, state: Mapping[str, Any] | None, *, is_simulated: bool) -> list[str]:
    if not picture.is_settled:
        return [explain_unsettled(picture, SETTLE_TIMEOUT_S)]
    given_up = [f"{n} messages were given up in {name}" for name, n in picture.given_up.items() if n]
    todos = find_todo_mismatches(story.expected, state) if state is not None else []
    analyses = find_analysis_mismatches(story.expected, picture.seats, is_simulated=is_simulated)
    return given_up + find_event_mismatches(story.expected, picture.rows) + todos + analyses


def _todos(simulator: SimulatorClient | None) -> Sequence[Mapping[str, Any]]:
    tasks: list[Mapping[str, Any]] = simulator.state()["tasks"] if simulator else []
    return tasks


def _show(ending: Ending, outputs: Mapping[str, Any], settings: StackSettings, console: Console) -> None:
    console.print()
    if ending.state is not None:
        console.print(todo_table(ending.state))
    else:
        console.print(f"What the task center at {outputs['task_center_url']} holds cannot be read from here.")
    console.print(event_table(ending.picture.wanted, ending.picture.rows))
    console.print(analysis_table(ending.picture.seats))
    console.print(
        address_table(
            {
                "Task center": outputs["task_center_url"],
                "AI platform": outputs["ai_platform_url"],
                "HTTP API": outputs["ApiUrl"],
                "AWS endpoint": outputs["endpoint_url"],
                "Outputs": str(settings.outputs_file),
                "Logs": str(settings.log_dir),
            }
        )
    )
    if not ending.problems:
        console.print("\n[green]The samples ended as they should.[/green]")
        return
    console.print(f"\n[bold red]The samples did not end as they should.[/bold red] Logs: {settings.log_dir}")
    for problem in ending.problems:
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
        console.print("\nThe stack stays up. Ctrl-C stops it.")
        signal.pause()
    except KeyboardInterrupt:
        return
