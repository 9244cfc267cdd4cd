"""PDF: text by pypdf, and by PDFium for the pages where that finds next to nothing. Scanned pages are told apart."""

from __future__ import annotations

import io
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pypdf
import pypdfium2  # type: ignore[import-untyped]
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE  # type: ignore[import-untyped]

from ai_analyze.extraction.limits import Limits, UnreadableFile
from ai_analyze.extraction.pages import Extract, gather, is_thin

_MOST_OBJECTS = 2_000
_MOST_ANNOTATIONS = 1_000
_HIDDEN = 2
# Of a page's area: what covers more is the page itself, not a logo, a seal or a code on it.
_WHOLE_PAGE = 0.4


def read(content: bytes, limits: Limits) -> Extract:
    """The text of each page, what was typed into its form fields included. Raises UnreadableFile where it is locked."""
    texts = _read_by_pypdf(content, limits)
    if texts and not any(map(is_thin, texts)):
        return gather(texts, limits)
    return _complete(texts, content, limits)


def _read_by_pypdf(content: bytes, limits: Limits) -> list[str]:
    """One text a page, and one page more than the limit where there are more; none where pypdf cannot read it."""
    texts = []
    length = 0
    try:
        with _alarm(limits.read_s / 2):
            for page in pypdf.PdfReader(io.BytesIO(content)).pages:
                texts.append("\n".join([page.extract_text(), *_typed_in(page)]))
                length += len(texts[-1])
                if len(texts) > limits.pages or length > limits.chars:
                    break
    except Exception:  # noqa: BLE001 - whatever a malformed file makes of it, PDFium has its turn
        return []
    return texts


def _typed_in(page: pypdf.PageObject) -> Iterator[str]:
    """What stands in form fields and in notes on the page: it is drawn there, but is no part of the page's text."""
    for reference in list(page.get("/Annots") or ())[:_MOST_ANNOTATIONS]:
        note = reference.get_object()
        kind = note.get("/Subtype")
        if int(note.get("/F", 0)) & _HIDDEN:
            continue
        if kind == "/FreeText":
            yield str(note.get("/Contents", ""))
        elif kind == "/Widget":
            # A field with one place on the paper is that place; with several, it is their parent.
            field = note if "/V" in note else note.get("/Parent", note).get_object()
            name, value = field.get("/TU") or field.get("/T", ""), field.get("/V")
            if value is not None:
                yield f"{name}：{str(value.get_object()).removeprefix('/')}"


def _complete(texts: list[str], content: bytes, limits: Limits) -> Extract:
    """With PDFium's text where pypdf's is thin, and the pages that are pictures."""
    pictured: list[int] = []
    try:
        with closing(pypdfium2.PdfDocument(content)) as document:
            return gather(_pages(document, texts, pictured), limits, pictured)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise UnreadableFile("文件有密码保护，未能读取" if locked else "文件已损坏，未能读取") from error


def _pages(document: pypdfium2.PdfDocument, texts: list[str], pictured: list[int]) -> Iterator[str]:
    for index in range(len(document)):
        text = texts[index] if index < len(texts) else ""
        if is_thin(text):
            with closing(document[index]) as page:
                found = _text_of(page)
                text = found if len(found) > len(text.strip()) else text
                if is_thin(text) and _is_pictured(page, text):
                    pictured.append(index + 1)
        yield text


def _text_of(page: pypdfium2.PdfPage) -> str:
    with closing(page.get_textpage()) as found:
        return str(found.get_text_bounded()).strip()


def _is_pictured(page: pypdfium2.PdfPage, text: str) -> bool:
    """Whether a picture covers much of the page; on a page without text, whether anything at all is drawn on it."""
    width, height = page.get_size()
    covered = 0.0
    for count, drawn in enumerate(page.get_objects()):
        if not text.strip() or count > _MOST_OBJECTS:
            return True
        if drawn.type == FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = drawn.get_bounds()
            covered += abs((right - left) * (top - bottom))
    return bool(covered > _WHOLE_PAGE * width * height)


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raises TimeoutError inside after so long, and again each second, should it be caught there."""

    def ring(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
