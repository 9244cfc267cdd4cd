"""Word: paragraphs and tables in their order, with headers, footers and notes; text boxes where they are anchored.

Text is what a reader of the document sees: insertions under review and content controls are part of it, deletions and
hidden text are not. python-docx opens the file; its own `text` leaves out much of this.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any
from zipfile import BadZipFile

from docx.opc.exceptions import PackageNotFoundError
from docx.opc.package import OpcPackage
from docx.oxml.parser import parse_xml

from ai_analyze.extraction.limits import Limits, UnreadableFile
from ai_analyze.extraction.pages import Extract, gather, is_thin

_PARTS = tuple(
    re.compile(rf"/word/{name}\.xml")
    for name in (r"header\d*", r"document\d*", r"footnotes\d*", r"endnotes\d*", r"footer\d*")
)
_LEFT_OUT = frozenset({"del", "moveFrom", "Fallback", "pPr", "tblPr", "tblGrid", "sectPr", "instrText", "delText"})
_OFF = frozenset({"0", "false", "off", "none"})
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Boxes to tick are often characters of these fonts, by (font, code).
_BOXES = {
    ("Wingdings", "FE"): "☑",
    ("Wingdings", "FD"): "☒",
    ("Wingdings", "FC"): "✓",
    ("Wingdings", "A8"): "☐",
    ("Wingdings", "6F"): "☐",
    ("Wingdings 2", "52"): "☑",
    ("Wingdings 2", "54"): "☒",
    ("Wingdings 2", "50"): "✓",
    ("Wingdings 2", "A3"): "☐",
    ("Wingdings 2", "2A"): "☐",
}


def read(content: bytes, limits: Limits) -> Extract:
    """The whole document as one page: a Word file has none before it is laid out. Raises UnreadableFile."""
    try:
        parts = {str(part.partname): part for part in OpcPackage.open(io.BytesIO(content)).iter_parts()}
        names = [name for pattern in _PARTS for name in sorted(parts) if pattern.fullmatch(name)]
        text = "\n".join(line for name in names for line in _blocks(parse_xml(parts[name].blob)))
    except (PackageNotFoundError, BadZipFile, KeyError, SyntaxError) as error:
        # XML that is malformed, or has entities, is a SyntaxError to lxml.
        raise UnreadableFile("文件已损坏，未能读取") from error
    has_pictures = any(name.startswith("/word/media/") for name in parts)
    return gather([text], limits, [1] if has_pictures and is_thin(text) else [])


def _blocks(parent: Any) -> Iterator[str]:
    """The lines of what holds paragraphs and tables: a body, a cell, a text box, a content control."""
    for child in parent.iterchildren():
        name = _name(child)
        if name == "p":
            text = "".join(_words(child)).strip()
            if text:
                yield text
        elif name == "tr":
            yield " | ".join(" ".join(_blocks(cell)) for cell in _cells(child)).rstrip(" |")
        elif name not in _LEFT_OUT:
            yield from _blocks(child)


def _words(parent: Any) -> Iterator[str]:
    for child in parent.iterchildren():
        name = _name(child)
        if name == "t":
            yield child.text or ""
        elif name in _BREAKS:
            yield _BREAKS[name]
        elif name == "sym":
            yield _symbol(child)
        elif name == "txbxContent":
            yield "\n" + "\n".join(_blocks(child)) + "\n"
        elif name not in _LEFT_OUT and not _is_hidden(child):
            yield from _words(child)


def _cells(parent: Any) -> Iterator[Any]:
    """The cells of a row, also those inside content controls."""
    for child in parent.iterchildren():
        if _name(child) == "tc":
            yield child
        elif _name(child) not in _LEFT_OUT:
            yield from _cells(child)


def _name(element: Any) -> str:
    """Without its namespace; empty for comments and the like."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _attribute(element: Any, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _is_hidden(run: Any) -> bool:
    for properties in run.iterchildren():
        if _name(properties) == "rPr":
            marks = [mark for mark in properties.iterchildren() if _name(mark) == "vanish"]
            return any(_attribute(mark, "val") not in _OFF for mark in marks)
    return False


def _symbol(element: Any) -> str:
    return _BOXES.get((_attribute(element, "font"), _attribute(element, "char").upper()[-2:]), "")
