"""XML of strangers, by the standard library: no document type, in which bombs of entities are made. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, TreeBuilder, XMLParser

from ai_analyze.extraction.limits import UnreadableFile
from taskbridge.reasons import build_reason

# Deeper than any writer nests; ElementTree walks, and frees, by recursion.
_DEEPEST = 200


class _Bounded(TreeBuilder):
    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise UnreadableFile(build_reason("file_damaged"))

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnreadableFile(build_reason("file_damaged"))
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse(content: bytes) -> Element:
    """The root. Raises UnreadableFile for a document type or too deep nesting, ParseError for what is no XML."""
    parser = XMLParser(target=_Bounded())  # noqa: S314 - see _Bounded; runs apart, with bounds
    parser.feed(content)
    return parser.close()


def local_name(element: Element) -> str:
    """The name without its namespace, in which writers differ; empty for comments and the like."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def find_all(element: Element, name: str) -> Iterator[Element]:
    """Every element of that name at any depth, whatever its namespace."""
    return (found for found in element.iter() if local_name(found) == name)
