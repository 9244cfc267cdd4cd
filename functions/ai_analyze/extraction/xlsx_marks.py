"""Marks of the sheets of an xlsx file, read as a stream: a sheet may be large. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import ParseError, XMLParser
from zipfile import BadZipFile

from ai_analyze.extraction.archives import Entries, open_archive
from ai_analyze.extraction.limits import Limits, UnreadableFile
from ai_analyze.extraction.markup import find_all, parse
from ai_analyze.extraction.sheet_marks import Marks, padded, padding
from taskbridge.reasons import build_reason

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_DRAWN = {
    "图片": re.compile(r"xl/media/[^/]+"),
    "图表": re.compile(r"xl/charts/chart[^/]*\.xml"),
    "批注表": re.compile(r"xl/comments[^/]*\.(?:xml|bin)"),
}
_ON = frozenset({"1", "true"})
_BLOCK = 1 << 20
_MOST_TEXTS = 200_000
_BROKEN = (BadZipFile, KeyError, ParseError, UnreadableFile, ValueError)


def read_xlsx_marks(content: bytes, limits: Limits) -> dict[str, Marks]:
    """By the name of the sheet. Raises UnreadableFile where they cannot be told: what is hidden would pass for seen."""
    try:
        with open_archive(content, limits) as archive:
            entries = Entries(archive)
            book = entries.resolve("", "xl/workbook.xml")
            links = parse(archive.read(entries.resolve(book, "_rels/workbook.xml.rels")))
            targets = {link.get("Id", ""): link.get("Target", "") for link in find_all(links, "Relationship")}
            widths = _widths(entries, book)
            return {
                sheet.get("name", ""): _read_sheet(entries, entries.resolve(book, targets[_id(sheet.attrib)]), widths)
                for sheet in find_all(parse(archive.read(book)), "sheet")
            }
    except _BROKEN as error:
        raise UnreadableFile(build_reason("file_damaged")) from error


def count_drawn(content: bytes, limits: Limits) -> dict[str, int]:
    """What lies over the cells of an xlsx or xlsb file and is not read, by what it is."""
    with open_archive(content, limits) as archive:
        names = [name.replace("\\", "/").lower() for name in archive.namelist()]
    return {what: sum(map(bool, map(pattern.fullmatch, names))) for what, pattern in _DRAWN.items()}


def _id(attributes: Mapping[str, str]) -> str:
    return next((value for key, value in attributes.items() if key.endswith("}id")), "")


def _widths(entries: Entries, book: str) -> dict[str, int]:
    """To how many digits each style of cells fills up, by its number, where it does."""
    try:
        styles = parse(entries.archive.read(entries.resolve(book, "styles.xml")))
    except KeyError:
        return {}
    codes = {found.get("numFmtId"): found.get("formatCode", "") for found in find_all(styles, "numFmt")}
    cells = [form for forms in find_all(styles, "cellXfs") for form in find_all(forms, "xf")]
    widths = ((str(number), padding(codes.get(form.get("numFmtId"), ""))) for number, form in enumerate(cells))
    return {number: width for number, width in widths if width}


def _read_sheet(entries: Entries, name: str, widths: dict[str, int]) -> Marks:
    sheet = _Sheet(widths)
    parser = XMLParser(target=sheet)  # noqa: S314 - see _Sheet.doctype; runs apart, with bounds
    with entries.archive.open(name) as source:
        while block := source.read(_BLOCK):
            parser.feed(block)
    parser.close()
    return sheet.marks


class _Sheet:
    """Sees the elements of a sheet pass by."""

    def __init__(self, widths: dict[str, int]) -> None:
        self.marks = Marks()
        self._widths = widths
        self._row, self._column = -1, -1
        self._width, self._text = 0, ""
        self._has_formula = self._has_value = self._in_value = False

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise UnreadableFile(build_reason("file_damaged"))

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        match tag.rpartition("}")[2]:
            case "col" if attributes.get("hidden") in _ON:
                first, last = int(attributes.get("min", "1")), int(attributes.get("max", "1"))
                self.marks.hide_columns(first - 1, last)
            case "row":
                self._row, self._column = int(attributes.get("r", self._row + 2)) - 1, -1
                if attributes.get("hidden") in _ON:
                    self.marks.hidden_rows.add(self._row)
            case "c":
                self._begin_cell(attributes)
            case "f":
                self._has_formula = True
            case "v":
                self._in_value = True

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        found = _REFERENCE.fullmatch(attributes.get("r", ""))
        self._column = _column(found[1]) if found else self._column + 1
        self._row = int(found[2]) - 1 if found else self._row
        is_number = attributes.get("t", "n") == "n"
        self._width = self._widths.get(attributes.get("s", ""), 0) if is_number else 0
        # A formula may well come to an empty text, and its value is then none; to a number without digits it cannot.
        self._text, self._has_formula, self._has_value = "", False, attributes.get("t") == "str"

    def data(self, text: str) -> None:
        if self._in_value:
            self._has_value = True
            self._text += text if self._width else ""

    def end(self, tag: str) -> None:
        match tag.rpartition("}")[2]:
            case "v":
                self._in_value = False
            case "c":
                self.marks.uncomputed += self._has_formula and not self._has_value
                if self._width and self._text and len(self.marks.texts) < _MOST_TEXTS:
                    self.marks.texts[self._row, self._column] = padded(float(self._text), self._width)

    def close(self) -> None:
        """Nothing is kept but the marks."""


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
