"""One answer on its way to people: prose out, masked values back in, the verdict kept for reading."""

from __future__ import annotations

from typing import Protocol

from ai_analyze.personal_data import Masking, Restorer
from ai_analyze.prose import ProseScanner
from ai_analyze.thinking import ThinkingCutter
from taskbridge.platforms.surrogates import mend

LONGEST_PROSE = 60_000


class Sink(Protocol):
    """Takes the prose while it arrives. What it raises ends the review."""

    def text(self, piece: str) -> None:
        """The next piece of prose."""
        ...


class Transcript:
    """Everything that went to the sink, which is what a review has as its text."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._pieces: list[str] = []
        self._room = LONGEST_PROSE

    @property
    def text(self) -> str:
        """What was told so far."""
        return "".join(self._pieces)

    def tell(self, text: str) -> None:
        """Tell the next piece; what is beyond LONGEST_PROSE is left out."""
        piece = text[: self._room]
        if piece:
            self._sink.text(piece)
            self._pieces.append(piece)
            self._room -= len(piece)


class Listener:
    """Listens to one answer. `transcript` None: its prose is for nobody."""

    def __init__(self, masking: Masking, transcript: Transcript | None = None) -> None:
        self._thinking = ThinkingCutter()
        self._restorer = Restorer(masking)
        self._transcript = transcript
        self._heard: list[str] = []
        self._forget()

    def _forget(self) -> None:
        """Begin anew: what was heard so far turned out to be thinking."""
        self._scanner = ProseScanner()
        self._said: list[str] = []
        self._prose: list[str] = []

    @property
    def heard(self) -> str:
        """The answer as it came so far."""
        return "".join(self._heard)

    @property
    def said(self) -> str:
        """The same without the model's thinking."""
        return "".join(self._said)

    @property
    def prose(self) -> str:
        """The prose of what was said."""
        return "".join(self._prose)

    @property
    def blocks(self) -> tuple[str, ...]:
        """The objects in the answer that look like a verdict."""
        return self._scanner.blocks

    @property
    def goes_on(self) -> bool:
        """Whether something was said, or thought, behind the last of them."""
        return bool(self._scanner.behind) or self._thinking.begun_at >= self._scanner.end

    def hear(self, piece: str) -> None:
        """The next piece of the answer."""
        sound = mend(piece)
        self._heard.append(sound)
        self._listen(self._thinking.feed(sound))

    def finish(self) -> None:
        """The answer is whole."""
        self._listen(self._thinking.finish())
        self._tell(self._scanner.finish())
        self._show(self._restorer.finish())

    def _listen(self, piece: str) -> None:
        if self._thinking.restarts:
            self._thinking.restarts = 0
            self._forget()
        self._said.append(piece)
        self._tell(self._scanner.feed(piece))

    def _tell(self, prose: str) -> None:
        self._prose.append(prose)
        self._show(self._restorer.feed(prose))

    def _show(self, prose: str) -> None:
        if self._transcript:
            self._transcript.tell(prose)
