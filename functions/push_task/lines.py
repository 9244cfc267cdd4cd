"""The lines to the configured task centers: a client each, with the limits of its settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import httpx

from push_task.send import Line
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
    ) -> None:
        self._http = http
        self._tokens = tokens
        self._secrets = secrets
        self._clock = clock
        self._lines = Configured(configuration, self._build)

    def line(self, platform_id: str) -> Line | None:
        """See Lines."""
        return self._lines.get(platform_id)

    def _build(self, config: PlatformConfig) -> Line:
        platform = build_task_center(config.id, config.class_name, config.settings)
        client = PlatformClient(platform, self._http, self._tokens, partial(self._secrets, config), self._clock)
        settings = platform.settings
        return Line(client, settings.max_concurrency, settings.max_rate_per_s, settings.timeout_s)
