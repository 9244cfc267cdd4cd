"""OFD (GB/T 33190), the format of Chinese electronic invoices: a zip of XML pages with text at positions.

The libraries for it either bring PyMuPDF along, whose licence rules it out, or are not kept. Text is all that is
needed here: objects of a page, of its templates and of its annotations, put into lines by where they stand. A part that
is missing or broken loses its page, or less, and that is said.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError
from zipfile import BadZipFile, ZipFile

from ai_analyze.extraction.archives import Entries, open_archive
from ai_analyze.extraction.legible import strange_share
from ai_analyze.extraction.limits import Limits, UnreadableFile
from ai_analyze.extraction.markup import find_all, parse
from ai_analyze.extraction.ofd_objects import Drawing, draw
from ai_analyze.extraction.pages import (
    DAMAGED,
    GARBLED,
    LARGE_PICTURE,
    MISSING_TEMPLATE,
    PICTURED,
    SCANNED,
    Extract,
    Unread,
    gather,
    is_thin,
)
from taskbridge.reasons import build_reason

_BROKEN = (BadZipFile, ParseError, KeyError, UnreadableFile)
_SOME_STRANGE = 0.1
# What electronic vouchers carry of their own data once more.
_DATA = (".xml", ".xbrl")


def read(content: bytes, limits: Limits) -> Extract:
    """The text of each page, line by line. Raises UnreadableFile."""
    unread = Unread()
    try:
        with open_archive(content, limits) as archive:
            found = gather(_pages(archive, unread, limits), limits, unread)
    except _BROKEN as error:
        raise UnreadableFile(build_reason("file_damaged")) from error
    return found


@dataclass(frozen=True, slots=True)
class _OfdDocument:
    """One document of the file, and where its parts are."""

    entries: Entries
    path: str
    root: Element
    unread: Unread

    def find(self, location: str | None, source: str = "") -> str:
        """The entry that a file names: from its own folder, or from the root. Raises KeyError."""
        return self.entries.resolve(source or self.path, location)

    def parse(self, path: str) -> Element:
        return parse(self.entries.archive.read(path))

    def parts(self, name: str) -> Iterator[tuple[str, Element]]:
        """The files that elements of this name in the document name."""
        for found in find_all(self.root, name):
            yield from self.part(found.text)

    def part(self, location: str | None, source: str = "") -> Iterator[tuple[str, Element]]:
        """One file and where it is; one that is missing or broken is said to be left out."""
        try:
            path = self.find(location, source)
            yield path, self.parse(path)
        except _BROKEN:
            self.unread.say("文件的一部分（图形、批注或附件）缺失或已损坏，未能读取")


@dataclass(frozen=True, slots=True)
class _Shared:
    """What pages of a document refer to: where templates are, drawings, and by page its annotations; all by id."""

    templates: dict[str, str | None]
    units: dict[str, Element]
    notes: dict[str, list[Element]]


def _pages(archive: ZipFile, unread: Unread, limits: Limits) -> Iterator[str]:
    entries = Entries(archive)
    number = 0
    for root in find_all(parse(archive.read(entries.resolve("", "OFD.xml"))), "DocRoot"):
        path = entries.resolve("OFD.xml", root.text)
        document = _OfdDocument(entries, path, parse(archive.read(path)), unread)
        _say_of_attachments(document)
        shared = _Shared(
            {found.get("ID", ""): found.get("BaseLoc") for found in find_all(document.root, "TemplatePage")},
            _units(document),
            _annotations(document),
        )
        for page in find_all(document.root, "Page"):
            number += 1
            if number > limits.pages + 1:
                return
            yield _page(document, page, shared, number)


def _page(document: _OfdDocument, page: Element, shared: _Shared, number: int) -> str:
    try:
        content = document.parse(document.find(page.get("BaseLoc")))
    except _BROKEN:
        document.unread.on_page(number, DAMAGED)
        return ""
    drawing = Drawing(shared.units)
    draw(content, drawing)
    for template in dict.fromkeys(found.get("TemplateID", "") for found in find_all(content, "Template")):
        try:
            draw(document.parse(document.find(shared.templates[template])), drawing)
        except _BROKEN:
            document.unread.on_page(number, MISSING_TEMPLATE)
    for note in shared.notes.get(page.get("ID", ""), ()):
        draw(note, drawing)
    text = "\n".join(drawing.lines())
    _say_of_page(drawing, text, _area(content, document.root), document.unread, number)
    return text


def _say_of_page(drawing: Drawing, text: str, area: float, unread: Unread, number: int) -> None:
    if strange_share(text) > _SOME_STRANGE:
        unread.on_page(number, GARBLED)
    if is_thin(text) and (drawing.pictures or (not text and drawing.is_drawn)):
        unread.on_page(number, SCANNED)
    elif any(box[2] * box[3] > LARGE_PICTURE * area and drawing.is_bare(box) for box in drawing.pictures):
        unread.on_page(number, PICTURED)
    if drawing.is_cut:
        unread.on_page(number, "对象过多，未全部读取")
    if drawing.is_incomplete:
        unread.on_page(number, "有图形缺失，其中的文字未能读取")


def _area(page: Element, document: Element) -> float:
    """In square millimetres; that of A4 where the file does not say."""
    for root in (page, document):
        for found in find_all(root, "PhysicalBox"):
            parts = (found.text or "").split()
            try:
                return float(parts[2]) * float(parts[3])
            except (IndexError, ValueError):
                continue
    return 210.0 * 297.0


def _units(document: _OfdDocument) -> dict[str, Element]:
    """Drawings that objects of the pages refer to, by their id."""
    return {
        unit.get("ID", ""): unit
        for name in ("PublicRes", "DocumentRes")
        for _, resources in document.parts(name)
        for unit in find_all(resources, "CompositeGraphicUnit")
    }


def _annotations(document: _OfdDocument) -> dict[str, list[Element]]:
    """The annotations of each page, by its id."""
    found: dict[str, list[Element]] = {}
    for path, listed in document.parts("Annotations"):
        for page in find_all(listed, "Page"):
            for location in find_all(page, "FileLoc"):
                for _, notes in document.part(location.text, path):
                    found.setdefault(page.get("PageID", ""), []).extend(
                        note for note in find_all(notes, "Annot") if note.get("Visible") != "false"
                    )
    return found


def _say_of_attachments(document: _OfdDocument) -> None:
    locations = [
        (location.text or "").strip().lower()
        for _, listed in document.parts("Attachments")
        for attachment in find_all(listed, "Attachment")
        for location in find_all(attachment, "FileLoc")
    ]
    inside = sum(posixpath.splitext(location)[1] not in _DATA for location in locations)
    if inside:
        document.unread.say(f"文件内嵌 {inside} 个附件，未读取")
