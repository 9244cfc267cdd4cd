"""An approver's tasks, each with the rule in force and its latest result: a page is one Query and a few batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.ai.forms import Form, show_form
from admin_api.ai.ordering import SORT_PATTERN, SeatEntry, SortField, index_order, order, parse_sort
from admin_api.ai.results import Result, moment, show_result
from admin_api.ai.rules import EffectiveRule, show_effective
from admin_api.ai.seats import find_seat, find_todo_link, note_opening, read_reviews
from admin_api.api import Api, Router
from admin_api.ids import encode_id
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed, skip_empty
from admin_api.problems import invalid
from admin_api.views import show
from admin_api.wiring import Services
from taskbridge.ai.results import Review
from taskbridge.ai.rulebook import InForce, current_analysis
from taskbridge.ai.rules import RuleInForce
from taskbridge.ai.seats import Seat, SeatState
from taskbridge.flaws import flaw
from taskbridge.tables.dynamo import Page

FINDINGS_BYTES = 2_000_000  # of a page: Lambda answers with 6 MB at most
WINDOW = 500  # tasks that are sorted together where the index has them in another order
PAGES_A_CALL = 8  # where few tasks have the verdict that is asked for
Status = Literal["open", "done", "all"]
Opinion = Literal["approve", "reject", "needs_human", "none"]
_STATES = {
    "open": (SeatState.OPEN,),
    "done": (SeatState.DONE,),
    "all": (SeatState.OPEN, SeatState.DONE),
}


_SORT = (
    "Fields to sort by, `-` before one for falling order: `verdict,-created_at`. Without it the newest come first. "
    f"In an order that is not that of time, the newest {WINDOW} tasks are sorted, then the {WINDOW} before them."
)
Id = Annotated[str | None, Query(min_length=1, max_length=200)]
Wished = Annotated[Opinion | None, Query(description="tasks with this verdict only; `none`: those that have none yet")]
Sort = Annotated[str | None, Query(pattern=SORT_PATTERN, description=_SORT)]
router = Router("AI tasks")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """A task of the caller. `rule` is null where none is in force; `id` is the task as a path of the API takes it."""

    id: str
    task_id: str
    sess_id: str
    app_id: str
    app_name: str
    node_id: str
    node_key: str
    node_name: str
    subject: str
    initiator: str
    priority: int
    status: Literal["open", "done"]
    decision: str | None
    created_at: datetime
    finished_at: datetime | None
    rule: EffectiveRule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(TaskFacts):
    """A task with its latest result, which is null where there is none for today's form and rule."""

    result: Result | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDetail(TaskFacts):
    """One task whole. `form` is null once it is no longer kept."""

    link: str | None
    form: Form | None
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class TasksWanted:
    """Which of a person's tasks, and in which order."""

    status: Status = "open"
    app_id: str = ""
    node_id: str = ""
    sort: tuple[SortField, ...] = ()
    verdict: str = ""

    @property
    def states(self) -> tuple[SeatState, ...]:
        """The states, in the order in which they are listed."""
        return _STATES[self.status]

    def takes(self, entry: SeatEntry) -> bool:
        """Whether the entry has the verdict that is asked for."""
        verdict = entry.analysis.verdict if entry.analysis else None
        return not self.verdict or self.verdict == (verdict or "none")


class ListPlace(msgspec.Struct, frozen=True, array_like=True):
    """A place in a list: behind `start` in the tasks of a state; `skip` are those of a sorted window before it."""

    state: SeatState
    start: str | None = None
    skip: int = 0


