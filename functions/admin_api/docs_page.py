"""The description of the API: for programs, and for people as one page of HTML without a script or anything fetched.

Beside it the agreed form of trigger events, open to anyone: for checks before they are sent.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from aws_lambda_powertools.event_handler import Response

from admin_api.api import Api, Router
from admin_api.description import describe, operations

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2430}
h2{font-size:1rem;margin:2rem 0 .25rem;border-top:1px solid #d5dae1;padding-top:1rem}
code{font-family:ui-monospace,monospace}
table{border-collapse:collapse;margin:.5rem 0;width:100%}
td{padding:.15rem 1rem .15rem 0;vertical-align:top}
.roles{color:#5a6675;font-weight:400}
"""
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
PAGE_POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; frame-ancestors 'none'"
SCHEMA_TYPE = "application/schema+json"
SCHEMA_KEPT_S = 3600
SCHEMA_SHOWN: Any = {200: {"description": "a JSON Schema, draft 2020-12", "content": {SCHEMA_TYPE: {"schema": {}}}}}
router = Router("description")


@cache
def _description(api: Api) -> dict[str, Any]:
    return describe(api.resolver)


@router.get("/v1/openapi.json", summary="This description")
def get_description(api: Api) -> dict[str, Any]:
    """The OpenAPI 3.1 description of the API."""
    return _description(api)


@router.get(
    "/v1/docs",
    summary="This description as a page",
    responses={200: {"description": "the page", "content": {"text/html": {"schema": {"type": "string"}}}}},
)
def get_page(api: Api) -> Response[str]:
    """Every route, who may call it, its parameters and its answers."""
    headers = {"content-security-policy": PAGE_POLICY}
    return Response(200, "text/html; charset=utf-8", build_page(_description(api)), headers=headers)


def build_page(description: Mapping[str, Any]) -> str:
    """The page of an OpenAPI description."""
    info = description["info"]
    sections = "".join(_section(method, path, operation) for method, path, operation in operations(description))
    models = "".join(
        f"<h2 id='{escape(name)}'><code>{escape(name)}</code></h2>{_text(schema.get('description'))}"
        f"<table>{''.join(_properties(schema))}</table>"
        for name, schema in sorted(description["components"]["schemas"].items())
    )
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{escape(info['title'])}</title>"
        f"<style>{_STYLE}</style></head><body><h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f"{_text(info.get('description'))}{sections}<h1>Models</h1>{models}</body></html>"
    )


def _section(method: str, path: str, operation: Mapping[str, Any]) -> str:
    roles = escape(", ".join(operation.get("x-roles", ())))
    rows = [*_parameters(operation), *_body(operation), *_answers(operation)]
    return (
        f"<h2><code>{method} {escape(path)}</code> <span class='roles'>{roles}</span></h2>"
        f"{_text(operation.get('summary'))}{_text(operation.get('description'))}<table>{''.join(rows)}</table>"
    )


def _parameters(operation: Mapping[str, Any]) -> Iterator[str]:
    for each in operation.get("parameters", ()):
        about = each.get("description") or each.get("schema", {}).get("description") or ""
        yield _row(each["in"], each["name"], f"{_type(each.get('schema', {}))} {escape(about)}")


def _body(operation: Mapping[str, Any]) -> Iterator[str]:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield _row("body", kind, _type(content.get("schema", {})))


def _answers(operation: Mapping[str, Any]) -> Iterator[str]:
    for status, answer in sorted(operation["responses"].items()):
        kinds = list(answer.get("content", {}).values())
        schema = kinds[0].get("schema", {}) if kinds else {}
        yield _row("answer", status, f"{_type(schema)} {escape(answer.get('description', ''))}")


def _properties(schema: Mapping[str, Any]) -> Iterator[str]:
    required = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        yield _row("required" if name in required else "", name, f"{_type(each)} {escape(each.get('description', ''))}")


def _row(kind: str, name: str, about: str) -> str:
    return f"<tr><td>{escape(kind)}</td><td><code>{escape(name)}</code></td><td>{about}</td></tr>"


def _type(schema: Mapping[str, Any]) -> str:
    """A type in a few words; that of a model links to it."""
    if "$ref" in schema:
        name = escape(str(schema["$ref"]).rpartition("/")[2])
        return f"<a href='#{name}'>{name}</a>"
    if "enum" in schema:
        return escape(", ".join(map(str, schema["enum"])))
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return escape(str(schema.get("type", "")))


def _text(text: str | None) -> str:
    return f"<p>{escape(text)}</p>" if text else ""


@router.get("/v1/schemas/trigger-event", summary="The form of trigger events", tags=["health"], responses=SCHEMA_SHOWN)
def get_event_schema(_api: Api) -> Response[str]:
    """The JSON Schema of version 1. What it refuses is rejected; it may be kept for an hour."""
    return Response(200, SCHEMA_TYPE, read_schema(), headers={"Cache-Control": f"public, max-age={SCHEMA_KEPT_S}"})


@cache
def read_schema() -> str:
    """The schema as the layer carries it."""
    return files("taskbridge").joinpath("trigger-event.schema.json").read_text(encoding="utf-8")
