"""Messages that wait aside, because this release cannot read the document that they belong to.

They stand in the part table, without an end: a later release, an earlier one, or a person who mends the document lets
them go on, however long that takes. The same message twice is one.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from itertools import islice

import msgspec

from taskbridge.tables.packing import Packed
from taskbridge.tables.parts import Parts, PartTable, SplitBody

AT_ONCE = 100
REST_S = 360.0  # the push queue takes what it has seen within five minutes for a repetition
_packed = Packed(tuple[str, str, float])


class Aside(msgspec.Struct, frozen=True):
    """One message, as it stands in the queue; `at` is when it was set aside, in epoch seconds."""

    platform_id: str
    sess_id: str
    body: str
    at: float

    @property
    def parts(self) -> Parts:
        """Where it stands."""
        return self.stored().parts

    def stored(self) -> SplitBody:
        """How it is stored: messages of one instance stand together."""
        place = zlib.crc32(self.sess_id.encode())
        name = hashlib.sha256(f"{self.sess_id}\n{self.body}".encode()).hexdigest()[:24]
        content = _packed.pack((self.sess_id, self.body, self.at))
        return SplitBody(_document(self.platform_id), f"{place:08x}-{name}", content)


class AsideTable:
    """Messages of any platform, in the part table."""

    def __init__(self, parts: PartTable) -> None:
        self._parts = parts

    def keep(self, messages: Iterable[Aside]) -> None:
        """Set them aside."""
        self._parts.put({each.parts.generation: each.stored() for each in messages}.values())

    def some(self, platform_id: str, now: float) -> list[Aside]:
        """A hundred of a platform at most, each time others where there are more."""
        start = f"{zlib.crc32(repr(now).encode()):08x}"
        found = list(islice(self._from(platform_id, start), AT_ONCE))
        return found or list(islice(self._from(platform_id, ""), AT_ONCE))

    def drop(self, messages: Iterable[Aside]) -> None:
        """They went on."""
        self._parts.remove(each.parts for each in messages)

    def _from(self, platform_id: str, start: str) -> Iterable[Aside]:
        for content in self._parts.browse(_document(platform_id), start):
            sess_id, body, at = _packed.unpack(content)
            yield Aside(platform_id, sess_id, body, at)


def _document(platform_id: str) -> str:
    return f"set-aside#{platform_id}"