@router.get("/v1/ai/tasks", summary="One's tasks, with rules and results")
def list_own_tasks(
    api: Api,
    app_id: Id = None,
    node_id: Id = None,
    status: Annotated[Status, Query()] = "open",
    verdict: Wished = None,
    sort: Sort = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listed[Task]:
    """Your tasks on nodes that support AI approval. `node_id` needs its `app_id`. With `verdict` pages may be short."""
    if node_id and not app_id:
        raise invalid("node_id", flaw("together", field="app_id"), where="query")
    wanted = TasksWanted(status, app_id or "", node_id or "", parse_sort(sort), verdict or "")
    page = skip_empty(
        lambda position: _page(api.caller.uid, wanted, position, limit, api.services),
        api.open_cursor(cursor),
        PAGES_A_CALL,
    )
    return api.listed(page.items, page.next)


@router.get("/v1/ai/tasks/{task_id}", summary="One of one's tasks")
def get_own_task(api: Api, task_id: str) -> TaskDetail:
    """The form as people read it, the rule in force, and the result."""
    uid, services = api.caller.uid, api.services
    seat = find_seat(uid, task_id, services)
    note_opening(seat, services)
    in_force = _rules_of(uid, [seat], services)
    rule = in_force.rules.get((seat.app_id, seat.node_id))
    analysis = current_analysis(seat, in_force.standing(seat))
    review = read_reviews([seat], services).get(analysis.answer_id) if analysis else None
    results = (show_result(seat, analysis, review),) if analysis else ()
    form, link = show_form(seat, rule, services), find_todo_link(seat, services.configuration.current())
    return show(TaskDetail, seat, **_facts(seat, rule), link=link, form=form, results=results)


def _page(uid: str, wanted: TasksWanted, position: str | None, limit: int, services: Services) -> Page[Task]:
    """A page of a person's tasks, and the position of the next one.

    In the order of time all of them are listed so. In any other, 500 at a time are sorted, the newest 500 first.
    """
    place = msgspec.json.decode(position, type=ListPlace) if position else ListPlace(wanted.states[0])
    newest_first = index_order(wanted.sort, wanted.states)
    if newest_first is None:
        seats, following = _read(uid, wanted, place, WINDOW, services, newest_first=True)
        in_force = _rules_of(uid, seats, services)
        entries = order(filter(wanted.takes, _entries(seats, in_force)), wanted.sort)[place.skip :]
        if len(entries) > limit:
            following = msgspec.structs.replace(place, skip=place.skip + limit)
    else:
        seats, following = _read(uid, wanted, place, limit, services, newest_first=newest_first)
        in_force = _rules_of(uid, seats, services)
        entries = list(filter(wanted.takes, _entries(seats, in_force)))
    cursor = msgspec.json.encode(following).decode() if following else None
    return Page(_build(entries[:limit], in_force, services), cursor)


def _read(
    uid: str, wanted: TasksWanted, place: ListPlace, limit: int, services: Services, *, newest_first: bool
) -> tuple[list[Seat], ListPlace | None]:
    """Up to `limit` seats from a place on, and the place behind them: a Query, two where one state ends."""
    found: list[Seat] = []
    current: ListPlace | None = ListPlace(place.state, place.start)
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
            return found, ListPlace(current.state, page.next)
        current = _after(current.state, wanted.states)
    return found, current


def _after(state: SeatState, states: tuple[SeatState, ...]) -> ListPlace | None:
    later = states[states.index(state) + 1 :]
    return ListPlace(later[0]) if later else None


def _rules_of(uid: str, seats: Sequence[Seat], services: Services) -> InForce:
    return services.book.in_force(uid, [(seat.app_id, seat.node_id) for seat in seats])


def _entries(seats: Sequence[Seat], in_force: InForce) -> list[SeatEntry]:
    return [SeatEntry(seat, current_analysis(seat, in_force.standing(seat))) for seat in seats]


def _build(entries: Sequence[SeatEntry], in_force: InForce, services: Services) -> list[Task]:
    reviews = read_reviews([entry.seat for entry in entries if entry.analysis], services)
    room = FINDINGS_BYTES
    tasks = []
    for entry in entries:
        review = reviews.get(entry.analysis.answer_id) if entry.analysis else None
        room -= len(msgspec.json.encode(review.findings)) if review else 0
        rule = in_force.rules.get((entry.seat.app_id, entry.seat.node_id))
        result = _listed(entry, review, has_room=room >= 0)
        tasks.append(show(Task, entry.seat, **_facts(entry.seat, rule), result=result))
    return tasks


def _listed(entry: SeatEntry, review: Review | None, *, has_room: bool) -> Result | None:
    """The result as a list shows it."""
    if entry.analysis is None:
        return None
    result = show_result(entry.seat, entry.analysis, review)
    return replace(result, text=None, findings=result.findings if has_room else None)


def _facts(seat: Seat, rule: RuleInForce | None) -> dict[str, Any]:
    """What is told of an open or done seat besides what it keeps."""
    return {
        "id": encode_id(seat.task_id),
        "status": "open" if seat.state is SeatState.OPEN else "done",
        "decision": seat.decision or None,
        "created_at": datetime.fromisoformat(seat.created_at),
        "finished_at": moment(seat.finished_at),
        "rule": show_effective(rule, seat) if rule else None,
    }
