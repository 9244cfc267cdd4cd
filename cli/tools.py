"""The operations of the API as tools of the Model Context Protocol, made from its description. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.api import encode_id

_COMPONENTS = "#/components/schemas/"
_NOT_FOR_TOOLS = frozenset({"/v1/openapi.json", "/v1/docs", "/v1/health"})
BODY = "body"


@dataclass(frozen=True, slots=True)
class Tool:
    """One operation. `places` says where each argument goes: path, query or body."""

    name: str
    about: str
    method: str
    path: str
    schema: dict[str, Any]  # JSON Schema of the arguments
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def only_reads(self) -> bool:
        """Whether it changes nothing."""
        return self.method == "GET"

    @property
    def removes(self) -> bool:
        """Whether it takes something away."""
        return self.method == "DELETE"

    def request(self, arguments: Mapping[str, Any]) -> tuple[str, dict[str, Any], Any]:
        """(path, query, body) of a call; ids may come as they are, or as lists show them."""
        path = self.path
        query: dict[str, Any] = {}
        for name, value in arguments.items():
            place = self.places.get(name)
            if place == "path":
                text = str(value)
                path = path.replace(f"{{{name}}}", text if text.startswith("~") else encode_id(text))
            elif place == "query":
                query[name] = value
        return path, query, arguments.get(BODY)


def make_tools(description: Mapping[str, Any], *, may_write: bool) -> dict[str, Tool]:
    """The tools by name: those that read, and where `may_write` the others. Streams and pages are none."""
    schemas = description["components"]["schemas"]
    found = {}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            if path in _NOT_FOR_TOOLS or _is_stream(operation) or (method != "get" and not may_write):
                continue
            tool = _make(method.upper(), path, operation, schemas)
            found[tool.name] = tool
    return found


def _is_stream(operation: Mapping[str, Any]) -> bool:
    return "text/event-stream" in operation["responses"].get("200", {}).get("content", {})


def _make(method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Tool:
    parameters = [each for each in operation.get("parameters", []) if each["in"] in {"path", "query"}]
    properties = {each["name"]: {**each["schema"], "description": each.get("description", "")} for each in parameters}
    required = [each["name"] for each in parameters if each.get("required")]
    if wanted := operation.get("requestBody"):
        properties[BODY] = wanted["content"]["application/json"]["schema"]
        required += [BODY] if wanted.get("required") else []
    return Tool(
        name=operation["operationId"].replace(".", "-"),
        about=f"{operation['summary']}. {operation.get('description', '')} For {', '.join(operation['x-roles'])}.",
        method=method,
        path=path,
        schema=_schema(properties, required, schemas),
        places={**{each["name"]: each["in"] for each in parameters}, BODY: BODY},
    )


def _schema(properties: dict[str, Any], required: list[str], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """A schema that stands alone: what is pointed to comes along."""
    used: dict[str, Any] = {}
    waiting = [properties]
    while waiting:
        for name in references(waiting.pop()):
            if name not in used:
                used[name] = schemas[name]
                waiting.append(schemas[name])
    made = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return dict(_moved({**made, **({"$defs": used} if used else {})}))


def references(node: Any) -> Iterator[str]:
    """Names of the schemas that a part of the description points to."""
    if isinstance(node, Mapping):
        if isinstance(at := node.get("$ref"), str) and at.startswith(_COMPONENTS):
            yield at.removeprefix(_COMPONENTS)
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def _moved(node: Any) -> Any:
    """The same, pointing to where the schemas stand now."""
    if isinstance(node, Mapping):
        return {
            name: value.replace(_COMPONENTS, "#/$defs/") if name == "$ref" and isinstance(value, str) else _moved(value)
            for name, value in node.items()
        }
    return [_moved(each) for each in node] if isinstance(node, list) else node
