"""The description of the API: for programs, and as a page for people."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import Response

from admin_api.api import Api
from admin_api.description import describe
from admin_api.docs_page import PAGE_POLICY, build_page


def register(api: Api) -> None:
    """Register the routes."""

    @cache
    def description() -> dict[str, Any]:
        return describe(api.resolver)

    @api.get("/v1/openapi.json", summary="This description", tags=["description"])
    def get_description() -> dict[str, Any]:
        """The OpenAPI 3.1 description of the API."""
        return description()

    @api.get(
        "/v1/docs",
        summary="This description as a page",
        tags=["description"],
        responses={200: {"description": "the page", "content": {"text/html": {"schema": {"type": "string"}}}}},
    )
    def get_page() -> Response[str]:
        """Every route, who may call it, its parameters and its answers."""
        headers = {"content-security-policy": PAGE_POLICY}
        return Response(200, "text/html; charset=utf-8", build_page(description()), headers=headers)
