"""Clauses that a model finds in a policy document, and what code says of them. Pure.

A sentence counts only where it stands in the document, on a page; a clause only with the figures of its sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from string import Template

import msgspec

from ai_analyze.evidence import find_places, fold
from ai_analyze.fence import build_fence, indented, single_line
from ai_analyze.propose import read_entries
from taskbridge.ai.clauses import SEPARATORS, find_clause, split_clauses
from taskbridge.ai.documents import (
    CLAUSE_CHARS,
    MOST_CLAUSES,
    SENTENCE_CHARS,
    ClauseChange,
    DocumentClause,
    DroppedClause,
    FoundClause,
)
from taskbridge.reasons import build_reason

PORTION_CHARS = 12_000  # of a document in one question: Chinese, some 10,000 tokens
MOST_PORTIONS = 5
SHORTEST_SENTENCE = 4

NOT_THERE = build_reason("clause_not_there")
OTHER_FIGURES = build_reason("clause_figures")
TOO_LONG = build_reason("clause_length")
NOT_ONE = build_reason("clause_many")

Portion = tuple[tuple[int, str], ...]  # (page from 1, text)
_FOLDER = Path(__file__).with_name("templates")
_FIGURES = re.compile(r"[0-9]+(?:[.,:/-][0-9]+)*[%‰十百千万亿]*")


class _ClauseWire(msgspec.Struct):
    clause: str
    sentence: str
    page: int | None = None


def split_portions(pages: Sequence[str]) -> tuple[Portion, ...]:
    """The document as it is asked about: whole pages together, a page that is longer cut between lines."""
    portions: list[list[tuple[int, str]]] = []
    size = PORTION_CHARS
    for number, text in enumerate(pages, start=1):
        for piece in _cut(text):
            if size + len(piece) > PORTION_CHARS:
                portions.append([])
                size = 0
            portions[-1].append((number, piece))
            size += len(piece)
    return tuple(map(tuple, portions))


def build_policy_question(portion: Portion) -> tuple[str, str]:
    """The system and the user message that ask for the clauses of a portion."""
    body = "\n".join(f"第 {number} 页：{indented(text)}" for number, text in portion)
    fence = build_fence([body])
    user = Template(_template("read-policy-material.v1.md")).substitute(
        token=fence.token, document=fence.around("制度文件", body)
    )
    return _template("read-policy.v1.md"), user


def parse_clauses(text: str) -> list[DocumentClause]:
    """The clauses of an answer, unchecked. Never raises, whatever the answer is: what is no clause is left out."""
    return [clause for entry in read_entries(text, "clauses")[:MOST_CLAUSES] for clause in _read(entry)]


def check_clauses(
    proposed: Iterable[DocumentClause], pages: Sequence[str], before: Sequence[DocumentClause], *, has_pages: bool
) -> tuple[tuple[FoundClause, ...], tuple[DroppedClause, ...]]:
    """Those whose sentence stands in the document, at its page, each once; and those that are dropped, with the reason.

    `before` is what the rule was taken from: a sentence that it has is not new. Without pages, none is told.
    """
    folded = [fold(page) for page in pages]
    known = {fold(each.sentence) for each in before}
    found: dict[str, FoundClause] = {}
    dropped: list[DroppedClause] = []
    for each in proposed:
        page = _find_page(each.sentence, folded, each.page)
        reason = _why_not(each, page)
        if reason or page is None:
            dropped.append(_drop(each, reason))
            continue
        is_new = bool(known) and fold(each.sentence) not in known
        shown = page if has_pages else None
        found.setdefault(
            fold(each.clause), FoundClause(clause=each.clause, sentence=each.sentence, page=shown, is_new=is_new)
        )
    return tuple(found.values()), tuple(dropped)


def compare(before: Iterable[DocumentClause], pages: Sequence[str], *, has_pages: bool) -> tuple[ClauseChange, ...]:
    """What a rule was taken from, beside another version of its document."""
    folded = [fold(page) for page in pages]
    return tuple(_compare(each, _find_page(each.sentence, folded, each.page), has_pages=has_pages) for each in before)


def _compare(clause: DocumentClause, page: int | None, *, has_pages: bool) -> ClauseChange:
    now = page if has_pages else None
    is_there = page is not None
    is_moved = is_there and has_pages and clause.page is not None and clause.page != page
    return ClauseChange(
        clause=clause.clause,
        sentence=clause.sentence,
        page=clause.page,
        state="moved" if is_moved else "same" if is_there else "gone",
        page_now=now,
    )


def _find_page(sentence: str, folded: Sequence[str], likely: int | None) -> int | None:
    """The page on which a sentence stands, or begins; the likely one first."""
    wanted = fold(sentence)
    if len(wanted) < SHORTEST_SENTENCE:
        return None
    numbers = sorted(range(1, len(folded) + 1), key=lambda number: number != likely)
    on_one = (number for number in numbers if find_places(wanted, folded[number - 1]))
    on_two = (number for number in numbers if find_places(wanted, "".join(folded[number - 1 : number + 1])))
    return next(on_one, None) or next(on_two, None)


def _why_not(each: DocumentClause, page: int | None) -> str:
    if not each.clause or len(each.clause) > CLAUSE_CHARS or len(each.sentence) > SENTENCE_CHARS:
        return TOO_LONG
    if find_clause(each.clause, split_clauses(each.clause)) != 1:
        return NOT_ONE
    if page is None:
        return NOT_THERE
    said, wanted = ({*_FIGURES.findall(fold(text))} for text in (each.sentence, each.clause))
    return "" if wanted <= said else OTHER_FIGURES


def _drop(each: DocumentClause, reason: str) -> DroppedClause:
    clause, sentence = each.clause[:CLAUSE_CHARS], each.sentence[:SENTENCE_CHARS]
    return DroppedClause(clause=clause, sentence=sentence, page=each.page, reason=reason)


def _read(entry: object) -> Iterator[DocumentClause]:
    try:
        wire = msgspec.convert(entry, _ClauseWire)
    except msgspec.ValidationError:
        return  # no clause at all: there is nothing to show for it
    clause = single_line(wire.clause).strip(SEPARATORS)
    yield DocumentClause(clause=clause, sentence=single_line(wire.sentence), page=wire.page)


def _cut(text: str) -> Iterator[str]:
    """A page in pieces that fit into a question, between lines where it can be."""
    piece = ""
    for line in text.splitlines(keepends=True):
        if piece and len(piece) + len(line) > PORTION_CHARS:
            yield piece
            piece = ""
        piece += line
        while len(piece) > PORTION_CHARS:
            yield piece[:PORTION_CHARS]
            piece = piece[PORTION_CHARS:]
    if piece.strip():
        yield piece


@cache
def _template(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
