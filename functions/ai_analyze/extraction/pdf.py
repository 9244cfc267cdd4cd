"""PDF: text by PDFium, which knows the encodings of Chinese, Japanese and Korean fonts; by pypdf where PDFium has none.

What was typed into form fields is no part of a page's text: `pdf_forms` reads it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from ctypes import c_int, create_string_buffer
from dataclasses import dataclass, replace
from itertools import islice

import pypdfium2  # type: ignore[import-untyped]
from pypdfium2 import raw

from ai_analyze.extraction.legible import UNKNOWN, is_plausible, strange_share, symbol
from ai_analyze.extraction.limits import Limits, UnreadableFile
from ai_analyze.extraction.pages import (
    DAMAGED,
    GARBLED,
    LARGE_PICTURE,
    PICTURED,
    SCANNED,
    Extract,
    Unread,
    gather,
    is_thin,
)
from ai_analyze.extraction.pdf_forms import Filled, is_placeholder, read_filled
from taskbridge.reasons import build_reason

_MOST_OBJECTS = 2_000
# Of a page's area: what covers more is the page itself.
_WHOLE_PAGE = 0.4
_UNKNOWN_SIGNS, _UNKNOWN_SHARE = 2, 0.05
# Shares of a page's signs that are of no writing: what is said to be illegible, and what is not even shown.
_SOME_STRANGE, _MOSTLY_STRANGE = 0.1, 0.3
_UPRIGHT, _LEVEL = b"/Identity-V", b"/Identity-H"
_LARGEST_COPY = 4  # times the file: what was packed in it stands there unpacked
_ROW = 1_000
_HYPHEN_AT_LINE_END = "\ufffe"
_SYMBOL_CODES = range(0xF000, 0xF100)
_FONT_NAME_BYTES = 128


@dataclass(frozen=True, slots=True)
class _Seen:
    """A page as PDFium sees it.

    `is_scan`: next to nothing but a picture, should it have no text either; `is_pictured`: a large picture with no text
    over it, as a scan with a layer of text has.
    """

    text: str = ""
    is_legible: bool = True
    is_loaded: bool = True
    is_drawn: bool = False
    is_scan: bool = False
    is_pictured: bool = False


def read(content: bytes, limits: Limits) -> Extract:
    """The text of each page, what was typed into its form fields included. Raises UnreadableFile where it is locked."""
    unread = Unread()
    try:
        with closing(pypdfium2.PdfDocument(content)) as document:
            seen = list(_see(document, limits))
            seen = _with_upright(document, content, seen, limits)
            _say_of_the_whole(document, unread)
            filled = read_filled(_unlocked(document, content), [not page.text for page in seen], limits)
            has_fields = document.get_formtype() != raw.FORMTYPE_NONE
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableFile(build_reason("file_locked")) from error
        # A file that PDFium does not open at all: whatever pypdf makes of it.
        filled = read_filled(content, [True] * (limits.pages + 1), limits, is_seen=False)
        seen, has_fields = [_Seen() for _ in filled.texts], False
    if not any(page.is_loaded for page in seen) and not any(filled.texts):
        raise UnreadableFile(build_reason("file_damaged"))
    if has_fields and not filled.is_whole:
        unread.say("填写在表单域中的内容未能全部读取")
    return gather(_pages(seen, filled, unread), limits, unread)


def _see(document: pypdfium2.PdfDocument, limits: Limits) -> Iterator[_Seen]:
    """Each page up to the limits, and one more where there are more."""
    length = 0
    for index in range(min(len(document), limits.pages + 1)):
        try:
            with closing(document[index]) as page:
                seen = _look_at(page)
        except pypdfium2.PdfiumError:
            seen = _Seen(is_loaded=False)
        yield seen
        length += len(seen.text)
        if length > limits.chars:
            return


def _with_upright(
    document: pypdfium2.PdfDocument, content: bytes, seen: Sequence[_Seen], limits: Limits
) -> list[_Seen]:
    """The pages, those in which more is found with their upright lines laid down as they are found so.

    Glyphs of an upright line that are told by number alone are found by PDFium only with a Chinese font on the machine,
    which Lambda does not have; those of a level line it finds without.
    """
    if _UPRIGHT not in content and not any(page.is_drawn and not page.text for page in seen):
        return list(seen)
    copy = _Copy(_LARGEST_COPY * len(content))
    found = list(seen)
    try:
        document.save(copy)
        if not copy.is_whole or _UPRIGHT not in copy.made:
            return found
        with closing(pypdfium2.PdfDocument(bytes(copy.made.replace(_UPRIGHT, _LEVEL)))) as laid_down:
            for index, page in enumerate(seen[: limits.pages]):
                with suppress(pypdfium2.PdfiumError):  # of this page alone
                    text, is_legible = _in_rows(laid_down, index)
                    if _count(text) > _count(page.text):
                        found[index] = replace(page, text=text, is_legible=is_legible)
    except (pypdfium2.PdfiumError, MemoryError, ValueError):
        return found  # ValueError: what pypdfium2 makes of a copy that memory does not hold
    return found


class _Copy:
    """A file that PDFium writes: what is more than `most` bytes is not kept."""

    def __init__(self, most: int) -> None:
        self.made = bytearray()
        self.is_whole = True
        self._most = most

    def write(self, data: bytes) -> int:
        self.is_whole &= len(self.made) + len(data) <= self._most
        if self.is_whole:
            self.made += data
        return len(data)


def _in_rows(document: pypdfium2.PdfDocument, index: int) -> tuple[str, bool]:
    """The text of a page with each line in a row of its own: where they stand, lines laid down fall on each other."""
    with closing(document[index]) as page:
        left, bottom, right, top = page.get_cropbox()
        drawn = list(islice(page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]), _MOST_OBJECTS + 1))
        if len(drawn) > _MOST_OBJECTS or any(line.level for line in drawn):
            return "", True  # what stands in a form of its own has its place from there
        for row, line in enumerate(drawn):
            at = line.get_matrix()
            if left <= at.e <= right and bottom <= at.f <= top:
                line.set_matrix(pypdfium2.PdfMatrix(at.a, at.b, at.c, at.d, 0, -_ROW * row))
            else:
                page.remove_obj(line)  # nobody sees it
        with closing(page.get_textpage()) as found:
            return _text_of(found, str(found.get_text_range()))


def _count(text: str) -> int:
    return len("".join(text.split()))


def _look_at(page: pypdfium2.PdfPage) -> _Seen:
    width, height = page.get_size()
    with closing(page.get_textpage()) as found:
        text, is_legible = _text_of(found, str(found.get_text_bounded()))
        covered, count, is_pictured = 0.0, 0, False
        for count, drawn in enumerate(page.get_objects(), start=1):
            if count > _MOST_OBJECTS:
                break
            if drawn.type == raw.FPDF_PAGEOBJ_IMAGE:
                box = drawn.get_bounds()
                share = abs((box[2] - box[0]) * (box[3] - box[1])) / max(width * height, 1.0)
                covered += share
                is_pictured |= share > LARGE_PICTURE and is_thin(found.get_text_bounded(*box))
    return _Seen(
        text=text,
        is_legible=is_legible,
        is_drawn=count > 0,
        is_scan=covered > _WHOLE_PAGE or count > _MOST_OBJECTS,
        is_pictured=is_pictured,
    )


def _text_of(found: pypdfium2.PdfTextPage, whole: str) -> tuple[str, bool]:
    """The text, and whether all of it could be told. A sign whose font does not say what it means is U+FFFD."""
    unknown = {index for index in range(found.count_chars()) if raw.FPDFText_HasUnicodeMapError(found, index) == 1}
    if unknown and is_plausible("".join(_sign(found, index) for index in unknown)):
        # Their codes are their characters: an encoding of Unicode, or plain letters.
        unknown = set()
    if unknown or any(ord(sign) in _SYMBOL_CODES for sign in whole):
        whole = "".join(UNKNOWN if at in unknown else _sign(found, at) for at in range(found.count_chars()))
    whole = whole.replace(_HYPHEN_AT_LINE_END, "-").strip()
    strange = strange_share(whole)
    is_legible = strange <= _SOME_STRANGE and not _are_lost(found, unknown, len(whole))
    return ("" if strange > _MOSTLY_STRANGE else whole), is_legible


def _are_lost(found: pypdfium2.PdfTextPage, unknown: set[int], length: int) -> bool:
    """Whether signs without a meaning are text: a single one, however often, is a bullet."""
    codes = {raw.FPDFText_GetUnicode(found, index) for index in unknown}
    return len(codes) >= _UNKNOWN_SIGNS or len(unknown) > _UNKNOWN_SHARE * length


def _sign(found: pypdfium2.PdfTextPage, index: int) -> str:
    code = int(raw.FPDFText_GetUnicode(found, index))
    if code in _SYMBOL_CODES:
        name = create_string_buffer(_FONT_NAME_BYTES)
        raw.FPDFText_GetFontInfo(found, index, name, _FONT_NAME_BYTES, c_int())
        return symbol(name.value.decode(errors="replace"), code) or chr(code)
    return chr(code) if code < 0x110000 else UNKNOWN


def _say_of_the_whole(document: pypdfium2.PdfDocument, unread: Unread) -> None:
    names = (document.get_attachment(index).get_name() for index in range(document.count_attachments()))
    # Electronic vouchers carry their own data as XML once more.
    inside = sum(not name.lower().endswith((".xml", ".xbrl")) for name in names)
    if inside:
        unread.say(f"文件内嵌 {inside} 个附件，未读取")


def _unlocked(document: pypdfium2.PdfDocument, content: bytes) -> bytes:
    """The file without its encryption. PDFium opens what anybody may read; pypdf would need a library for AES."""
    if raw.FPDF_GetSecurityHandlerRevision(document) < 0:
        return content
    copy = io.BytesIO()
    document.save(copy, flags=raw.FPDF_REMOVE_SECURITY)
    return copy.getvalue()


def _pages(seen: Sequence[_Seen], filled: Filled, unread: Unread) -> Iterator[str]:
    for index, page in enumerate(seen):
        number = index + 1
        text = page.text or (filled.texts[index] if index < len(filled.texts) else "")
        values = "\n".join(filled.values[index] if index < len(filled.values) else ())
        if is_placeholder(text):
            yield "\n".join([*_data(filled, unread), values])
            continue
        text = f"{text}\n{values}"
        if not page.is_legible:
            unread.on_page(number, GARBLED)
        elif is_thin(text) and (page.is_scan if text.strip() else page.is_drawn):
            unread.on_page(number, SCANNED)
        elif page.is_pictured:
            unread.on_page(number, PICTURED)
        if not page.is_loaded and not text.strip():
            unread.on_page(number, DAMAGED)
        yield text


def _data(filled: Filled, unread: Unread) -> Sequence[str]:
    """What was filled into a dynamic form, which only the program that made it can show."""
    read = "仅读取了其中填写的内容" if filled.data else "需要专用软件打开，未能读取"
    unread.say(f"动态表单（XFA），{read}")
    return filled.data
