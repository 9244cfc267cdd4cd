"""An answer taken apart while it arrives: prose for people, and the objects that may be the verdict. Pure.

What is prose does not depend on how the answer was cut into pieces.
"""

from __future__ import annotations

import re
from enum import Enum, auto

_START = re.compile(r"```|\{")
_FENCE = re.compile(r"```[ \t]{0,8}[A-Za-z0-9]{0,12}\s{0,16}\{")
_MAYBE_FENCE = re.compile(r"```[ \t]{0,8}[A-Za-z0-9]{0,12}\s{0,16}")
_OBJECT = re.compile(r"""\{\s{0,64}["'“”‘’]|\{\s{0,64}(?:verdict|summary|findings)""")
_MAYBE_OBJECT = re.compile(r"\{\s{0,64}[a-z]{0,8}")
_VERDICT = re.compile(r"verdict|findings")
_TICKS = re.compile(r"`{1,2}\Z")
# What is no word behind a verdict: the end of its fence, and of the answer where a server passes that on.
_END_MARKS = re.compile(
    r"</(?:answer|response|s)>|<\|(?:im_end|end|endoftext|end_of_text|eot_id|eos|return|end_response)\|>"
    r"|~~~|[`\s\u200b\ufeff]",
    re.IGNORECASE,
)


class _State(Enum):
    PROSE = auto()
    OBJECT = auto()
    CLOSING = auto()  # behind an object of a fence, whose end is not for people


class ProseScanner:
    """Cuts the JSON objects that look like a verdict out of an answer that comes in pieces.

    An object ends with its last brace, or where a line begins with ```, which stands in no JSON. One that names
    neither verdict nor findings is prose.
    """

    def __init__(self) -> None:
        self._state = _State.PROSE
        self._text = ""  # what is not decided yet
        self._at = 0  # how far an object was read
        self._depth = 0
        self._is_quoted = False
        self._is_escaped = False
        self._is_fenced = False
        self._is_ended = False
        self._blocks: list[str] = []
        self._behind: list[str] = []  # prose since the last block
        self._passed = 0  # characters that are decided
        self.end = 0  # how many came before the end of the last block

    @property
    def blocks(self) -> tuple[str, ...]:
        """The objects that look like a verdict, as they were written, the last one perhaps not complete."""
        return tuple(self._blocks)

    @property
    def behind(self) -> str:
        """What was written behind the last of them, but white space and marks of an end."""
        return _END_MARKS.sub("", "".join(self._behind))

    def feed(self, piece: str) -> str:
        """What of the answer so far is prose, and was not returned before."""
        self._text += piece
        return self._drain()

    def finish(self) -> str:
        """The rest of the prose."""
        self._is_ended = True
        return self._drain()

    def _drain(self) -> str:
        shown: list[str] = []
        steps = {_State.PROSE: self._read_prose, _State.OBJECT: self._read_object, _State.CLOSING: self._read_closing}
        while self._text and steps[self._state](shown):
            pass
        return "".join(shown)

    # Each reads on from what is not decided yet, and says whether it came to a decision.

    def _read_prose(self, shown: list[str]) -> bool:
        found = _START.search(self._text)
        if not found:
            held = None if self._is_ended else _TICKS.search(self._text)
            self._show(shown, held.start() if held else len(self._text))
            return False
        self._show(shown, found.start())
        whole, maybe = (_FENCE, _MAYBE_FENCE) if found[0] == "```" else (_OBJECT, _MAYBE_OBJECT)
        opened = whole.match(self._text)
        if opened:
            self._open(opened[0].index("{"), is_fenced=found[0] == "```")
        elif not self._is_ended and maybe.fullmatch(self._text):
            return False
        else:
            self._show(shown, len(found[0]))
        return True

    def _open(self, brace: int, *, is_fenced: bool) -> None:
        self._state, self._at = _State.OBJECT, brace
        self._depth, self._is_quoted, self._is_escaped, self._is_fenced = 0, False, False, is_fenced

    def _read_object(self, shown: list[str]) -> bool:
        text = self._text
        while self._at < len(text):
            character = text[self._at]
            if text.startswith("\n```", self._at):
                self._close(shown, self._at + 1)
                return True
            if (
                character == "\n"
                and not self._is_ended
                and len(text) - self._at < 4
                and "\n```".startswith(text[self._at :])
            ):
                return False
            self._at += 1
            if self._ends_object(character):
                self._close(shown, self._at)
                return True
        if self._is_ended:
            self._close(shown, self._at)
        return self._is_ended

    def _ends_object(self, character: str) -> bool:
        if self._is_escaped:
            self._is_escaped = False
        elif self._is_quoted:
            self._is_escaped = character == "\\"
            self._is_quoted = character != '"'
        elif character == '"':
            self._is_quoted = True
        elif character in "{}":
            self._depth += 1 if character == "{" else -1
            return self._depth == 0
        return False

    def _close(self, shown: list[str], end: int) -> None:
        block = self._text[:end]
        if not _VERDICT.search(block):
            self._state = _State.PROSE
            self._show(shown, end)
            return
        self._blocks.append(block[block.index("{") :])
        self._behind.clear()
        self._pass(end)
        self.end = self._passed
        self._state = _State.CLOSING if self._is_fenced else _State.PROSE

    def _read_closing(self, shown: list[str]) -> bool:
        rest = self._text.lstrip()
        if not self._is_ended and "```".startswith(rest):
            return False  # also where nothing but white space came
        self._pass(len(self._text) - len(rest) + 3 if rest.startswith("```") else 0)
        self._state = _State.PROSE
        return True

    def _show(self, shown: list[str], end: int) -> None:
        shown.append(self._text[:end])
        self._behind += [self._text[:end]] if self._blocks else []
        self._pass(end)

    def _pass(self, end: int) -> None:
        self._passed += end
        self._text = self._text[end:]
