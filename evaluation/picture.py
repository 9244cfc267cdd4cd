"""Risk and coverage as a picture: of all forms, and below that of each node. An SVG that needs nothing else. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from evaluation.comparison import Nodes
from evaluation.plot import Plot, mark, top_of
from taskbridge.ai.risk_coverage import Curve

_LEFT, _TOP, _WIDTH, _HEIGHT = 70, 56, 520, 280
_RIGHT = 264
_IN_A_ROW = 4
_NODE_WIDTH, _NODE_HEIGHT = 150, 84
_ACROSS, _DOWN = 200, 148  # from one node to the next
_BELOW = _TOP + _HEIGHT + 104  # where the first row of nodes begins


def draw_curves(curves: Mapping[str, Curve], nodes: Nodes, title: str) -> str:
    """Share decided against share wrong, a line for each reader; a ring marks the most with no wrong approve."""
    plot = Plot(_LEFT, _TOP, _WIDTH, _HEIGHT, top_of(curves.values()))
    small = _plots(nodes)
    bottom = max((each.top + _NODE_HEIGHT for each in small.values()), default=_TOP + _HEIGHT) + 64
    size = f"0 0 {_LEFT + _WIDTH + _RIGHT} {bottom}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" font-family="sans-serif" font-size="13" role="img">',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        _heading(_LEFT, 28, 16, title),
        *plot.axes(),
        *_axis_names(),
    ]
    for place, (name, curve) in enumerate(curves.items()):
        lines += [*plot.curve(curve, place), *_legend(name, place)]
    lines += _explained(len(curves))
    for node, each in small.items():
        lines += _node(node, each, nodes, list(curves))
    return "\n".join([*lines, "</svg>", ""])


def _plots(nodes: Nodes) -> dict[str, Plot]:
    """Where each node stands. All of them reach to the same risk."""
    most = top_of(curve for curves in nodes.values() for curve in curves.values())
    at = [divmod(number, _IN_A_ROW) for number in range(len(nodes))]
    return {
        node: Plot(_LEFT + _ACROSS * column, _BELOW + _DOWN * row, _NODE_WIDTH, _NODE_HEIGHT, most, steps=2, size=3.5)
        for node, (row, column) in zip(nodes, at, strict=True)
    }


def _node(node: str, plot: Plot, nodes: Nodes, readers: list[str]) -> list[str]:
    of = nodes[node]
    lines = [_heading(plot.left, plot.top - 14, 13, node), *plot.axes()]
    for name, curve in of.items():
        lines += plot.curve(curve, readers.index(name))
    return lines


def _heading(x: float, y: float, size: int, text: str) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" font-weight="600" fill="#1b1b1b">{escape(text)}</text>'


def _axis_names() -> list[str]:
    across = f"translate({_LEFT + _WIDTH / 2} {_TOP + _HEIGHT + 44})"
    upwards = f"translate(18 {_TOP + _HEIGHT / 2}) rotate(-90)"
    return [
        _axis_name(across, "coverage: share of the forms that is decided"),
        _axis_name(upwards, "risk: share of these that is wrong"),
    ]


def _axis_name(transform: str, name: str) -> str:
    return f'<text transform="{transform}" text-anchor="middle" fill="#1b1b1b">{name}</text>'


def _legend(name: str, place: int) -> list[str]:
    x, y = _LEFT + _WIDTH + 36, _TOP + 14 + 26 * place
    return [mark(place, x, y - 4, 5), f'<text x="{x + 16}" y="{y}" fill="#1b1b1b">{escape(name)}</text>']


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
