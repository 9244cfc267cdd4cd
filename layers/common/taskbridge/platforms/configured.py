"""What drives the configured platforms: made once for each, and anew when its configuration changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from taskbridge.errors import ConfigurationError
from taskbridge.reasons import build_reason
from taskbridge.tables.configuration import Configuration, PlatformConfig

T = TypeVar("T")


class Configured(Generic[T]):
    """Gives what `build` made of a platform's configuration, by platform id. Safe for threads.

    `anew` looks whether the configuration was changed: whoever sent for a platform may have seen a newer one.
    """

    def __init__(
        self,
        configuration: Callable[[], Configuration],
        build: Callable[[PlatformConfig], T],
        anew: Callable[[], Configuration] | None = None,
    ) -> None:
        self._configuration = configuration
        self._anew = anew
        self._build = build
        self._lock = threading.Lock()
        self._made: dict[str, tuple[PlatformConfig, T]] = {}

    def get(self, platform_id: str) -> T | None:
        """The one of that platform, None where it is disabled. Raises ConfigurationError where there is none."""
        config = self._configuration().platforms.get(platform_id)
        if config is None and self._anew:
            config = self._anew().platforms.get(platform_id)
        if config is None:
            raise ConfigurationError("platform", build_reason("platform_gone", platform=platform_id))
        if not config.enabled:
            return None
        with self._lock:
            known = self._made.get(platform_id)
            if known is None or (known[0] is not config and known[0] != config):
                known = (config, self._build(config))
                self._made[platform_id] = known
            return known[1]

    def need(self, platform_id: str) -> T:
        """As `get`. Raises ConfigurationError also where it is disabled."""
        made = self.get(platform_id)
        if made is None:
            raise ConfigurationError("platform", build_reason("platform_disabled", platform=platform_id))
        return made
