"""`GET /v1/ai/audit`: every question that was asked of an AI platform."""

from __future__ import annotations

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.ai.audit import SHOWN_DAYS, Asked, list_entries
from admin_api.api import Api
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.models.ai_audit import AuditEntry
from admin_api.moments import parse_moment

_FROM = f"RFC 3339. Without it: {SHOWN_DAYS} days ago, or the beginning where `task_id` is given"
TaskId = Annotated[str | None, Query(min_length=1, max_length=1000)]
From = Annotated[str | None, Query(alias="from", description=_FROM, max_length=40)]
To = Annotated[str | None, Query(description="RFC 3339, not included. Without it: now", max_length=40)]

Outcome = Annotated[
    Literal["answered", "unreadable", "failed", "refused", "late"] | None,
    Query(description="how the question ended", examples=["failed"]),
]


def register(api: Api) -> None:
    """Register the route."""
    services = api.services

    @api.get("/v1/ai/audit", summary="What was asked of AI platforms", tags=["AI administration"])
    def list_audit(
        task_id: TaskId = None,
        from_: From = None,
        to: To = None,
        outcome: Outcome = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Listed[AuditEntry]:
        """The newest first. A page may be short, or empty, where `next_cursor` is not null."""
        start, end = from_ and parse_moment(from_, "from"), to and parse_moment(to, "to")
        asked = Asked(task_id or "", start or "", end or "", outcome or "")
        page = list_entries(asked, api.open_cursor(cursor), limit, services)
        return Listed(items=page.items, next_cursor=api.seal_cursor(page.next))
