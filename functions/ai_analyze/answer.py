"""The verdict in an answer: read strictly, mended where it is broken, never an approve that was not there. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from ai_analyze.mending import mend_json
from taskbridge.ai.results import Evidence, Finding, FindingResult, Verdict
from taskbridge.platforms.surrogates import mend

MOST_FINDINGS = 100
MOST_EVIDENCE = 10
LONGEST_TEXT = 1000
LONGEST_BLOCK = 60_000
MOST_BLOCKS = 8
MOST_PAGES = 100_000
# What is mended is never an approve.
_DIGITS = re.compile(r"[0-9]{1,3}")
_WORTH_MENDING = re.compile(f"{Verdict.REJECT}|{Verdict.NEEDS_HUMAN}")


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """What an answer said. `is_strict`: it was valid as it stood, without a key besides, and nothing had to be mended.

    `disagrees`: the answer held several verdicts that are not the same.
    """

    verdict: Verdict
    summary: str
    findings: tuple[Finding, ...]
    is_strict: bool = True
    disagrees: bool = False


class _EvidenceWire(msgspec.Struct):
    source: str | None = ""
    page: int | float | str | None = None
    quote: str | int | float | None = ""


class _FindingWire(msgspec.Struct):
    clause: str | int
    result: FindingResult
    number: int | float | str | None = None
    reason: str | None = ""
    evidence: list[_EvidenceWire] | None = None


class _VerdictWire(msgspec.Struct):
    verdict: Verdict
    summary: str | None
    findings: list[_FindingWire]


_KEYS, _FINDING_KEYS, _EVIDENCE_KEYS = (
    frozenset(field.name for field in msgspec.structs.fields(wire))
    for wire in (_VerdictWire, _FindingWire, _EvidenceWire)
)


def read_answer(blocks: Sequence[str]) -> ReadAnswer | None:
    """What the objects of an answer say; None where that cannot be told, and the model has to be asked once more.

    Whatever had to be mended is never an approve: a mended approve is None. Several verdicts that are not the same
    are needs_human. Never raises, whatever the blocks hold.
    """
    if len(blocks) > MOST_BLOCKS:
        return None
    answers = [answer for block in blocks if (answer := _read_block(block))]
    if not answers:
        return None
    last = answers[-1]
    if len({answer.verdict for answer in answers}) > 1:
        return replace(last, verdict=Verdict.NEEDS_HUMAN, disagrees=True)
    is_strict = len(answers) == len(blocks) and all(answer.is_strict for answer in answers)
    if last.verdict is Verdict.APPROVE and not is_strict:
        return None
    return replace(last, is_strict=is_strict)


def _read_block(block: str) -> ReadAnswer | None:
    text = block.strip("\ufeff \t\r\n")
    if len(text) > LONGEST_BLOCK:
        return None
    try:
        return _build_answer(_parse_strictly(text), is_strict=True)
    except (ValueError, RecursionError):
        pass  # not valid as it stands: it may be mended
    if not _WORTH_MENDING.search(text):
        return None
    try:
        return _build_answer(mend_json(text), is_strict=False)
    except ValueError:
        return None


def _parse_strictly(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return values


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _build_answer(value: Any, *, is_strict: bool) -> ReadAnswer:
    wire = msgspec.convert(value, _VerdictWire, strict=True)
    findings = tuple(_build_finding(finding) for finding in wire.findings[:MOST_FINDINGS])
    is_asked_for = _holds_only_what_was_asked(value)
    return ReadAnswer(wire.verdict, _bounded(wire.summary), findings, is_strict and is_asked_for)


def _holds_only_what_was_asked(value: Any) -> bool:
    """Whether an object that was converted has no key besides: a `final_verdict` may say something else."""
    pieces = [piece for finding in value["findings"] for piece in finding.get("evidence") or ()]
    return (
        _KEYS.issuperset(value)
        and all(_FINDING_KEYS.issuperset(finding) for finding in value["findings"])
        and all(_EVIDENCE_KEYS.issuperset(piece) for piece in pieces)
    )


def _build_finding(wire: _FindingWire) -> Finding:
    return Finding(
        clause=_bounded(wire.clause),
        number=_number_of(wire.number),
        result=wire.result,
        reason=_bounded(wire.reason),
        evidence=tuple(_build_evidence(wire.evidence or ())),
    )


def _build_evidence(wires: Iterable[_EvidenceWire]) -> Iterable[Evidence]:
    for wire in list(wires)[:MOST_EVIDENCE]:
        yield Evidence(source=_bounded(wire.source), page=_page_of(wire.page), quote=_bounded(wire.quote))


def _number_of(value: float | str | None) -> int:
    """The number of a clause where one can be read (2, 2.0, "2"), else 0."""
    number = int(value) if isinstance(value, str) and _DIGITS.fullmatch(value.strip()) else value
    is_number = isinstance(number, int | float) and number == number // 1 and 1 <= number <= MOST_PAGES
    return int(number) if is_number else 0  # type: ignore[arg-type]  # a number, as just seen


def _page_of(value: float | str | None) -> int | None:
    """The page where one can be read: 3, 3.0, "3", "第3页"."""
    found = re.search(r"[0-9]{1,6}", value[:LONGEST_TEXT]) if isinstance(value, str) else None
    number = int(found[0]) if found else value
    is_page = isinstance(number, int | float) and 1 <= number <= MOST_PAGES
    return int(number) if is_page else None  # type: ignore[arg-type]  # a number, as just seen


def _bounded(value: str | float | None) -> str:
    """As text that can be stored: no lone surrogates, not too long."""
    text = "" if value is None else str(value)
    return mend(text[:LONGEST_TEXT]).strip()
