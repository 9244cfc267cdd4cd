"""Rich text (HTML) as plain text: blocks on lines of their own, a row of a table on one line. Pure.

The parser of the standard library needs seconds for 40 kB of unclosed tags, and raises on some texts; this one reads
ahead a bounded number of times only, and shows as text whatever is no tag.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from taskbridge.ai.forms.texts import clean_text, one_line

_OPENING = re.compile(r"<(?:(?P<comment>!--)|(?P<other>[!?])|(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]{0,40}))")
_TAG_REST = re.compile(r"""(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>""")
_ALT = re.compile(r"""\salt\s?=\s?(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_MISREADINGS = 100  # so often may something look like a tag and not be one
_UNSEEN = {name: re.compile(rf"</{name}", re.IGNORECASE) for name in ("script", "style")}
_BREAKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "caption", "dd", "div", "dl", "dt", "fieldset", "figcaption"}
    | {"figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p"}
    | {"pre", "section", "ul"}
)
_ROWS = frozenset({"tr", "table", "thead", "tbody", "tfoot"})
_CELLS = frozenset({"td", "th"})
_ROW, _CELL = "\x1e", "\x1f"
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_HUGE_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{9,};?")  # html.unescape would raise


def html_text(source: str) -> str:
    """The text of an HTML fragment. Cells of a table stand between `|`, images as 图片; links lose their address."""
    if not _OPENING.search(source):
        return _unescaped(source)
    segments = "".join(_pieces(source)).split(_ROW)
    return "\n".join(line for segment in segments for line in _segment_lines(segment))


def _pieces(source: str) -> Iterator[str]:
    """Texts, line breaks, and marks where a row or a cell begins."""
    at, preformatted, misreadings = 0, False, 0
    while at < len(source):
        opening = _OPENING.search(source, at) if misreadings < _MISREADINGS else None
        yield _flowing(source[at : opening.start() if opening else len(source)], preformatted=preformatted)
        if opening is None:
            return
        end = _tag_end(source, opening)
        if end is None:
            misreadings += 1
            yield "<"
            at = opening.start() + 1
            continue
        name = (opening["name"] or "").lower()
        if name == "pre":
            preformatted = not opening["end"]
        yield _mark(name, source[opening.start() : end], closing=bool(opening["end"]))
        at = _unseen_end(source, end, name) if not opening["end"] else end


def _tag_end(source: str, opening: re.Match[str]) -> int | None:
    """Where the tag or comment ends; as in a browser, an open comment lasts to the end of the text."""
    if opening["comment"]:
        found = source.find("-->", opening.end() - 2)
        return len(source) if found < 0 else found + 3
    rest = _TAG_REST.match(source, opening.end())
    return rest.end() if rest else None


def _unseen_end(source: str, start: int, name: str) -> int:
    if name not in _UNSEEN:
        return start
    found = _UNSEEN[name].search(source, start)
    return found.start() if found else len(source)


def _mark(name: str, tag: str, *, closing: bool) -> str:
    if name in _BREAKS:
        return "\n"
    if name in _ROWS:
        return _ROW
    if name in _CELLS:
        return "" if closing else _CELL
    if name == "img":
        alt = _ALT.search(tag[:2000])
        words = one_line(_unescaped(alt[1] or alt[2] or "")) if alt else ""
        return f"[图片：{words}]" if words else "[图片]"
    return ""


def _flowing(text: str, *, preformatted: bool) -> str:
    return _unescaped(text if preformatted else _BLANKS.sub(" ", text), strip=False)


def _unescaped(text: str, *, strip: bool = True) -> str:
    cleaned = clean_text(html.unescape(_HUGE_REFERENCE.sub("\ufffd", text)).replace("\xa0", " "))
    return cleaned.strip() if strip else cleaned


def _segment_lines(segment: str) -> Iterator[str]:
    """The lines of a text, then the cells of the row that follows it on one line."""
    text, *cells = segment.split(_CELL)
    yield from (line for line in (one_line(line) for line in text.split("\n")) if line)
    contents = [one_line(cell).replace("|", "｜") for cell in cells]
    if any(contents):
        yield f"| {' | '.join(contents)} |"
