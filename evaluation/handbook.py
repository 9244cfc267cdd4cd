"""The tables and the picture of docs/evaluation.md, written by the command that counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

HANDBOOK = Path(__file__).resolve().parent.parent / "docs" / "evaluation.md"
PICTURE = HANDBOOK.with_name("risk-coverage.svg")


def write_table(made_by: str, lines: Sequence[str], path: Path = HANDBOOK) -> None:
    """Put a table in its place, behind `<!-- made by ... -->`, instead of the one that stood there."""
    place = re.compile(rf"(?<=<!-- made by {re.escape(made_by)} -->\n).*?(?=<!-- end -->)", re.DOTALL)
    text = path.read_text(encoding="utf-8")
    path.write_text(place.sub(lambda _: "\n".join(["", *lines, "", ""]), text, count=1), encoding="utf-8")
