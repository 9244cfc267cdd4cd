"""A rule that is being written: what it is written beside, how it is read, and what its checks say of past forms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from admin_api.ai.forms import past_tasks, read_form
from admin_api.ai.node_defaults import NodeDefault, show_default_in_force
from admin_api.ai.people import Node, is_person, path_of
from admin_api.ai.results import moment
from admin_api.ai.rules import MOST_CHECKS, CheckWanted, read_checks
from admin_api.api import Api, Router
from admin_api.requests import Wanted
from admin_api.views import show
from admin_api.wiring import Services
from taskbridge.ai.checks.trials import try_checks
from taskbridge.ai.clauses import split_clauses
from taskbridge.ai.forms.controls import read_fields
from taskbridge.ai.forms.values import FieldType, field_types, typed_values
from taskbridge.ai.jobs import MOST_TASKS, ProposedCheck
from taskbridge.ai.people import PersonNode
from taskbridge.ai.rules import RULE_CHARS
from taskbridge.events import EventForm

RuleDraft = Annotated[str, Field(max_length=RULE_CHARS, description="not stored")]
LATEST = 5  # tasks of each state that are looked at for a form
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


@dataclass(frozen=True, slots=True)
class RuleField:
    """A field of the node's form, as rules name it; `column_of` is the table that it is a column of, or empty.

    `type` is what a check may expect of it: text, number, date, period, list, count (of files), rows and so on.
    """

    key: str
    label: str
    type: str
    column_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNode(Node):
    """A node for which a rule is written.

    `default` is what is asked without an own rule, null where nothing is; it is told whoever has, or had, a task there.
    `rule_updated_at`: the rule in force changed since the caller last looked. `fields` are those of the latest form,
    none where there is none; `open_count` is how many open tasks lose their results when the rule changes.
    """

    default: NodeDefault | None
    open_count: int
    rule_updated_at: datetime | None
    fields: tuple[RuleField, ...]


@router.get("/v1/ai/rules/{app_id}/{node_id}/node", summary="What one's rule for a node is written beside")
def get_rule_node(api: Api, app_id: str, node_id: str) -> RuleNode:
    """The default that is in force without a rule of your own, and the fields of the latest form."""
    uid, services = api.caller.uid, api.services
    known = services.people.get(uid, app_id, node_id) if is_person(uid) else None
    node = known or PersonNode(uid=uid, app_id=app_id, node_id=node_id)
    return show(
        RuleNode,
        node,
        path=path_of(node),
        default=_default(node, services) if known else None,
        open_count=max(0, node.open_count),
        rule_updated_at=moment(node.rule_updated_at),
        fields=_fields(_latest_form(node, services)) if known else (),
    )


def _default(node: PersonNode, services: Services) -> NodeDefault | None:
    default = services.rules.default(node.app_id, node.node_id)
    return show_default_in_force(default, services.switches().settings)


def _latest_form(node: PersonNode, services: Services) -> EventForm | None:
    states: tuple[Literal["open", "done"], ...] = ("open", "done")
    for state in states:
        page = services.seats.list_person(node.uid, state, app_id=node.app_id, node_id=node.node_id, limit=LATEST)
        for seat in page.items:
            if form := read_form(seat, services):
                return form
    return None


def _fields(form: EventForm | None) -> tuple[RuleField, ...]:
    return tuple(_flatten("", field_types(form.fields))) if form else ()


def _flatten(column_of: str, fields: Sequence[FieldType]) -> Iterator[RuleField]:
    for field in fields:
        yield RuleField(field.key, field.label, field.type, column_of)
        yield from _flatten(".".join(filter(None, (column_of, field.key))), field.columns)
