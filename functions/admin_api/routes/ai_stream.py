"""`GET /v1/ai/analyses/{id}/stream`: an analysis while it is made, and after."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from admin_api.api import Api
from admin_api.problems import Problem, not_found
from admin_api.stream import CONTENT_TYPE, render_idle
from admin_api.watching import Watching
from admin_api.wiring import Services
from taskbridge.errors import StoreError

LOOKS_A_MINUTE = 600  # of one person: four analyses side by side, while words come

_RESPONSES = {
    200: {"description": "events, or none yet", "content": {CONTENT_TYPE: {"schema": {"type": "string"}}}},
    204: {"description": "nothing comes behind the last event"},
}
_LAST_SEEN = "id of the last event that was seen"


def register(api: Api) -> None:
    """Register the route."""

    @api.get("/v1/ai/analyses/{id}/stream", summary="Watch an analysis", tags=["AI"], responses=_RESPONSES)
    def watch_analysis(
        id: Annotated[str, Path(description="id of the analysis")],
        last_event_id: Annotated[str, Query(description=f"{_LAST_SEEN}, where the header cannot say it")] = "",
        last_event_id_header: Annotated[str, Header(alias="Last-Event-ID", description=_LAST_SEEN)] = "",
    ) -> Response[str]:
        """Server-sent events: `delta`s, `finding`s, and one `done` or `error` at the end, which is to end the watching.

        A response has what there is, at once; `retry` says when to come again, and the next one begins behind
        `Last-Event-ID`.
        """
        services, uid = api.services, api.caller.uid
        wait_ms = _too_often(uid, services)
        if wait_ms:
            return Response(200, CONTENT_TYPE, render_idle(wait_ms).decode())
        watching = Watching(services.seats, services.answers, services.book.standing)
        body = watching.watch(uid, id, last_event_id_header or last_event_id)
        if body is None:
            raise not_found("analysis")
        return Response(200, CONTENT_TYPE, body.decode()) if body else Response(204, body="")


def _too_often(uid: str, services: Services) -> int:
    """The milliseconds that this person has to wait, 0 for none. No 429: see Watching."""
    try:
        services.calls.take("watch", uid, LOOKS_A_MINUTE)
    except Problem as problem:
        return int(problem.headers["Retry-After"]) * 1000
    except StoreError:
        return 0  # the tables that matter will say so
    return 0
