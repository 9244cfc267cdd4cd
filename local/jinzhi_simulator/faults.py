"""Faults of the task center on request."""

from __future__ import annotations

from dataclasses import dataclass

from local.jinzhi_simulator.records import Operation
from local.simulating.faults import ERRCODE_PREFIX, BaseFaults

NOT_ACTED = (
    "http_500",
    "http_503",
    "http_429",
    "timeout_before",
    "reset",
    "html",
    "redirect",
    "html_403",
    "html_404",
    "expired_token",
    "down",
)
ACTED = ("http_500_after", "timeout_after", "reset_after", "html_after")
DEFAULT_KINDS = tuple(kind for kind in NOT_ACTED if kind != "down") + ACTED
SESSION_LOSSES = ("redirect", "html", "html_403")


@dataclass(frozen=True, slots=True)
class Faults(BaseFaults):
    """Which calls go wrong, and how: see BaseFaults. Kinds are those of `NOT_ACTED` and `ACTED`.

    `lost_session`: how a token that has ended is refused instead of with 993: one of `SESSION_LOSSES`, or
    `errcode:<code>`. A body of more than `max_body_bytes` (0: no such limit) is refused with a page and HTTP 413, by a
    server before it has read it. `gzip`: answers come compressed, whatever was asked for.
    """

    known_kinds = frozenset(NOT_ACTED + ACTED)
    known_operations = frozenset(Operation)
    kinds: tuple[str, ...] = DEFAULT_KINDS
    lost_session: str = ""
    max_body_bytes: int = 0
    gzip: bool = False

    def __post_init__(self) -> None:
        BaseFaults.__post_init__(self)
        known = not self.lost_session or self.lost_session in SESSION_LOSSES
        if not known and not self.lost_session.startswith(ERRCODE_PREFIX):
            raise ValueError(f"lost_session: unknown kind {self.lost_session!r}")
        if self.max_body_bytes < 0:
            raise ValueError("max_body_bytes: not below 0")
