"""The OpenAPI 3.1 description of the API, made from its routes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from admin_api.access import ACCESS, ANYONE, Access
from admin_api.api import JSON_TYPE, VERSION
from admin_api.problem_codes import CODES
from admin_api.problems import PROBLEM_TYPE
from admin_api.resolver import Resolver
from admin_api.words import explain_fields, explain_parameters, references
from taskbridge.flaws import FLAWS, OTHER

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
        "code": {"$ref": "#/components/schemas/ProblemCode", "description": "stays the same from version to version"},
        "detail": {"type": "string", "description": "for people", "examples": ["settings.host: expected an address"]},
        "instance": {
            "type": "string",
            "description": "names this one occurrence",
            "examples": ["urn:taskbridge:request:JKJaXmPLvHcESHA="],
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["in", "field", "problem", "kind", "values"],
                "properties": {
                    "in": {"enum": ["body", "query", "path", "header"]},
                    "field": {"type": "string"},
                    "problem": {"type": "string"},
                    "kind": {
                        "$ref": "#/components/schemas/FlawKind",
                        "description": "by which it is said in any language",
                    },
                    "values": {
                        "type": "object",
                        "additionalProperties": {"type": "string"},
                        "description": "what stands in it: a bound, what was expected, what came",
                    },
                },
            },
        },
    },
}
_CODE = {
    "type": "string",
    "enum": sorted(CODES),
    "description": "\n".join(f"`{code}`: {meaning}" for code, meaning in sorted(CODES.items())),
}
_FLAW = {
    "type": "string",
    "enum": sorted([*FLAWS, OTHER]),
    "description": "what is wrong with a field; `other` is said in `problem` alone",
}
_GATEWAY = {
    "type": "object",
    "description": "what the gateway itself says, before or instead of the API",
    "properties": {"message": {"type": "string", "description": "why", "examples": ["Unauthorized"]}},
}
_BY_GATEWAY = frozenset({"401", "403", "413", "429", "503"})  # what the gateway answers too
# One schema for both types of content: some generated clients read only the first that is described.
_REFUSAL = {
    "description": "a problem, of type `application/problem+json`, or the gateway's, of type `application/json`",
    "anyOf": [{"$ref": "#/components/schemas/Problem"}, {"$ref": "#/components/schemas/GatewayMessage"}],
}
_REFUSING = {
    "Problem": _PROBLEM,
    "ProblemCode": _CODE,
    "FlawKind": _FLAW,
    "GatewayMessage": _GATEWAY,
    "Refusal": _REFUSAL,
}
_GENERIC = re.compile(r"(\w+?)_(\w+)_")
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
    "429": "too many calls, of one person or (says the gateway) of all: try again after `Retry-After` seconds",
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
    for name in schemas.keys() - _asked_for(made):
        _promise_every_field(schemas[name])
        schemas[name]["title"] = _GENERIC.sub(r"\1[\2]", name)  # by which generated clients name it
    schemas |= deepcopy(_REFUSING)  # what follows works in place
    for name, schema in schemas.items():
        explain_fields(name, schema)
    for method, path, operation in operations(made):
        operation["operationId"] = operation_id(method, path, operation)
        explain_parameters(operation, schemas)
        _complete(operation, ACCESS[method, path])
    _name_enums(made)
    return made


def _asked_for(made: Mapping[str, Any]) -> set[str]:
    """The schemas that bodies of requests are made of."""
    found: set[str] = set()
    left = {name for _, _, operation in operations(made) for name in references(operation.get("requestBody", {}))}
    while left:
        found |= left
        left = {name for each in left for name in references(made["components"]["schemas"][each])} - found
    return found


def _promise_every_field(schema: dict[str, Any]) -> None:
    """An answer leaves nothing out: what is the default of a class says nothing to its reader."""
    fields = schema.get("properties", {})
    for part in fields.values():
        part.pop("default", None)
    if fields:
        schema["required"] = list(fields)


def operation_id(method: str, path: str, operation: Mapping[str, Any]) -> str:
    """Such as `push_logs.list`: what it is about, and what is done with it."""
    nouns = [part.replace("-", "_").removesuffix(".json") for part in path.split("/")[2:] if not part.startswith("{")]
    if nouns[0] == "ai":
        nouns = [f"ai_{nouns[1]}", *nouns[2:]]
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    verb = {"PUT": "update", "DELETE": "delete"}.get(method, "")
    if method == "POST":
        verb = "" if len(nouns) > 1 else "create"
    if method == "GET":
        is_list = "limit" in names or nouns[-1] in {"platform_types", "causes"}
        verb = "list" if is_list else "get"
    return ".".join([*nouns, verb] if verb else nouns)


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
    wanted |= {"429"}
    return wanted | ({"409", "413", "415"} if "requestBody" in operation else {"413", "415"})


def _refusal(status: str) -> dict[str, Any]:
    is_by_gateway = status in _BY_GATEWAY
    content = {"schema": {"$ref": f"#/components/schemas/{'Refusal' if is_by_gateway else 'Problem'}"}}
    types = (PROBLEM_TYPE, JSON_TYPE) if is_by_gateway else (PROBLEM_TYPE,)
    return {"description": _REFUSALS[status], "content": dict.fromkeys(types, content)}


def _name_enums(made: dict[str, Any]) -> None:
    """Put each enum once among the schemas; where it stood, it is pointed to."""
    schemas = made["components"]["schemas"]
    names = {frozenset(schema["enum"]): name for name, schema in schemas.items() if "enum" in schema}
    for owner, node in list(_inline(made)):
        values = node.pop("enum")
        # Another model, or enum, may bear the name already.
        name = names.setdefault(frozenset(values), f"{owner}Value" if owner in schemas else owner)
        schemas.setdefault(name, {"type": "string", "title": name, "description": "one of these", "enum": values})
        node.pop("type", None)
        node.pop("title", None)
        node["$ref"] = f"#/components/schemas/{name}"


def _inline(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(a name for it, node) of each enum within a field or a parameter."""
    for model, schema in made["components"]["schemas"].items():
        for field, part in schema.get("properties", {}).items():
            value = " value" if "additionalProperties" in part else ""  # generators name the map itself by its field
            yield from ((_title(model, field + value), node) for node in _enums_of(part))
    for path, methods in made["paths"].items():
        noun = [part for part in path.split("/") if part and not part.startswith("{")][-1]
        for operation in methods.values():
            for parameter in operation.get("parameters", []):
                yield from ((_title(noun, parameter["name"]), node) for node in _enums_of(parameter["schema"]))


def _title(owner: str, name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[_\W]+", f"{owner} {name}"))


def _enums_of(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("enum"), list):
            yield node
        for name, part in node.items():
            if name not in {"example", "examples", "default"}:
                yield from _enums_of(part)
    elif isinstance(node, list):
        for part in node:
            yield from _enums_of(part)
