"""The OpenAPI 3.1 description of the API, made from its routes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from admin_api.access import ACCESS, ANYONE, Access
from admin_api.api import Resolver
from admin_api.problems import PROBLEM_TYPE

VERSION = "0.1.0"
TITLE = "taskbridge"
_ABOUT = (
    "The HTTP API of taskbridge: platforms, push logs, AI approval. Errors are problem details (RFC 9457) with a "
    "`code` that stays the same. Lists page by `cursor` and `limit`. Times are RFC 3339 in UTC."
)
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stays the same from version to version"},
        "detail": {"type": "string", "description": "for people"},
        "instance": {"type": "string", "description": "names this one occurrence"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["in", "field", "problem"],
                "properties": {
                    "in": {"enum": ["body", "query", "path", "header"]},
                    "field": {"type": "string"},
                    "problem": {"type": "string"},
                },
            },
        },
    },
}
_GATEWAY = {"type": "object", "properties": {"message": {"type": "string"}}}
_KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "the same key starts the work once and gets the same answer, for a day",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}
_REFUSALS = {
    "400": "the cursor is of another list",
    "401": "no token, or one that is not valid",
    "403": "the role is another one",
    "404": "there is no such thing, or it is somebody else's",
    "409": "what is there does not allow it",
    "413": "the request is too large",
    "415": "the body is no JSON",
    "422": "something in the request cannot be used",
    "429": "too many calls: try again after `Retry-After` seconds",
    "503": "something behind the API does not answer: try again",
}


def describe(resolver: Resolver) -> dict[str, Any]:
    """The description as JSON values."""
    made: dict[str, Any] = json.loads(
        resolver.get_openapi_json_schema(
            title=TITLE,
            version=VERSION,
            description=_ABOUT,
            security_schemes={"token": HTTPBearer(bearerFormat="JWT", description="of the issuer of the deployment")},
        )
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for replaced in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        schemas.pop(replaced, None)
    schemas["Problem"] = _PROBLEM
    for method, path, operation in operations(made):
        _complete(operation, ACCESS[method, path])
    return made


def operations(description: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) for each operation of a description, in the order of paths."""
    for path in sorted(description["paths"]):
        for method, operation in description["paths"][path].items():
            if isinstance(operation, dict):
                yield method.upper(), path, operation


def _complete(operation: dict[str, Any], access: Access) -> None:
    """Add what every route may answer, and who may call it."""
    responses = operation["responses"]
    for replaced in ("422", "500"):
        responses.pop(replaced, None)
    responses.get("204", {}).pop("content", None)  # it has none; Powertools describes one all the same
    for status in sorted(_statuses(operation, access)):
        responses.setdefault(status, _refusal(status))
    if access.starts_work:
        operation["parameters"] = [*operation.get("parameters", []), _KEY_PARAMETER]
    operation["x-roles"] = sorted(access.roles)


def _statuses(operation: Mapping[str, Any], access: Access) -> set[str]:
    """Statuses of the problems that a route may answer with."""
    places = {parameter["in"]: parameter["name"] for parameter in operation.get("parameters", [])}
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    wanted = {"422", "503"}
    wanted |= {"400"} if "cursor" in names else set()
    wanted |= {"401", "403"} if ANYONE not in access.roles else set()
    wanted |= {"404"} if "path" in places else set()
    wanted |= {"409"} if access.starts_work or "path" in places else set()
    wanted |= {"429"} if access.per_minute else set()
    return wanted | ({"409", "413", "415"} if "requestBody" in operation else {"413", "415"})


def _refusal(status: str) -> dict[str, Any]:
    content: dict[str, Any] = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if status in {"401", "403"}:
        content["application/json"] = {"schema": _GATEWAY}  # what the gateway itself says of a token
    return {"description": _REFUSALS[status], "content": content}
