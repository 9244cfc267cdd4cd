"""A platform's settings as its type describes them: read from NAME=VALUE, and asked for where they are missing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cli.errors import WRONG_USE, CommandError
from cli.session import Session

_YES = {"true": True, "yes": True, "false": False, "no": False}


def type_named(class_name: str, session: Session) -> Mapping[str, Any]:
    """The type of a platform. Raises CommandError, with those that there are."""
    types = session.api.get("/v1/platform-types")["items"]  # all on one page: it takes no limit
    for each in types:
        if each["name"] == class_name:
            return dict(each)
    known = ", ".join(each["name"] for each in types)
    raise CommandError(f"There is no type {class_name}, but {known}.", WRONG_USE)


def parse_settings(kind: Mapping[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """`NAME=VALUE` words as settings of their types. Raises CommandError where a name or a value cannot be."""
    schema = kind["settings"]["properties"]
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if name not in schema or not equals:
            raise CommandError(f"{word!r}: expected NAME=VALUE with one of {', '.join(schema)}.", WRONG_USE)
        if schema[name].get("secret"):
            raise CommandError(f"{name} is a secret: it is not typed openly, name it with --secret.", WRONG_USE)
        found[name] = _value(name, value, schema[name])
    return found


def ask_settings(kind: Mapping[str, Any], given: Mapping[str, Any], session: Session) -> dict[str, Any]:
    """The settings with what is required and missing: asked for, the secrets unseen."""
    schema, required = kind["settings"]["properties"], kind["settings"].get("required", [])
    found = dict(given)
    for name in required:
        if name in found:
            continue
        field = schema[name]
        about = (_words(field, "label") or name, _words(field, "help"), _words(field, "ask"))
        session.screen.tell("  ".join(filter(None, about)))
        found[name] = ask_secret(name, session) if field.get("secret") else _value(name, session.ask(name), field)
    return found


def ask_secret(name: str, session: Session) -> str:
    """A secret, typed unseen; from a pipe, its first line."""
    return session.ask(name, is_secret=True)


def _value(name: str, text: str, field: Mapping[str, Any]) -> Any:
    kind = field.get("type")
    if kind == "string":
        return text
    if kind == "array" and not text.startswith("["):
        return [each for each in text.split(",") if each]
    if kind == "boolean" and text.lower() in _YES:
        return _YES[text.lower()]
    try:
        return json.loads(text)
    except ValueError:
        raise CommandError(f"{name}: expected {kind or 'JSON'}, got {text!r}.", WRONG_USE) from None


def _words(field: Mapping[str, Any], name: str) -> str:
    """A text of a field, in English."""
    return str(field.get(name, {}).get("en", ""))
