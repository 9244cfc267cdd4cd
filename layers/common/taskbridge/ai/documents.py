"""Policy documents: the clauses that a rule takes from one, each with the sentence it stands in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from taskbridge.ai.clauses import find_clause, split_clauses

MOST_BYTES = 3 * 1024 * 1024  # in base64 as JSON: 4 MB, of the 6 that an invocation may be handed
MOST_CLAUSES = 60
NAME_CHARS = 200
CLAUSE_CHARS = 300
SENTENCE_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentClause:
    """A clause of a rule, and the very words of the document that it stems from.

    `page` counts from 1, null where the document has no pages (Word).
    """

    clause: str
    sentence: str
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDocument:
    """The document that a rule was taken from: name, SHA-256 of its bytes in hex, and where the clauses stand."""

    name: str
    sha256: str
    clauses: tuple[DocumentClause, ...] = ()

    def kept_with(self, rule: str) -> RuleDocument:
        """The document of a rule whose text changed: with the sentences of those clauses that it still has."""
        return replace(self, clauses=_of_rule(self.clauses, rule))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseChange:
    """A clause of the rule beside a newer version of its document.

    `state`: its sentence stands there as before (`page_now`), on another page, or no longer.
    """

    clause: str
    sentence: str
    page: int | None
    state: Literal["same", "moved", "gone"]
    page_now: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewerDocument:
    """A newer version of the document that a rule was taken from, and the clauses whose sentence it no longer has.

    `at` is when it was read, RFC 3339 in UTC.
    """

    name: str
    sha256: str
    at: str
    gone: tuple[DocumentClause, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundClause(DocumentClause):
    """A clause that a model proposes; code found its sentence on that page. `is_new`: the version before had it not."""

    is_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedClause(DocumentClause):
    """A clause of the model that is not proposed, and why (Chinese)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReading:
    """What was read of a document. `problem` (Chinese): what could not be, empty where it is all there is.

    It is asked about in `portions`, of which `asked` have been. `changes` are the clauses of the rule beside it, where
    it is a newer version of its document.
    """

    name: str
    sha256: str
    pages: int
    problem: str = ""
    portions: int = 0
    asked: int = 0
    clauses: tuple[FoundClause, ...] = ()
    dropped: tuple[DroppedClause, ...] = ()
    changes: tuple[ClauseChange, ...] = ()

    @property
    def gone(self) -> tuple[DocumentClause, ...]:
        """The clauses of the rule whose sentence the document no longer has."""
        gone = (change for change in self.changes if change.state == "gone")
        return tuple(DocumentClause(clause=each.clause, sentence=each.sentence, page=each.page) for each in gone)

    def kept_with(self, rule: str) -> RuleDocument:
        """The document as it is kept with a rule of this text: with the sentences of those clauses that it has."""
        standing = [
            DocumentClause(clause=change.clause, sentence=change.sentence, page=change.page_now)
            for change in self.changes
            if change.state != "gone"
        ]
        found = [DocumentClause(clause=each.clause, sentence=each.sentence, page=each.page) for each in self.clauses]
        return RuleDocument(name=self.name, sha256=self.sha256, clauses=_of_rule([*found, *standing], rule))


def _of_rule(found: Iterable[DocumentClause], rule: str) -> tuple[DocumentClause, ...]:
    """In the order of the rule, each of its clauses once, in the rule's words."""
    clauses = split_clauses(rule)
    by_number: dict[int, DocumentClause] = {}
    for each in found:
        number = find_clause(each.clause, clauses)
        if number:
            by_number.setdefault(number, replace(each, clause=clauses[number - 1]))
    return tuple(by_number[number] for number in sorted(by_number))[:MOST_CLAUSES]


def as_rule(clauses: Sequence[DocumentClause]) -> str:
    """The clauses as the text of a rule, one a line."""
    return "\n".join(each.clause for each in clauses)
