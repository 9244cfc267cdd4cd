"""Tries the connection of a platform as it is stored, with the secret that was entered last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx

from admin_api.connection import Cause, Report, SecretUsed, build_not_seen, build_refusal, build_report
from admin_api.platform_forms import check_stored
from taskbridge.access.secrets import PlatformSecrets
from taskbridge.errors import ConfigurationError
from taskbridge.platforms import build_platform
from taskbridge.platforms.ai_client import AiPlatformClient
from taskbridge.platforms.ai_platform import AiPlatform
from taskbridge.platforms.base import Platform, TaskCenter
from taskbridge.platforms.client import PlatformClient
from taskbridge.platforms.credentials import Tokens
from taskbridge.tables.configuration import PlatformConfig

# A test makes up to three calls, and API Gateway waits 30 s.
TRY_S = 9.0


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """Tries the token call of a platform with its secret as it is now.

    What was entered is what is tried: that the secret before it still opens is said, and makes nothing right.
    """

    http: httpx.Client
    tokens: Tokens
    secrets: PlatformSecrets
    clock: Callable[[], float]

    def run(self, config: PlatformConfig) -> Report:
        """What answered, and how long it took. Raises StoreError where the secret cannot be read."""
        try:
            platform = build_platform(config.id, config.class_name, _impatient(config.settings))
            newest, older = self._secrets_of(config, platform.secret_field)
            if platform.secret_field and not newest:
                return build_not_seen(platform.secret_field)
            report = self._try(platform, newest)
        except ConfigurationError as error:
            return build_refusal(error)
        return (
            report if report.cause is not Cause.WRONG_SECRET or not older else self._try_older(report, platform, older)
        )

    def _secrets_of(self, config: PlatformConfig, field: str) -> tuple[str, str]:
        """The secret that was entered last, and the one before it; empty where there is none, or it is not seen yet."""
        if not field:
            return "", ""
        newest, older = (*self.secrets.generations(config, field), "", "")[:2]
        if not newest and not config.secrets.get(field):
            raise ConfigurationError(field, f"platform {config.id} has none stored")
        check_stored(field, filter(None, (newest, older)))
        return newest, older if older != newest else ""

    def _try(self, platform: Platform, secret: str) -> Report:
        started = self.clock()
        outcome = self._client(platform, secret).check()
        report = build_report(outcome, round((self.clock() - started) * 1000))
        tried = platform.uses_token or isinstance(platform, AiPlatform)
        return replace(report, opened_by=SecretUsed.NEWEST) if report.ok and secret and tried else report

    def _try_older(self, refused: Report, platform: Platform, older: str) -> Report:
        """The refusal of what was entered, with whether the secret before it still opens: workers go on with that."""
        again = self._try(platform, older)
        if not again.ok or again.opened_by is None:
            return refused
        words = f"the secret that was entered last is refused ({refused.message}); the one before it still opens"
        total = refused.duration_ms + again.duration_ms
        return replace(refused, message=words, opened_by=SecretUsed.PREVIOUS, duration_ms=total)

    def _client(self, platform: Platform, secret: str) -> PlatformClient | AiPlatformClient:
        def read_secret(_: str) -> tuple[str, ...]:
            return (secret,)

        parts = (self.http, self.tokens, read_secret, self.clock)
        match platform:
            case TaskCenter():
                return PlatformClient(platform, *parts)
            case AiPlatform():
                return AiPlatformClient(platform, *parts)
        raise ConfigurationError("class_name", f"{platform.class_name} cannot be tried")


def _impatient(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with a timeout that an answer over HTTP can wait for. Defaults are shorter."""
    timeout = settings.get("timeout_s", TRY_S)
    return {**settings, "timeout_s": min(timeout, TRY_S)} if isinstance(timeout, int | float) else dict(settings)
