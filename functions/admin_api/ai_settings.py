"""The switches of AI approval as admins see and change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from admin_api.ai_chain import ChainTiming
from admin_api.changes import Trail
from admin_api.models.ai_settings import AiSettingsChange
from taskbridge.ai.rules import AiSettings
from taskbridge.errors import ConfigurationError, StaleVersion
from taskbridge.registry import category_of
from taskbridge.tables.configuration_models import Configurator

SUBJECT = ("ai-settings",)


@dataclass(frozen=True, slots=True)
class AiSwitches:
    """The stored switches. Everything raises StoreError where a store does not answer."""

    store: Configurator
    trail: Trail
    timing: ChainTiming

    def read(self) -> dict[str, Any]:
        """The switches now; all off and version 0 where nobody has set them."""
        return build_view(*self.store.read_ai_settings())

    def change(self, form: AiSettingsChange, who: str) -> dict[str, Any]:
        """Set the switches. Raises ConfigurationError, StaleVersion."""
        before, version = self.store.read_ai_settings()
        if form.version is not None and form.version != version:
            raise StaleVersion("the settings were changed since they were read")
        settings = _parse(form, before)
        self._check_platforms(settings)
        self.timing.check_settings(settings)
        after = build_view(settings, self.store.save_ai_settings(settings, version))
        self.trail.record(who, SUBJECT, build_view(before, version) if version else None, after)
        return after

    def _check_platforms(self, settings: AiSettings) -> None:
        """Each platform that is named answers questions. Raises ConfigurationError."""
        if settings.examine_enable and not settings.platform_id:
            raise ConfigurationError("platform_id", "required while examine_enable is true")
        if settings.platform_id:
            self._check_platform("platform_id", settings.platform_id)
        for index, fallback in enumerate(settings.fallbacks):
            self._check_platform(f"fallbacks[{index}].platform_id", fallback.platform_id)

    def _check_platform(self, field: str, platform_id: str) -> None:
        platform = self.store.read_platform(platform_id)
        if platform is None or category_of(platform.class_name) != "ai":
            raise ConfigurationError(field, f"{platform_id!r} names no AI platform")


def _parse(form: AiSettingsChange, before: AiSettings) -> AiSettings:
    """The settings with what the form names."""
    named = {name: value for name, value in form.model_dump(exclude={"version"}).items() if value is not None}
    if form.default_app_ids is not None:
        named["default_app_ids"] = list(dict.fromkeys(form.default_app_ids))
    return msgspec.convert({**msgspec.to_builtins(before), **named}, AiSettings)


def build_view(settings: AiSettings, version: int) -> dict[str, Any]:
    """The switches as admins see them."""
    return {**msgspec.to_builtins(settings), "version": version}
