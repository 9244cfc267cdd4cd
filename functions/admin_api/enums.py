"""The enums of a description, each once and under a name, so that a generated client has one type for each. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any


def name_enums(made: dict[str, Any]) -> None:
    """Put each enum once among the schemas; where it stood, it is pointed to."""
    schemas = made["components"]["schemas"]
    names = {frozenset(schema["enum"]): name for name, schema in schemas.items() if "enum" in schema}
    for owner, node in list(_inline(made)):
        values = node.pop("enum")
        name = names.setdefault(frozenset(values), owner)
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
