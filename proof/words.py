"""Tables and lines of the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from proof.record import Record


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines) + "\n"


def made_on(record: Record) -> str:
    """When and on what a step was run."""
    return f"Run {record.at} on {record.machine}, in {_took(record.seconds)}.\n"


def section(title: str, step: str, records: Mapping[str, Record], text: str) -> str:
    """A section of a page; of a step that was never run it says how that is done."""
    if step not in records:
        return f"## {title}\n\nNot run yet: `make prove ONLY={step}`.\n"
    return f"## {title}\n\n{text}\n{made_on(records[step])}"


def _took(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
