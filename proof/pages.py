"""docs/performance.md and docs/capacity.md, of what the steps found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from proof import capacity, performance
from proof.record import Record

_MADE = "<!-- Written by `make prove`: change proof/ and run it, not this page. -->\n\n"
SHOT = "proof/targets.svg"


def write(records: Mapping[str, Record], docs: Path) -> None:
    """Write both pages and the plot; what was never run says so."""
    (docs / "performance.md").write_text(_MADE + performance.page(records, SHOT), encoding="utf-8")
    (docs / "capacity.md").write_text(_MADE + capacity.page(records), encoding="utf-8")
    if "bench" in records:
        (docs / SHOT).write_text(performance.plot(records["bench"].data["rows"]), encoding="utf-8")
