"""Forms of tasks: one as people read it beside its result, and those of past tasks that a rule is tried on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from admin_api.views import show
from admin_api.wiring import Services
from taskbridge.ai.forms.form import FormField, format_form
from taskbridge.ai.jobs import MOST_TASKS
from taskbridge.ai.rules import RuleInForce
from taskbridge.ai.seats import Seat
from taskbridge.events import EventForm

NODE_SEATS = 100  # of a node that are looked at: a task has some


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a form. `number` is that of the evidence that quotes it, null where the rule leaves the file out."""

    field_key: str
    label: str
    name: str
    size: int | None
    mime: str
    number: int | None


@dataclass(frozen=True, slots=True)
class Form:
    """A form as people read it. `notices` are contradictions in it."""

    fields: tuple[FormField, ...]
    attachments: tuple[Attachment, ...]
    notices: tuple[str, ...]


def show_form(seat: Seat, rule: RuleInForce | None, services: Services) -> Form | None:
    """The form of a seat, None where it is no longer kept. The rule in force numbers the attachments that take part."""
    came = read_form(seat, services)
    if came is None:
        return None
    form = format_form(came)
    file_key = rule.file_key if rule else ()
    numbers = iter(range(1, len(form.attachments) + 1))
    return Form(
        form.fields,
        tuple(
            show(Attachment, file, number=next(numbers) if file.named_by(file_key) else None)
            for file in form.attachments
        ),
        form.notices,
    )


def past_tasks(
    uid: str, app_id: str, node_id: str, states: Sequence[Literal["open", "done"]], limit: int, services: Services
) -> list[Seat]:
    """A person's latest tasks on a node that have a form: a Query for each state."""
    found: list[Seat] = []
    for state in states:
        page = services.seats.list_person(uid, state, app_id=app_id, node_id=node_id, limit=limit)
        found += [seat for seat in page.items if seat.form_hash and seat.received_on]
    return found[:limit]


def tasks_of_node(app_id: str, node_id: str, services: Services) -> list[Seat]:
    """Everybody's latest tasks on a node, each form once: the done ones, and where these are few the open ones too."""
    seats = services.seats.list_node_done(app_id, node_id, limit=NODE_SEATS).items
    found = _each_form_once(seats)
    if len(found) < MOST_TASKS:
        found = _each_form_once([*seats, *services.seats.list_node_open(app_id, node_id, limit=NODE_SEATS).items])
    return found[:MOST_TASKS]


def decided_of_node(app_id: str, node_id: str, limit: int, services: Services) -> list[Seat]:
    """Everybody's latest tasks on a node that their very person decided, each form once: a Query.

    Not those whose analysis asked by a rule of the person's own: that is theirs.
    """
    seats = services.seats.list_node_done(app_id, node_id, limit=NODE_SEATS).items
    decided = (seat for seat in seats if seat.decided_here and seat.decision)
    return _each_form_once(seat for seat in decided if not _is_by_own_rule(seat))[:limit]


def read_form(seat: Seat, services: Services) -> EventForm | None:
    """The form of a seat as it came, None where it is no longer kept."""
    body = services.forms.get(seat.task_id, seat.form_hash) if seat.form_hash else None
    return msgspec.json.decode(body, type=EventForm) if body else None


def _each_form_once(seats: Iterable[Seat]) -> list[Seat]:
    by_form: dict[str, Seat] = {}
    for seat in seats:
        if seat.form_hash and seat.received_on:
            by_form.setdefault(seat.form_hash, seat)
    return list(by_form.values())


def _is_by_own_rule(seat: Seat) -> bool:
    return seat.analysis is not None and seat.analysis.rule_version.startswith("custom-")
