"""Word: paragraphs and tables in their order, with headers, footers and notes; text boxes where they are anchored.

Text is what a reader of the document sees: insertions under review, content controls, ticked and empty boxes, comments
and inserted documents are part of it, deletions and hidden text are not. What has no text is counted and named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError
from zipfile import BadZipFile

from ai_analyze.extraction import plain
from ai_analyze.extraction.archives import Entries, open_archive
from ai_analyze.extraction.kinds import Kind, detect_kind
from ai_analyze.extraction.limits import Limits, UnreadableFile
from ai_analyze.extraction.markup import find_all, local_name, parse
from ai_analyze.extraction.pages import SCANNED, Extract, Unread, gather, is_thin
from ai_analyze.extraction.word_text import Body, attribute
from taskbridge.reasons import build_reason

_BEFORE, _AFTER = ("header",), ("footnotes", "endnotes", "footer")
_DEEPEST_CHUNK = 3
_PICTURES = "图片"
_COUNTERS = {_PICTURES: "张", "图表": "个", "控件": "个", "内嵌文件": "个"}
_BROKEN = (BadZipFile, KeyError, ParseError, UnreadableFile)


def read(content: bytes, limits: Limits) -> Extract:
    """The whole document as one page: a Word file has none before it is laid out. Raises UnreadableFile."""
    unread, found = Unread(), Body()
    try:
        text = "\n".join(_WordDocument(content, limits, unread, found).lines())
    except _BROKEN as error:
        raise UnreadableFile(build_reason("file_damaged")) from error
    _say(found.left_out, text, unread)
    return gather([text], limits, unread)


def _say(left_out: Counter[str], text: str, unread: Unread) -> None:
    if left_out[_PICTURES]:
        unread.scanned = True
        if is_thin(text):
            unread.on_page(1, SCANNED)
            del left_out[_PICTURES]
    named = [f"{what} {left_out[what]} {counter}" for what, counter in _COUNTERS.items() if left_out[what]]
    if named:
        unread.say(f"含{'、'.join(named)}，其中的文字未能读取")


@dataclass(slots=True)
class _WordDocument:
    """The parts of one file, found by their relations, whatever they are called."""

    content: bytes
    limits: Limits
    unread: Unread
    body: Body
    depth: int = 0
    _entries: Entries = field(init=False)
    _main: str = field(init=False)

    def lines(self) -> Iterator[str]:
        with open_archive(self.content, self.limits) as archive:
            self._entries = Entries(archive)
            self._main = self._find_main()
            related = self._related(self._main)
            root = self._parse(self._main)
            if local_name(root) != "document":
                raise KeyError(self._main)
            for kind in _BEFORE:
                yield from self._parts(related, kind)
            yield from self.body.blocks(root, lambda name: self._reference(related, name))
            for kind in _AFTER:
                yield from self._parts(related, kind)
            for comment in self._elements(related, "comments", "comment"):
                yield f"批注（{attribute(comment, 'author')}）：{' '.join(self.body.blocks(comment))}"
            for drawing in self._elements(related, "diagramData", "pt"):
                texts = [found.text for found in find_all(drawing, "t") if found.text]
                if texts:
                    yield f"图示：{''.join(texts)}"

    def _parse(self, path: str) -> Element:
        return parse(self._entries.archive.read(path))

    def _find_main(self) -> str:
        try:
            found = next(target for kind, target in self._related("").values() if kind == "officeDocument")
            return self._entries.resolve("", found)
        except (StopIteration, *_BROKEN):
            return self._entries.resolve("", "word/document.xml")

    def _related(self, source: str) -> dict[str, tuple[str, str]]:
        """By id, the kind and the place of what a part refers to within the file."""
        name = source.rpartition("/")[2]
        try:
            listed = self._parse(self._entries.resolve(source, f"_rels/{name}.rels"))
        except KeyError:
            return {}
        return {
            found.get("Id", ""): (found.get("Type", "").rpartition("/")[2], found.get("Target", ""))
            for found in find_all(listed, "Relationship")
            if found.get("TargetMode") != "External"
        }

    def _roots(self, related: dict[str, tuple[str, str]], kind: str) -> Iterator[Element]:
        for target in dict.fromkeys(target for each, target in related.values() if each == kind):
            try:
                yield self._parse(self._entries.resolve(self._main, target))
            except _BROKEN:
                self.unread.say("文件的一部分缺失或已损坏，未能读取")

    def _parts(self, related: dict[str, tuple[str, str]], kind: str) -> Iterator[str]:
        for root in self._roots(related, kind):
            yield from self.body.blocks(root)

    def _elements(self, related: dict[str, tuple[str, str]], kind: str, name: str) -> Iterator[Element]:
        for root in self._roots(related, kind):
            yield from find_all(root, name)

    def _reference(self, related: dict[str, tuple[str, str]], name: str) -> Iterator[str]:
        """The text of a document that was inserted as a whole (altChunk)."""
        try:
            chunk = self._entries.archive.read(self._entries.resolve(self._main, related[name][1]))
            kind = detect_kind(chunk, self.limits)
            if kind is Kind.DOCX and self.depth < _DEEPEST_CHUNK:
                yield from _WordDocument(chunk, self.limits, self.unread, self.body, self.depth + 1).lines()
            elif kind in {Kind.HTML, Kind.TEXT, Kind.MHTML}:
                found = plain.read(chunk, self.limits)
                yield from found.pages
                if found.problem:
                    self.unread.say(found.problem)
            else:
                self.unread.say("文中插入的文件未能读取")
        except _BROKEN:
            self.unread.say("文中插入的文件未能读取")
