"""The seats of a batch that need no call: taken along with its documents, given back along with its logs."""

from __future__ import annotations

import msgspec

from taskbridge.tables.riders import Rider


class Booking(msgspec.Struct):
    """`taking`: what goes along with the documents of each platform; `seats`: what was granted.

    `leaving`: what goes along with the logs of those who ended last.
    """

    holder: str
    taking: dict[str, Rider] = msgspec.field(default_factory=dict)
    seats: dict[str, int] = msgspec.field(default_factory=dict)
    leaving: list[Rider] = msgspec.field(default_factory=list)

    def of(self, platform_id: str) -> tuple[Rider, ...]:
        """What goes along with the documents of a platform."""
        return (self.taking[platform_id],) if platform_id in self.taking else ()

    def pop_leaving(self) -> list[Rider]:
        """What is to be given back, once."""
        leaving, self.leaving = self.leaving, []
        return leaving
