"""Sheets of OpenDocument, one page a sheet, one line a row, every cell as it is shown. What nobody sees is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError
from zipfile import BadZipFile

from ai_analyze.extraction.archives import Entries, open_archive
from ai_analyze.extraction.limits import Limits, UnreadableFile
from ai_analyze.extraction.markup import find_all, local_name, parse
from ai_analyze.extraction.pages import Extract, Unread, gather
from ai_analyze.extraction.sheet_marks import Marks, say
from taskbridge.reasons import build_reason

_HIDDEN = frozenset({"collapse", "filter"})
_CELLS = frozenset({"table-cell", "covered-table-cell"})
_MOST_REPEATED = 1_000
_WITHOUT_TEXT = frozenset({"annotation", "note"})
_PICTURES, _OBJECTS = "image", "object"


@dataclass(slots=True)
class _OdsSheet:
    marks: Marks = field(default_factory=Marks)
    columns: int = 0
    rows: int = 0


def read(content: bytes, limits: Limits) -> Extract:
    """The visible sheets, each under its name. Raises UnreadableFile."""
    unread = Unread()
    try:
        with open_archive(content, limits) as archive:
            root = parse(archive.read(Entries(archive).resolve("", "content.xml")))
    except (BadZipFile, KeyError, ParseError) as error:
        raise UnreadableFile(build_reason("file_damaged")) from error
    return gather(_pages(root, limits, unread), limits, unread)


def _pages(root: Element, limits: Limits, unread: Unread) -> Iterator[str]:
    hidden = {
        _attribute(style, "name")
        for style in find_all(root, "style")
        if any(_attribute(each, "display") == "false" for each in find_all(style, "table-properties"))
    }
    for book in find_all(root, "spreadsheet"):
        for table in book:
            if local_name(table) != "table" or _attribute(table, "style-name") in hidden:
                continue
            sheet, name = _OdsSheet(), _attribute(table, "name")
            lines, length = [], 0
            for line in _lines(table, sheet):
                lines.append(line)
                length += len(line)
                if length > limits.chars:
                    break
            say(name, sheet.marks, unread)
            _say_of_drawings(table, name, unread)
            yield "\n".join([f"工作表：{name}", *lines]) if lines else ""


def _say_of_drawings(table: Element, name: str, unread: Unread) -> None:
    drawn = sum(any(local_name(each) in {_PICTURES, _OBJECTS} for each in frame) for frame in find_all(table, "frame"))
    if drawn:
        unread.scanned = True
        unread.say(f"工作表「{name}」含图片或图表 {drawn} 个，其中的文字未能读取")


def _lines(parent: Element, sheet: _OdsSheet) -> Iterator[str]:
    for child in parent:
        match local_name(child):
            case "table-column":
                repeated = _repeated(child, "number-columns-repeated")
                if _attribute(child, "visibility") in _HIDDEN:
                    sheet.marks.hide_columns(sheet.columns, sheet.columns + repeated)
                sheet.columns += repeated
            case "table-row":
                yield from _row(child, sheet)
            case "table-row-group" | "table-header-rows" | "table-rows" | "table-column-group" | "table-columns":
                yield from _lines(child, sheet)
            case "table-header-columns":
                yield from _lines(child, sheet)


def _row(row: Element, sheet: _OdsSheet) -> Iterator[str]:
    repeated = _repeated(row, "number-rows-repeated")
    texts = list(_cells(row, sheet))
    line = " | ".join(texts).rstrip(" |")
    if not line:
        return
    if _attribute(row, "visibility") in _HIDDEN:
        sheet.marks.hidden_rows.add(sheet.rows)
    else:
        yield from [line] * min(repeated, _MOST_REPEATED)
    sheet.rows += repeated


def _cells(row: Element, sheet: _OdsSheet) -> Iterator[str]:
    column, blank = 0, 0
    for cell in row:
        if local_name(cell) not in _CELLS:
            continue
        repeated, text = _repeated(cell, "number-columns-repeated"), _cell_text(cell)
        if not text and _attribute(cell, "formula") and not _attribute(cell, "value-type"):
            sheet.marks.uncomputed += 1
        seen = [column + index not in sheet.marks.hidden_columns for index in range(min(repeated, _MOST_REPEATED))]
        if text:
            # Blank cells only count where something follows: a row ends with thousands of them.
            yield from [""] * min(blank, _MOST_REPEATED)
            yield from [text] * sum(seen)
            blank = 0
        else:
            blank += sum(seen)
        column += repeated


def _cell_text(cell: Element) -> str:
    shown = " ".join("".join(_words(part)) for part in cell if local_name(part) == "p")
    values = (_attribute(cell, name) for name in ("string-value", "date-value", "time-value", "value"))
    return " ".join((shown or next((value for value in values if value), "")).split())


def _words(parent: Element) -> Iterator[str]:
    yield parent.text or ""
    for child in parent:
        name = local_name(child)
        if name in {"s", "tab", "line-break"}:
            yield " "
        elif name not in _WITHOUT_TEXT:
            yield from _words(child)
        yield child.tail or ""


def _attribute(element: Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _repeated(element: Element, name: str) -> int:
    text = _attribute(element, name)
    return int(text) if text.isdecimal() and len(text) < 8 else 1
