"""Clauses of a rule: the parts that a finding is owed for, one each. Pure.

People write rules as they write letters: numbered or not, a line a clause or all in one line. What divides them is
read from the text alone, so that the same rule always has the same clauses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

SEPARATORS = "；;。！？!?"
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
# != and a full stop of English text are told by what stands behind them.
_BREAK = re.compile(
    rf"(?:[；;。！？\n\r]|[!?](?!=))+|(?<=[a-z)]\.)\s(?=[A-Z])|(?<=[\s:：,，{SEPARATORS}])(?={_MARKER})|(?=[①-⑳])"
)
# Numbers in a row need no break: （1）有发票（2）有签字. Each style by itself; its group is the number.
_COUNTED = tuple(
    re.compile(style)
    for style in (
        r"[（(]([0-9]{1,3}|[一二三四五六七八九十]{1,3})[)）]",
        r"(?<![0-9.])([0-9]{1,3})[、.．)）](?![0-9])",
        r"(?<![第一二三四五六七八九十百])([一二三四五六七八九十]{1,3})[、.．]",
        r"第([0-9]{1,3}|[一二三四五六七八九十]{1,3})[条款项]",
    )
)
_BLANKS = re.compile(r"[^\S\n\r]+")
_FIGURES = "一二三四五六七八九"


def split_clauses(rule: str) -> tuple[str, ...]:
    """The clauses of a rule, in order; at least one where the rule is not blank.

    A line, a ；, a 。, a ！ or a number (1. 1、 （1） 一、 ① 第一条) starts a new one. A heading, or a number that
    stands alone, belongs to what follows it. Nothing is lost but white space and the stops between clauses.
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


def find_clause(text: str, clauses: Sequence[str]) -> int:
    """The number of the clause whose very words `text` is, counted from 1; 0 where it is none's, or of several."""
    wanted = _fold(text)
    found = [number for number, clause in enumerate(clauses, start=1) if wanted and _fold(clause) == wanted]
    return found[0] if len(found) == 1 else 0


def without_number(text: str) -> str:
    """The text without the numbers and bullets in front of it."""
    found = _LEADING_MARKERS.match(text)
    return text[found.end() :] if found else text


def _pieces(rule: str) -> list[str]:
    lines = re.split(r"[\n\r]+", _BLANKS.sub(" ", rule))
    pieces = [piece for line in lines for part in _count_apart(line) for piece in _BREAK.split(part)]
    return [piece.strip() for piece in pieces if piece.strip()]


def _count_apart(line: str) -> list[str]:
    """A line cut before 2, 3, 4 … where it begins with 1 in the same style, behind a heading perhaps."""
    for style in _COUNTED:
        marks = _marks_in_a_row(style, line)
        if len(marks) > 1:
            return [line[at:end] for at, end in zip([0, *marks[1:]], [*marks[1:], len(line)], strict=True)]
    return [line]


def _marks_in_a_row(style: re.Pattern[str], line: str) -> list[int]:
    marks: list[int] = []
    for found in style.finditer(line):
        if _count_of(found[1]) != len(marks) + 1:
            continue
        if not marks and line[: found.start()].strip() and line[: found.start()].rstrip()[-1] not in ":：,，；;。！":
            return []  # the first one refers to something
        marks.append(found.start())
    return marks


def _count_of(numeral: str) -> int:
    """一 to 九十九, or digits, as a number; 0 where it is none."""
    if numeral.isdigit():
        return int(numeral)
    tens, ten, ones = numeral.rpartition("十") if "十" in numeral else ("", "", numeral)
    if any(len(part) > 1 for part in (tens, ones)):
        return 0
    return (_FIGURES.find(tens) + 1 if tens else 1) * 10 * bool(ten) + (_FIGURES.find(ones) + 1 if ones else 0)


def _is_heading(piece: str) -> bool:
    unnumbered = _LEADING_MARKERS.sub("", f"{piece} ", count=1).strip()
    return piece.startswith("#") or piece.endswith((":", "：")) or (not unnumbered and _says_something(piece))


def _says_something(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _fold(text: str) -> str:
    # Before, since ① becomes a plain figure; and behind, since １． becomes a number.
    unnumbered = without_number(unicodedata.normalize("NFKC", without_number(text)).casefold())
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
