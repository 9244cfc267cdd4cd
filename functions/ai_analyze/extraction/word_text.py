"""The text of a part of a Word file, as its reader sees it, and a count of what has no text. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from ai_analyze.extraction.legible import symbol
from ai_analyze.extraction.markup import find_all, local_name

_LEFT_OUT = frozenset({"del", "moveFrom", "Fallback", "pPr", "tblPr", "tblGrid", "sectPr", "instrText", "delText"})
_OFF = frozenset({"0", "false", "off", "none"})
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_BOXES = frozenset("☐☑☒✓✔✗✘√×□■☓")
_SYMBOL_FONTS = ("dings", "dings 2", "dings 3")
_TICKED, _EMPTY = "☒", "☐"
# By the name of an element: what nobody can read in it.
_WITHOUT_TEXT = {"pic": "图片", "imagedata": "图片", "chart": "图表", "control": "控件", "OLEObject": "内嵌文件"}
Refer = Callable[[str], Iterator[str]]


def _nothing(_: str) -> Iterator[str]:
    return iter(())


@dataclass(slots=True)
class Body:
    """Reads parts; `left_out` counts what has no text, by what it is, over all of them."""

    left_out: Counter[str] = field(default_factory=Counter)

    def blocks(self, parent: Element, refer: Refer = _nothing) -> Iterator[str]:
        """The lines of what holds paragraphs and tables: a body, a cell, a text box, a content control.

        `refer` gives the lines of an inserted document, by the id of its relation.
        """
        for child in parent:
            name = local_name(child)
            if name == "p":
                text = "".join(self._words(child)).strip()
                if text:
                    yield text
            elif name == "tr":
                cells = (" ".join(self.blocks(cell, refer)) for cell in _cells(child))
                yield " | ".join(cells).rstrip(" |")
            elif name == "altChunk":
                yield from refer(attribute(child, "id"))
            elif name == "sdt":
                yield from self._box(child, list(self.blocks(child, refer)))
            elif name not in _LEFT_OUT:
                yield from self.blocks(child, refer)

    def _words(self, parent: Element, font: str = "") -> Iterator[str]:
        for child in parent:
            name = local_name(child)
            if name == "t":
                yield _in_font(child.text or "", font)
            elif name in _BREAKS:
                yield _BREAKS[name]
            elif name == "sym":
                yield _symbol(child)
            elif name == "fldChar":
                yield _form_field(child)
            elif name == "textpath":
                yield attribute(child, "string")
            elif name == "txbxContent":
                yield "\n" + "\n".join(self.blocks(child)) + "\n"
            elif name == "sdt":
                yield from self._box(child, list(self._words(child, font)))
            elif name not in _LEFT_OUT and not _is_hidden(child):
                self._count(name)
                yield from self._words(child, _font(child) or font)

    def _count(self, name: str) -> None:
        if what := _WITHOUT_TEXT.get(name):
            self.left_out[what] += 1

    def _box(self, control: Element, texts: list[str]) -> list[str]:
        """The texts of a content control; of a check box without a visible box, its state before them."""
        for properties in control:
            if local_name(properties) == "sdtPr":
                for box in find_all(properties, "checkbox"):
                    states = [attribute(state, "val") or "1" for state in find_all(box, "checked")]
                    if not _BOXES & set("".join(texts)):
                        return [_TICKED if states and states[0] not in _OFF else _EMPTY, *texts]
        return texts


def attribute(element: Element, name: str) -> str:
    """The attribute of that name in whatever namespace; empty where there is none."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _cells(parent: Element) -> Iterator[Element]:
    """The cells of a row, also those inside content controls."""
    for child in parent:
        if local_name(child) == "tc":
            yield child
        elif local_name(child) not in _LEFT_OUT:
            yield from _cells(child)


def _properties(run: Element, name: str) -> Iterator[Element]:
    for properties in run:
        if local_name(properties) == "rPr":
            yield from (mark for mark in properties if local_name(mark) == name)


def _is_hidden(run: Element) -> bool:
    return any(attribute(mark, "val") not in _OFF for mark in _properties(run, "vanish"))


def _font(run: Element) -> str:
    return next((attribute(mark, "ascii") or attribute(mark, "hAnsi") for mark in _properties(run, "rFonts")), "")


def _in_font(text: str, font: str) -> str:
    """A letter of a font of symbols is what that draws: R of Wingdings 2 is a ticked box."""
    return "".join(symbol(font, ord(sign)) or sign for sign in text) if font.lower().endswith(_SYMBOL_FONTS) else text


def _symbol(element: Element) -> str:
    font, char = attribute(element, "font"), attribute(element, "char")
    try:
        code = int(char, 16)
    except ValueError:
        return ""
    is_of_font = code < 0x100 or 0xF000 <= code < 0xF100
    return symbol(font, code) if is_of_font else chr(code & 0xFFFF)


def _form_field(begin: Element) -> str:
    """The state of a check box, or the choice of a list, of the older kind: it stands in the mark that begins it."""
    for box in find_all(begin, "checkBox"):
        states = {local_name(state): attribute(state, "val") or "1" for state in box}
        ticked = states.get("checked", states.get("default", "0")) not in _OFF
        return _TICKED if ticked else _EMPTY
    for choices in find_all(begin, "ddList"):
        entries = [attribute(entry, "val") for entry in find_all(choices, "listEntry")]
        chosen = {local_name(mark): attribute(mark, "val") for mark in choices}
        place = chosen.get("result") or chosen.get("default") or "0"
        return entries[int(place)] if place.isdecimal() and int(place) < len(entries) else ""
    return ""
