"""Risk and coverage as a picture: an SVG that needs nothing else. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from evaluation.comparison import RESTS_ON
from taskbridge.ai.risk_coverage import Curve, Point

_LEFT, _TOP, _WIDTH, _HEIGHT = 70, 56, 520, 280
_COLOURS = ("#0b6e4f", "#b3541e", "#3454a4", "#7a3b8f", "#8a6d00", "#5b5b5b")
_STEPS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
_SHAPES = ("circle", "square", "diamond")


def draw_curves(curves: Mapping[str, Curve], title: str) -> str:
    """Share decided against share wrong, a line for each reader; a ring marks the most with no wrong approve."""
    most = max((point.risk for curve in curves.values() for point in curve.points), default=0.0)
    top = next(step for step in _STEPS if step >= most)
    size = f"0 0 {_LEFT + _WIDTH + 264} {_TOP + _HEIGHT + 64}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" font-family="sans-serif" font-size="13" role="img">',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="28" font-size="16" font-weight="600" fill="#1b1b1b">{escape(title)}</text>',
        *_axes(top),
    ]
    for place, (name, curve) in enumerate(curves.items()):
        lines += _curve(curve, top, place)
        lines += _legend(name, place)
    lines += _explained(len(curves))
    return "\n".join([*lines, "</svg>", ""])


def _axes(top: float) -> list[str]:
    lines: list[str] = []
    for step in range(6):
        share = step / 5
        x, y = _LEFT + _WIDTH * share, _TOP + _HEIGHT * (1 - share)
        lines += [
            f'<path d="M{_LEFT} {y:.1f}H{_LEFT + _WIDTH}" stroke="#dddddd"/>',
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#444444">{share * top:.0%}</text>',
            f'<text x="{x:.1f}" y="{_TOP + _HEIGHT + 20}" text-anchor="middle" fill="#444444">{share:.0%}</text>',
        ]
    across = f"translate({_LEFT + _WIDTH / 2} {_TOP + _HEIGHT + 44})"
    upwards = f"translate(18 {_TOP + _HEIGHT / 2}) rotate(-90)"
    return [
        *lines,
        f'<path d="M{_LEFT} {_TOP}V{_TOP + _HEIGHT}H{_LEFT + _WIDTH}" fill="none" stroke="#444444"/>',
        _axis_name(across, "coverage: share of the forms that is decided"),
        _axis_name(upwards, "risk: share of these that is wrong"),
    ]


def _axis_name(transform: str, name: str) -> str:
    return f'<text transform="{transform}" text-anchor="middle" fill="#1b1b1b">{name}</text>'


def _curve(curve: Curve, top: float, place: int) -> list[str]:
    colour = _COLOURS[place % len(_COLOURS)]
    at = [(_x(point), _y(point, top)) for point in curve.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    lines = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>']
    for point, (x, y) in zip(curve.points, at, strict=True):
        told = f"{RESTS_ON[point.assurance]}: {point.coverage:.0%} decided, {point.risk:.1%} wrong"
        lines.append(f"<g>{_mark(place, x, y, colour)}<title>{told}</title></g>")
        if point == curve.without_wrong_approval:
            lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="10" fill="none" stroke="{colour}" stroke-width="2"/>')
    return lines


def _mark(place: int, x: float, y: float, colour: str) -> str:
    """A shape for each reader, so that nobody needs to tell colours."""
    shape = _SHAPES[place % len(_SHAPES)]
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>'
    turn = f' transform="rotate(45 {x:.1f} {y:.1f})"' if shape == "diamond" else ""
    return f'<rect x="{x - 4.5:.1f}" y="{y - 4.5:.1f}" width="9" height="9" fill="{colour}"{turn}/>'


def _legend(name: str, place: int) -> list[str]:
    x, y = _LEFT + _WIDTH + 36, _TOP + 14 + 26 * place
    colour = _COLOURS[place % len(_COLOURS)]
    return [_mark(place, x, y - 4, colour), f'<text x="{x + 16}" y="{y}" fill="#1b1b1b">{escape(name)}</text>']


def _explained(curves: int) -> list[str]:
    x, y = _LEFT + _WIDTH + 36, _TOP + 34 + 26 * curves
    steps = ["from left to right, advice that", "rests on checks alone, on", "quotes too, on its word too"]
    ring = f'<circle cx="{x}" cy="{y - 4}" r="9" fill="none" stroke="#444444" stroke-width="2"/>'
    told = f'<text x="{x + 16}" y="{y}" fill="#444444">the most with no wrong approve</text>'
    lines = [
        f'<text x="{x - 8}" y="{y + 30 + 18 * number}" fill="#444444">{line}</text>'
        for number, line in enumerate(steps)
    ]
    return [ring, told, *lines]


def _x(point: Point) -> float:
    return _LEFT + _WIDTH * point.coverage


def _y(point: Point, top: float) -> float:
    return _TOP + _HEIGHT * (1 - point.risk / top)
