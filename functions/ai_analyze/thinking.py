"""A model's thinking, cut out of its answer while it arrives: it is for nobody, and a draft in it is no verdict. Pure.

Servers without a reasoning parser send it in the answer, between tags. Some leave the first tag out, since it stood in
their own template: then everything before the last tag was thinking.
"""

from __future__ import annotations

import re

_NAMES = r"(?:think(?:ing)?|thought|reason(?:ing)?|reflection|scratchpad)"
_OPENING = re.compile(rf"<\s{{0,4}}{_NAMES}\s{{0,4}}>|◁think▷|<\|begin_of_thought\|>", re.IGNORECASE)
_CLOSING = re.compile(rf"<\s{{0,4}}/\s{{0,4}}{_NAMES}\s{{0,4}}>|◁/think▷|<\|end_of_thought\|>", re.IGNORECASE)
_EITHER = re.compile(rf"(?P<open>{_OPENING.pattern})|{_CLOSING.pattern}", re.IGNORECASE)
_MAYBE_TAG = re.compile(r"[<◁][^>▷]{0,31}\Z")


class ThinkingCutter:
    """Takes an answer in pieces and gives back what is not thinking.

    `restarts` counts how often it turned out that everything before had been thinking.
    """

    def __init__(self) -> None:
        self._text = ""  # what is not decided yet
        self._depth = 0
        self.restarts = 0

    def feed(self, piece: str) -> str:
        """What of the answer so far is no thinking, and was not returned before."""
        self._text += piece
        kept: list[str] = []
        while found := _EITHER.search(self._text):
            self._cut(found, kept)
        held = _MAYBE_TAG.search(self._text)
        end = held.start() if held else len(self._text)
        if self._depth == 0:
            kept.append(self._text[:end])
        self._text = self._text[end:]
        return "".join(kept)

    def finish(self) -> str:
        """The rest; thinking that never ended is thinking."""
        rest, self._text = self._text, ""
        return rest if self._depth == 0 else ""

    def _cut(self, found: re.Match[str], kept: list[str]) -> None:
        if self._depth == 0:
            kept.append(self._text[: found.start()])
        if found["open"]:
            self._depth += 1
        elif self._depth:
            self._depth -= 1
        else:
            kept.clear()
            self.restarts += 1
        self._text = self._text[found.end() :]
