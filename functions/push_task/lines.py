"""The lines to the configured task centers: a client each, with the limits of its settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import httpx

from push_task.gate import Line
from taskbridge.budgets import DEFAULT_FLEET, Fleet
from taskbridge.platforms import build_task_center
from taskbridge.platforms.client import PlatformClient
from taskbridge.platforms.configured import Configured
from taskbridge.platforms.credentials import Tokens
from taskbridge.tables.configuration import Configuration, PlatformConfig


class ConfiguredLines:
    """Lines by platform id. Safe for threads."""

    def __init__(
        self,
        configuration: Callable[[], Configuration],
        http: httpx.Client,
        tokens: Tokens,
        secrets: Callable[[PlatformConfig, str], tuple[str, ...]],
        clock: Callable[[], float],
        fleet: Fleet = DEFAULT_FLEET,
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._secrets = secrets
        self._clock = clock
        self._fleet = fleet
        self._lines = Configured(configuration, self._build)

    def line(self, platform_id: str) -> Line | None:
        """See Lines."""
        return self._lines.get(platform_id)

    def _build(self, config: PlatformConfig) -> Line:
        """A time limit of before the form knew the function's is clipped to what works."""
        platform = build_task_center(config.id, config.class_name, config.settings)
        settings = platform.settings
        timeout_s = min(settings.timeout_s, self._fleet.longest_call_s(settings.max_rate_per_s))
        secrets = partial(self._secrets, config)
        client = PlatformClient(platform, self._http, self._tokens, secrets, self._clock, timeout_s)
        return Line(client, settings.max_concurrency, settings.max_rate_per_s, timeout_s)
