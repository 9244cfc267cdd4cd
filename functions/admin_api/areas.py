"""The areas of the API."""

from __future__ import annotations

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
    platform_types,
    platforms,
    push_logs,
    rejected_events,
    replays,
    trigger_rules,
)

AREAS = (
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
    platform_types,
    platforms,
    push_logs,
    rejected_events,
    replays,
    trigger_rules,
)


def register_all(api: Api) -> None:
    """Register every route."""
    for area in AREAS:
        area.register(api)
