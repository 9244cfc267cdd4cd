"""The audit log: what was asked of AI platforms, with what people decided later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from admin_api.merging import skip_empty
from admin_api.models import ai_audit as shown
from admin_api.models.ai_results import Usage
from admin_api.moments import EARLIEST
from admin_api.wiring import Services
from taskbridge.ai.audit import AuditEntry
from taskbridge.ai.seats import Seat, SeatState
from taskbridge.moments import utc_text
from taskbridge.tables.dynamo import Page

PAGES_A_CALL = 4
SHOWN_DAYS = 30  # where no time is given
_PAGE_CHARS = 1_500_000  # Lambda answers with 6 MB at most, and a Chinese character takes three bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries are asked for. Times as `utc_text` gives them; empty texts ask for nothing in particular."""

    task_id: str = ""
    start: str = ""
    end: str = ""
    outcome: str = ""


def list_entries(asked: Asked, position: str | None, limit: int, services: Services) -> Page[shown.AuditEntry]:
    """Entries in [start, end), the newest first: of one task where given, else of the last 30 days where no time is.

    Of a rare outcome, pages that hold none are skipped, at most `PAGES_A_CALL`. A page may be short, or empty, where
    there is a next one.
    """
    now = datetime.fromtimestamp(services.clock(), UTC)
    tomorrow = utc_text(now + timedelta(days=1))
    until = _bounded(asked.end or tomorrow, tomorrow)
    earliest = EARLIEST if asked.task_id else utc_text(now - timedelta(days=SHOWN_DAYS))
    since = _bounded(asked.start or earliest, tomorrow)

    def read(position: str | None) -> Page[AuditEntry]:
        if asked.task_id:
            page = services.audit.for_task(asked.task_id, position, limit, start=since, end=until)
        else:
            page = services.audit.between(since, until, position, limit)
        return Page([each for each in page.items if asked.outcome in ("", each.outcome)], page.next)

    page = skip_empty(read, position, PAGES_A_CALL)
    seats = services.seats.get_many([(entry.uid, entry.task_id) for entry in page.items])
    room = _PAGE_CHARS // max(1, 2 * len(page.items))
    return Page([_entry(each, seats.get((each.uid, each.task_id)), room) for each in page.items], page.next)


def _entry(entry: AuditEntry, seat: Seat | None, room: int) -> shown.AuditEntry:
    facts = msgspec.structs.asdict(entry)
    return shown.AuditEntry(
        **facts
        | {
            "files": [shown.AuditedFile(**msgspec.structs.asdict(file)) for file in entry.files],
            "usage": Usage(**msgspec.structs.asdict(entry.usage)),
            "question": _cut(entry.question, room),
            "answer": _cut(entry.answer, room),
        },
        decision=seat.decision if seat and _is_decided(seat) else None,
    )


def _is_decided(seat: Seat) -> bool:
    return seat.state is SeatState.DONE and seat.decided_here and bool(seat.decision)


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[:room]}…（已截断，原文共 {len(text)} 字）"


def _bounded(moment: str, latest: str) -> str:
    """Within the times that entries can have: each day between costs queries."""
    return max(EARLIEST, min(moment, latest))
