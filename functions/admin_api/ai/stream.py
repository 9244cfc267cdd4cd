"""The stream of an analysis as server-sent events, made of what is stored of it. Pure.

Events, in order: `delta` for each piece of the prose, `finding` for each finding, `done` at the end; or `error` in the
place of all that is left. The id of a delta or finding is `<answer>-<number>`: a short name of the answer, since an
analysis that is tried again with other material has another one, and the place in it, which for a delta is the number
of its piece. A delta with `number` 1 begins the text. The last event has the id `end`, whichever it is.

A response is any number of whole events, from the one behind the viewer's position on. What a client reads line by line
counts: `id` is the last line of an event, since @microsoft/fetch-event-source takes it to be seen from that line on;
and there is no empty line but behind an event, since it calls that a message.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any

import msgspec

from taskbridge.ai.results import Finding, Review
from taskbridge.ai.rulebook import Standing, current_analysis
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState
from taskbridge.tables.ai_answers import Answer, AnswerPiece

CONTENT_TYPE = "text/event-stream"  # without a charset, which is always UTF-8: some clients compare all of it
RETRY_MS = 400  # while words come
BEGUN_RETRY_MS = 1_000  # a worker is at it, and nothing has come since
IDLE_RETRY_MS = 2_000  # nobody has begun
ENDED_RETRY_MS = 60_000  # a client that asks on behind the end is to do it rarely
RESPONSE_BYTES = 1_000_000  # Lambda answers with 6 MB at most, and JSON around it may double this
END = "end"
_ID = re.compile(r"(?:([0-9a-f]{8})-)?([0-9]{1,9})")


class NoResult(StrEnum):
    """Why there is nothing more to see."""

    FAILED = "analysis_failed"
    REPLACED = "analysis_replaced"  # `current_id` is the analysis that the task has now
    CLEARED = "analysis_cleared"  # it was outdated, and none took its place
    PROCESSED = "task_processed"  # decided before the analysis had ended
    GONE = "task_gone"  # somebody else's now, or deleted
    EXPIRED = "answer_expired"


_DETAILS = {
    NoResult.REPLACED: "已有新的分析",
    NoResult.CLEARED: "规则或表单已变更，该分析已失效",
    NoResult.PROCESSED: "任务已处理，分析已停止",
    NoResult.GONE: "任务已不在您名下",
    NoResult.EXPIRED: "分析内容已超过保留期限",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `data` is a JSON object."""

    name: str
    id: str
    data: bytes

    @property
    def is_last(self) -> bool:
        """Whether nothing comes behind it."""
        return self.id == END


@dataclass(frozen=True, slots=True)
class Position:
    """What a viewer has seen: everything up to `number` of an answer; `answer` is empty for whichever there is."""

    answer: str = ""
    number: int = 0
    is_end: bool = False

    def in_answer(self, answer_id: str) -> int:
        """The number up to which this answer was seen."""
        return 0 if self.is_in_another(answer_id) else self.number

    def is_in_another(self, answer_id: str) -> bool:
        """Whether it was another answer that was seen."""
        return self.answer not in ("", _name(answer_id))


def parse_position(last_event_id: str | None) -> Position:
    """The position that an event's id says; the start where that is no id that was ever given."""
    if last_event_id == END:
        return Position(is_end=True)
    read = _ID.fullmatch(last_event_id or "")
    return Position(read[1] or "", int(read[2])) if read else Position()


def find_end(seat: Seat, analysis_id: str, standing: Standing | None) -> Event | None:
    """The event that ends the stream of an analysis without a result; None where there is a result, or may be one.

    `standing` is that of the seat now: what is outdated has no result, as for whoever asks for it as a whole.
    """
    analysis = seat.analysis
    if seat.state is SeatState.GONE:
        return build_error(NoResult.GONE)
    if analysis is not None and analysis.id != analysis_id:
        return build_error(NoResult.REPLACED, current_id=analysis.id)
    if analysis is None or current_analysis(seat, standing) is None:
        return build_error(NoResult.CLEARED)
    if analysis.status is AnalysisStatus.FAILED:
        return build_error(NoResult.FAILED, analysis.reason)
    if seat.state is SeatState.DONE and analysis.status is not AnalysisStatus.DONE:
        return build_error(NoResult.PROCESSED)
    return None


