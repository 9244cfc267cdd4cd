"""How much of what was asked is decided, and how much of that is wrong, by how well an advice is shown. Pure.

A model's own confidence ranks nothing. What ranks here is what an advice rests on, which code can see.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from taskbridge.ai.people import wilson_interval
from taskbridge.ai.results import Finding, FindingResult, Origin, Verdict


class Assurance(IntEnum):
    """What an advice rests on.

    SAID: the model's word. QUOTED: quotes that code found. CHECKED: quotes, and a check besides. COMPUTED: a check that
    decides its clause alone, or that computes a failure.
    """

    SAID = 0
    QUOTED = 1
    CHECKED = 2
    COMPUTED = 3


@dataclass(frozen=True, slots=True)
class Advised:
    """One form that was asked about: the advice, what it rests on, and whether it was right.

    needs_human decides nothing: such a form counts among those that were asked about, and in nothing else.
    """

    verdict: Verdict
    assurance: Assurance
    is_right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What follows where an advice is taken that rests on `assurance` or better. Rates are from 0 to 1.

    `coverage` is the share that is decided, `risk` the share of these that is wrong; `low` and `high` bound the true
    risk with 95% (Wilson's interval). `wrong_approvals` are those of the `approved` that were wrong, of which the true
    rate is below `wrong_approvals_high` with 95%. Where nothing is decided, or approved, the bounds are 0 and 1.
    """

    assurance: Assurance
    coverage: float
    decided: int
    wrong: int
    risk: float
    low: float
    high: float
    approved: int
    wrong_approvals: int
    wrong_approvals_high: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The points from the strictest on, each of a lower assurance and no less coverage. `forms` were asked about."""

    forms: int
    points: tuple[Point, ...]

    @property
    def without_wrong_approval(self) -> Point | None:
        """The point of the most coverage with no wrong approve; None where even the strictest has one."""
        return max(
            (point for point in self.points if not point.wrong_approvals),
            key=lambda point: (point.coverage, point.assurance),
            default=None,
        )


def build_curve(advised: Sequence[Advised]) -> Curve:
    """The curve over these forms, with a point for each assurance that one of them has; none where nothing decides."""
    decided = [each for each in advised if each.verdict is not Verdict.NEEDS_HUMAN]
    levels = sorted({each.assurance for each in decided}, reverse=True)
    return Curve(len(advised), tuple(_point(level, decided, len(advised)) for level in levels))


def assurance_of(verdict: Verdict, findings: Iterable[Finding]) -> Assurance:
    """What a verdict rests on: an approve on its weakest clause, a reject on its strongest failure.

    SAID for needs_human, and where there is no finding to rest on.
    """
    by_clause: dict[tuple[int, str], list[Finding]] = {}
    for finding in findings:
        place = (finding.number, "") if finding.number else (0, finding.clause)
        by_clause.setdefault(place, []).append(finding)
    if verdict is Verdict.APPROVE:
        return min(map(_of_pass, by_clause.values()), default=Assurance.SAID)
    if verdict is Verdict.REJECT:
        return max(map(_of_failure, by_clause.values()), default=Assurance.SAID)
    return Assurance.SAID


def _point(level: Assurance, decided: Sequence[Advised], forms: int) -> Point:
    taken = [each for each in decided if each.assurance >= level]
    approved = [each for each in taken if each.verdict is Verdict.APPROVE]
    wrong, wrong_approvals = _count_wrong(taken), _count_wrong(approved)
    low, high = _bounds(wrong, len(taken))
    return Point(
        assurance=level,
        coverage=len(taken) / forms,
        decided=len(taken),
        wrong=wrong,
        risk=wrong / len(taken),
        low=low,
        high=high,
        approved=len(approved),
        wrong_approvals=wrong_approvals,
        wrong_approvals_high=_bounds(wrong_approvals, len(approved))[1],
    )


def _count_wrong(advised: Sequence[Advised]) -> int:
    return sum(not each.is_right for each in advised)


def _bounds(wrong: int, of: int) -> tuple[float, float]:
    return wilson_interval(wrong, of) if of else (0.0, 1.0)


def _of_pass(findings: Sequence[Finding]) -> Assurance:
    """Of the findings on one clause."""
    passes = [each for each in findings if each.result is FindingResult.PASS]
    computed = [each for each in passes if each.origin is Origin.COMPUTED]
    if any(each.covers for each in computed):
        return Assurance.COMPUTED
    if not any(_is_quoted(each) for each in passes):
        return Assurance.SAID
    return Assurance.CHECKED if computed else Assurance.QUOTED


def _of_failure(findings: Sequence[Finding]) -> Assurance:
    failures = [each for each in findings if each.result is FindingResult.FAIL]
    if any(each.origin is Origin.COMPUTED for each in failures):
        return Assurance.COMPUTED
    return Assurance.QUOTED if any(map(_is_quoted, failures)) else Assurance.SAID


def _is_quoted(finding: Finding) -> bool:
    return finding.origin is Origin.MODEL and any(piece.verified for piece in finding.evidence)
