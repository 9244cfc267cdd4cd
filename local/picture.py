"""How the stack looks on a terminal: live, and in tables at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

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
}
_TODOS_SHOWN = 10


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
        self._progress.update(self._settled, completed=sum(row.is_settled for row in picture.rows))
        if self._console.is_terminal:
            self._live.update(Group(self._progress, _counts(picture), _todos(picture.todos[-_TODOS_SHOWN:])))
            return
        line = describe(picture)
        if line != self._last_line:
            self._console.print(line, highlight=False)
            self._last_line = line


def describe(picture: Picture) -> str:
    """The picture in one line."""
    counts = ", ".join(f"{count} {status}" for status, count in sorted(picture.counts.items()))
    queues = ", ".join(f"{name} {depth}" for name, depth in picture.queues.items() if depth)
    return f"events: {counts or 'none'} | queues: {queues or 'empty'} | todos: {len(picture.todos)}"


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


def _styled(status: str) -> Text:
    return Text(status, style=_STYLES.get(status, ""))
