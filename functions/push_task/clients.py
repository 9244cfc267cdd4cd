"""Clients of the configured task centers, each with the limits of its settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import httpx
import msgspec

from taskbridge.budgets import DEFAULT_FLEET, Fleet
from taskbridge.platforms import build_task_center
from taskbridge.platforms.client import PlatformClient
from taskbridge.platforms.configured import Configured
from taskbridge.platforms.credentials import Tokens
from taskbridge.push.rates import limit_of
from taskbridge.tables.configuration import Configuration, PlatformConfig


class LimitedClient(msgspec.Struct, frozen=True):
    """The client of one platform with its limits; `max_rate_per_s` 0 is none."""

    client: PlatformClient
    max_concurrency: int
    max_rate_per_s: float
    timeout_s: float


def build_clients(
    configuration: Callable[[], Configuration],
    http: httpx.Client,
    tokens: Tokens,
    secrets: Callable[[PlatformConfig, str], tuple[str, ...]],
    clock: Callable[[], float],
    fleet: Fleet = DEFAULT_FLEET,
    anew: Callable[[], Configuration] | None = None,
) -> Configured[LimitedClient]:
    """Those of all of them. `anew`: see Configured."""

    def build(config: PlatformConfig) -> LimitedClient:
        """A time limit of before the form knew the function's is clipped to what works."""
        platform = build_task_center(config.id, config.class_name, config.settings)
        settings = platform.settings
        rate_per_s = limit_of(settings.max_rate_per_s)
        timeout_s = min(settings.timeout_s, fleet.longest_call_s(rate_per_s))
        client = PlatformClient(platform, http, tokens, partial(secrets, config), clock, timeout_s)
        return LimitedClient(client, settings.max_concurrency, rate_per_s, timeout_s)

    return Configured(configuration, build, anew)
