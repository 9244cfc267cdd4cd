"""One plot of risk and coverage, as pieces of SVG. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evaluation.comparison import RESTS_ON
from taskbridge.ai.risk_coverage import Curve, Point

COLOURS = ("#0b6e4f", "#b3541e", "#3454a4", "#7a3b8f", "#8a6d00", "#5b5b5b")
STEPS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
_SHAPES = ("circle", "square", "diamond")


def top_of(curves: Iterable[Curve]) -> float:
    """The least of `STEPS` that all their risks are below."""
    most = max((point.risk for curve in curves for point in curve.points), default=0.0)
    return next(step for step in STEPS if step >= most)


@dataclass(frozen=True, slots=True)
class Plot:
    """Where it stands in the picture, and the risk at its upper edge. It has so many steps on each axis."""

    left: float
    top: float
    width: float
    height: float
    most: float
    steps: int = 5
    size: float = 5.0  # of a mark

    def axes(self) -> list[str]:
        """Both axes with their figures."""
        bottom, right = self.top + self.height, self.left + self.width
        lines: list[str] = []
        for step in range(self.steps + 1):
            share = step / self.steps
            x, y = self.left + self.width * share, bottom - self.height * share
            lines += [
                f'<path d="M{self.left} {y:.1f}H{right}" stroke="#dddddd"/>',
                _figure(self.left - 8, y + 4, "end", share * self.most),
                _figure(x, bottom + 20, "middle", share),
            ]
        return [*lines, f'<path d="M{self.left} {self.top}V{bottom}H{right}" fill="none" stroke="#444444"/>']

    def curve(self, curve: Curve, place: int) -> list[str]:
        """The curve of the reader at this place; a ring marks the most with no wrong approve."""
        colour = COLOURS[place % len(COLOURS)]
        at = [self._at(point) for point in curve.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        lines = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>']
        for point, (x, y) in zip(curve.points, at, strict=True):
            told = f"{RESTS_ON[point.assurance]}: {point.coverage:.0%} decided, {point.risk:.1%} wrong"
            lines.append(f"<g>{mark(place, x, y, self.size)}<title>{told}</title></g>")
            if point == curve.without_wrong_approval:
                ring = f'r="{2 * self.size:g}" fill="none" stroke="{colour}" stroke-width="2"'
                lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" {ring}/>')
        return lines

    def _at(self, point: Point) -> tuple[float, float]:
        return self.left + self.width * point.coverage, self.top + self.height * (1 - point.risk / self.most)


def mark(place: int, x: float, y: float, size: float) -> str:
    """A shape for each reader, so that nobody needs to tell colours."""
    shape, colour = _SHAPES[place % len(_SHAPES)], COLOURS[place % len(COLOURS)]
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:g}" fill="{colour}"/>'
    half = 0.9 * size
    turn = f' transform="rotate(45 {x:.1f} {y:.1f})"' if shape == "diamond" else ""
    side = f'width="{2 * half:g}" height="{2 * half:g}"'
    return f'<rect x="{x - half:.1f}" y="{y - half:.1f}" {side} fill="{colour}"{turn}/>'


def _figure(x: float, y: float, anchor: str, share: float) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#444444">{share:.0%}</text>'
