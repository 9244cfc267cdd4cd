"""Where people decide against the clauses of a node's rules, and what that suggests, as drafts that nobody applies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from admin_api.ai.agreement import LATEST_DECISIONS, Of, counted_uid, read_decided
from admin_api.ai.forms import past_tasks, read_form, tasks_of_node
from admin_api.api import Api, Router
from admin_api.views import show
from admin_api.wiring import Services
from taskbridge.ai.forms.values import field_types
from taskbridge.ai.overrules import ClauseOverrules, RuleDraft, Suggestion, count_overrules, draft_rule
from taskbridge.ai.people import MIN_DECISIONS, wilson_interval
from taskbridge.ai.rules import RuleText

router = Router("AI overview")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrule:
    """How often people decided against what was found of one clause, and what that suggests.

    `overruled` of the `decided` forms, which met the clause or did not, were decided otherwise: `approved_anyway` of
    the `failed` ones, `refused_anyway` of the `passed` ones. Under `needed` of them `hidden` is true, and all of these
    are null. `low` and `high` bound the true `rate` with 95%. `unknown`, of which nothing could be told, are beside
    these, and null under `needed`. `draft` is the whole rule as the suggestion would have it: to be tried by a dry run,
    and never applied by itself; null where the rule in force has no such clause.
    """

    clause: str
    hidden: bool
    needed: int
    decided: int | None = None
    overruled: int | None = None
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    failed: int | None = None
    approved_anyway: int | None = None
    passed: int | None = None
    refused_anyway: int | None = None
    unknown: int | None = None
    suggestion: Suggestion | None = None
    draft: RuleDraft | None = None


@dataclass(frozen=True, slots=True)
class Overrules:
    """The clauses of a node's rules, the most overruled first, over its `looked_at` latest decisions."""

    items: tuple[Overrule, ...]
    of_everyone: bool
    looked_at: int


@router.get("/v1/ai/agreement/nodes/{app_id}/{node_id}/overrules", summary="Where people decide against a clause")
def list_overrules(api: Api, app_id: str, node_id: str, of: Of = None) -> Overrules:
    """Over the latest decisions, with a draft of your own rule, or of everyone of the node's default."""
    uid, services = counted_uid(api.caller, of), api.services
    decided = read_decided(uid, app_id, node_id, services)
    found = count_overrules((seat.decision, review.findings) for seat, review in decided)
    rule = _rule_of(uid, app_id, node_id, services) if any(each.suggestion for each in found) else RuleText()
    wants_files = any(each.suggestion is Suggestion.ATTACH for each in found)
    fields = _file_fields(uid, app_id, node_id, services) if wants_files else ()
    shown = tuple(_show(each, draft_rule(rule, each, fields)) for each in found)
    return Overrules(shown, uid is None, min(len(decided), LATEST_DECISIONS))


def _show(found: ClauseOverrules, draft: RuleDraft | None) -> Overrule:
    unknown = found.unknown if found.unknown >= MIN_DECISIONS else None
    if found.decided < MIN_DECISIONS:
        return Overrule(
            clause=found.clause,
            hidden=True,
            needed=MIN_DECISIONS,
            unknown=unknown,
            suggestion=found.suggestion if draft else None,
            draft=draft,
        )
    low, high = wilson_interval(found.overruled, found.decided)
    rates = {"rate": found.overruled / found.decided, "low": low, "high": high}
    suggestion = found.suggestion if draft else None
    return show(Overrule, found, hidden=False, needed=MIN_DECISIONS, **rates, suggestion=suggestion, draft=draft)


def _rule_of(uid: str | None, app_id: str, node_id: str, services: Services) -> RuleText:
    """The rule whose clauses were decided on: one's own where it has a text, else the node's default."""
    own = services.rules.own(uid, app_id, node_id) if uid is not None else None
    if own is not None and own.rule.strip():
        return own
    return services.rules.default(app_id, node_id) or RuleText()


def _file_fields(uid: str | None, app_id: str, node_id: str, services: Services) -> Sequence[str]:
    """The fields of the node's latest form that take files."""
    if uid is None:
        seats = tasks_of_node(app_id, node_id, services)[:1]
    else:
        seats = past_tasks(uid, app_id, node_id, ("done",), 1, services)
    form = read_form(seats[0], services) if seats else None
    return [field.key for field in field_types(form.fields) if field.type == "count"] if form else []
