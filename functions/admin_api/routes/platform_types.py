"""`GET /v1/platform-types`: what platforms can be of, and what their forms ask."""

from __future__ import annotations

from admin_api.api import Api
from admin_api.lists import Listed
from admin_api.models.platforms import PlatformType
from admin_api.platform_forms import describe_types
from admin_api.routes.platforms import build_deployment


def register(api: Api) -> None:
    """Register the route."""

    @api.get("/v1/platform-types", summary="The classes of platforms", tags=["platforms"])
    def list_platform_types() -> Listed[PlatformType]:
        """Each with the JSON Schema of its settings, from which a form is rendered. All on one page."""
        return Listed(
            items=[PlatformType.model_validate(each) for each in describe_types(build_deployment(api.services))]
        )
