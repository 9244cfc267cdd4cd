"""Events that no rule sends anywhere: listed, and counted by why."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.api import Api, Router
from admin_api.ids import encode_id
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed, skip_empty
from admin_api.moments import to_utc
from admin_api.push.events import UnroutedEvents
from admin_api.push.logs import Id
from admin_api.views import show
from taskbridge.tables.dynamo import Page
from taskbridge.tables.events import EventTable, UnroutedEvent

COUNTED = 1000  # of the newest
PAGES_A_CALL = 4
Reason = Annotated[str | None, Query(min_length=1, max_length=1000)]
router = Router("events")


@dataclass(frozen=True, slots=True)
class SkippedEvent:
    """An event that no rule sends anywhere, as far as it was kept."""

    id: str
    event_id: str
    reason: str
    action: str
    app_id: str
    sess_id: str
    received_at: str | None


@dataclass(frozen=True, slots=True)
class SkipReason:
    """Skipped events of one action and application that have one reason. `example` is the newest."""

    reason: str
    action: str
    app_id: str
    count: int
    first: str | None
    last: str | None
    example: str


@dataclass(frozen=True, slots=True)
class SkipReasons:
    """Why events were skipped, the most frequent first, all on one page. `is_exact`: every skipped event counts."""

    items: list[SkipReason]
    next_cursor: None
    is_exact: bool


@dataclass(frozen=True, slots=True)
class SkippedFilter:
    """Which skipped events are asked for; empty texts ask for nothing in particular."""

    app_id: str = ""
    action: str = ""
    reason: str = ""

    def takes(self, event: UnroutedEvent) -> bool:
        """Whether an event is one of them."""
        asked = ((self.app_id, event.app_id), (self.action, event.action), (self.reason, event.reason))
        return all(not wanted or wanted == found for wanted, found in asked)


@router.get("/v1/skipped-events", summary="Skipped events, the newest first")
def list_skipped_events(
    api: Api,
    app_id: Id = None,
    action: Id = None,
    reason: Reason = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listed[SkippedEvent]:
    """Events that no rule sends anywhere, each with the reason. A page may be short where there is a next one."""
    wanted = SkippedFilter(app_id or "", action or "", reason or "")
    read = partial(_read, UnroutedEvents(api.services.events, "skipped"), wanted, limit)
    page = skip_empty(read, api.open_cursor(cursor), PAGES_A_CALL)
    return api.listed([_show(each) for each in page.items], page.next)


@router.get("/v1/skipped-events/reasons", summary="Skipped events by reason")
def list_skip_reasons(api: Api) -> SkipReasons:
    """The newest thousand, grouped by reason, action and application, the most frequent first."""
    return find_reasons(api.services.events)


def find_reasons(events: EventTable) -> SkipReasons:
    """Why the newest `COUNTED` events were skipped: one Query for each shard, and a batch for each hundred."""
    page = UnroutedEvents(events, "skipped").page(None, COUNTED)
    found: dict[tuple[str, str, str], list[UnroutedEvent]] = defaultdict(list)
    for event in page.items:
        found[event.reason, event.action, event.app_id].append(event)
    reasons = [_build_reason(*told, skipped) for told, skipped in found.items()]
    ordered = sorted(reasons, key=lambda each: (-each.count, each.reason, each.action, each.app_id))
    return SkipReasons(ordered, None, page.next is None)


def _read(events: UnroutedEvents, wanted: SkippedFilter, limit: int, cursor: str | None) -> Page[UnroutedEvent]:
    page = events.page(cursor, limit)
    return Page([each for each in page.items if wanted.takes(each)], page.next)


def _build_reason(reason: str, action: str, app_id: str, skipped: list[UnroutedEvent]) -> SkipReason:
    """`skipped` has the newest first."""
    times = (to_utc(skipped[-1].received_at), to_utc(skipped[0].received_at))
    return SkipReason(reason, action, app_id, len(skipped), *times, encode_id(skipped[0].event_id))


def _show(event: UnroutedEvent) -> SkippedEvent:
    return show(SkippedEvent, event, id=encode_id(event.event_id), received_at=to_utc(event.received_at))
