"""Watching an analysis while it is made, and after: a request gets what there is, or when to look again.

Nothing waits here: a function that waits is paid for, and keeps every other request out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from admin_api.ai.seats import note_opening
from admin_api.ai.stream import (
    BEGUN_RETRY_MS,
    CONTENT_TYPE,
    IDLE_RETRY_MS,
    Event,
    NoResult,
    Position,
    build_deltas,
    build_error,
    build_result,
    find_end,
    parse_position,
    render,
    render_idle,
)
from admin_api.api import Api, Router
from admin_api.problems import Problem, not_found
from admin_api.wiring import Services
from taskbridge.ai.requests import task_id_of
from taskbridge.ai.rulebook import Standing
from taskbridge.ai.seats import AnalysisStatus, Seat
from taskbridge.errors import StoreError
from taskbridge.tables.ai_answers import AnswerPiece, AnswerTable
from taskbridge.tables.ai_tasks import TaskTable

LOOKS_A_MINUTE = 600  # of one person: four analyses side by side, while words come
LAST_SEEN = "id of the last event that was seen"
WATCHED: Any = {
    200: {"description": "events, or none yet", "content": {CONTENT_TYPE: {"schema": {"type": "string"}}}},
    204: {"description": "nothing comes behind the last event"},
}
router = Router("AI")
logger = logging.getLogger("admin_api")


@router.get("/v1/ai/analyses/{id}/stream", summary="Watch an analysis", responses=WATCHED)
def watch_analysis(
    api: Api,
    id: Annotated[str, Path(description="id of the analysis")],
    last_event_id: Annotated[str, Query(description=f"{LAST_SEEN}, where the header cannot say it")] = "",
    last_event_id_header: Annotated[str, Header(alias="Last-Event-ID", description=LAST_SEEN)] = "",
) -> Response[str]:
    """Server-sent events: `delta`s, `finding`s, and one `done` or `error` at the end, which is to end the watching.

    A response has what there is, at once; `retry` says when to come again, and the next one begins behind
    `Last-Event-ID`.
    """
    services, uid = api.services, api.caller.uid
    wait_ms = _too_often(uid, services)
    if wait_ms:
        return Response(200, CONTENT_TYPE, render_idle(wait_ms).decode())
    watching = Watching(
        services.seats, services.answers, services.book.standing, partial(note_opening, services=services)
    )
    body = watching.watch(uid, id, last_event_id_header or last_event_id)
    if body is None:
        raise not_found("analysis")
    return Response(200, CONTENT_TYPE, body.decode()) if body else Response(204, body="")


@dataclass(frozen=True, slots=True)
class Watching:
    """The stores of analyses. `standing` is what is asked of a seat now: it decides here as everywhere.

    `seen` hears of each seat that somebody looks at.
    """

    seats: TaskTable
    answers: AnswerTable
    standing: Callable[[Seat], Standing | None]
    seen: Callable[[Seat], None] = lambda _: None

    def watch(self, uid: str, analysis_id: str, last_event_id: str | None) -> bytes | None:
        """The body of the next response, at once.

        None where this person has no such analysis, empty where the viewer has seen it to its end.
        """
        try:
            return self._watch(uid, task_id_of(analysis_id), analysis_id, parse_position(last_event_id))
        except StoreError as error:
            # No 503: a client of server-sent events gives up for good at any status but 200.
            logger.warning("not answered: %s", error)
            return render_idle()

    def _watch(self, uid: str, task_id: str | None, analysis_id: str, position: Position) -> bytes | None:
        seat = self.seats.get(uid, task_id) if task_id else None
        if seat is None:
            return None
        if position.is_end:
            return b""
        self.seen(seat)
        return render(self._events(seat, analysis_id, position)) or render_idle(_retry_ms(seat))

    def _events(self, seat: Seat, analysis_id: str, position: Position) -> Iterator[Event]:
        end = find_end(seat, analysis_id, self.standing(seat))
        if end or seat.analysis is None:
            return iter([end] if end else [])
        analysis = seat.analysis
        pieces = self._pieces(analysis.answer_id, position.in_answer(analysis.answer_id))
        if analysis.status is not AnalysisStatus.DONE:
            return build_deltas(analysis.answer_id, pieces)
        answer = self.answers.head(analysis.answer_id)
        if answer is None:
            return iter([build_error(NoResult.EXPIRED)])
        return build_result(seat, analysis, answer, pieces, position)

    def _pieces(self, answer_id: str, after: int) -> Iterator[AnswerPiece]:
        """The pieces behind number `after`, read as they are taken: a page is short where they are long."""
        while answer_id and (pieces := self.answers.pieces(answer_id, after)):
            yield from pieces
            after = pieces[-1].number


def _retry_ms(seat: Seat) -> int:
    is_begun = seat.analysis is not None and seat.analysis.status is AnalysisStatus.RUNNING
    return BEGUN_RETRY_MS if is_begun else IDLE_RETRY_MS


def _too_often(uid: str, services: Services) -> int:
    """The milliseconds that this person has to wait, 0 for none. No 429: see Watching."""
    try:
        services.calls.take("watch", uid, LOOKS_A_MINUTE)
    except Problem as problem:
        return int(problem.headers["Retry-After"]) * 1000
    except StoreError:
        return 0  # the tables that matter will say so
    return 0
