"""`GET /v1/ai/analyses/{id}/stream`: an analysis while it is made, and after."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from admin_api.api import Api
from admin_api.problems import not_found
from admin_api.stream import CONTENT_TYPE
from admin_api.watching import Watching

_RESPONSES = {
    200: {"description": "events, or none yet", "content": {CONTENT_TYPE: {"schema": {"type": "string"}}}},
    204: {"description": "nothing comes behind the last event"},
}
_LAST_SEEN = "id of the last event that was seen"


def register(api: Api) -> None:
    """Register the route."""

    @api.get("/v1/ai/analyses/{id}/stream", summary="Watch an analysis", tags=["AI"], responses=_RESPONSES)
    def watch_analysis(
        id: Annotated[str, Path(description="id of the analysis")],  # noqa: A002
        last_event_id: Annotated[str, Query(description=f"{_LAST_SEEN}, where the header cannot say it")] = "",
        last_event_id_header: Annotated[str, Header(alias="Last-Event-ID", description=_LAST_SEEN)] = "",
    ) -> Response[str]:
        """Server-sent events: `delta`s, `finding`s, and one `done` or `error` at the end, which is to end the watching.

        A response ends when it has what there is, or after 20 seconds; the next one begins behind `Last-Event-ID`.
        """
        services = api.services
        watching = Watching(services.seats, services.answers, services.clock, services.sleep)
        body = watching.watch(api.caller.uid, id, last_event_id_header or last_event_id)
        if body is None:
            raise not_found("analysis")
        return Response(200, CONTENT_TYPE, body.decode()) if body else Response(204, body="")
