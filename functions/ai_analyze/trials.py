"""What a draft rule says of one past task, as it is kept with its dry run. Pure."""

from __future__ import annotations

from dataclasses import replace

from ai_analyze.turns import Link, paid_for
from taskbridge.ai.checks.trials import REASON_CHARS
from taskbridge.ai.jobs import Trial, TrialFinding
from taskbridge.ai.results import Finding, Review, Verdict
from taskbridge.ai.seats import Seat
from taskbridge.errors import IncompleteAnswer

MOST_FINDINGS = 50


def build_trial(seat: Seat, review: Review) -> Trial:
    """The trial of a task, with what was said and decided at its time."""
    return Trial(
        task_id=seat.task_id,
        subject=seat.subject,
        decision=seat.decision if seat.decided_here else "",
        verdict_then=seat.analysis.verdict if seat.analysis else None,
        verdict_now=review.verdict,
        summary=review.summary[:REASON_CHARS],
        downgraded=review.downgraded,
        findings=tuple(map(_shorten, review.findings[:MOST_FINDINGS])),
        usage=review.usage,
    )


def without_answer(error: IncompleteAnswer, link: Link) -> Review:
    """What stands for a review of which the answer was cut again and again, with what was paid for it."""
    return Review(
        verdict=Verdict.NEEDS_HUMAN,
        downgraded=str(error),
        platform_id=link.client.platform_id,
        model=link.model,
        usage=paid_for(error),
    )


def without_form(trial: Trial) -> Trial:
    """The same without what may stand in the form: how its clauses were found, and no word of why."""
    findings = tuple(replace(finding, reason="") for finding in trial.findings)
    return replace(trial, subject="", summary="", downgraded=None, findings=findings)


def _shorten(finding: Finding) -> TrialFinding:
    """A finding as a list of trials shows it: many of them have to fit into one item."""
    clause, reason = finding.clause[:REASON_CHARS], finding.reason[:REASON_CHARS]
    return TrialFinding(clause=clause, result=finding.result, reason=reason, origin=finding.origin)
