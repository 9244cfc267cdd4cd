"""Lambda handler of the HTTP API, and the areas that it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from admin_api import changes, docs_page, erasure, health, search
from admin_api.ai import (
    agreement,
    analyses,
    audit,
    coverage,
    documents,
    dry_runs,
    flips,
    jobs,
    late,
    node_defaults,
    overrules,
    own_rules,
    people,
    rule_drafts,
    tasks,
    watching,
)
from admin_api.api import Api, Router
from admin_api.push import (
    comparison,
    events,
    failure_causes,
    history,
    instances,
    logs,
    queues,
    replays,
    skipped_events,
    summary,
)
from admin_api.setup import ai_switches, connection, platforms, removal, trigger_rules
from admin_api.wiring import wire
from taskbridge.observability import Observability, build_observability, traced

AREAS: tuple[Router, ...] = (
    agreement.router,
    ai_switches.router,
    analyses.router,
    audit.router,
    changes.router,
    comparison.router,
    connection.router,
    coverage.router,
    docs_page.router,
    documents.router,
    dry_runs.router,
    erasure.router,
    events.router,
    failure_causes.router,
    flips.router,
    health.router,
    history.router,
    instances.router,
    jobs.router,
    late.router,
    logs.router,
    node_defaults.router,
    overrules.router,
    own_rules.router,
    people.router,
    platforms.router,
    queues.router,
    removal.router,
    replays.router,
    rule_drafts.router,
    search.router,
    skipped_events.router,
    summary.router,
    tasks.router,
    trigger_rules.router,
    watching.router,
)


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
    return _Wired(build_observability("admin_api"), Api(wire(), AREAS))
