"""The breaker of a platform as people see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from admin_api.moments import at
from taskbridge.tables.coordination import BreakerState


@dataclass(frozen=True, slots=True)
class Breaker:
    """Open while a platform does not answer, or wants money: then what goes to it waits."""

    state: Literal["open", "closed"]
    opened_at: str | None
    reason: str
    wants_money: bool
    quiet_until: str | None


def show_breaker(breaker: BreakerState, now: float) -> Breaker:
    """As it is at `now`, in epoch seconds: what is over is not told."""
    quiet_until = at(breaker.quiet_until) if breaker.quiet_until > now else None
    if not breaker.is_open:
        return Breaker("closed", None, "", wants_money=False, quiet_until=quiet_until)
    return Breaker("open", at(breaker.opened_at), breaker.reason, breaker.wants_money, quiet_until)
