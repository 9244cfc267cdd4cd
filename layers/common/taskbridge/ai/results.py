"""What an analysis came to: the verdict, and a finding with evidence for each clause of the rule."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from taskbridge.usage import Usage


class Verdict(StrEnum):
    """What the analysis advises. It decides nothing: people do."""

    APPROVE = "approve"
    REJECT = "reject"
    NEEDS_HUMAN = "needs_human"


class FindingResult(StrEnum):
    """How the form stands to one clause of the rule."""

    PASS = "pass"  # noqa: S105 - a word
    FAIL = "fail"
    UNKNOWN = "unknown"


class Origin(StrEnum):
    """Who found it: the model, or a check that code computed."""

    MODEL = "model"
    COMPUTED = "computed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A quote, and where it stands: a field's key, or an attachment (`附件2.pdf` is the one with `number` 2).

    `page` counts from 1, null where the source has no pages. `verified`: code found the quote there. `passage` is what
    stands around it in an attachment, as it was read; empty for a field, whose text the form has.
    """

    source: str
    page: int | None = None
    quote: str
    verified: bool = False
    passage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One clause, and how the form stands to it.

    `number` is that of the clause among those that the rule was read as, from 1; null where the finding is of none of
    them, which is stored as 0. `covers`: a computed finding that decides its clause alone, as the person said who
    confirmed the check.
    """

    clause: str
    result: FindingResult
    number: int | None = 0
    covers: bool = False
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()
    origin: Origin = Origin.MODEL


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one question: stored once, shown to everyone who has the same fingerprint.

    `text` is the prose as it was streamed, `downgraded` why a model's verdict became needs_human (Chinese, None where
    it did not), `raw` the whole answer where it could not be read, `notes` what people should know of how it came
    about (an attachment that was not readable, text that was left out, another model that stepped in).
    """

    verdict: Verdict
    summary: str = ""
    text: str = ""
    findings: tuple[Finding, ...] = ()
    downgraded: str | None = None
    raw: str = ""
    notes: tuple[str, ...] = ()
    platform_id: str = ""
    model: str = ""
    question_id: str = ""
    usage: Usage = Usage()
