"""The tables of docs/evaluation.md, written by the command that counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

HANDBOOK = Path(__file__).resolve().parent.parent / "docs" / "evaluation.md"
_PLACE = re.compile(r"(?<=<!-- made by make eval PLATFORM=obeying -->\n).*?(?=<!-- end -->)", re.DOTALL)


def write_guard_table(lines: Sequence[str], path: Path = HANDBOOK) -> None:
    """Put the table in its place, instead of the one that stood there."""
    text = path.read_text(encoding="utf-8")
    path.write_text(_PLACE.sub(lambda _: "\n".join(["", *lines, "", ""]), text), encoding="utf-8")
