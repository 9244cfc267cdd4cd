"""What the fields and parameters of the API mean, each said once: a name means the same wherever it stands. Pure.

A word stands in the module of its area, or in `everywhere` where more than one area has it, or none.
A line is `name | meaning | example as JSON`; a name with its model (`Usage.cost`) goes before the name alone. Models
say in their own docstrings what is more than a word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from admin_api.words import ai, everywhere, push, setup


class Word(NamedTuple):
    """What a name means; `example` is None where there is none to give."""

    meaning: str
    example: Any = None
    has_example: bool = False


def explain_fields(name: str, schema: dict[str, Any]) -> None:
    """Add meaning and example to each field that does not say them itself."""
    for field, part in schema.get("properties", {}).items():
        known = _word(name, field)
        if known is None:
            continue
        part.setdefault("description", known.meaning)
        if known.has_example:
            part.setdefault("examples", [known.example])


def explain_parameters(operation: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    """Add meaning and example to each parameter, and an example to the body."""
    for parameter in operation.get("parameters", []):
        known = _word("", parameter["name"])
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


def _word(model: str, name: str) -> Word | None:
    """What a field of a model means, or a parameter (of model "")."""
    known = _words()
    return known.get(f"{model}.{name}") or known.get(name)


@cache
def _words() -> dict[str, Word]:
    rows = (
        line.split(" | ", 2) if line.count(" | ") > 1 else [*line.removesuffix(" |").split(" | "), ""]
        for area in (setup, push, ai, everywhere)
        for line in area.TABLE.strip().splitlines()
    )
    return {
        name: Word(meaning, json.loads(example) if example else None, bool(example)) for name, meaning, example in rows
    }
