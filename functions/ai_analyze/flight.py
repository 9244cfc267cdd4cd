"""The one worker in the fleet that asks a question, and the pieces of its answer as they come.

A fingerprint is asked by whoever holds its flight; everyone else waits for the answer. Pieces are numbered and only
ever added: a worker that takes a dead one's flight over goes on behind what that one had written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from taskbridge.ai.results import Review
from taskbridge.errors import StoreError
from taskbridge.tables.ai_answers import AnswerTable

PIECE_INTERVAL_S = 0.2
PIECE_CHARS = 2000
STARTED_ANEW = "\n\n（分析中断，重新开始）\n\n"


class LostFlight(StoreError):
    """Another worker has taken the flight over, or the answer was erased: it was too slow here."""


@dataclass
class Recorder:
    """Writes the prose of an answer in pieces: the first at once, later ones gathered for a fifth of a second.

    `text` raises LostFlight where another worker writes the same answer. `clock` gives epoch seconds.
    """

    answers: AnswerTable
    answer_id: str
    next_piece: int
    expires_at: float
    clock: Callable[[], float]
    before: str = ""
    first_at: float = 0.0  # when the first word came, 0 for not yet
    _waiting: str = ""
    _flushed_at: float = 0.0

    def start_anew(self) -> None:
        """Go on behind what a worker that died had written, and say so."""
        if self.next_piece > 1:
            self.before = self._written()
            self.before += STARTED_ANEW
            self._append(STARTED_ANEW)

    def text(self, piece: str) -> None:
        """Prose that came just now."""
        self.first_at = self.first_at or self.clock()
        self._waiting += piece
        due = self.clock() - self._flushed_at >= PIECE_INTERVAL_S
        if self._waiting and (due or len(self._waiting) >= PIECE_CHARS):
            self.flush()

    def flush(self) -> None:
        """Write what is gathered."""
        if self._waiting:
            text, self._waiting = self._waiting, ""
            self._append(text)
            self._flushed_at = self.clock()

    def complete(self, review: Review, holder: str) -> Review:
        """Store the answer, its prose as it stands in the pieces. Raises LostFlight."""
        self.flush()
        whole = msgspec.structs.replace(review, text=self.before + review.text)
        if not self.answers.finish(self.answer_id, holder, whole, self.next_piece - 1):
            raise LostFlight(f"answer {self.answer_id}")
        return whole

    def _append(self, text: str) -> None:
        if not self.answers.append(self.answer_id, self.next_piece, text, self.expires_at):
            raise LostFlight(f"answer {self.answer_id}")
        self.next_piece += 1

    def _written(self) -> str:
        parts: list[str] = []
        after = 0
        while pieces := self.answers.pieces(self.answer_id, after):
            parts += [piece.text for piece in pieces]
            after = pieces[-1].number
        return "".join(parts)
