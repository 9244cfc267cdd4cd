"""Lambda handler of the HTTP API."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from admin_api.api import Api
from admin_api.areas import register_all
from admin_api.wiring import wire
from taskbridge.observability import Observability, build_observability, traced


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a request."""
    wired = _wired()
    with wired.observability.invocation(context.aws_request_id), traced("answer"):
        return wired.api.resolve(event, context)


@dataclass(frozen=True, slots=True)
class _Wired:
    observability: Observability
    api: Api


@cache
def _wired() -> _Wired:
    """Everything the function needs, once per process."""
    observability = build_observability("admin_api")
    api = Api(wire())
    register_all(api)
    return _Wired(observability, api)
