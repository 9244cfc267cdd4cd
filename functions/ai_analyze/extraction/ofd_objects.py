"""Objects of an OFD page: text at its place, through every transformation, put into lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.etree.ElementTree import Element

from ai_analyze.extraction.markup import find_all, local_name

# Of the height of its text: what is closer, top to top, stands on one line; what is wider apart is another word.
_SAME_LINE = 0.5
_GAP = 2.0
_DEEPEST = 12
_MOST_OBJECTS = 50_000
_HELD = frozenset({"Content", "Layer", "PageBlock", "Appearance", "Page", "Annot", "CompositeGraphicUnit"})
Box = tuple[float, float, float, float]


class Matrix(NamedTuple):
    """As OFD writes it: x' = ax + cy + e, y' = bx + dy + f."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def over(self, inner: Matrix) -> Matrix:
        """First `inner`, then this."""
        e, f = self(inner.e, inner.f)
        return Matrix(
            self.a * inner.a + self.c * inner.b,
            self.b * inner.a + self.d * inner.b,
            self.a * inner.c + self.c * inner.d,
            self.b * inner.c + self.d * inner.d,
            e,
            f,
        )


@dataclass(frozen=True, slots=True)
class _Words:
    """Text at millimetres from the left and the top of the page."""

    x: float
    y: float
    size: float
    text: str


@dataclass(slots=True)
class Drawing:
    """What stands on one page. `units` are the drawings that its objects may refer to, by their id."""

    units: dict[str, Element]
    words: list[_Words] = field(default_factory=list)
    pictures: list[Box] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    is_drawn: bool = False
    is_incomplete: bool = False
    left: int = _MOST_OBJECTS

    @property
    def is_cut(self) -> bool:
        """Whether there were more objects than anybody draws."""
        return self.left <= 0

    def lines(self) -> Iterator[str]:
        """Top to bottom, and left to right on each line; remarks of annotations last."""
        line: list[_Words] = []
        for words in sorted(self.words, key=lambda words: (words.y, words.x)):
            if line and words.y - line[0].y > _SAME_LINE * max(line[0].size, 1.0):
                yield _line_text(line)
                line = []
            line.append(words)
        if line:
            yield _line_text(line)
        yield from (f"批注：{remark}" for remark in dict.fromkeys(self.remarks))

    def is_bare(self, box: Box) -> bool:
        """Whether no text stands within a box."""
        left, top, width, height = box
        return not any(left <= each.x <= left + width and top <= each.y <= top + height for each in self.words)


def draw(element: Element, drawing: Drawing, matrix: Matrix = Matrix(), depth: int = 0) -> None:  # noqa: B008
    """Everything that an element holds, at its place: a page, a template, an annotation, a part of one."""
    if depth > _DEEPEST:
        drawing.left = 0
        return
    for child in element:
        name = local_name(child)
        if drawing.left <= 0 or child.get("Visible") == "false":
            continue
        drawing.left -= 1
        if name in _HELD:
            draw(child, drawing, matrix.over(_moved(child)) if name == "Appearance" else matrix, depth + 1)
        elif name == "TextObject":
            drawing.words += _words(child, matrix)
        elif name == "ImageObject":
            drawing.pictures.append(_box(child, matrix))
        elif name == "PathObject":
            drawing.is_drawn = True
        elif name == "CompositeObject":
            _draw_unit(child, drawing, matrix, depth)
        elif name == "Remark" and child.text and child.text.strip():
            drawing.remarks.append(" ".join(child.text.split()))


def _draw_unit(element: Element, drawing: Drawing, matrix: Matrix, depth: int) -> None:
    unit = drawing.units.get(element.get("ResourceID", ""))
    placed = matrix.over(_moved(element)).over(_transformation(element))
    # Some writers put the content right inside.
    for held in (unit, element):
        if held is not None:
            draw(held, drawing, placed, depth + 1)
    drawing.is_incomplete |= unit is None and len(element) == 0
    drawing.is_drawn = True


def _words(element: Element, matrix: Matrix) -> Iterator[_Words]:
    placed = matrix.over(_moved(element)).over(_transformation(element))
    size = numbers(element.get("Size"), 1)[0]
    x = y = 0.0
    for code in find_all(element, "TextCode"):
        # What is left out is where the one before began.
        x = numbers(code.get("X"), 1)[0] if code.get("X") else x
        y = numbers(code.get("Y"), 1)[0] if code.get("Y") else y
        for at, text in _pieces(code, size):
            left, top = placed(x + at, y)
            yield _Words(left, top, size * max(abs(placed.d), abs(placed.b)), text)


def _pieces(code: Element, size: float) -> Iterator[tuple[float, str]]:
    """The text, cut where a gap parts it into columns: how far each piece is from the first, and the piece."""
    text = code.text or ""
    start, at, begun = 0, 0.0, 0.0
    for index, step in enumerate(_steps(code.get("DeltaX"), len(text) - 1), start=1):
        at += step
        if step > _GAP * max(size, 1.0) + size:
            yield from _piece(begun, text[start:index])
            start, begun = index, at
    yield from _piece(begun, text[start:])


def _piece(at: float, text: str) -> Iterator[tuple[float, str]]:
    if text.strip():
        yield at, " ".join(text.split())


def _steps(deltas: str | None, count: int) -> Iterator[float]:
    """How far it is from each character to the next; `g 2 4` is 4 twice."""
    parts = (deltas or "").split()
    while parts and count > 0:
        part = parts.pop(0)
        repeated = 1
        if part == "g" and len(parts) >= 2:
            repeated, part = int(numbers(parts.pop(0), 1)[0]), parts.pop(0)
        for _ in range(min(repeated, count)):
            yield numbers(part, 1)[0]
        count -= repeated


def _line_text(line: list[_Words]) -> str:
    return " ".join(words.text for words in sorted(line, key=lambda words: words.x))


def _moved(element: Element) -> Matrix:
    left, top, _, _ = numbers(element.get("Boundary"), 4)
    return Matrix(e=left, f=top)


def _transformation(element: Element) -> Matrix:
    parts = (element.get("CTM") or "").split()
    return Matrix(*numbers(element.get("CTM"), 6)) if len(parts) == 6 else Matrix()


def _box(element: Element, matrix: Matrix) -> Box:
    left, top, width, height = numbers(element.get("Boundary"), 4)
    x, y = matrix(left, top)
    return x, y, abs(width * matrix.a), abs(height * matrix.d)


def numbers(text: str | None, count: int) -> list[float]:
    """As many numbers as asked for; 0 for those that are missing, none, or beyond any page."""
    found = []
    for part in (text or "").split()[:count]:
        try:
            number = float(part)
        except ValueError:
            number = 0.0
        found.append(number if abs(number) < 1e6 else 0.0)
    return found + [0.0] * (count - len(found))
