"""How the stack looks on a terminal: live, and in tables at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from local.analyses import SeatRow
from local.outcomes import EventRow
from local.watching import Picture

_STYLES = {
    "succeeded": "green",
    "superseded": "cyan",
    "skipped": "blue",
    "retrying": "yellow",
    "rejected": "magenta",
    "failed": "bold red",
    "on its way": "yellow",
    "RUNNING": "yellow",
    "COMPLETE": "green",
    "ABORT": "magenta",
    "pending": "yellow",
    "running": "yellow",
    "done": "green",
    "processed": "blue",
    "approve": "green",
    "reject": "red",
    "needs_human": "yellow",
}
_TODOS_SHOWN = 5
_ANALYSES_SHOWN = 6
_WORDS_SHOWN = 150


class Stage:
    """The live picture. Where the output is no terminal, a line is printed whenever the picture changes.

    `to_send` counts the events that are sent, `to_settle` those that differ: the same event twice is one.
    """

    def __init__(self, console: Console, to_send: int, to_settle: int) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
        )
        self._sent: TaskID = self._progress.add_task("Events sent", total=to_send)
        self._settled: TaskID = self._progress.add_task("Events settled", total=to_settle)
        self._live = Live(console=console, refresh_per_second=8, transient=True)
        self._last_line = ""
        self._told: set[tuple[str, str, str]] = set()

    def __enter__(self) -> Stage:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def add_sent(self, count: int) -> None:
        """So many more events are on the bus."""
        self._progress.advance(self._sent, count)
        self._live.update(self._progress)

    def show(self, picture: Picture) -> None:
        """The stack as it is now."""
        self._progress.update(self._settled, completed=picture.settled_events)
        if self._console.is_terminal:
            todos = _todos(picture.todos[-_TODOS_SHOWN:])
            self._live.update(Group(self._progress, _counts(picture), todos, _analyses(picture.seats)))
            return
        line = describe(picture)
        if line != self._last_line:
            self._console.print(line, highlight=False)
            self._last_line = line
        self._tell_analyses(picture.seats)

    def _tell_analyses(self, seats: Iterable[SeatRow]) -> None:
        """A line for each analysis that has come to an end since."""
        for seat in seats:
            key = (seat.uid, seat.task_id, seat.verdict)
            if seat.verdict and key not in self._told:
                self._told.add(key)
                text = f"AI: {seat.task_id} for {seat.uid}: {seat.verdict} {seat.summary}"
                self._console.print(text, highlight=False, markup=False)


def describe(picture: Picture) -> str:
    """The picture in one line."""
    counts = ", ".join(f"{count} {status}" for status, count in sorted(picture.counts.items()))
    queues = ", ".join(f"{name} {depth}" for name, depth in picture.queues.items() if depth)
    analyses = Counter(seat.status for seat in picture.seats if seat.status)
    told = ", ".join(f"{count} {status}" for status, count in sorted(analyses.items()))
    return (
        f"events: {counts or 'none'} | queues: {queues or 'empty'} | todos: {len(picture.todos)} "
        f"| analyses: {told or 'none'}"
    )


def todo_table(state: Mapping[str, Any]) -> Table:
    """What the task center holds, the todos of an instance together."""
    status = {instance["sess_id"]: instance["status"] for instance in state["instances"]}
    table = Table(title="What the task center holds", title_justify="left")
    for heading in ("Instance", "Is", "Todo", "Is", "Subject", "Node", "Processors"):
        table.add_column(heading, overflow="fold")
    todos = sorted(state["tasks"], key=lambda todo: (todo["sess_id"], todo["task_id"]))
    for todo in todos:
        table.add_row(
            todo["sess_id"],
            _styled(status.get(todo["sess_id"], "")),
            todo["task_id"],
            _styled(todo["status"]),
            todo["subject"],
            todo["node_name"],
            ", ".join(todo["processors"]),
        )
    with_todos = {todo["sess_id"] for todo in todos}
    for instance in state["instances"]:
        if instance["sess_id"] not in with_todos:
            shown = (instance["subject"], instance["node_name"], "")
            table.add_row(instance["sess_id"], _styled(instance["status"]), "", "", *shown)
    return table


def analysis_table(seats: Iterable[SeatRow]) -> Table:
    """What the AI said of each task, and what the person decided."""
    table = Table("Task", "Verdict", "In short", title="What the AI said", title_justify="left", show_lines=True)
    for seat in seats:
        if seat.status:
            decided = f", {seat.decision}" if seat.decision else ""
            verdict = Text.assemble(_styled(seat.verdict), "\n" if seat.verdict else "", _styled(seat.status), decided)
            in_short = "\n".join(part for part in (f"{seat.node}: {seat.subject}", seat.summary, seat.reason) if part)
            table.add_row(Text(f"{seat.task_id}\n{seat.uid}"), verdict, Text(in_short))
    return table


def event_table(event_ids: Sequence[str], rows: Iterable[EventRow]) -> Table:
    """What became of each event, in the order in which they were sent."""
    by_event: dict[str, list[EventRow]] = {}
    for row in rows:
        by_event.setdefault(row.event_id, []).append(row)
    table = Table(title="What became of the events", title_justify="left")
    for heading in ("Event", "Action", "Target", "Status", "Attempts", "Reason"):
        table.add_column(heading, overflow="fold")
    for event_id in dict.fromkeys(event_ids):
        for row in by_event.get(event_id, []):
            attempts = str(row.attempts) if row.attempts else ""
            table.add_row(event_id, row.action, row.target, _styled(row.status), attempts, row.reason)
    return table


def address_table(addresses: Mapping[str, str]) -> Table:
    """Where to look."""
    table = Table.grid(padding=(0, 2))
    for name, address in addresses.items():
        table.add_row(name, address)
    return table


def _counts(picture: Picture) -> RenderableType:
    counts = [Text.assemble(_styled(status), f" {count}") for status, count in picture.counts.items()]
    given_up = {name: depth for name, depth in picture.given_up.items() if depth}
    queues = [Text(f"{name} {depth}") for name, depth in {**picture.waiting, **given_up}.items()]
    table = Table.grid(padding=(0, 2))
    table.add_row("Events", *counts)
    table.add_row("Queues", *queues)
    return table


def _todos(todos: Sequence[Mapping[str, Any]]) -> RenderableType:
    table = Table("Todo", "Is", "Subject", "Processors", title="Newest todos", title_justify="left")
    for todo in todos:
        processors = ", ".join(todo["processors"])
        table.add_row(todo["task_id"], _styled(todo["status"]), todo["subject"], processors)
    return table


def _analyses(seats: Sequence[SeatRow]) -> RenderableType:
    """The analyses that are under way, their words as they come, and behind them the newest that have ended."""
    under_way = [seat for seat in seats if seat.is_under_way]
    ended = [seat for seat in seats if seat.status and not seat.is_under_way]
    shown = [*under_way, *reversed(ended)][:_ANALYSES_SHOWN]
    table = Table("Task", "Of", "Analysis", "Verdict", "What the AI says", title="Analyses", title_justify="left")
    for seat in shown:
        words = " ".join(seat.text.split())[-_WORDS_SHOWN:] if seat.is_under_way else seat.summary or seat.reason
        table.add_row(seat.task_id, seat.uid, _styled(seat.status), _styled(seat.verdict), Text(words))
    return table


def _styled(status: str) -> Text:
    return Text(status, style=_STYLES.get(status, ""))
