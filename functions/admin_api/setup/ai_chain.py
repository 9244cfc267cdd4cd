"""Whether the AI platforms of the settings can all have their turn within one analysis, as it is deployed."""

from __future__ import annotations

from dataclasses import dataclass

from taskbridge.ai.rules import AiSettings
from taskbridge.ai.timing import DEFAULT_ANALYSIS_TIMEOUT_S, check_answer_timeout, check_chain
from taskbridge.errors import ConfigurationError
from taskbridge.platforms import build_ai_platform
from taskbridge.registry import category_of
from taskbridge.tables.configuration import PlatformConfig
from taskbridge.tables.configuration_models import Configurator


@dataclass(frozen=True, slots=True)
class ChainTiming:
    """`analysis_timeout_s` is AnalysisTimeoutSeconds."""

    store: Configurator
    analysis_timeout_s: float = DEFAULT_ANALYSIS_TIMEOUT_S

    def check_settings(self, settings: AiSettings) -> None:
        """Raises ConfigurationError where the chain of these settings takes too long."""
        self._check("fallbacks", settings, {})

    def check_platform(self, config: PlatformConfig) -> None:
        """Raises ConfigurationError where a platform as it is to be, or the chain with it, takes too long."""
        if category_of(config.class_name) != "ai":
            return
        answer_timeout_s = _answer_timeout_s(config)
        check_answer_timeout(answer_timeout_s, self.analysis_timeout_s)
        settings = self.store.read_ai_settings()
        if config.id in _chain(settings):
            self._check("answer_timeout_s", settings, {config.id: answer_timeout_s})

    def _check(self, field: str, settings: AiSettings, known: dict[str, float]) -> None:
        chain = _chain(settings)
        timeouts_s = {each: known[each] if each in known else self._stored(each) for each in dict.fromkeys(chain)}
        check_chain(field, chain, timeouts_s, self.analysis_timeout_s)

    def _stored(self, platform_id: str) -> float:
        """Of one that is not there, or cannot be read, nobody is asked."""
        config = self.store.read_platform(platform_id)
        try:
            return _answer_timeout_s(config) if config else 0.0
        except ConfigurationError:
            return 0.0


def _chain(settings: AiSettings) -> list[str]:
    first = [settings.platform_id] if settings.platform_id else []
    return [*first, *(each.platform_id for each in settings.fallbacks)]


def _answer_timeout_s(config: PlatformConfig) -> float:
    return build_ai_platform(config.id, config.class_name, config.settings).settings.answer_timeout_s
