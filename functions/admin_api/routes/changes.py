"""`GET /v1/changes`: the trail of changes."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.api import Api
from admin_api.asking import parse_range
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.merging import skip_empty
from admin_api.models.changes import Change, parse_subject, show_change
from admin_api.moments import at
from taskbridge.moments import DAY_S

SHOWN_DAYS = 90  # where neither a time nor a subject is given
PAGES_A_CALL = 3
_SUBJECT = "such as `platform/jz`, `trigger-rule/r1`, `ai-settings`, `node/leave/n1`, `own-rule/10021/leave/n1`"
Subject = Annotated[str | None, Query(description=_SUBJECT, min_length=1, max_length=1000, examples=["platform/jz"])]
_FROM = f"RFC 3339. Without it: {SHOWN_DAYS} days ago, or the beginning where `subject` is given"
From = Annotated[str | None, Query(alias="from", description=_FROM, max_length=40)]
To = Annotated[str | None, Query(description="RFC 3339. Without it: now", max_length=40)]


def register(api: Api) -> None:
    """Register the route."""
    services = api.services

    @api.get("/v1/changes", summary="Who changed what", tags=["operations"])
    def list_changes(
        subject: Subject = None,
        from_: From = None,
        to: To = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Listed[Change]:
        """The newest first: of one subject, or of all in a time. A page may be short where there is a next one.

        Secrets are masked, and so is the text of people's own rules. Without `subject`, changes of release 0.1.0 are
        not found.
        """
        now = services.clock()
        start, end = parse_range(from_, to, now)
        end = end or at(now + DAY_S)
        if subject:
            read = partial(services.changes.of, parse_subject(subject), limit=limit, start=start, end=end)
        else:
            read = partial(services.changes.between, start or at(now - SHOWN_DAYS * DAY_S), end, limit=limit)
        page = skip_empty(read, api.open_cursor(cursor), PAGES_A_CALL)
        return Listed(items=[show_change(each) for each in page.items], next_cursor=api.seal_cursor(page.next))
