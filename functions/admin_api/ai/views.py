"""What is stored of rules, tasks and results, as the API shows it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal

import msgspec

from admin_api.models import ai_results as shown
from admin_api.models import ai_rules
from taskbridge.ai.clauses import split_clauses
from taskbridge.ai.forms.form import FormattedForm
from taskbridge.ai.results import Finding, Review, Verdict
from taskbridge.ai.rules import AutoAnalysis, EffectiveRule, NodeDefault, OwnRule, RuleText
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState

Names = tuple[str, str]  # (key, name) of a node
NO_NAMES: Names = ("", "")
_NO_REVIEW = Review(verdict=Verdict.NEEDS_HUMAN)  # stands in where there is none; its verdict is never shown


def auto_analysis_of(wanted: bool | int | None) -> AutoAnalysis:  # noqa: FBT001 - it is the value
    """The stored form of a rule's `auto_analysis`, which may come as a code, as a boolean, or as null."""
    if isinstance(wanted, bool):
        return AutoAnalysis.ENABLED if wanted else AutoAnalysis.DISABLED
    return AutoAnalysis(wanted or 0)


def build_default(rule: NodeDefault) -> ai_rules.NodeDefault:
    """The default rule of a node."""
    return ai_rules.NodeDefault(
        app_id=rule.app_id,
        node_id=rule.node_id,
        node_key=rule.node_key,
        node_name=rule.node_name,
        enabled=rule.enabled,
        auto_analysis=rule.automatic,
        version=rule.version,
        rule=rule.rule,
        clauses=list(split_clauses(rule.rule)),
        keynote=rule.keynote,
        file_key=list(rule.file_key),
        checks=_checks(rule),
    )


def build_own(rule: OwnRule, names: Names = NO_NAMES) -> ai_rules.OwnRule:
    """A person's own rule."""
    return ai_rules.OwnRule(
        app_id=rule.app_id,
        node_id=rule.node_id,
        node_key=names[0],
        node_name=names[1],
        status=rule.enabled,
        auto_analysis=rule.auto_analysis.value,
        version=rule.version,
        rule=rule.rule,
        clauses=list(split_clauses(rule.rule)),
        keynote=rule.keynote,
        file_key=list(rule.file_key),
        checks=_checks(rule),
    )


def build_effective(rule: EffectiveRule, seat: Seat) -> ai_rules.EffectiveRule:
    """The rule in force for a seat."""
    return ai_rules.EffectiveRule(
        app_id=seat.app_id,
        node_id=seat.node_id,
        node_key=seat.node_key,
        node_name=seat.node_name,
        status=rule.enabled,
        auto_analysis=rule.automatic,
        source=rule.source,
        version=rule.version,
        rule=rule.rule,
        clauses=list(split_clauses(rule.rule)),
        keynote=rule.keynote,
        file_key=list(rule.file_key),
        checks=_checks(rule),
    )


def build_task(seat: Seat, rule: EffectiveRule | None) -> shown.TaskFacts:
    """The facts of an open or done seat."""
    state: Literal["open", "done"] = "open" if seat.state is SeatState.OPEN else "done"
    return shown.TaskFacts(
        task_id=seat.task_id,
        sess_id=seat.sess_id,
        app_id=seat.app_id,
        app_name=seat.app_name,
        node_id=seat.node_id,
        node_key=seat.node_key,
        node_name=seat.node_name,
        subject=seat.subject,
        initiator=seat.initiator,
        priority=seat.priority,
        status=state,
        decision=seat.decision or None,
        created_at=datetime.fromisoformat(seat.created_at),
        finished_at=moment(seat.finished_at),
        rule=build_effective(rule, seat) if rule else None,
    )


def build_result(seat: Seat, analysis: Analysis, review: Review | None) -> shown.Result:
    """An analysis of a seat. `review` is None until there is one, and where it is no longer kept."""
    is_done = seat.state is SeatState.DONE
    found = review or _NO_REVIEW
    return shown.Result(
        id=analysis.id,
        task_id=seat.task_id,
        app_id=seat.app_id,
        node_id=seat.node_id,
        status=AnalysisStatus.PROCESSED if is_done else analysis.status,
        verdict=analysis.verdict,
        summary=found.summary,
        text=found.text,
        findings=[_finding(each) for each in found.findings],
        downgraded=found.downgraded,
        rule_version=analysis.rule_version,
        fingerprint=analysis.fingerprint,
        platform_id=analysis.platform_id,
        model=analysis.model,
        usage=shown.Usage(**msgspec.structs.asdict(found.usage)),
        decision=seat.decision if is_done and seat.decided_here and seat.decision else None,
        feedback=_feedback(analysis),
        notes=list(found.notes),
        reason=analysis.reason,
        created_at=datetime.fromisoformat(analysis.created_at),
        finished_at=moment(analysis.finished_at),
    )


def moment(text: str) -> datetime | None:
    """A time as it is stored, None for an empty one."""
    return datetime.fromisoformat(text) if text else None


def build_form(form: FormattedForm, file_key: Collection[str]) -> shown.Form:
    """A formatted form. `file_key` is that of the rule in force, which numbers the attachments that take part."""
    numbers = iter(range(1, len(form.attachments) + 1))
    return shown.Form(
        fields=[shown.FormField(key=e.key, label=e.label, type=e.type, text=e.text) for e in form.fields],
        attachments=[
            shown.Attachment(
                field_key=file.field_key,
                label=file.label,
                name=file.name,
                size=file.size,
                mime=file.mime,
                number=next(numbers) if file.named_by(file_key) else None,
            )
            for file in form.attachments
        ],
        notices=list(form.notices),
    )


def _checks(rule: RuleText) -> list[ai_rules.Check]:
    return [ai_rules.Check(**msgspec.structs.asdict(check)) for check in rule.checks]


def _finding(finding: Finding) -> shown.Finding:
    return shown.Finding(
        number=finding.number or None,
        clause=finding.clause,
        result=finding.result,
        reason=finding.reason,
        origin=finding.origin,
        covers=finding.covers,
        evidence=[shown.Evidence(**msgspec.structs.asdict(each)) for each in finding.evidence],
    )


def _feedback(analysis: Analysis) -> shown.Feedback | None:
    if not analysis.feedback_tag:
        return None
    return shown.Feedback(tag=analysis.feedback_tag, comment=analysis.feedback_comment)
