"""Forms with one field or several, from plain Python values."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from taskbridge.ai.forms.controls import read_fields
from taskbridge.ai.forms.form import FormattedForm, format_form
from taskbridge.ai.forms.values import typed_values
from taskbridge.events import EventForm, Field
from tests.builders import as_json

CONTROL_TYPES = (
    *("text", "textarea", "rich_text", "serial", "formula", "number", "money", "radio", "select", "checkbox"),
    *("multi_select", "cascade", "switch", "date", "datetime", "time", "date_range", "user", "users", "department"),
    *("departments", "file", "image", "table", "address", "location", "phone", "email", "id_card", "bank_account"),
    *("signature", "related", "rating", "leave"),
)


def field(kind: str, value: Any = None, key: str = "f", label: Any = "字段", **more: Any) -> dict[str, Any]:
    return {"key": key, "label": label, "type": kind, "value": value, **more}


def options(**labels: Any) -> list[dict[str, Any]]:
    return [{"value": value, "label": label} for value, label in labels.items()]


def form_of(*fields: dict[str, Any]) -> EventForm:
    return msgspec.json.decode(as_json({"fields": list(fields)}), type=EventForm)


def raw_form(kind: str, source: bytes) -> EventForm:
    """A form of one field whose value came as these very bytes."""
    return EventForm([Field("f", "字段", kind, msgspec.Raw(source))])


def formatted(*fields: dict[str, Any]) -> FormattedForm:
    return format_form(form_of(*fields))


def text_of(kind: str, value: Any, **more: Any) -> str:
    """What the form shows for a single field."""
    return formatted(field(kind, value, **more)).fields[0].text


def value_of(kind: str, value: Any, **more: Any) -> Any:
    """The typed value of a single field, None where it has none."""
    return typed_values(read_fields(form_of(field(kind, value, **more)))).get("f")


def table(columns: list[dict[str, Any]], *rows: Any) -> dict[str, Any]:
    return {"columns": columns, "rows": list(rows)}


def column(key: str, kind: str = "text", label: Any = "列", **more: Any) -> dict[str, Any]:
    return {"key": key, "label": label, "type": kind, **more}


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
