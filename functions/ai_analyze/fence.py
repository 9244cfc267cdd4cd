"""Untrusted text kept apart from instructions: cleaned, indented, between markers that it cannot forge. Pure.

A marker holds a token that is a digest of everything between the markers of a prompt. Whoever writes a text cannot
know the token of the prompt that the text will be in, while the same prompt always has the same one.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

TOKEN_CHARS = 20
_INDENT = "    "
_BRACKETS = "<＜﹤"
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
# Letters and signs that no one sees: Hangul fillers, the grapheme joiner, the empty Braille pattern.
_BLANKS = "\u115f\u1160\u3164\uffa0\u034f\u2800"


class _Cleaning(dict[int, str]):
    """What becomes of each character, found out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = cleaned = _clean_character(chr(code))
        return cleaned


def _clean_character(character: str) -> str:
    if character in _LINE_ENDS:
        return "\n"
    if character == "\t":
        return " "
    if character in _BRACKETS:
        return f"{character} "
    if unicodedata.category(character) == "Cs":
        return "\ufffd"
    return "" if is_hidden(character) else character


def is_hidden(character: str) -> bool:
    """Whether no one sees this character: a control, a mark of direction, a joiner, a filler. Line ends are seen."""
    is_selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    is_unseen = unicodedata.category(character) in {"Cc", "Cf"} or is_selector or character in _BLANKS
    return is_unseen and character not in _LINE_ENDS and character != "\t"


_CLEANING = _Cleaning()


def clean(text: str) -> str:
    """`text` as a person sees it: no invisible characters, one kind of line end, no lone surrogates.

    Every < is followed by a space, so that neither our markers nor the control words of a model (<|im_end|>) can stand
    in it.
    """
    return text.replace("\r\n", "\n").translate(_CLEANING)


def single_line(text: str) -> str:
    """`text` cleaned, with every run of white space as one space."""
    return " ".join(clean(text).split())


def indented(text: str) -> str:
    """`text` cleaned, blank lines left out, every line but the first set in: none can pass for a heading of ours."""
    return f"\n{_INDENT}".join(line.strip() for line in clean(text).split("\n") if line.strip())


@dataclass(frozen=True, slots=True)
class Fence:
    """The markers of one prompt."""

    token: str

    def around(self, title: str, body: str) -> str:
        """`body` between its markers. `title` is a name of ours, `body` was cleaned."""
        return f"<<<材料开始 {self.token} {title}>>>\n{body}\n<<<材料结束 {self.token} {title}>>>"


def build_fence(bodies: Iterable[str]) -> Fence:
    """The fence for these bodies: the same for the same ones, with a token that stands in none of them."""
    whole = "\0".join(bodies)
    token = _digest(whole)
    while token in whole:
        token = _digest(token + whole)
    return Fence(token)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:TOKEN_CHARS]
