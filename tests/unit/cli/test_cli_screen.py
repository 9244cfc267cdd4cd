"""Tables on a terminal of 80 columns."""

from __future__ import annotations

import io
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from cli.screen import build_table

HEADINGS = ("Received", "Platform", "Status", "Action", "Instance", "Why")
WORDS = st.sampled_from(
    ("succeeded", "superseded", "needs_human", "11-29", "instance_started_and_ended", "请假申请（2 天）")
)
CELLS = st.lists(WORDS | st.text("abc-01 ", max_size=40) | st.text("审批表单。", max_size=60), max_size=3).map(" ".join)
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(HEADINGS, CELLS)), min_size=1, max_size=3)


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_a_table_has_room_on_80_columns_and_loses_no_letter(rows: list[dict[str, str]]) -> None:
    # given
    console = Console(file=io.StringIO(), width=80)

    # when
    console.print(build_table("", [(heading, heading) for heading in HEADINGS], rows))

    # then
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    texts = " ".join([*HEADINGS, *(text for row in rows for text in row.values())])
    assert max(map(cell_len, shown.splitlines())) <= 80
    assert letters(shown.replace("─", "")) == letters(texts)


def letters(text: str) -> Counter[str]:
    return Counter("".join(text.split()))
