"""A seat of the caller: found, opened, decided where its todo leads; and what was found of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from admin_api.problems import not_found
from admin_api.wiring import Services
from taskbridge.ai.delays import is_new_opening
from taskbridge.ai.results import Review
from taskbridge.ai.seats import AnalysisStatus, Seat, SeatState
from taskbridge.errors import ConfigurationError, StoreError
from taskbridge.platforms import build_platform
from taskbridge.platforms.formats import UrlTemplate
from taskbridge.platforms.task_center_settings import LinkSettings
from taskbridge.tables.configuration import Configuration, PlatformConfig

logger = logging.getLogger("admin_api")


def find_seat(uid: str, task_id: str | None, services: Services) -> Seat:
    """The seat of this person. Raises Problem (404): others' tasks are as if they were not there."""
    seat = services.seats.get(uid, task_id) if task_id else None
    if seat is None or seat.state is SeatState.GONE:
        raise not_found("task")
    return seat


def read_reviews(seats: Sequence[Seat], services: Services) -> dict[str, Review]:
    """The reviews of the seats' analyses that have come to an end, by answer id: a batch."""
    answer_ids = {
        seat.analysis.answer_id
        for seat in seats
        if seat.analysis and seat.analysis.answer_id and seat.analysis.status is AnalysisStatus.DONE
    }
    heads = services.answers.heads(sorted(answer_ids)) if answer_ids else {}
    return {answer_id: head.review for answer_id, head in heads.items() if head.review is not None}


def note_opening(seat: Seat, services: Services) -> None:
    """The person of this seat looks at the task. One write for an analysis, none where it is done or was asked for.

    What cannot be kept is not worth a page that does not open.
    """
    if not is_new_opening(seat):
        return
    try:
        services.seats.note_opening(seat, services.now())
    except StoreError as error:
        logger.warning("opening not kept: %s", error)


def find_todo_link(seat: Seat, configuration: Configuration) -> str | None:
    """The link of an open task by the first task center whose settings have one, None where none has."""
    if seat.state is not SeatState.OPEN:
        return None
    platforms = (configuration.platforms[platform_id] for platform_id in configuration.enabled_platforms())
    template = next(filter(None, map(_template, platforms)), "")
    places = {"sess_id": seat.sess_id, "task_id": seat.task_id, "app_id": seat.app_id, "node_id": seat.node_id}
    return UrlTemplate(template).fill(places) or None


def _template(platform: PlatformConfig) -> str:
    try:
        settings = build_platform(platform.id, platform.class_name, platform.settings).settings
    except ConfigurationError:
        return ""  # its pushes say so
    return (settings.pc_todo_url or settings.h5_todo_url) if isinstance(settings, LinkSettings) else ""
