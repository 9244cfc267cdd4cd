"""What was typed into a PDF: form fields, notes on the page, and the data of dynamic forms (XFA). By pypdf."""

from __future__ import annotations

import io
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from xml.etree.ElementTree import ParseError

import pypdf

from ai_analyze.extraction.legible import is_of_one_charset, is_writing, strange_share
from ai_analyze.extraction.limits import Limits, UnreadableFile
from ai_analyze.extraction.markup import find_all, local_name, parse

_MOST_STRANGE = 0.1
_MOST_ANNOTATIONS = 1_000
_MOST_VALUES = 2_000
_MOST_XFA_BYTES = 8 * 1024 * 1024
_HIDDEN = 2
_NEXT_RING_S = 0.05
_DEEPEST_FIELD = 16
_NOTES = frozenset({"/Text", "/Highlight", "/Underline", "/StrikeOut", "/Square", "/Circle", "/Stamp", "/Caret"})
_PLACEHOLDER = re.compile(
    r"requires Adobe Reader|not eventually replaced by the proper contents|Please wait\.\.\.|需要 ?Adobe ?Reader"
    r"|请稍候|如果此消息最终未被|请使用 ?Adobe ?(?:Acrobat|Reader)"
)
_LONGEST_PLACEHOLDER = 1_200


@dataclass(slots=True)
class Filled:
    """By page, its text as pypdf reads it, where it was asked for, and the lines of what was typed in.

    `data` are the lines of a dynamic form, `is_whole` whether everything that was typed in could be looked at.
    """

    texts: list[str] = field(default_factory=list)
    values: list[list[str]] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    is_whole: bool = False


def read_filled(content: bytes, wanted: Sequence[bool], limits: Limits, *, is_seen: bool = True) -> Filled:
    """Of as many pages as `wanted` has, which says whose text is wanted too. Never raises for what is in a file.

    `is_seen`: PDFium found no text on those pages, so that what is found here may be numbers of glyphs.
    """
    filled = Filled()
    try:
        with _alarm(limits.read_s / 2):
            reader = pypdf.PdfReader(io.BytesIO(content))
            pages = [page for page, _ in zip(reader.pages, wanted, strict=False)]
            filled.texts = [""] * len(pages)
            filled.data = list(_dynamic_data(reader))
            for page in pages:
                filled.values.append(list(dict.fromkeys(_typed_in(page))))
            filled.is_whole = True
            # Last, since it may take long.
            for index, page in enumerate(pages):
                if wanted[index] and sum(map(len, filled.texts)) <= limits.chars:
                    filled.texts[index] = _text_of(page, is_of_one_charset if is_seen else is_writing)
    except Exception:  # noqa: BLE001 - whatever a malformed file makes of it, what was found until then counts
        return filled
    return filled


def is_placeholder(text: str) -> bool:
    """Whether a page only says that it wants another program: the form itself is drawn by that program."""
    return len(text) < _LONGEST_PLACEHOLDER and _PLACEHOLDER.search(text) is not None


def _text_of(page: pypdf.PageObject, is_text: Callable[[str], bool]) -> str:
    text = page.extract_text()
    return text if strange_share(text) <= _MOST_STRANGE and is_text(text) else ""


def _typed_in(page: pypdf.PageObject) -> Iterator[str]:
    """What stands in form fields and in notes on the page: it is drawn there, but is no part of the page's text."""
    for reference in list(page.get("/Annots") or ())[:_MOST_ANNOTATIONS]:
        note = reference.get_object()
        kind = note.get("/Subtype")
        if int(note.get("/F", 0)) & _HIDDEN:
            continue
        if kind == "/FreeText":
            yield str(note.get("/Contents", ""))
        elif kind in _NOTES and note.get("/Contents"):
            yield f"批注：{note['/Contents']}"
        elif kind == "/Widget":
            yield from _field_text(note)


def _field_text(widget: Any) -> Iterator[str]:
    """A field with one place on the paper is that place; with several, it is their parent."""
    chain = [widget]
    while "/Parent" in chain[-1] and len(chain) < _DEEPEST_FIELD:
        chain.append(chain[-1]["/Parent"].get_object())
    name = next((str(each[key]) for key in ("/TU", "/T") for each in chain if each.get(key)), "")
    value = next((each["/V"].get_object() for each in chain if "/V" in each), None)
    if isinstance(value, dict):
        yield f"{name}：有数字签名（未验证）"
    elif value is not None:
        values = value if isinstance(value, list) else [value]
        yield f"{name}：{'、'.join(str(each).removeprefix('/') for each in values)}"


def _dynamic_data(reader: pypdf.PdfReader) -> Iterator[str]:
    """The filled fields of a dynamic form, `name：value`, in the order of its data; nothing where that is broken."""
    data = (reader.xfa or {}).get("datasets")
    if not isinstance(data, bytes) or len(data) > _MOST_XFA_BYTES:
        return
    try:
        root = parse(data)
    except (ParseError, UnreadableFile):
        return
    filled = next(find_all(root, "data"), root)
    for element in islice(filled.iter(), _MOST_VALUES):
        if len(element) == 0 and element.text and element.text.strip():
            yield f"{local_name(element)}：{' '.join(element.text.split())}"


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raises TimeoutError inside after so long, and again and again, should it be caught there."""

    def ring(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _NEXT_RING_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
