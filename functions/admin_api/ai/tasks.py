"""A person's tasks, each with the rule in force and its latest result: a page is one Query and a few batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from admin_api.ai.ordering import Entry, SortField, index_order, order
from admin_api.ai.views import build_form, build_result, build_task
from admin_api.models.ai_results import Form, Result, Task, TaskDetail
from admin_api.problems import not_found
from admin_api.wiring import Services
from taskbridge.ai.forms.form import format_form
from taskbridge.ai.results import Review
from taskbridge.ai.rulebook import InForce, current_analysis
from taskbridge.ai.rules import EffectiveRule
from taskbridge.ai.seats import AnalysisStatus, Seat, SeatState
from taskbridge.events import Form as WireForm
from taskbridge.tables.dynamo import Page

FINDINGS_BYTES = 2_000_000  # of a page: Lambda answers with 6 MB at most
WINDOW = 500  # tasks that are sorted together where the index has them in another order
Status = Literal["open", "done", "all"]
_STATES = {
    "open": (SeatState.OPEN,),
    "done": (SeatState.DONE,),
    "all": (SeatState.OPEN, SeatState.DONE),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of a person's tasks, and in which order."""

    status: Status = "open"
    app_id: str = ""
    node_id: str = ""
    sort: tuple[SortField, ...] = ()

    @property
    def states(self) -> tuple[SeatState, ...]:
        """The states, in the order in which they are listed."""
        return _STATES[self.status]


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A place in a list: behind `start` in the tasks of a state; `skip` are those of a sorted window before it."""

    state: SeatState
    start: str | None = None
    skip: int = 0


def list_tasks(uid: str, wanted: Wanted, position: str | None, limit: int, services: Services) -> Page[Task]:
    """A page of a person's tasks.

    In the order of time all of them are listed so. In any other, 500 at a time are sorted, the newest 500 first.
    """
    place = msgspec.json.decode(position, type=Place) if position else Place(wanted.states[0])
    newest_first = index_order(wanted.sort, wanted.states)
    if newest_first is None:
        seats, following = _read(uid, wanted, place, WINDOW, services, newest_first=True)
        in_force = _rules_of(uid, seats, services)
        entries = order(_entries(seats, in_force), wanted.sort)[place.skip :]
        if len(entries) > limit:
            following = msgspec.structs.replace(place, skip=place.skip + limit)
    else:
        seats, following = _read(uid, wanted, place, limit, services, newest_first=newest_first)
        in_force = _rules_of(uid, seats, services)
        entries = _entries(seats, in_force)
    cursor = msgspec.json.encode(following).decode() if following else None
    return Page(_build(entries[:limit], in_force, services), cursor)


def get_task(uid: str, task_id: str, services: Services) -> TaskDetail:
    """One task of a person. Raises Problem (404) for a task that is not with this person."""
    seat = find_seat(uid, task_id, services)
    in_force = _rules_of(uid, [seat], services)
    rule = in_force.rules.get((seat.app_id, seat.node_id))
    analysis = current_analysis(seat, in_force.standing(seat))
    review = read_reviews([seat], services).get(analysis.answer_id) if analysis else None
    return TaskDetail(
        **dict(build_task(seat, rule)),
        form=_form(seat, rule, services),
        results=[build_result(seat, analysis, review)] if analysis else [],
    )


def find_seat(uid: str, task_id: str | None, services: Services) -> Seat:
    """The seat of this person. Raises Problem (404): others' tasks are as if they were not there."""
    seat = services.seats.get(uid, task_id) if task_id else None
    if seat is None or seat.state is SeatState.GONE:
        raise not_found("task")
    return seat


def read_reviews(seats: Sequence[Seat], services: Services) -> dict[str, Review]:
    """The reviews of the seats' analyses that have come to an end, by answer id: a batch."""
    answer_ids = {
        seat.analysis.answer_id
        for seat in seats
        if seat.analysis and seat.analysis.answer_id and seat.analysis.status is AnalysisStatus.DONE
    }
    heads = services.answers.heads(sorted(answer_ids)) if answer_ids else {}
    return {answer_id: head.review for answer_id, head in heads.items() if head.review is not None}


def _read(
    uid: str, wanted: Wanted, place: Place, limit: int, services: Services, *, newest_first: bool
) -> tuple[list[Seat], Place | None]:
    """Up to `limit` seats from a place on, and the place behind them: a Query, two where one state ends."""
    found: list[Seat] = []
    current: Place | None = Place(place.state, place.start)
    while current is not None and len(found) < limit:
        page = services.seats.list_person(
            uid,
            "open" if current.state is SeatState.OPEN else "done",
            app_id=wanted.app_id,
            node_id=wanted.node_id,
            limit=limit - len(found),
            cursor=current.start,
            newest_first=newest_first,
        )
        found += page.items
        if page.next:
            return found, Place(current.state, page.next)
        current = _after(current.state, wanted.states)
    return found, current


def _after(state: SeatState, states: tuple[SeatState, ...]) -> Place | None:
    later = states[states.index(state) + 1 :]
    return Place(later[0]) if later else None


def _rules_of(uid: str, seats: Sequence[Seat], services: Services) -> InForce:
    return services.book.in_force(uid, [(seat.app_id, seat.node_id) for seat in seats])


def _entries(seats: Sequence[Seat], in_force: InForce) -> list[Entry]:
    return [Entry(seat, current_analysis(seat, in_force.standing(seat))) for seat in seats]


def _build(entries: Sequence[Entry], in_force: InForce, services: Services) -> list[Task]:
    reviews = read_reviews([entry.seat for entry in entries if entry.analysis], services)
    room = FINDINGS_BYTES
    tasks = []
    for entry in entries:
        review = reviews.get(entry.analysis.answer_id) if entry.analysis else None
        room -= len(msgspec.json.encode(review.findings)) if review else 0
        rule = in_force.rules.get((entry.seat.app_id, entry.seat.node_id))
        tasks.append(Task(**dict(build_task(entry.seat, rule)), result=_result(entry, review, has_room=room >= 0)))
    return tasks


def _result(entry: Entry, review: Review | None, *, has_room: bool) -> Result | None:
    if entry.analysis is None:
        return None
    left_out: dict[str, None] = {"text": None} if has_room else {"text": None, "findings": None}
    return build_result(entry.seat, entry.analysis, review).model_copy(update=left_out)


def _form(seat: Seat, rule: EffectiveRule | None, services: Services) -> Form | None:
    stored = services.forms.get(seat.task_id, seat.form_hash) if seat.form_hash else None
    if stored is None:
        return None
    return build_form(format_form(msgspec.json.decode(stored, type=WireForm)), rule.file_key if rule else ())
