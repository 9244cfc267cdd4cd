"""Pages of text, kept within bounds, and what is to be said of what was not read of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from ai_analyze.extraction.legible import fold
from ai_analyze.extraction.limits import Limits
from taskbridge.reasons import build_reason

# What a reader answers before it looks at a file: from here on, whatever happens is the file's doing.
READY = b"ready\n"

# Characters, without white space and repetitions. A scanned page often has some text on it: a page number, the name of
# the app that scanned it, a watermark all over it. A page with less than this and a picture counts as a scan.
THIN = 50
# Of a page's area: a picture above this is more than a logo, a seal or a code.
LARGE_PICTURE = 0.12

SCANNED = "是扫描件或图片，其中的文字未能读取"
PICTURED = "有图片，其中的文字未能读取"
GARBLED = "有文字无法识别（字体缺少编码信息），未能读取"
DAMAGED = "已损坏，未能读取"
MISSING_TEMPLATE = "的版式模板缺失，其中的文字未能读取"
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_MOST_NAMED = 10


class Extract(msgspec.Struct, frozen=True):
    """What was read of a file. `problem` in Chinese, empty where it is all there is.

    `scanned`: some of it is pictures, in which OCR may find text.
    """

    pages: tuple[str, ...] = ()
    problem: str = ""
    scanned: bool = False


@dataclass(slots=True)
class Unread:
    """What a reader left out, told while it reads: `whole` of the file, and by page, numbered from 1."""

    whole: list[str] = field(default_factory=list)
    scanned: bool = False
    _pages: dict[str, list[int]] = field(default_factory=dict)

    def on_page(self, number: int, what: str) -> None:
        """`what` follows 第 N 页 in a sentence."""
        numbers = self._pages.setdefault(what, [])
        if number not in numbers:
            numbers.append(number)

    def say(self, what: str) -> None:
        """A sentence about the file, once."""
        if what not in self.whole:
            self.whole.append(what)

    def pages(self, what: str, most: int) -> list[int]:
        """The pages of which `what` was said, up to a number."""
        return [number for number in self._pages.get(what, ()) if number <= most]

    def sentences(self, most: int) -> list[str]:
        """All that is to be said, of pages up to a number."""
        by_page = [(what, self.pages(what, most)) for what in self._pages]
        return [*(_name_pages(numbers) + what for what, numbers in by_page if numbers), *self.whole]


def is_thin(text: str) -> bool:
    """Whether a page has so little text that a picture beside it may be what matters."""
    return len("".join(dict.fromkeys(text.split()))) < THIN


def gather(pages: Iterable[str], limits: Limits, unread: Unread | None = None) -> Extract:
    """The pages, up to the limits, and what was left out. `unread` may be filled while the pages are made."""
    kept: list[str] = []
    problems = []
    left = limits.chars
    for page in pages:
        if len(kept) == limits.pages:
            problems.append(f"超过 {limits.pages} 页，其后未读取")
            break
        text = fold(_NOT_TEXT.sub("", page.replace("\r\n", "\n").replace("\r", "\n"))).strip()
        kept.append(text[:left])
        left -= len(text)
        if left < 0:
            problems.append(f"文字超过 {limits.chars} 字，其后未读取")
            break
    return _describe(kept, unread or Unread(), problems)


def _describe(pages: Sequence[str], unread: Unread, problems: Sequence[str]) -> Extract:
    scanned = unread.pages(SCANNED, len(pages))
    has_pictures = bool(scanned or unread.scanned or unread.pages(PICTURED, len(pages)))
    if scanned and not any(pages):
        return Extract(problem="；".join([build_reason("file_scanned"), *unread.whole]), scanned=True)
    left_out = unread.sentences(len(pages))
    if any(pages):
        return Extract(tuple(pages), "；".join([*left_out, *problems]), scanned=has_pictures)
    return Extract(problem="；".join([*problems, *(left_out or [build_reason("file_empty")])]), scanned=has_pictures)


def _name_pages(numbers: Sequence[int]) -> str:
    return f"第 {'、'.join(map(str, numbers[:_MOST_NAMED]))}{'等' if len(numbers) > _MOST_NAMED else ''} 页"
