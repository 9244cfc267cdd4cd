"""The lines to the configured platforms: a client each, made anew when its configuration changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import httpx

from push_task.send import Line
from taskbridge.errors import ConfigurationError
from taskbridge.platforms import build_platform
from taskbridge.platforms.client import PlatformClient, Tokens
from taskbridge.tables.configuration import Configuration, PlatformConfig


class ConfiguredLines:
    """Lines by platform id. Safe for threads."""

    def __init__(
        self,
        configuration: Callable[[], Configuration],
        http: httpx.Client,
        tokens: Tokens,
        secrets: Callable[[str, str], tuple[str, ...]],
        clock: Callable[[], float],
    ) -> None:
        self._configuration = configuration
        self._http = http
        self._tokens = tokens
        self._secrets = secrets
        self._clock = clock
        self._lock = threading.Lock()
        self._made: dict[str, tuple[PlatformConfig, Line]] = {}

    def line(self, platform_id: str) -> Line | None:
        """See Lines."""
        config = self._configuration().platforms.get(platform_id)
        if config is None:
            raise ConfigurationError("platform", f"{platform_id} is not configured (deleted?)")
        if not config.enabled:
            return None
        with self._lock:
            known = self._made.get(platform_id)
            if known is None or known[0] != config:
                known = (config, self._build(config))
                self._made[platform_id] = known
            return known[1]

    def _build(self, config: PlatformConfig) -> Line:
        platform = build_platform(config.id, config.class_name, config.settings)
        client = PlatformClient(platform, self._http, self._tokens, partial(self._secrets, config.id), self._clock)
        settings = platform.settings
        return Line(client, settings.max_concurrency, settings.max_rate_per_s, settings.timeout_s)
