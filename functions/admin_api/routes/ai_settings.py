"""The switches of AI approval: read and set."""

from __future__ import annotations

from admin_api.ai_settings import AiSwitches
from admin_api.api import Api
from admin_api.models.ai_settings import AiSettings, AiSettingsChange

TAGS = ["AI settings"]


def register(api: Api) -> None:
    """Register the routes."""
    services = api.services

    def switches() -> AiSwitches:
        return AiSwitches(services.configurator, services.trail, services.timing)

    @api.get("/v1/ai/settings", summary="The switches of AI approval", tags=TAGS)
    def get_ai_settings() -> AiSettings:
        """All off and version 0 where nobody has set them."""
        return AiSettings.model_validate(switches().read())

    @api.put("/v1/ai/settings", summary="Set the switches of AI approval", tags=TAGS)
    def set_ai_settings(body: AiSettingsChange) -> AiSettings:
        """Workers take them up within 20 seconds."""
        return AiSettings.model_validate(switches().change(body, api.caller.uid))
