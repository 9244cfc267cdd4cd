"""Faults of the task center on request."""

from __future__ import annotations

from dataclasses import dataclass

from local.jinzhi_simulator.records import Operation
from local.simulating.faults import BaseFaults

NOT_ACTED = (
    "http_500",
    "http_503",
    "http_429",
    "timeout_before",
    "reset",
    "html",
    "expired_token",
    "down",
)
ACTED = ("http_500_after", "timeout_after", "reset_after", "html_after")
DEFAULT_KINDS = tuple(kind for kind in NOT_ACTED if kind != "down") + ACTED


@dataclass(frozen=True, slots=True)
class Faults(BaseFaults):
    """Which calls go wrong, and how: see BaseFaults. Kinds are those of `NOT_ACTED` and `ACTED`."""

    kinds: tuple[str, ...] = DEFAULT_KINDS

    def knows_kind(self, kind: str) -> bool:
        """See BaseFaults."""
        return kind in NOT_ACTED or kind in ACTED

    def knows_operation(self, operation: str) -> bool:
        """See BaseFaults."""
        return operation in frozenset(Operation)
