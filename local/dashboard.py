"""Draws the dashboard of template.yaml with made-up numbers, for the handbook: `make dashboard`.

What a number looks like follows from the name of its metric, so that the same definition gives the same picture.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Any, NamedTuple

from local.settings import ROOT
from local.template import read_template

PICTURE = ROOT / "docs" / "dashboard.svg"
COLUMN, ROW, GAP = 50, 40, 6  # pixels; CloudWatch's grid has 24 columns
COLOURS = ("#0972d3", "#c33d69", "#037f51", "#8456ce", "#d45200", "#0f766e", "#7d5260", "#5f6b7a", "#b45309")
FONT = 'font-family="Helvetica, Arial, sans-serif" font-size="11"'
POINTS = 48
LOGGED = {
    "@timestamp": ("09:41:07", "09:38:52", "09:12:30"),
    "platform": ("jz", "jz", "jz"),
    "event_id": ("ev-5093", "ev-5061", "ev-4880"),
    "item": ("T-77", "T-61", "instance"),
    "errcode": ("40077", "", "40003"),
    "reason": ("no such receiver", "HTTP 400", "session expired"),
    "service": ("push_task", "ai_track", "admin_api"),
    "message": ("document cannot be read", "stays in the queue", "not answered"),
    "error": ("", "GetItem: InternalServerError", "UpdateItem: timeout"),
    "analysis_id": ("VC03Nw.9f3a07bc12de", "VC02MQ.07bc129f3ade", "VC00OA.12de9f3a07bc"),
}
NUMBERS = {
    "Tasks pushed": "1,284",
    "Tasks failed": "0",
    "Oldest push, s": "412",
    "Analyses in time, %": "97",
    "API errors": "0",
}
Properties = Mapping[str, Any]


class Box(NamedTuple):
    """Where a widget stands, in pixels."""

    x: int
    y: int
    width: int
    height: int


def read_dashboard() -> dict[str, Any]:
    """The dashboard as CloudWatch gets it, with a name in the place of what `${...}` refers to."""
    body = read_template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    names = {"MetricsNamespace": "taskbridge", "AWS::StackName": "taskbridge-prod"}
    filled = re.sub(r"\$\{([^}]+)\}", lambda found: names.get(found[1], found[1].partition(".")[0]), body)
    dashboard: dict[str, Any] = json.loads(filled)
    return dashboard


def draw(dashboard: Properties) -> str:
    """The picture as SVG."""
    widgets = dashboard["widgets"]
    height = max(each["y"] + each["height"] for each in widgets) * ROW + 44
    width = 24 * COLUMN + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {FONT}>',
        f'<rect width="{width}" height="{height}" fill="#f2f3f3"/>',
        *_variables(dashboard["variables"]),
        *(line for each in widgets for line in _widget(each)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _variables(variables: list[Properties]) -> Iterator[str]:
    for number, each in enumerate(variables):
        label = f"{each['label']}: {_chosen(each)} ▾"
        yield _frame(Box(GAP + number * 200, 8, 190, 28))
        yield _text(GAP + 10 + number * 200, 26, label, "#16191f")


def _chosen(variable: Properties) -> str:
    labels = {value["value"]: value["label"] for value in variable.get("values", ())}
    return str(labels.get(variable["defaultValue"], "jz"))


def _widget(widget: Properties) -> Iterator[str]:
    box = Box(
        x=widget["x"] * COLUMN + GAP,
        y=widget["y"] * ROW + 44,
        width=widget["width"] * COLUMN - GAP,
        height=widget["height"] * ROW - GAP,
    )
    properties = widget["properties"]
    yield _frame(box)
    if "title" in properties:
        yield _text(box.x + 10, box.y + 19, properties["title"], "#16191f", "bold")
    kind = "number" if properties.get("view") == "singleValue" else widget["type"]
    yield from _DRAWN[kind](properties, box)


def _alarms(properties: Properties, box: Box) -> Iterator[str]:
    names = [each.rpartition("-")[2].removesuffix("Alarm") for each in properties["alarms"]]
    columns = 5
    cell = (box.width - 20) // columns
    for number, name in enumerate(names):
        left, top = box.x + 10 + number % columns * cell, box.y + 30 + number // columns * 26
        is_on = name == "BreakerOpen"
        fill = "#d13212" if is_on else "#e9f5ec"
        yield f'<rect x="{left}" y="{top}" width="{cell - 6}" height="21" rx="3" fill="{fill}"/>'
        yield _text(left + 8, top + 15, f"{'▲' if is_on else '✓'} {name}", "#fff" if is_on else "#1b5e20")


def _links(properties: Properties, box: Box) -> Iterator[str]:
    for number, link in enumerate(re.findall(r"\[([^\]]+)\]", properties["markdown"])):
        yield _text(box.x + 14, box.y + 28 + number * 26, link, "#0972d3")


def _number(properties: Properties, box: Box) -> Iterator[str]:
    value = NUMBERS.get(properties["title"], "1")
    yield f'<text x="{box.x + 12}" y="{box.y + 72}" font-size="32" fill="#16191f">{value}</text>'


def _lines(properties: Properties, box: Box) -> Iterator[str]:
    left, top, right, bottom = box.x + 34, box.y + 34, box.x + box.width - 12, box.y + box.height - 54
    for step in range(4):
        level = top + (bottom - top) * step / 3
        yield f'<line x1="{left}" y1="{level:.0f}" x2="{right}" y2="{level:.0f}" stroke="#e9ebed"/>'
    labels = _labels([row for row in properties["metrics"] if not _is_hidden(row)])
    for number, label in enumerate(labels):
        colour = COLOURS[number % len(COLOURS)]
        points = _points(label, left, top, right, bottom)
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    yield from _legend(labels, box)


def _legend(labels: list[str], box: Box) -> Iterator[str]:
    left, top = box.x + 12, box.y + box.height - 36
    for number, label in enumerate(labels):
        wide = 22 + 6 * len(label)
        if left + wide > box.x + box.width:
            left, top = box.x + 12, top + 13
        yield f'<rect x="{left}" y="{top - 8}" width="9" height="9" fill="{COLOURS[number % len(COLOURS)]}"/>'
        yield _text(left + 13, top, label, "#414d5c")
        left += wide


def _table(properties: Properties, box: Box) -> Iterator[str]:
    fields = re.findall(r"[@\w]+", properties["query"].partition("fields ")[2].partition("|")[0])
    for column, name in enumerate(fields):
        left = box.x + 14 + column * (box.width - 28) // len(fields)
        yield _text(left, box.y + 44, name, "#5f6b7a", "bold")
        for number, said in enumerate(LOGGED[name]):
            yield _text(left, box.y + 68 + number * 22, said, "#16191f")


_DRAWN: Mapping[str, Callable[[Properties, Box], Iterator[str]]] = {
    "alarm": _alarms,
    "text": _links,
    "number": _number,
    "metric": _lines,
    "log": _table,
}


def _is_hidden(row: list[Any]) -> bool:
    return isinstance(row[-1], dict) and row[-1].get("visible") is False


def _labels(rows: list[list[Any]]) -> list[str]:
    """What CloudWatch writes beside lines, about: what tells each from the others."""
    is_one_metric = len({row[1] for row in rows if len(row) > 1}) == 1
    return [_label(row, is_one_metric=is_one_metric) for row in rows]


def _label(row: list[Any], *, is_one_metric: bool) -> str:
    last = row[-1] if isinstance(row[-1], dict) else {}
    if "expression" in last:
        return str(last.get("label", "one for each found"))
    of_what = "" if is_one_metric and not last else row[1]
    whose = "" if row[2] == "service" and of_what else re.sub("(Queue|Function)$", "", row[3])
    return " ".join(filter(None, (str(of_what), whose, str(last.get("stat", "")))))


def _points(label: str, left: float, top: float, right: float, bottom: float) -> str:
    seed = _seed(label)
    base, swing, turn = 0.15 + seed % 50 / 100, 0.08 + seed % 13 / 100, 3 + seed % 5
    found = []
    for step in range(POINTS):
        share = step / (POINTS - 1)
        value = base + swing * math.sin(turn * 2 * math.pi * share + seed % 7) + 0.05 * math.sin(31 * share + seed % 11)
        found.append(f"{left + share * (right - left):.0f},{bottom - max(0.0, min(1.0, value)) * (bottom - top):.0f}")
    return " ".join(found)


def _seed(text: str) -> int:
    return zlib.crc32(text.encode())


def _frame(box: Box) -> str:
    size = f'width="{box.width}" height="{box.height}"'
    return f'<rect x="{box.x}" y="{box.y}" {size} rx="6" fill="#fff" stroke="#d5dbdb"/>'


def _text(x: float, y: float, text: str, colour: str, weight: str = "normal") -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" font-weight="{weight}" xml:space="preserve">{escape(text)}</text>'


if __name__ == "__main__":
    PICTURE.write_text(draw(read_dashboard()), encoding="utf-8")
