"""How the stack looks on a terminal: live, and at the end, each on a screen of 80 by 24. A pipe is told everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from cli.screen import Column, build_row, build_table, cell
from local.watching import Picture, Shown

_ROWS = 4
_ROWS_AT_THE_END = 3  # beside the addresses, on one screen
_WORDS_SHOWN = 150


def sum_up(task: Shown) -> str:
    """What an analysis comes to, and what the person decided."""
    decided = f"{task['decision']}. " if task["decision"] else ""
    return decided + str(task["result"]["summary"] or task["result"]["reason"])


_TODOS: Sequence[Column] = (
    ("Todo", "task_id"),
    ("Is", "status"),
    ("Subject", "subject"),
    ("Node", "node_name"),
    ("Processors", lambda todo: ", ".join(todo["processors"])),
)
_ANALYSES: Sequence[Column] = (
    ("Task", "task_id"),
    ("Of", "uid"),
    ("Analysis", lambda task: task["result"]["verdict"] or task["result"]["status"]),
    ("In short", sum_up),
)


class Stage:
    """The live picture, `view`. Where the output is no terminal, a line is printed whenever the picture changes.

    `to_send` counts the events that are sent, `to_settle` those that differ: the same event twice is one.
    """

    def __init__(self, console: Console, to_send: int, to_settle: int) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
        )
        self._sent: TaskID = self._progress.add_task("Events sent", total=to_send)
        self._settled: TaskID = self._progress.add_task("Events settled", total=to_settle)
        self.view: RenderableType = self._progress
        self._live = Live(get_renderable=lambda: self.view, console=console, refresh_per_second=8, transient=True)
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

    def show(self, picture: Picture) -> None:
        """The stack as it is now."""
        self._progress.update(self._settled, completed=picture.settled_events)
        if self._console.is_terminal:
            self.view = Group(self._progress, *_live_views(picture))
            self._live.refresh()
            return
        line = describe(picture)
        if line != self._last_line:
            self._console.print(line, highlight=False)
            self._last_line = line
        self._tell_analyses(picture.analysed)

    def _tell_analyses(self, tasks: Iterable[Shown]) -> None:
        """A line for each analysis that has come to an end since."""
        for task in tasks:
            verdict = task["result"]["verdict"]
            key = (task["uid"], task["task_id"], verdict)
            if verdict and key not in self._told:
                self._told.add(key)
                text = f"AI: {task['task_id']} for {task['uid']}: {verdict} {task['result']['summary']}"
                self._console.print(text, highlight=False, markup=False)


def describe(picture: Picture) -> str:
    """The picture in one line."""
    queues = {**picture.waiting, **picture.given_up}
    analyses = Counter(task["result"]["status"] for task in (*picture.under_way, *picture.analysed))
    return (
        f"events: {_count(picture.counts) or 'none'} | queues: {_count(queues) or 'empty'} "
        f"| todos: {len(picture.todos or ())} | analyses: {_count(analyses) or 'none'}"
    )


def end_views(picture: Picture, *, is_terminal: bool) -> list[RenderableType]:
    """What came of it, in numbers and in rows: a few that differ on a terminal, all of them in a pipe."""
    todos, tasks = picture.todos, _varied(picture.analysed)
    build = _build_start if is_terminal else build_table
    return [
        f"{len(picture.events)} events, at their targets: {_count(picture.counts)}",
        "What the task center holds cannot be read from here."
        if todos is None
        else build(f"The task center holds {len(todos)} todos, the newest first", _TODOS, todos[::-1]),
        build(f"The AI said something of {len(tasks)} tasks", _ANALYSES, tasks),
    ]


def address_table(addresses: Mapping[str, str]) -> Table:
    """Where to look."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, address in addresses.items():
        table.add_row(name, address)
    return table


def _live_views(picture: Picture) -> list[RenderableType]:
    table = Table.grid(padding=(0, 2))
    for name, counts in (("Events", picture.counts), ("Queues", {**picture.waiting, **picture.given_up})):
        table.add_row(name, Text("  ").join(Text.assemble(cell(each), f" {count}") for each, count in counts.items()))
    analyses = [*picture.under_way, *reversed(picture.analysed)][: 2 * _ROWS]
    shown = (*_ANALYSES[:-1], ("What the AI says", lambda task: _words(task, picture)))
    return [
        table,
        _build_lines("Newest todos", _TODOS, (picture.todos or ())[-_ROWS:]),
        _build_lines("Analyses", shown, analyses),
    ]


def _words(task: Shown, picture: Picture) -> str:
    """What the AI says: the last words while they come, then what it comes to."""
    return " ".join(picture.words.get(task["result"]["id"], "").split())[-_WORDS_SHOWN:] or sum_up(task)


def _build_lines(title: str, columns: Sequence[Column], rows: Iterable[Shown]) -> Table:
    """A table whose rows are lines: what has no room is cut off, the first column last."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for number, (heading, _) in enumerate(columns):
        table.add_column(heading, no_wrap=number == 0)
    for row in rows:
        texts = build_row(columns, row)
        for text in texts:
            text.no_wrap, text.overflow = True, "ellipsis"
        table.add_row(*texts)
    return table


def _build_start(title: str, columns: Sequence[Column], rows: Sequence[Shown]) -> Table:
    return _build_lines(title, columns, rows[:_ROWS_AT_THE_END])


def _varied(tasks: Sequence[Shown]) -> list[Shown]:
    """The first of each verdict, then the second of each, and so on."""
    seen: Counter[str] = Counter()
    ranked = []
    for task in tasks:
        ranked.append((seen[task["result"]["verdict"]], task))
        seen[task["result"]["verdict"]] += 1
    return [task for _, task in sorted(ranked, key=lambda each: each[0])]


def _count(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()) if count)
