"""A model's thinking, cut out of its answer while it arrives: it is for nobody, and a draft in it is no verdict. Pure.

Servers without a reasoning parser send it in the answer, between tags. Some leave the first tag out, since it stood in
their own template: then everything before the last tag was thinking.
"""

from __future__ import annotations

import re

_NAMES = r"(?:[a-z]{1,12}:)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|scratchpad)"
_ATTRIBUTES = r"(?:\s[^<>/=]{0,24}=[^<>/]{0,48})?"
_OPENING = re.compile(
    rf"<\s{{0,4}}{_NAMES}{_ATTRIBUTES}\s{{0,4}}>|◁think▷|<\|(?:begin_of_thought|start_thinking|think)\|>",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    rf"<\s{{0,4}}/\s{{0,4}}{_NAMES}\s{{0,4}}>|◁/think▷|<\|(?:end_of_thought|end_thinking|/think)\|>", re.IGNORECASE
)
_EITHER = re.compile(rf"(?P<open>{_OPENING.pattern})|{_CLOSING.pattern}", re.IGNORECASE)
_MAYBE_TAG = re.compile(
    rf"(?:<\s{{0,4}}(?:/\s{{0,4}})?(?:[|/a-z_:]{{0,24}}|{_NAMES}\s[^<>]{{0,79}})|◁[^▷]{{0,8}})\Z", re.IGNORECASE
)


class ThinkingCutter:
    """Takes an answer in pieces and gives back what is not thinking.

    `restarts` counts how often it turned out that everything before had been thinking. `kept` is how many characters
    were kept since, and `begun_at` how many when thinking began last, -1 for never.
    """

    def __init__(self) -> None:
        self._text = ""  # what is not decided yet
        self._depth = 0
        self.restarts = 0
        self.kept = 0
        self.begun_at = -1

    def feed(self, piece: str) -> str:
        """What of the answer so far is no thinking, and was not returned before."""
        self._text += piece
        kept: list[str] = []
        while found := _EITHER.search(self._text):
            self._cut(found, kept)
        held = _MAYBE_TAG.search(self._text)
        end = held.start() if held else len(self._text)
        self._keep(self._text[:end], kept)
        self._text = self._text[end:]
        return "".join(kept)

    def finish(self) -> str:
        """The rest; thinking that never ended is thinking."""
        rest, self._text = self._text, ""
        return rest if self._depth == 0 else ""

    def _cut(self, found: re.Match[str], kept: list[str]) -> None:
        self._keep(self._text[: found.start()], kept)
        if found["open"]:
            self.begun_at = self.begun_at if self._depth else self.kept
            self._depth += 1
        elif self._depth:
            self._depth -= 1
        else:
            kept.clear()
            self.kept, self.begun_at = 0, -1
            self.restarts += 1
        self._text = self._text[found.end() :]

    def _keep(self, text: str, kept: list[str]) -> None:
        if self._depth == 0:
            kept.append(text)
            self.kept += len(text)
