"""What one slice of a bulk job is."""

from __future__ import annotations

from dataclasses import dataclass

from taskbridge.push.messages import SyncMessage


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice found: so many were looked at, these messages have to go. `is_last`: nothing is left."""

    looked_at: int
    wanted: int
    messages: list[SyncMessage]
    is_last: bool
