"""Clauses of a rule: the parts that a finding is owed for, one each. Pure.

People write rules as they write letters: numbered or not, a line a clause or all in one line. What divides them is
read from the text alone, so that the same rule always has the same clauses.
"""

from __future__ import annotations

import re
import unicodedata

SEPARATORS = "；;。"
_SHORTEST_PART = 4
_NUMERAL = "[一二三四五六七八九十百]{1,4}"
_NUMBER = r"[0-9]{1,3}"
# A clause starts behind one of these; `1.` and `1、` count only where no figure follows (3.5, 1、2 号楼).
_MARKER = (
    rf"第(?:{_NUMERAL}|{_NUMBER})[条款项][、.．:：\s]?"
    rf"|[（(](?:{_NUMERAL}|{_NUMBER})[)）]"
    rf"|{_NUMERAL}[、.．]"
    rf"|{_NUMBER}[、.．)）](?![0-9])"
    r"|[①-⑳]"
    r"|[-*•·#]{1,6}\s"
)
_LEADING_MARKERS = re.compile(rf"(?:\s*(?:{_MARKER}))+")
# In the middle of a line a marker needs a break before it: 第（1）项 and 按（2）执行 refer, they do not number.
_BREAK = re.compile(rf"[{SEPARATORS}\n\r]+|(?<=[\s:：,，{SEPARATORS}])(?={_MARKER})|(?=[①-⑳])")


def split_clauses(rule: str) -> tuple[str, ...]:
    """The clauses of a rule, in order; at least one where the rule is not blank.

    A line, a ；, a 。 or a number (1. 1、 （1） 一、 ① 第一条) starts a new one. A heading, or a number that stands
    alone, belongs to what follows it. Nothing is lost but white space and the ；;。 between clauses.
    """
    clauses: list[str] = []
    heading = ""
    for piece in _pieces(rule):
        text = f"{heading} {piece}".strip()
        if _is_heading(piece):
            heading = text
            continue
        heading = ""
        if clauses and not _says_something(piece):
            clauses[-1] = f"{clauses[-1]}{text}"
        else:
            clauses.append(text)
    if heading:
        clauses.append(heading)
    return tuple(clauses) or ((rule.strip(),) if rule.strip() else ())


def same_clause(a: str, b: str) -> bool:
    """Whether two texts mean the same clause: one is, or holds, the other.

    White space, punctuation, letter case, full-width forms and leading numbers are folded away. Figures are not: 500
    is not part of 5000. A part of fewer than four characters names nothing.
    """
    shorter, longer = sorted((_fold(a), _fold(b)), key=len)
    if shorter == longer:
        return bool(shorter)
    return len(shorter) >= _SHORTEST_PART and _holds(longer, shorter)


def _pieces(rule: str) -> list[str]:
    return [piece.strip() for piece in _BREAK.split(rule) if piece.strip()]


def _is_heading(piece: str) -> bool:
    unnumbered = _LEADING_MARKERS.sub("", f"{piece} ", count=1).strip()
    return piece.startswith("#") or piece.endswith((":", "：")) or (not unnumbered and _says_something(piece))


def _says_something(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    unnumbered = _LEADING_MARKERS.sub("", plain, count=1) if _LEADING_MARKERS.match(plain) else plain
    return "".join(
        character
        for index, character in enumerate(unnumbered)
        if character.isalnum() or character in "<>=≤≥%" or _is_point(unnumbered, index)
    )


def _is_point(text: str, index: int) -> bool:
    return text[index] == "." and text[index - 1 : index].isdigit() and text[index + 1 : index + 2].isdigit()


def _holds(longer: str, shorter: str) -> bool:
    """Whether a part stands in a text without a figure being cut in two."""
    at = longer.find(shorter)
    while at >= 0:
        if not _cuts(longer, at) and not _cuts(longer, at + len(shorter)):
            return True
        at = longer.find(shorter, at + 1)
    return False


def _cuts(text: str, at: int) -> bool:
    before, after = text[at - 1 : at], text[at : at + 1]
    return (before.isdigit() or before == ".") and (after.isdigit() or after == ".")
