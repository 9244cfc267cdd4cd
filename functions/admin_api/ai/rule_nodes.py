"""What an approver's own rule for a node is written beside: the node's default, its form, its open tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from admin_api.ai.node_defaults import NodeDefault, show_default_in_force
from admin_api.ai.past_tasks import read_form
from admin_api.ai.person_nodes import Node, facts_of, is_person
from admin_api.ai.results import moment
from admin_api.api import Api, Router
from admin_api.wiring import Services
from taskbridge.ai.forms.values import FieldType, field_types
from taskbridge.ai.people import PersonNode
from taskbridge.events import EventForm

LATEST = 5  # tasks of each state that are looked at for a form
router = Router("AI rules")


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
    return RuleNode(
        **facts_of(node),
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
