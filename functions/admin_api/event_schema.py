"""The agreed form of trigger events under an address that stays, open to anyone: for checks before they are sent."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from aws_lambda_powertools.event_handler import Response

from admin_api.api import Api, Router

SCHEMA_TYPE = "application/schema+json"
KEPT_S = 3600
SHOWN: Any = {200: {"description": "a JSON Schema, draft 2020-12", "content": {SCHEMA_TYPE: {"schema": {}}}}}
router = Router("health")


@router.get("/v1/schemas/trigger-event", summary="The form of trigger events", responses=SHOWN)
def get_event_schema(_api: Api) -> Response[str]:
    """The JSON Schema of version 1. What it refuses is rejected; it may be kept for an hour."""
    return Response(200, SCHEMA_TYPE, read_schema(), headers={"Cache-Control": f"public, max-age={KEPT_S}"})


@cache
def read_schema() -> str:
    """The schema as the layer carries it."""
    return files("taskbridge").joinpath("trigger-event.schema.json").read_text(encoding="utf-8")
