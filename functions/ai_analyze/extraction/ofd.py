"""OFD (GB/T 33190), the format of Chinese electronic invoices: a zip of XML pages with text at positions.

The libraries for it either bring PyMuPDF along, whose licence rules it out, or are not kept. Text is all that is
needed here: objects of a page and of its template, put into lines by where they stand.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from zipfile import BadZipFile, ZipFile

from ai_analyze.extraction.archives import open_archive
from ai_analyze.extraction.limits import Limits, UnreadableFile
from ai_analyze.extraction.pages import Extract, gather, is_thin

# Of the height of its text: what is closer, top to top, stands on one line.
_SAME_LINE = 0.5
_PICTURES = ("ImageObject", "PathObject")


@dataclass(frozen=True, slots=True)
class _Words:
    """A text object: millimetres from the left and the top of the page."""

    x: float
    y: float
    size: float
    text: str


class _NoDoctype(TreeBuilder):
    """OFD has no document type; entities, in which bombs are made, need one."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise UnreadableFile("文件已损坏，未能读取")


def read(content: bytes, limits: Limits) -> Extract:
    """The text of each page, line by line. Raises UnreadableFile."""
    pictured: list[int] = []
    try:
        with open_archive(content, limits) as archive:
            return gather(_pages(archive, pictured), limits, pictured)
    except (BadZipFile, ParseError, KeyError) as error:
        raise UnreadableFile("文件已损坏，未能读取") from error


def _pages(archive: ZipFile, pictured: list[int]) -> Iterator[str]:
    number = 0
    for root in _find_all(_parse(archive, "OFD.xml"), "DocRoot"):
        path = _resolve(archive, "OFD.xml", root.text)
        document = _parse(archive, path)
        templates = {
            found.get("ID", ""): _resolve(archive, path, found.get("BaseLoc"))
            for found in _find_all(document, "TemplatePage")
        }
        for page in _find_all(document, "Page"):
            number += 1
            layers = _layers(archive, _resolve(archive, path, page.get("BaseLoc")), templates)
            text = "\n".join(_lines([words for layer in layers for words in _words(layer)]))
            if is_thin(text) and _is_pictured(layers[0], text):
                pictured.append(number)
            yield text


def _layers(archive: ZipFile, path: str, templates: dict[str, str]) -> list[Element]:
    """A page, and the templates that it is drawn on."""
    page = _parse(archive, path)
    used = [templates.get(found.get("TemplateID", ""), "") for found in _find_all(page, "Template")]
    return [page, *(_parse(archive, name) for name in dict.fromkeys(used) if name)]


def _words(layer: Element) -> Iterator[_Words]:
    for found in _find_all(layer, "TextObject"):
        if found.get("Visible") == "false":
            continue
        box = _numbers(found.get("Boundary"), 4)
        for code in _find_all(found, "TextCode"):
            if code.text and code.text.strip():
                x, y = _numbers(code.get("X"), 1)[0], _numbers(code.get("Y"), 1)[0]
                size = _numbers(found.get("Size"), 1)[0]
                yield _Words(box[0] + x, box[1] + y, size, " ".join(code.text.split()))


def _lines(found: list[_Words]) -> Iterator[str]:
    """Top to bottom, and left to right on each line."""
    line: list[_Words] = []
    for words in sorted(found, key=lambda words: (words.y, words.x)):
        if line and words.y - line[0].y > _SAME_LINE * max(line[0].size, 1.0):
            yield _line_text(line)
            line = []
        line.append(words)
    if line:
        yield _line_text(line)


def _line_text(line: list[_Words]) -> str:
    return " ".join(words.text for words in sorted(line, key=lambda words: words.x))


def _is_pictured(page: Element, text: str) -> bool:
    """Whether there is a picture beside so little text; on a page without text, whether anything is drawn at all."""
    drawn = _PICTURES if not text else _PICTURES[:1]
    return any(True for name in drawn for _ in _find_all(page, name))


def _parse(archive: ZipFile, path: str) -> Element:
    parser = XMLParser(target=_NoDoctype())  # noqa: S314 - see _NoDoctype; runs apart, with bounds
    parser.feed(archive.read(path))
    return parser.close()


def _resolve(archive: ZipFile, source: str, location: str | None) -> str:
    """The entry that a file of the archive names: from its own folder, or from the root. Raises KeyError."""
    name = (location or "").strip()
    for folder in (posixpath.dirname(source), ""):
        path = posixpath.normpath(posixpath.join("/", folder, name)).lstrip("/")
        if path in archive.NameToInfo:
            return path
    raise KeyError(name)


def _find_all(element: Element, name: str) -> Iterator[Element]:
    """Every element of that name at any depth, whatever its namespace: writers differ in it."""
    return (found for found in element.iter() if isinstance(found.tag, str) and found.tag.rpartition("}")[2] == name)


def _numbers(text: str | None, count: int) -> list[float]:
    """As many numbers as asked for; 0 for those that are missing or none."""
    found = []
    for part in (text or "").split()[:count]:
        try:
            found.append(float(part))
        except ValueError:
            found.append(0.0)
    return found + [0.0] * (count - len(found))
