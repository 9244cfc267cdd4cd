"""Compound files (OLE), which older Office writes: what stands in their root, and one of its streams. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFA
_NOTHING = 0xFFFFFFFF
_ENTRY_BYTES = 128
_ROOT = 5
_MOST_ENTRIES = 20_000


@dataclass(frozen=True, slots=True)
class _OleEntry:
    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


class Compound:
    """A compound file. Raises ValueError where it is damaged."""

    def __init__(self, content: bytes) -> None:
        try:
            self._read(content)
        except (struct.error, IndexError, UnicodeDecodeError) as error:
            raise ValueError("damaged") from error

    def names(self) -> frozenset[str]:
        """The names in the root storage: those of files that are embedded are not among them."""
        return frozenset(self._root)

    def stream(self, name: str) -> bytes:
        """The content of a stream of the root. Raises KeyError, ValueError."""
        entry = self._root[name]
        if entry.size >= self._cutoff:
            return self._chain(entry.start)[: entry.size]
        short = 1 << self._short_shift
        places = self._follow(entry.start, self._short_table)
        return b"".join(self._short[place * short : (place + 1) * short] for place in places)[: entry.size]

    def _read(self, content: bytes) -> None:
        self._content = content
        shift, self._short_shift = struct.unpack_from("<HH", content, 30)
        if shift not in {9, 12} or self._short_shift != 6:
            raise ValueError("damaged")
        self._bytes = 1 << shift
        tables, directory = struct.unpack_from("<I", content, 44)[0], struct.unpack_from("<I", content, 48)[0]
        self._cutoff, short_table, _, more = struct.unpack_from("<IIII", content, 56)
        self._table = list(self._sectors_table(content, tables, more))
        entries = list(self._entries(self._chain(directory)))
        if not entries or entries[0].kind != _ROOT:
            raise ValueError("damaged")
        self._root = {entry.name: entry for entry in _siblings(entries, entries[0].child)}
        self._short_table = _integers(self._chain(short_table)) if short_table < _END else []
        self._short = self._chain(entries[0].start) if entries[0].start < _END else b""

    def _sectors_table(self, content: bytes, count: int, more: int) -> Iterator[int]:
        places = list(struct.unpack_from("<109I", content, 76))
        for _ in range(len(content) // self._bytes):
            if more >= _END:
                break
            block = _integers(self._sector(more))
            places += block[:-1]
            more = block[-1]
        for place in places[:count]:
            if place < _END:
                yield from _integers(self._sector(place))

    def _sector(self, place: int) -> bytes:
        start = (place + 1) * self._bytes
        return self._content[start : start + self._bytes]

    def _follow(self, start: int, table: list[int]) -> list[int]:
        places: list[int] = []
        while start < _END:
            places.append(start)
            if len(places) > len(table):
                raise ValueError("damaged: a chain without an end")
            start = table[start]
        return places

    def _chain(self, start: int) -> bytes:
        return b"".join(map(self._sector, self._follow(start, self._table)))

    def _entries(self, directory: bytes) -> Iterator[_OleEntry]:
        for at in range(0, min(len(directory), _MOST_ENTRIES * _ENTRY_BYTES) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
            length, kind, _, left, right, child = struct.unpack_from("<HBBIII", directory, at + 64)
            start, size = struct.unpack_from("<II", directory, at + 116)
            name = directory[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
            yield _OleEntry(name, kind, left, right, child, start, size)


def _integers(block: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(block) // 4}I", block[: len(block) // 4 * 4]))


def _siblings(entries: list[_OleEntry], first: int) -> Iterator[_OleEntry]:
    """The members of a storage, which are a tree of their own."""
    waiting, seen = [first], set[int]()
    while waiting:
        place = waiting.pop()
        if place == _NOTHING or place in seen or place >= len(entries):
            continue
        seen.add(place)
        yield entries[place]
        waiting += [entries[place].left, entries[place].right]
