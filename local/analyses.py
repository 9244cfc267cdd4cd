"""What AI approval says of the tasks, read from the tables of the stack while the answers stream in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from local.emulator import Aws
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState
from taskbridge.tables.ai_answers import Answer, AnswerTable, Piece
from taskbridge.tables.ai_tasks import TaskTable

_UNDER_WAY = frozenset({AnalysisStatus.PENDING, AnalysisStatus.RUNNING})
_STREAMED = frozenset({AnalysisStatus.RUNNING, AnalysisStatus.DONE})


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A task of one person, with the analysis that this person has of it; `status` is empty where there is none.

    `text` is the prose as far as it has come, `summary` what a finished answer comes to in a sentence, `reason` why an
    analysis waits or failed, or why a verdict became needs_human.
    """

    uid: str
    task_id: str
    subject: str
    node: str
    status: str
    verdict: str
    decision: str
    text: str
    summary: str
    reason: str

    @property
    def is_under_way(self) -> bool:
        """Whether an answer is still to come."""
        return self.status in _UNDER_WAY


class Analyses(Protocol):
    """Where to look up what AI approval says."""

    def rows(self, seats: Iterable[tuple[str, str]]) -> list[SeatRow]:
        """The tasks of these people (uid and task id) that they still have, or had to the end, in this order."""


class Tasks(Protocol):
    """Seats; see TaskTable."""

    def get_many(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Seat]:
        """Seats by uid and task id."""


class Answers(Protocol):
    """Answers and their pieces; see AnswerTable."""

    def heads(self, answer_ids: Iterable[str]) -> dict[str, Answer]:
        """What has become of answers, by id."""

    def pieces(self, answer_id: str, after: int) -> list[Piece]:
        """The pieces behind number `after`, in order."""


class StackAnalyses:
    """The analyses of a running stack. Pieces that were read are kept: only new ones are asked for."""

    def __init__(self, tasks: Tasks, answers: Answers) -> None:
        self._tasks = tasks
        self._answers = answers
        self._texts: dict[str, str] = {}
        self._read: dict[str, int] = {}
        self._done: dict[str, Answer] = {}

    def rows(self, seats: Iterable[tuple[str, str]]) -> list[SeatRow]:
        """See Analyses."""
        wanted = list(seats)
        found = self._tasks.get_many(wanted)
        present = [found[key] for key in wanted if key in found and found[key].state != SeatState.GONE]
        answer_ids = {seat.analysis.answer_id for seat in present if seat.analysis and seat.analysis.answer_id}
        heads = self._answers.heads(answer_ids - set(self._done))
        self._done |= {answer_id: head for answer_id, head in heads.items() if head.review is not None}
        return [self._row(seat, seat.analysis) for seat in present]

    def _row(self, seat: Seat, analysis: Analysis | None) -> SeatRow:
        answer = self._done.get(analysis.answer_id) if analysis else None
        review = answer.review if answer else None
        is_current = analysis is not None and analysis.status in _STREAMED and analysis.answer_id
        downgraded = (review.downgraded or "") if review else ""
        return SeatRow(
            uid=seat.uid,
            task_id=seat.task_id,
            subject=seat.subject,
            node=seat.node_name,
            status=_shown_status(seat, analysis),
            verdict=(analysis.verdict or "") if analysis else "",
            decision=seat.decision,
            text=self._text(analysis.answer_id) if analysis and is_current else "",
            summary=review.summary if review else "",
            reason=(analysis.reason if analysis else "") or downgraded,
        )

    def _text(self, answer_id: str) -> str:
        while answer_id not in self._done or self._read.get(answer_id, 0) < self._done[answer_id].last_piece:
            pieces = self._answers.pieces(answer_id, self._read.get(answer_id, 0))
            if not pieces:
                break
            self._texts[answer_id] = self._texts.get(answer_id, "") + "".join(piece.text for piece in pieces)
            self._read[answer_id] = pieces[-1].number
        return self._texts.get(answer_id, "")


def stack_analyses(aws: Aws, outputs: Mapping[str, str]) -> StackAnalyses:
    """Those in the tables of the stack with these outputs."""
    return StackAnalyses(
        TaskTable(aws.dynamodb, outputs["AiTaskTableName"], outputs["AiPersonTableName"]),
        AnswerTable(aws.dynamodb, outputs["AiAnswerTableName"]),
    )


def _shown_status(seat: Seat, analysis: Analysis | None) -> str:
    """As people see it: whatever an analysis was, it is processed once the task is done."""
    if analysis is None:
        return ""
    return AnalysisStatus.PROCESSED if seat.state == SeatState.DONE else analysis.status
