"""Analyses that an approver asks for, looks at, and says something about."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from pydantic import Field, StrictBool

from admin_api.ai.results import Feedback, Result, show_result
from admin_api.ai.seats import find_seat, note_opening, read_reviews
from admin_api.api import JSON_TYPE, Api, Router
from admin_api.limits import admit
from admin_api.problems import Problem, conflict, not_found
from admin_api.requests import Wanted
from admin_api.wiring import Services
from taskbridge.ai.requests import RequestedBy, RequestPorts, request_analysis, task_id_of
from taskbridge.ai.results import Review
from taskbridge.ai.rulebook import Standing, current_analysis
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState
from taskbridge.errors import TaskbridgeError
from taskbridge.platforms.ai_client import build_ai_clients

COMMENT_CHARS = 2_000
Tag = Literal["useful", "wrong_verdict", "missed_point", "wrong_evidence", "other"]
ANSWERS: Any = {
    200: {"description": "The result that there is", "content": {JSON_TYPE: {"model": Result}}},
    202: {"description": "It is under way", "content": {JSON_TYPE: {"model": Result}}},
}
_UNDER_WAY = (AnalysisStatus.PENDING, AnalysisStatus.RUNNING)
router = Router("AI results")
logger = logging.getLogger("admin_api")


class AnalysisWanted(Wanted):
    """`force`: a new answer, also where there is one to the same input."""

    force: StrictBool = False


class FeedbackWanted(Wanted):
    """What you think of a result."""

    tag: Tag
    comment: Annotated[str, Field(max_length=COMMENT_CHARS)] = ""


@dataclass(frozen=True, slots=True)
class FeedbackTaken(Feedback):
    """`forwarded`: the AI platform took it too."""

    forwarded: bool


@router.post("/v1/ai/tasks/{task_id}/analyses", summary="Analyse a task now", tags=["AI tasks"], responses=ANSWERS)
def analyse_task(api: Api, task_id: str, body: AnalysisWanted | None = None) -> Response[Result]:
    """The same form, rule and model answer with the result that exists, unless `force` is set."""
    uid, services = api.caller.uid, api.services
    seat = find_seat(uid, task_id, services)
    standing = services.book.standing(seat)
    by = _by(seat, standing, force=body is not None and body.force)
    analysis = request_analysis(seat, standing, by, _ports(uid, services))
    if analysis is None:
        raise _refusal(services.seats.get(uid, task_id) or seat)
    result = show_result(seat, analysis, _review(seat, analysis, services))
    return Response(202 if result.status in _UNDER_WAY else 200, JSON_TYPE, result)


@router.get("/v1/ai/analyses/{id}", summary="One of one's analyses")
def get_analysis(api: Api, id: str) -> Result:
    """404 also for one that another has replaced, or that is not of today's form and rule."""
    services = api.services
    seat, analysis = _find(api.caller.uid, id, services)
    note_opening(seat, services)
    if current_analysis(seat, services.book.standing(seat)) is None:
        raise not_found("analysis")
    return show_result(seat, analysis, _review(seat, analysis, services))


@router.post("/v1/ai/analyses/{id}/feedback", summary="Say what one thinks of a result")
def give_feedback(api: Api, id: str, body: FeedbackWanted) -> FeedbackTaken:
    """It takes the place of what was said before."""
    uid, services = api.caller.uid, api.services
    seat, analysis = _find(uid, id, services)
    if analysis.status is not AnalysisStatus.DONE:
        raise conflict("no_result", "The analysis has no result.")
    if not services.seats.give_feedback(uid, seat.task_id, id, body.tag, body.comment):
        raise not_found("analysis")
    review = _review(seat, analysis, services)
    return FeedbackTaken(body.tag, body.comment, forwarded=review is not None and _forward(review, body, services))


def _ports(uid: str, services: Services) -> RequestPorts:
    return RequestPorts(
        services.seats,
        services.analysis_queue,
        services.book.standing,
        services.now,
        services.new_id,
        admit=lambda seat: admit(uid, seat.app_id, seat.node_id, services),
    )


def _find(uid: str, analysis_id: str, services: Services) -> tuple[Seat, Analysis]:
    try:
        seat = find_seat(uid, task_id_of(analysis_id), services)
    except Problem:
        raise not_found("analysis") from None
    if seat.analysis is None or seat.analysis.id != analysis_id:
        raise not_found("analysis")
    return seat, seat.analysis


def _review(seat: Seat, analysis: Analysis, services: Services) -> Review | None:
    if seat.analysis is None or seat.analysis.id != analysis.id:
        return None  # begun a moment ago
    return read_reviews([seat], services).get(analysis.answer_id)


def _by(seat: Seat, standing: Standing | None, *, force: bool) -> RequestedBy:
    """FORCED, but where a new answer to the same input is under way already: who clicks twice gets one."""
    analysis = current_analysis(seat, standing)
    is_asked = analysis is not None and analysis.status in _UNDER_WAY and analysis.requested_by == RequestedBy.FORCED
    return RequestedBy.FORCED if force and not is_asked else RequestedBy.MANUAL


def _refusal(seat: Seat) -> Problem:
    if seat.state is not SeatState.OPEN:
        return conflict("task_not_open", "The task is no longer open.")
    if not seat.form_hash:
        return conflict("no_form", "The task came without a form.")
    return conflict("no_rule", "No rule is in force for this task.")


def _forward(review: Review, wanted: FeedbackWanted, services: Services) -> bool:
    if not review.question_id:
        return False
    settings = services.switches().settings
    clients = build_ai_clients(
        services.configuration.current, services.http, services.tokens, services.secrets, services.clock
    )
    # What a person writes may name people, which masking is to keep from the platform.
    comment = "" if settings.masking else wanted.comment
    try:
        clients.need(review.platform_id).feedback(review.question_id, wanted.tag, comment)
    except TaskbridgeError as error:
        logger.info("feedback is not forwarded to %s: %s", review.platform_id, error)
        return False
    return True
