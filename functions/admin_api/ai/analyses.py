"""Analyses that a person asks for, looks at, and says something about."""

from __future__ import annotations

import logging

from admin_api.ai.caps import admit
from admin_api.ai.tasks import find_seat, read_reviews
from admin_api.ai.views import build_result
from admin_api.models.ai_results import FeedbackTaken, FeedbackWanted, Result
from admin_api.problems import Problem, conflict, not_found
from admin_api.wiring import Services
from taskbridge.ai.requests import RequestedBy, RequestPorts, request_analysis, task_id_of
from taskbridge.ai.results import Review
from taskbridge.ai.rulebook import Standing, current_analysis
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState
from taskbridge.errors import TaskbridgeError
from taskbridge.platforms.ai_client import ConfiguredAiClients

_UNDER_WAY = (AnalysisStatus.PENDING, AnalysisStatus.RUNNING)
logger = logging.getLogger("admin_api")


def request(uid: str, task_id: str, services: Services, *, force: bool) -> Result:
    """The analysis of a person's task: the one to today's input, or a new one that is under way.

    Raises Problem: 404, 409 where nothing can be asked of the task, 429 where enough was asked today.
    """
    seat = find_seat(uid, task_id, services)
    standing = services.book.standing(seat)
    ports = RequestPorts(
        services.seats,
        services.analysis_queue,
        services.book.standing,
        services.now,
        services.new_id,
        admit=lambda seat: admit(uid, seat.app_id, seat.node_id, services),
    )
    analysis = request_analysis(seat, standing, _by(seat, standing, force=force), ports)
    if analysis is None:
        raise _refusal(services.seats.get(uid, task_id) or seat)
    return build_result(seat, analysis, _review(seat, analysis, services))


def get(uid: str, analysis_id: str, services: Services) -> Result:
    """A person's analysis. Raises Problem (404), also for one that is outdated."""
    seat, analysis = _find(uid, analysis_id, services)
    if current_analysis(seat, services.book.standing(seat)) is None:
        raise not_found("analysis")
    return build_result(seat, analysis, _review(seat, analysis, services))


def is_under_way(result: Result) -> bool:
    """Whether there will be more of it."""
    return result.status in _UNDER_WAY


def give_feedback(uid: str, analysis_id: str, wanted: FeedbackWanted, services: Services) -> FeedbackTaken:
    """Keep what a person thinks of an analysis, and tell the AI platform, where it takes that.

    Raises Problem: 404, or 409 where there is nothing yet to think of.
    """
    seat, analysis = _find(uid, analysis_id, services)
    if analysis.status is not AnalysisStatus.DONE:
        raise conflict("no_result", "The analysis has no result.")
    if not services.seats.give_feedback(uid, seat.task_id, analysis_id, wanted.tag, wanted.comment):
        raise not_found("analysis")
    review = _review(seat, analysis, services)
    forwarded = review is not None and _forward(review, wanted, services)
    return FeedbackTaken(tag=wanted.tag, comment=wanted.comment, forwarded=forwarded)


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
    clients = ConfiguredAiClients(
        services.configuration.current, services.http, services.tokens, services.secrets, services.clock
    )
    # What a person writes may name people, which masking is to keep from the platform.
    comment = "" if settings.masking else wanted.comment
    try:
        clients.client(review.platform_id).feedback(review.question_id, wanted.tag, comment)
    except TaskbridgeError as error:
        logger.info("feedback is not forwarded to %s: %s", review.platform_id, error)
        return False
    return True
