"""How AI platforms stand: whether they may be asked, and when they last answered."""

from __future__ import annotations

from dataclasses import dataclass

from admin_api.moments import at
from admin_api.push.breakers import Breaker, show_breaker
from admin_api.wiring import Services
from taskbridge.registry import category_of
from taskbridge.tables.configuration import PlatformConfig


@dataclass(frozen=True, slots=True)
class AiPlatformState:
    """How one AI platform stands. The last success is told to a minute."""

    id: str
    name: str
    enabled: bool
    unreadable: str
    breaker: Breaker
    last_success_at: str | None


def read_states(services: Services) -> list[AiPlatformState]:
    """Each AI platform by its id: one read for each. Raises StoreError."""
    configured = services.configuration.current().platforms
    platforms = [configured[id_] for id_ in sorted(configured)]
    return [_state_of(services, each) for each in platforms if category_of(each.class_name) == "ai"]


def _state_of(services: Services, config: PlatformConfig) -> AiPlatformState:
    stored = services.coordination.read_breaker(config.id)
    return AiPlatformState(
        id=config.id,
        name=config.name,
        enabled=config.enabled,
        unreadable=config.unreadable,
        breaker=show_breaker(stored, services.clock()),
        last_success_at=at(stored.answered_at) if stored.answered_at else None,
    )
