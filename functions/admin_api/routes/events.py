"""What became of one event."""

from __future__ import annotations

from admin_api.api import Api
from admin_api.ids import decode_id
from admin_api.models.push_logs import EventOutcome, show_outcome
from admin_api.problems import not_found


def register(api: Api) -> None:
    """Register the route."""
    services = api.services

    @api.get("/v1/events/{id}", summary="What became of an event", tags=["events"])
    def get_event(id: str) -> EventOutcome:
        """For each target; also of an event that was skipped, superseded or rejected."""
        event_id = decode_id(id)
        logs = services.push_logs.of_event(event_id)
        unrouted = services.events.read(event_id)
        if not logs and unrouted is None:
            raise not_found("event")
        return show_outcome(event_id, logs, unrouted)
