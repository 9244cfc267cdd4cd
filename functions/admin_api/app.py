"""Lambda handler of the HTTP API, and the areas that it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from admin_api.api import Api
from admin_api.routes import (
    ai_analyses,
    ai_audit,
    ai_jobs,
    ai_nodes,
    ai_people,
    ai_rules,
    ai_settings,
    ai_stream,
    ai_tasks,
    changes,
    docs,
    events,
    health,
    ops,
    people,
    push_logs,
    rejected_events,
    replays,
)
from admin_api.setup import connection, platforms, trigger_rules
from admin_api.wiring import wire
from taskbridge.observability import Observability, build_observability, traced

AREAS: tuple[Any, ...] = (
    ai_analyses,
    ai_audit,
    ai_jobs,
    ai_nodes,
    ai_people,
    ai_rules,
    ai_settings,
    ai_stream,
    ai_tasks,
    changes,
    docs,
    events,
    health,
    ops,
    people,
    connection.router,
    platforms.router,
    push_logs,
    rejected_events,
    replays,
    trigger_rules.router,
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a request."""
    wired = _wired()
    with wired.observability.invocation(context.aws_request_id), traced("answer"):
        return wired.api.resolve(event, context)


def register_all(api: Api) -> None:
    """Register every route."""
    for area in AREAS:
        area.register(api)


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
