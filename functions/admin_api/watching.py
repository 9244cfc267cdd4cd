"""A viewer's request is answered with what there is of its analysis, or with when to look again.

Nothing waits here: a function that waits is paid for, and keeps every other request out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from admin_api.stream import (
    BEGUN_RETRY_MS,
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
from taskbridge.ai.requests import task_id_of
from taskbridge.ai.rulebook import Standing
from taskbridge.ai.seats import AnalysisStatus, Seat
from taskbridge.errors import StoreError
from taskbridge.tables.ai_answers import PIECES, Answer, Piece

logger = logging.getLogger("admin_api")


class Seats(Protocol):
    """Where seats stand; see TaskTable."""

    def get(self, uid: str, task_id: str) -> Seat | None:
        """The seat, as it is now."""


class Answers(Protocol):
    """Answers and their pieces; see AnswerTable."""

    def head(self, answer_id: str) -> Answer | None:
        """What has become of an answer."""

    def pieces(self, answer_id: str, after: int, limit: int = PIECES) -> list[Piece]:
        """The pieces behind number `after`, in order."""


@dataclass(frozen=True, slots=True)
class Watching:
    """The stores of analyses. `standing` is what is asked of a seat now: it decides here as everywhere."""

    seats: Seats
    answers: Answers
    standing: Callable[[Seat], Standing | None]

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

    def _pieces(self, answer_id: str, after: int) -> Iterator[Piece]:
        """The pieces behind number `after`, read as they are taken: a page is short where they are long."""
        while answer_id and (pieces := self.answers.pieces(answer_id, after)):
            yield from pieces
            after = pieces[-1].number


def _retry_ms(seat: Seat) -> int:
    is_begun = seat.analysis is not None and seat.analysis.status is AnalysisStatus.RUNNING
    return BEGUN_RETRY_MS if is_begun else IDLE_RETRY_MS
