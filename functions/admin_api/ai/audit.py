"""The audit log: what was asked of AI platforms, with what people decided later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import PlainSerializer, WithJsonSchema

from admin_api.ai.results import decision_of
from admin_api.api import Api, Router
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed, skip_empty
from admin_api.moments import EARLIEST, parse_moment
from admin_api.problems import invalid
from admin_api.views import show
from admin_api.wiring import Services
from taskbridge.ai.audit import AuditRecord
from taskbridge.flaws import flaw
from taskbridge.moments import utc_text
from taskbridge.tables.dynamo import Page

PAGES_A_CALL = 4
SHOWN_DAYS = 30  # where no time is given
_PAGE_CHARS = 1_500_000  # Lambda answers with 6 MB at most, and a Chinese character takes three bytes
_FROM = f"RFC 3339. Without it: {SHOWN_DAYS} days ago, or the beginning where `task_id` is given"
TaskId = Annotated[str | None, Query(min_length=1, max_length=1000)]
From = Annotated[str | None, Query(alias="from", description=_FROM, max_length=40)]
To = Annotated[str | None, Query(description="RFC 3339, not included. Without it: now", max_length=40)]
Outcome = Annotated[
    Literal["answered", "unreadable", "failed", "refused", "late"] | None,
    Query(description="how the question ended", examples=["failed"]),
]
Moment = Annotated[
    str, PlainSerializer(datetime.fromisoformat), WithJsonSchema({"type": "string", "format": "date-time"})
]
router = Router("AI administration")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry(AuditRecord):
    """One question that was asked of an AI platform. `decision` is what the person decided later, or null.

    Long texts are cut, with a mark, by the room that a page has: a smaller `limit` shows more of them.
    """

    at: Moment
    decision: str | None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are asked for. Times as `utc_text` gives them; empty texts ask for nothing in particular."""

    task_id: str = ""
    start: str = ""
    end: str = ""
    outcome: str = ""


@router.get("/v1/ai/audit", summary="What was asked of AI platforms")
def list_audit(
    api: Api,
    task_id: TaskId = None,
    from_: From = None,
    to: To = None,
    outcome: Outcome = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listed[AuditEntry]:
    """The newest first. A page may be short, or empty, where `next_cursor` is not null."""
    start, end = parse_moment(from_, "from") if from_ else "", parse_moment(to, "to") if to else ""
    if start and end and start > end:
        raise invalid("from", flaw("before_end"), where="query")
    asked = AuditFilter(task_id or "", start, end, outcome or "")
    page = _entries(asked, api.open_cursor(cursor), limit, api.services)
    seats = api.services.seats.get_many([(entry.uid, entry.task_id) for entry in page.items])
    room = _PAGE_CHARS // max(1, 2 * len(page.items))
    shown = [_show(each, decision_of(seats.get((each.uid, each.task_id))), room) for each in page.items]
    return api.listed(shown, page.next)


def _entries(asked: AuditFilter, position: str | None, limit: int, services: Services) -> Page[AuditRecord]:
    """Entries in [start, end), the newest first: of one task where given, else of the last 30 days where no time is.

    Of a rare outcome, pages that hold none are skipped, at most `PAGES_A_CALL`. A page may be short, or empty, where
    there is a next one.
    """
    now = datetime.fromtimestamp(services.clock(), UTC)
    tomorrow = utc_text(now + timedelta(days=1))
    until = _bounded(asked.end or tomorrow, tomorrow)
    earliest = EARLIEST if asked.task_id else utc_text(now - timedelta(days=SHOWN_DAYS))
    since = _bounded(asked.start or earliest, tomorrow)

    def read(position: str | None) -> Page[AuditRecord]:
        if asked.task_id:
            page = services.audit.for_task(asked.task_id, position, limit, start=since, end=until)
        else:
            page = services.audit.between(since, until, position, limit)
        return Page([each for each in page.items if asked.outcome in ("", each.outcome)], page.next)

    return skip_empty(read, position, PAGES_A_CALL)


def _show(entry: AuditRecord, decision: str | None, room: int) -> AuditEntry:
    texts = {"question": _cut(entry.question, room), "answer": _cut(entry.answer, room)}
    return show(AuditEntry, entry, **texts, decision=decision)


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[:room]}…（已截断，原文共 {len(text)} 字）"


def _bounded(moment: str, latest: str) -> str:
    """Within the times that entries can have: each day between costs queries."""
    return max(EARLIEST, min(moment, latest))
