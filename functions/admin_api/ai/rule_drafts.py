"""A rule that is being written: how its text is read, and what its checks say of past forms. No model is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from admin_api.ai.past_tasks import past_tasks, read_form
from admin_api.ai.rules import MOST_CHECKS, CheckWanted, read_checks
from admin_api.api import Api, Router
from admin_api.requests import Wanted
from taskbridge.ai.checks.trials import try_checks
from taskbridge.ai.clauses import split_clauses
from taskbridge.ai.forms.controls import read_fields
from taskbridge.ai.forms.values import typed_values
from taskbridge.ai.jobs import MOST_TASKS, ProposedCheck
from taskbridge.ai.rules import RULE_CHARS
from taskbridge.events import EventForm

RuleDraft = Annotated[str, Field(max_length=RULE_CHARS, description="not stored")]
router = Router("AI rules")


class ClausesWanted(Wanted):
    """A rule that is being written."""

    rule: RuleDraft


class ChecksToTry(Wanted):
    """Checks of a rule that is being written, confirmed or not."""

    rule: RuleDraft
    checks: Annotated[list[CheckWanted], Field(min_length=1, max_length=MOST_CHECKS)]


@dataclass(frozen=True, slots=True)
class Clauses:
    """How a rule is read."""

    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TriedChecks:
    """What the checks say of the `tasks` latest forms, in their order."""

    checks: tuple[ProposedCheck, ...]
    tasks: int


@router.post("/v1/ai/clauses", summary="How a rule is read")
def read_clauses(api: Api, body: ClausesWanted) -> Clauses:  # noqa: ARG001 - as every route
    """The clauses of a text: each is owed a finding of its own, and checks are for one of them."""
    return Clauses(split_clauses(body.rule))


@router.post("/v1/ai/rules/{app_id}/{node_id}/try-checks", summary="Try checks on past forms")
def try_on_past_forms(api: Api, app_id: str, node_id: str, body: ChecksToTry) -> TriedChecks:
    """Computed at once over your own latest forms; a check that cannot be computed is refused by its place."""
    checks = read_checks(body.checks, body.rule)
    seats = past_tasks(api.caller.uid, app_id, node_id, ("done", "open"), MOST_TASKS, api.services)
    forms = [(form, date.fromisoformat(seat.received_on)) for seat in seats if (form := read_form(seat, api.services))]
    labels = _labels(forms[0][0]) if forms else {}
    values = [(typed_values(read_fields(form)), day) for form, day in forms]
    return TriedChecks(try_checks(checks, values, labels), len(forms))


def _labels(form: EventForm) -> dict[str, str]:
    return {field.control.key: field.control.label for field in read_fields(form)}
