"""Events that could not be read, or went to nobody."""

from __future__ import annotations

from admin_api.api import Api
from admin_api.ids import decode_id, encode_id
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.models.push_logs import RejectedEvent, ReplayedEvent, SkippedEvent, show_rejected, show_skipped
from admin_api.unrouted_events import UnroutedEvents, send_again

TAGS = ["events"]


def register(api: Api) -> None:
    """Register the routes."""
    services = api.services

    @api.get("/v1/rejected-events", summary="Rejected events, the newest first", tags=TAGS)
    def list_rejected_events(cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[RejectedEvent]:
        """Whole, with the reason. A page may be short where the events are large."""
        page = UnroutedEvents(services.events, "rejected").page(api.open_cursor(cursor), limit)
        return Listed(items=[show_rejected(each) for each in page.items], next_cursor=api.seal_cursor(page.next))

    @api.get("/v1/skipped-events", summary="Skipped events, the newest first", tags=TAGS)
    def list_skipped_events(cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[SkippedEvent]:
        """Events that no rule sends anywhere, each with the reason."""
        page = UnroutedEvents(services.events, "skipped").page(api.open_cursor(cursor), limit)
        return Listed(items=[show_skipped(each) for each in page.items], next_cursor=api.seal_cursor(page.next))

    @api.post("/v1/rejected-events/{id}/replay", summary="Send an event in again", tags=TAGS, status_code=202)
    def replay_rejected_event(id: str) -> ReplayedEvent:
        """It goes back to the ingest queue as it came. Rejected again, it is listed anew."""
        event_id, by, at = decode_id(id), api.caller.uid, services.now()
        send_again(services.events, event_id, by, at, services.sqs, services.queues["ingest"])
        return ReplayedEvent(id=encode_id(event_id), event_id=event_id, replayed_at=at, replayed_by=by)