def build_error(why: NoResult, detail: str = "", **more: str) -> Event:
    """The event that there is no result, and why."""
    return _event("error", END, {"code": why, "detail": detail or _DETAILS.get(why, ""), **more})


def build_deltas(answer_id: str, pieces: Iterable[AnswerPiece]) -> Iterator[Event]:
    """The prose, piece by piece."""
    return (_delta(answer_id, piece.number, piece.number, piece.text) for piece in pieces)


def build_result(
    seat: Seat, analysis: Analysis, answer: Answer, pieces: Iterable[AnswerPiece], position: Position
) -> Iterator[Event]:
    """Everything that is left of an answer that is complete. `pieces` are those behind the position."""
    review = answer.review
    if review is None:
        return iter([build_error(NoResult.EXPIRED)])
    return chain(
        _rest_of_text(answer, review, pieces, position),
        _findings(answer, review.findings, position.in_answer(answer.answer_id)),
        [_event("done", END, _outcome(seat, analysis, review))],
    )


def render(events: Iterable[Event]) -> bytes:
    """As many events as go into one response, at least one; empty where there is none."""
    blocks: list[bytes] = []
    size = 0
    for event in events:
        block = _render(event)
        size += len(block)
        if blocks and size > RESPONSE_BYTES:
            break
        blocks.append(block)
    return b"".join([b"retry: %d\n" % RETRY_MS, *blocks]) if blocks else b""


def render_idle(retry_ms: int = IDLE_RETRY_MS) -> bytes:
    """A response without an event: nothing is there yet. The viewer is to come again in `retry_ms`."""
    return b"retry: %d\n: nothing yet\n" % retry_ms


def _rest_of_text(answer: Answer, review: Review, pieces: Iterable[AnswerPiece], position: Position) -> Iterator[Event]:
    """The prose that is left; all of it anew where pieces have expired before their answer did."""
    expected = position.in_answer(answer.answer_id) + 1
    for piece in pieces:
        if piece.number != expected or piece.number > answer.last_piece:
            break
        yield _delta(answer.answer_id, piece.number, piece.number, piece.text)
        expected += 1
    if expected <= answer.last_piece or (not answer.last_piece and position.is_in_another(answer.answer_id)):
        yield _delta(answer.answer_id, answer.last_piece, 1, review.text)


def _findings(answer: Answer, findings: Sequence[Finding], after: int) -> Iterator[Event]:
    name = _name(answer.answer_id)
    for number, finding in enumerate(findings, answer.last_piece + 1):
        if number > after:
            yield Event("finding", f"{name}-{number}", msgspec.json.encode(finding))


def _outcome(seat: Seat, analysis: Analysis, review: Review) -> dict[str, Any]:
    is_done = seat.state is SeatState.DONE
    return {
        "id": analysis.id,
        "task_id": seat.task_id,
        "status": AnalysisStatus.PROCESSED if is_done else analysis.status,
        "verdict": review.verdict,
        "summary": review.summary,
        "downgraded": review.downgraded,
        "rule_version": analysis.rule_version,
        "platform_id": review.platform_id,
        "model": review.model,
        "usage": review.usage,
        "finished_at": analysis.finished_at,
    }


def _delta(answer_id: str, place: int, number: int, text: str) -> Event:
    return _event("delta", f"{_name(answer_id)}-{place}", {"number": number, "text": text})


def _event(name: str, event_id: str, data: dict[str, Any]) -> Event:
    return Event(name, event_id, msgspec.json.encode(data))


def _render(event: Event) -> bytes:
    retry = b"retry: %d\n" % ENDED_RETRY_MS if event.is_last else b""
    return b"%sevent: %s\ndata: %s\nid: %s\n\n" % (retry, event.name.encode(), event.data, event.id.encode())


def _name(answer_id: str) -> str:
    return hashlib.sha256(answer_id.encode()).hexdigest()[:8]
