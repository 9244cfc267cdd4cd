"""Texts from outside made fit for lines: no controls, no halves of characters, no surprise line breaks. Pure."""

from __future__ import annotations

import re

_LINE_BREAKS = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
# Controls, blanks without width, marks that turn the direction of writing, invisible tags: a person would read
# something else than a model does.
_UNFIT = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
_HALVES = re.compile(r"[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """The same text with `\\n` for every kind of line break, and without what cannot be seen or encoded."""
    # All of that is what Python would not print, and to look is a tenth of the work: most texts are fine.
    if text.isprintable():
        return text
    return _HALVES.sub("\ufffd", _UNFIT.sub("", _LINE_BREAKS.sub("\n", text)))


def one_line(text: str) -> str:
    """The same text on one line, every run of white space as one blank."""
    return " ".join(clean_text(text).split())
