"""Past tasks with their forms, on which drafts of rules are tried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from admin_api.wiring import Services
from taskbridge.ai.jobs import MOST_TASKS
from taskbridge.ai.seats import Seat
from taskbridge.events import EventForm

NODE_SEATS = 100  # of a node that are looked at: a task has some


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
    by_form: dict[str, Seat] = {}
    for read in (services.seats.list_node_done, services.seats.list_node_open):
        if len(by_form) < MOST_TASKS:
            for seat in read(app_id, node_id, limit=NODE_SEATS).items:
                if seat.form_hash and seat.received_on:
                    by_form.setdefault(seat.form_hash, seat)
    return list(by_form.values())[:MOST_TASKS]


def read_form(seat: Seat, services: Services) -> EventForm | None:
    """The form of a seat as it came, None where it is no longer kept."""
    body = services.forms.get(seat.task_id, seat.form_hash) if seat.form_hash else None
    return msgspec.json.decode(body, type=EventForm) if body else None
