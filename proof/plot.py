"""Bars of measured values beside their targets, as SVG: light and dark as the reader has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, ROW, LEFT, RIGHT, TOP = 860, 34, 300, 90, 44
_STYLE = """<style>
text{font:13px system-ui,sans-serif;fill:#24292f}.dim{fill:#57606a}.bar{fill:#2f7d5b}.missed{fill:#b35900}
.bound{stroke:#24292f;stroke-width:2}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#9da7b1}.bar{fill:#3fa678}.missed{fill:#e08a33}
.bound{stroke:#e6edf3}}
</style>"""


@dataclass(frozen=True, slots=True)
class Bar:
    """A value as a share of its target: 1 is just met, less is better. `told` is what stands at the end of its row."""

    name: str
    share: float
    told: str


def render(bars: Sequence[Bar], title: str) -> str:
    """The bars below each other, with a line where the targets are."""
    height = TOP + ROW * len(bars) + 12
    most = max(1.25, *(min(bar.share, 2.0) for bar in bars))
    scale = (WIDTH - LEFT - RIGHT) / most
    bound = LEFT + scale
    rows = [_row(bar, TOP + ROW * place, scale) for place, bar in enumerate(bars)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>{escape(title)}</title>{_STYLE}",
            f'<text x="{bound:.0f}" y="18" text-anchor="middle" class="dim">target</text>',
            *rows,
            f'<line class="bound" x1="{bound:.0f}" y1="26" x2="{bound:.0f}" y2="{height - 8}"/>',
            "</svg>\n",
        ]
    )


def _row(bar: Bar, top: int, scale: float) -> str:
    length = max(2.0, min(bar.share, 2.0) * scale)
    kind = "bar" if bar.share <= 1 else "missed"
    middle = top + 17
    return (
        f'<text x="{LEFT - 12}" y="{middle}" text-anchor="end">{escape(bar.name)}</text>'
        f'<rect class="{kind}" x="{LEFT}" y="{top + 3}" width="{length:.1f}" height="20" rx="3"/>'
        f'<text x="{WIDTH - 8}" y="{middle}" text-anchor="end" class="dim">{escape(bar.told)}</text>'
    )
