"""Marks of the sheets of an xls file (BIFF8), and whether a password locks it. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ai_analyze.extraction.limits import Limits
from ai_analyze.extraction.ole import Compound
from ai_analyze.extraction.sheet_marks import Marks, padded, padding

_FILEPASS, _BOUNDSHEET, _FORMAT, _XF, _EOF = 0x2F, 0x85, 0x41E, 0xE0, 0x0A
_ROW, _COLINFO, _NUMBER, _RK, _MULRK = 0x208, 0x7D, 0x203, 0x27E, 0xBD
_DRAWINGS = 0xEB
# In a record of drawings, the head of each picture that is stored.
_PICTURE = b"\x07\xf0"
_HIDDEN_ROW, _HIDDEN_COLUMN = 0x20, 0x01
_MOST_TEXTS = 200_000
_Record = tuple[int, bytes]


def is_locked(content: bytes) -> bool:
    """Whether the workbook says that what follows is encrypted."""
    return any(kind == _FILEPASS for kind, _ in _records(_book(content), 0))


def has_pictures(content: bytes) -> bool:
    """Whether pictures lie over the cells."""
    return any(kind == _DRAWINGS and _PICTURE in data for kind, data in _records(_book(content), 0))


def read_xls_marks(content: bytes, _: Limits) -> dict[str, Marks]:
    """By the name of the sheet; none where the file is not of this format, or too damaged for it."""
    book = _book(content)
    try:
        head = list(_records(book, 0))
        widths = _widths(head)
        sheets = [data for kind, data in head if kind == _BOUNDSHEET]
        return {_name(data): _read_sheet(_records(book, *struct.unpack_from("<I", data)), widths) for data in sheets}
    except (struct.error, IndexError, UnicodeDecodeError):
        return {}


def _book(content: bytes) -> bytes:
    try:
        compound = Compound(content)
        return compound.stream(next(name for name in ("Workbook", "Book") if name in compound.names()))
    except (ValueError, KeyError, IndexError, StopIteration):
        return b""


def _records(book: bytes, at: int) -> Iterator[_Record]:
    """Of one part of the workbook, up to its end."""
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        yield kind, book[at + 4 : at + 4 + length]
        if kind == _EOF:
            return
        at += 4 + length


def _name(sheet: bytes) -> str:
    length, is_wide = sheet[6], sheet[7] & 1
    return sheet[8 : 8 + length * 2].decode("utf-16-le") if is_wide else sheet[8 : 8 + length].decode("latin-1")


def _widths(head: list[_Record]) -> list[int]:
    """To how many digits each format of cells fills up, by its number."""
    codes = {struct.unpack_from("<H", data)[0]: _code(data) for kind, data in head if kind == _FORMAT}
    return [padding(codes.get(struct.unpack_from("<H", data, 2)[0], "")) for kind, data in head if kind == _XF]


def _code(data: bytes) -> str:
    length, is_wide = struct.unpack_from("<HB", data, 2)
    return data[5 : 5 + length * 2].decode("utf-16-le") if is_wide & 1 else data[5 : 5 + length].decode("latin-1")


def _read_sheet(records: Iterator[_Record], widths: list[int]) -> Marks:
    marks = Marks()
    for kind, data in records:
        if kind == _ROW:
            row, flags = struct.unpack_from("<H", data)[0], struct.unpack_from("<H", data, 12)[0]
            if flags & _HIDDEN_ROW:
                marks.hidden_rows.add(row)
        elif kind == _COLINFO:
            first, last = struct.unpack_from("<HH", data)
            if struct.unpack_from("<H", data, 8)[0] & _HIDDEN_COLUMN:
                marks.hide_columns(first, last + 1)
        elif len(marks.texts) < _MOST_TEXTS:
            for row, column, style, value in _numbers(kind, data):
                if style < len(widths) and widths[style]:
                    marks.texts[row, column] = padded(value, widths[style])
    return marks


def _numbers(kind: int, data: bytes) -> Iterator[tuple[int, int, int, float]]:
    """Row, column, format and value of what a record holds."""
    if kind == _NUMBER:
        yield struct.unpack_from("<HHHd", data)
    elif kind == _RK:
        row, column, style, packed = struct.unpack_from("<HHHI", data)
        yield row, column, style, _unpacked(packed)
    elif kind == _MULRK:
        row, first = struct.unpack_from("<HH", data)
        for index in range((len(data) - 6) // 6):
            style, packed = struct.unpack_from("<HI", data, 4 + 6 * index)
            yield row, first + index, style, _unpacked(packed)


def _unpacked(packed: int) -> float:
    """A number in four bytes: the upper half of a double, or an integer; either in hundredths."""
    if packed & 2:
        value = float(struct.unpack("<i", struct.pack("<I", packed))[0] >> 2)
    else:
        value = struct.unpack("<d", struct.pack("<Q", (packed & 0xFFFFFFFC) << 32))[0]
    return value / 100 if packed & 1 else value
