"""`DELETE /v1/people/{uid}`: erases what is stored of one person and can be found by key.

Each step may be repeated. What leads to other things goes after them: a task after what its ids lead to, what is
counted on a node after the rules of that node. So a call that ends in between leaves what the next one goes on with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.api import Api, Router
from admin_api.ids import decode_id
from admin_api.problems import invalid
from admin_api.wiring import Services
from taskbridge.ai.people import EVERYONE
from taskbridge.ai.processes import forget_person
from taskbridge.ai.seats import Seat, SeatState
from taskbridge.errors import StaleVersion, UnreadableDocument
from taskbridge.tables.dynamo import MAX_PAGE

DryRun = Annotated[bool, Query(description="Only count; what is found by way of tasks is not counted")]
SUBJECT = ("erasure",)
TASKS_A_PAGE = 25
WORKING_S = 15.0  # a call of the API has 29
TRIES = 8
Node = tuple[str, str]  # (app id, node id)
router = Router("people")


@dataclass(slots=True)
class Erased:
    """How many there were of each."""

    tasks: int = 0
    open_tasks: int = 0
    documents: int = 0
    audit_entries: int = 0
    answers: int = 0
    nodes: int = 0
    own_rules: int = 0
    jobs: int = 0


@dataclass(frozen=True, slots=True)
class Erasure:
    """What one call erased, or would. `finished` false: call again, it goes on where it stopped."""

    finished: bool
    dry_run: bool
    erased: Erased
    change_id: str


@router.delete("/v1/people/{id}", summary="Erase what is stored of a person")
def erase(api: Api, id: str, *, dry_run: DryRun = False) -> Erasure:
    """As much as a call has time for: call until `finished`. What cannot be found by key goes by itself."""
    uid = decode_id(id)
    return plan_erasure(uid, api.services) if dry_run else erase_person(uid, api.caller.uid, api.services)


def plan_erasure(uid: str, services: Services) -> Erasure:
    """Count what an erasure would begin with, at most 500 tasks. What only these lead to is not counted."""
    _check(uid)
    page = services.seats.list_all(uid, MAX_PAGE)
    found = Erased(
        tasks=len(page.items),
        open_tasks=sum(seat.state is SeatState.OPEN for seat in page.items),
        nodes=len(services.people.list(uid)),
        own_rules=len(services.rules.list_own(uid)),
    )
    return Erasure(finished=page.next is None, dry_run=True, erased=found, change_id="")


def erase_person(uid: str, who: str, services: Services) -> Erasure:
    """Erase as much as a call has time for. Raises Problem (422), StoreError; what was erased stays so."""
    _check(uid)
    erased = Erased()
    end = services.clock() + WORKING_S
    finished = _erase_tasks(uid, erased, end, services) and _erase_nodes(uid, erased, end, services)
    if finished:
        _erase_jobs(uid, erased, services)
    told = {"finished": finished, **asdict(erased)}
    change_id = services.trail.record(who, SUBJECT, None, told)
    return Erasure(finished=finished, dry_run=False, erased=erased, change_id=change_id)


def _check(uid: str) -> None:
    if uid == EVERYONE:
        raise invalid("uid", "expected the id of one person", where="path")


def _erase_tasks(uid: str, erased: Erased, end: float, services: Services) -> bool:
    while services.clock() < end:
        seats = services.seats.list_all(uid, TASKS_A_PAGE).items
        if not seats:
            return True
        for node in dict.fromkeys((seat.app_id, seat.node_id) for seat in seats):
            _erase_rules(uid, node, erased, services)
        for seat in seats:
            _erase_task(seat, erased, services)
    return False


def _erase_task(seat: Seat, erased: Erased, services: Services) -> None:
    erased.audit_entries += _blank_audit(seat.uid, seat.task_id, services)
    analysis = seat.analysis
    if analysis and analysis.answer_id and analysis.rule_version.startswith("custom-"):
        erased.answers += services.answers.erase(analysis.answer_id) > 0
    erased.documents += _forget(seat, services)
    services.seats.remove(seat.uid, seat.task_id)
    erased.tasks += 1
    erased.open_tasks += seat.state is SeatState.OPEN


def _erase_jobs(uid: str, erased: Erased, services: Services) -> None:
    for job in services.ai_jobs.list_all(uid):
        for asked_about in (job.id, *job.task_ids):
            erased.audit_entries += _blank_audit(uid, asked_about, services)
    erased.jobs += services.ai_jobs.erase_all(uid)


def _blank_audit(uid: str, asked_about: str, services: Services) -> int:
    """Blank what was asked for a person about a task, or in a job. Returns how much that was."""
    cursor, count = None, 0
    while True:
        page = services.audit.for_task(asked_about, cursor)
        mine = [entry for entry in page.items if entry.uid == uid]
        for entry in mine:
            services.audit.blank(entry)
        cursor, count = page.next, count + len(mine)
        if cursor is None:
            return count


def _forget(seat: Seat, services: Services) -> bool:
    """Raises StaleVersion where others write the document again and again."""
    for _ in range(TRIES):
        try:
            stored = services.processes.load(seat.sess_id)
        except UnreadableDocument:
            return False  # set aside; it names the person until it goes by itself
        if not forget_person(stored.process, seat.uid):
            return False
        if services.processes.save(stored):
            return True
    raise StaleVersion("process document: too many at the same time")


def _erase_nodes(uid: str, erased: Erased, end: float, services: Services) -> bool:
    counted: Iterable[Node] = [(each.app_id, each.node_id) for each in services.people.list(uid)]
    ruled: Iterable[Node] = [(each.app_id, each.node_id) for each in services.rules.list_own(uid)]
    for node in dict.fromkeys([*counted, *ruled]):
        if services.clock() >= end:
            return False
        _erase_rules(uid, node, erased, services)
        services.people.remove(uid, *node)
        erased.nodes += node in counted
    return True


def _erase_rules(uid: str, node: Node, erased: Erased, services: Services) -> None:
    services.changes.erase(("own-rule", uid, *node))
    erased.own_rules += services.rules.erase_own(uid, *node)
