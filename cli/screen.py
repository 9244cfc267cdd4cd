"""What the user sees: tables on a terminal, JSON where it is asked for or piped."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console, RenderableType
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
    "failed": "bold red",
    "rejected": "magenta",
    "approve": "green",
    "reject": "red",
    "needs_human": "yellow",
    "pass": "green",
    "fail": "red",
    "unknown": "yellow",
    "ok": "green",
}
# What comes from a form, a model or a platform must not steer the terminal. A newline may stay.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MOMENT = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:\+00:00|Z)$", re.ASCII)

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
            self.out.print(view)

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


def cell(value: object) -> Text:
    """A value in a table; a word of state in its colour, a time to the second."""
    text = _MOMENT.sub(r"\1Z", clean(value))
    return Text(text, style=_STYLES.get(text.lower(), ""))


def build_row(columns: Sequence[Column], row: Mapping[str, Any]) -> list[Text]:
    """The cells of a row. A column is a heading with a key of the row, or with what makes its value of the row."""
    return [cell(row.get(source) if isinstance(source, str) else source(row)) for _, source in columns]


def build_table(title: str, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> Table:
    """A table; see build_row for its columns."""
    table = Table(title=title, title_justify="left")
    for heading, _ in columns:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*build_row(columns, row))
    return table


def build_facts(title: str, facts: Mapping[str, object]) -> Table:
    """One thing, a line for each of its properties."""
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        table.add_row(Text(name), cell(value))
    return table
