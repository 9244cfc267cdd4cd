"""What a platform's answers are worth: verdicts and findings beside those of a careful person. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evaluation.golden import ExpectedFinding, GoldenForm
from taskbridge.ai.clauses import same_clause
from taskbridge.ai.results import Evidence, Finding, FindingResult, Origin, Review, Verdict
from taskbridge.ai.risk_coverage import Advised, Assurance, assurance_of
from taskbridge.usage import Usage

# How code begins where it takes an advice back.
_SAID = {"模型建议通过": Verdict.APPROVE, "模型建议拒绝": Verdict.REJECT}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A golden form, and what came of it: a review, or the `problem` that there was none."""

    golden: GoldenForm
    review: Review | None
    problem: str = ""
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict | None:
        """What was advised; None where there was no answer."""
        return self.review.verdict if self.review else None

    @property
    def said(self) -> Verdict | None:
        """What the reader advised itself, also where code took that back."""
        downgraded = self.review.downgraded or "" if self.review else ""
        return next((said for word, said in _SAID.items() if downgraded.startswith(word)), self.verdict)

    @property
    def is_right(self) -> bool:
        """Whether that is what a careful person would advise."""
        return self.verdict is self.golden.expected.verdict

    @property
    def is_abstention(self) -> bool:
        """Whether it was left to a person, although it can be decided."""
        return self.verdict is Verdict.NEEDS_HUMAN and not self.is_right

    @property
    def is_false_approval(self) -> bool:
        """The worst that can happen."""
        return self.verdict is Verdict.APPROVE and not self.is_right

    @property
    def is_false_rejection(self) -> bool:
        """The second worst."""
        return self.verdict is Verdict.REJECT and not self.is_right


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over some golden forms. `failed` had no answer at all: they count as not right.

    `recalls` holds, by the verdict that is expected, how many were right and of how many. `findings` are the clauses of
    the rules, `findings_right` those that were found as expected; `evidence` the pieces that models gave,
    `evidence_valid` those that code found where they were said to stand.
    """

    forms: int
    failed: int
    right: int
    abstentions: int
    false_approvals: int
    false_rejections: int
    recalls: Mapping[Verdict, tuple[int, int]]
    findings: int
    findings_right: int
    evidence: int
    evidence_valid: int
    usage: Usage
    seconds: float

    @property
    def balanced(self) -> float:
        """The mean of the recalls: a third for whoever always says the same. 0 where there are no forms."""
        shares = [right / of for right, of in self.recalls.values()]
        return sum(shares) / len(shares) if shares else 0.0


def build_score(outcomes: Sequence[Outcome]) -> Score:
    """The score of these outcomes together."""
    evidence = [piece for outcome in outcomes for piece in _model_evidence(outcome.review)]
    return Score(
        forms=len(outcomes),
        failed=sum(outcome.review is None for outcome in outcomes),
        right=sum(outcome.is_right for outcome in outcomes),
        abstentions=sum(outcome.is_abstention for outcome in outcomes),
        false_approvals=sum(outcome.is_false_approval for outcome in outcomes),
        false_rejections=sum(outcome.is_false_rejection for outcome in outcomes),
        recalls=_count_recalls(outcomes),
        findings=sum(len(outcome.golden.expected.findings) for outcome in outcomes),
        findings_right=sum(_count_right_findings(outcome) for outcome in outcomes),
        evidence=len(evidence),
        evidence_valid=sum(piece.verified for piece in evidence),
        usage=sum((outcome.review.usage for outcome in outcomes if outcome.review), Usage()),
        seconds=sum(outcome.seconds for outcome in outcomes),
    )


def advised_by(outcomes: Iterable[Outcome]) -> list[Advised]:
    """The advices with what they rest on. What code took back rests on the reader's word alone."""
    return [_advised(outcome) for outcome in outcomes]


def finding_of(clause: str, findings: Iterable[Finding]) -> FindingResult | None:
    """What was found on a clause; None where nothing was. A computed finding wins, then the more careful one."""
    found = [finding for finding in findings if same_clause(finding.clause, clause)]
    deciding = [finding for finding in found if finding.origin is Origin.COMPUTED] or found
    careful = (FindingResult.FAIL, FindingResult.UNKNOWN, FindingResult.PASS)
    return next((result for result in careful if any(finding.result is result for finding in deciding)), None)


def _advised(outcome: Outcome) -> Advised:
    said, expected = outcome.said or Verdict.NEEDS_HUMAN, outcome.golden.expected.verdict
    stands = outcome.review is not None and outcome.verdict is said
    assurance = assurance_of(said, outcome.review.findings) if outcome.review and stands else Assurance.SAID
    return Advised(said, assurance, said is expected)


def _count_recalls(outcomes: Iterable[Outcome]) -> dict[Verdict, tuple[int, int]]:
    """Only the verdicts that some form expects."""
    outcomes = list(outcomes)
    of = Counter(outcome.golden.expected.verdict for outcome in outcomes)
    right = Counter(outcome.golden.expected.verdict for outcome in outcomes if outcome.is_right)
    return {verdict: (right[verdict], of[verdict]) for verdict in Verdict if of[verdict]}


def _count_right_findings(outcome: Outcome) -> int:
    if outcome.review is None:
        return 0
    review = outcome.review
    return sum(_is_as_expected(expected, review.findings) for expected in outcome.golden.expected.findings)


def _is_as_expected(expected: ExpectedFinding, findings: Iterable[Finding]) -> bool:
    return finding_of(expected.clause, findings) is expected.result


def _model_evidence(review: Review | None) -> list[Evidence]:
    findings = review.findings if review else ()
    return [piece for finding in findings if finding.origin is Origin.MODEL for piece in finding.evidence]
