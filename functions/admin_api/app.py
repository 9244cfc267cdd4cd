"""Lambda handler of the HTTP API, and the areas that it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from admin_api.ai import analyses, node_defaults, own_rules, tasks, watching
from admin_api.ai import audit as ai_audit
from admin_api.ai import jobs as ai_jobs
from admin_api.ai import people as ai_people
from admin_api.api import Api
from admin_api.routes import (
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
from admin_api.setup import ai_switches, connection, platforms, trigger_rules
from admin_api.wiring import wire
from taskbridge.observability import Observability, build_observability, traced

AREAS: tuple[Any, ...] = (
    analyses.router,
    ai_audit.router,
    ai_jobs.router,
    ai_people.router,
    node_defaults.router,
    own_rules.router,
    tasks.router,
    watching.router,
    ai_switches.router,
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
