"""The switches of AI approval as they are configured now, with the model that they come to."""

from __future__ import annotations

from collections.abc import Callable

from taskbridge.ai.rulebook import Switches
from taskbridge.ai.settings import AiSettings, ModelChoice
from taskbridge.errors import ConfigurationError
from taskbridge.platforms import build_ai_platform
from taskbridge.platforms.ai_platform import AiPlatform
from taskbridge.platforms.configured import Configured
from taskbridge.tables.configuration import Configuration, PlatformConfig


class ConfiguredSwitches:
    """The switches by the configuration; `environment` is the stage that a platform may name a model for."""

    def __init__(self, configuration: Callable[[], Configuration], environment: str) -> None:
        self._configuration = configuration
        self._environment = environment
        self._platforms = Configured(configuration, _build)

    def __call__(self) -> Switches:
        """The switches now; all off where nobody has set AI approval up."""
        settings = self._configuration().ai or AiSettings()
        return Switches(settings, ModelChoice(settings.platform_id, self._model(settings)))

    def _model(self, settings: AiSettings) -> str:
        """The model that the first choice comes to; as it is wished where the platform cannot say."""
        try:
            platform = self._platforms.get(settings.platform_id)
        except ConfigurationError:
            return settings.model
        return platform.model_for(settings.model, self._environment) if platform else settings.model


def _build(config: PlatformConfig) -> AiPlatform:
    return build_ai_platform(config.id, config.class_name, config.settings)
