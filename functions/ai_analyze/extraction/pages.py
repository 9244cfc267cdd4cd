"""Pages of text, kept within bounds, and what is to be said of those that are mostly pictures. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from ai_analyze.extraction.limits import Limits

# What a reader answers before it looks at a file: from here on, whatever happens is the file's doing.
READY = b"ready\n"

# Characters, without white space and repetitions. A scanned page often has some text on it: a page number, the name of
# the app that scanned it, a watermark all over it. A page with less than this and a picture counts as a scan.
THIN = 50
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
_MOST_NAMED = 10


class Extract(msgspec.Struct, frozen=True):
    """What was read of a file. `problem` in Chinese, empty where it is all there is.

    `scanned`: some of it is pictures, in which OCR may find text.
    """

    pages: tuple[str, ...] = ()
    problem: str = ""
    scanned: bool = False


def is_thin(text: str) -> bool:
    """Whether a page has so little text that a picture beside it may be what matters."""
    return len("".join(dict.fromkeys(text.split()))) < THIN


def gather(pages: Iterable[str], limits: Limits, pictured: Sequence[int] = ()) -> Extract:
    """The pages, up to the limits. `pictured` are the numbers, from 1, of those that are pictures.

    It may be filled while the pages are made.
    """
    kept: list[str] = []
    problems = []
    left = limits.chars
    for page in pages:
        if len(kept) == limits.pages:
            problems.append(f"超过 {limits.pages} 页，其后未读取")
            break
        text = _NOT_TEXT.sub("", page.replace("\r\n", "\n").replace("\r", "\n")).strip()
        kept.append(text[:left])
        left -= len(text)
        if left < 0:
            problems.append(f"文字超过 {limits.chars} 字，其后未读取")
            break
    return _describe(kept, [number for number in pictured if number <= len(kept)], problems)


def _describe(pages: Sequence[str], pictured: Sequence[int], problems: Sequence[str]) -> Extract:
    if pictured and not any(pages):
        return Extract(problem="扫描件或图片，没有文字层，未能读取", scanned=True)
    if not any(pages):
        return Extract(problem="；".join([*problems, "文件中没有文字"]))
    if pictured:
        numbers = "、".join(map(str, pictured[:_MOST_NAMED])) + ("等" if len(pictured) > _MOST_NAMED else "")
        problems = [f"第 {numbers} 页是扫描件或图片，其中的文字未能读取", *problems]
    return Extract(tuple(pages), "；".join(problems), scanned=bool(pictured))
