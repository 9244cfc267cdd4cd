"""Adds to a description what its fields and parameters mean, with examples. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from admin_api.words import word


def explain_fields(name: str, schema: dict[str, Any]) -> None:
    """Add meaning and example to each field that does not say them itself."""
    for field, part in schema.get("properties", {}).items():
        known = word(name, field)
        if known is None:
            continue
        part.setdefault("description", known.meaning)
        if known.has_example:
            part.setdefault("examples", [known.example])


def explain_parameters(operation: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    """Add meaning and example to each parameter, and an example to the body."""
    for parameter in operation.get("parameters", []):
        known = word("", parameter["name"])
        if known:
            parameter.setdefault("description", known.meaning)
            if known.has_example and parameter["in"] == "path":
                parameter.setdefault("example", known.example)
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content:
        reference = next((each for each in references(content["schema"])), "")
        content.setdefault("example", _example(schemas.get(reference, {})))


def references(schema: Any) -> Iterator[str]:
    """The names of the schemas that a part of a description points to."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        for part in schema.values():
            yield from references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from references(part)


def _example(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A body with every field that has to be there, and those optional ones that have an example."""
    fields = schema.get("properties", {})
    return {
        name: part["examples"][0]
        for name, part in fields.items()
        if part.get("examples") and "ignored" not in part.get("description", "")
    }
