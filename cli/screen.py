"""What the user sees: tables on a terminal, JSON where it is asked for or piped."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

_STYLES = {
    "succeeded": "green",
    "superseded": "cyan",
    "skipped": "blue",
    "retrying": "yellow",
    "running": "yellow",
    "pending": "yellow",
    "on its way": "yellow",
    "done": "green",
    "processed": "blue",
    "open": "bold red",
    "no quota": "bold red",
    "quiet": "yellow",
    "failed": "bold red",
    "rejected": "magenta",
    "approve": "green",
    "reject": "red",
    "needs_human": "yellow",
    "pass": "green",
    "fail": "red",
    "unknown": "yellow",
    "ok": "green",
    "look": "yellow",
    "wrong": "bold red",
    "no answer": "bold red",
    "not asked": "cyan",
}
# What comes from a form, a model or a platform must not steer the terminal. A newline may stay.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# White space parts words, and text that is written without any may be broken anywhere.
_WORD = re.compile(r"[^\s\u2e80-\uffef]+")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)", re.ASCII)
STATE_CHARS = 11  # words of state and times are never longer, and never broken
LEAST_OF_AN_ID = 8
GAP = 2  # between two columns

Column = tuple[str, str | Callable[[Mapping[str, Any]], object]]


@dataclass(frozen=True, slots=True)
class Screen:
    """Results go to `out`, everything else to `told`."""

    out: Console
    told: Console
    as_json: bool

    def show(self, result: Any, *views: RenderableType) -> None:
        """A result: as one JSON document, or as it is viewed."""
        if self.as_json:
            self.write_json(result, indent=2)
            return
        for view in views:
            # The terminal folds a sentence by itself, so that what it names can be copied whole.
            self.out.print(view, soft_wrap=isinstance(view, Text))

    def write_json(self, value: Any, indent: int | None = None) -> None:
        """JSON, as it is: neither wrapped nor coloured."""
        self.out.file.write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")
        self.out.file.flush()

    def tell(self, text: str) -> None:
        """A sentence beside the result."""
        self.told.print(clean(text), highlight=False, markup=False, soft_wrap=True)

    def progress(self) -> Progress:
        """A progress bar, shown on a terminal only."""
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.told,
            transient=True,
            disable=not self.told.is_terminal,
        )


def indent_json(text: str | None) -> str:
    """A body of an HTTP call, indented where it is JSON."""
    try:
        return json.dumps(json.loads(text or ""), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text or ""


def clean(value: object) -> str:
    """A value as text that a terminal takes for nothing but text."""
    text = "" if value is None else "yes" if value is True else "no" if value is False else str(value)
    return _CONTROL.sub("\ufffd", text)


def cell(value: object, *, short: bool = True) -> Text:
    """A value as a cell: a word of state in its colour, a time in the zone of this machine, `short` without year."""
    text = clean(value)
    if _MOMENT.fullmatch(text):
        text = show_moment(text, short=short)
    return Text(text, style=_STYLES.get(text.lower(), ""))


def show_moment(text: str, *, short: bool = True) -> str:
    """A time of the API in the zone of this machine."""
    moment = datetime.fromisoformat(text).astimezone()
    return moment.strftime("%m-%d %H:%M:%S") if short else moment.isoformat(" ", "seconds")


def build_row(columns: Sequence[Column], row: Mapping[str, Any]) -> list[Text]:
    """The cells of a row. A column is a heading with a key of the row, or with what makes its value of the row."""
    return [cell(row.get(source) if isinstance(source, str) else source(row)) for _, source in columns]


@dataclass(frozen=True, slots=True)
class FittedTable:
    """A table that breaks no word of state where it is narrow: a last column `Id` goes, then the longest ids fold."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Text]]

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """As wide as it may be."""
        words = self._longest_words()
        if self.headings[-1] == "Id" and _width_of(words) > options.max_width:
            words.pop()
        _shorten(words, [each if each <= STATE_CHARS else LEAST_OF_AN_ID for each in words], options)
        widths = self._longest_lines()[: len(words)]
        _shorten(widths, words, options)
        table = Table(title=self.title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        for heading, width in zip(self.headings, widths, strict=False):
            table.add_column(heading, overflow="fold", width=width)
        for row in self.rows:
            table.add_row(*row[: len(widths)])
        yield table

    def _longest_words(self) -> list[int]:
        columns = (_WORD.findall(" ".join(texts)) for texts in self._columns())
        return [max(map(cell_len, words), default=1) for words in columns]

    def _longest_lines(self) -> list[int]:
        return [max(map(cell_len, "\n".join(texts).split("\n"))) for texts in self._columns()]

    def _columns(self) -> list[list[str]]:
        return [[heading, *(row[index].plain for row in self.rows)] for index, heading in enumerate(self.headings)]


def _shorten(widths: list[int], least: Sequence[int], options: ConsoleOptions) -> None:
    """Make room on the screen: the widest column gives way first, a letter at a time, and none below its `least`."""
    while _width_of(widths) > options.max_width and (wide := [i for i, each in enumerate(widths) if each > least[i]]):
        widths[max(wide, key=widths.__getitem__)] -= 1


def _width_of(words: Sequence[int]) -> int:
    """How wide a table is whose columns are so wide."""
    return sum(words) + GAP * len(words)


def build_table(title: str, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> FittedTable:
    """A table; see build_row for its columns."""
    return FittedTable(title, [heading for heading, _ in columns], [build_row(columns, row) for row in rows])


def build_facts(title: str, facts: Mapping[str, object]) -> Table:
    """One thing, a line for each of its properties."""
    table = Table(title=title, title_justify="left", show_header=False, box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(Text(name), cell(value, short=False))
    return table
