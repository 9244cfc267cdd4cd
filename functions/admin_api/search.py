"""Search: where an id leads, whatever it is the id of. What a caller may not open is not looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.access import ACCESS
from admin_api.api import Api, Router
from admin_api.ids import decode_id, encode_id, log_id
from admin_api.moments import to_utc
from admin_api.problems import Problem
from admin_api.push.log_lists import LogFilter, PushLogLists
from admin_api.setup.platforms import task_centers
from admin_api.wiring import Services
from taskbridge.ai.requests import task_id_of
from taskbridge.ai.seats import Seat, SeatState
from taskbridge.moments import DAY_S

Kind = Literal["push_log", "rejected_event", "skipped_event", "instance", "replay", "own_task", "analysis", "task"]
IdAsCopied = Annotated[str, Query(description="any id, as it was copied", min_length=1, max_length=1200)]
router = Router("operations")


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that bears the id. `within` is what it belongs to: the instance of a log, the task of an analysis."""

    kind: Kind
    id: str
    name: str
    within: str
    platform_id: str
    status: str
    at: str | None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Where an id leads. A `task` is only looked for where nothing else was found."""

    hits: list[Hit]
    looked_for: list[Kind]


@dataclass(frozen=True, slots=True)
class Sought:
    """An id, and who looks for it: `uid`, whose own tasks and analyses count."""

    id: str
    uid: str
    services: Services

    def logs(self) -> Iterator[Hit]:
        """Of an event, and the one whose own id this is."""
        place, _, event_id = self.id.partition(":")
        own = self.services.push_logs.load([(event_id, place)]).values() if place and event_id else ()
        for log in [*own, *self.services.push_logs.of_event(self.id)]:
            received = to_utc(log.received_at or log.updated_at)
            yield Hit("push_log", log_id(log.key), log.event_id, log.sess_id, log.platform_id, log.status, received)

    def unrouted(self) -> Iterator[Hit]:
        """The event, where it went nowhere."""
        event = self.services.events.read(self.id)
        if event:
            kind: Kind = "rejected_event" if event.status == "rejected" else "skipped_event"
            received = to_utc(event.received_at)
            yield Hit(kind, encode_id(event.event_id), event.event_id, event.sess_id, "", event.status, received)

    def instances(self) -> Iterator[Hit]:
        """The instance, on the first platform that knows it: its list shows all of them."""
        stored = self.services.instances.load([(each, self.id) for each in self._platforms()]).values()
        known = next((each.instance for each in stored if each.version), None)
        if known:
            status = str(known.item.value("status", ""))
            yield Hit("instance", encode_id(self.id), self.id, "", known.platform_id, status, None)

    def replays(self) -> Iterator[Hit]:
        """The job, with who asked for it."""
        job = self.services.jobs.read(self.id)
        if job:
            yield Hit("replay", encode_id(job.id), job.id, job.asked_by, "", job.status, to_utc(job.asked_at))

    def own_task(self) -> Iterator[Hit]:
        """The task, where it is the caller's."""
        seat = self._seat(self.id)
        if seat:
            name = seat.subject or seat.task_id
            yield Hit("own_task", encode_id(self.id), name, seat.sess_id, "", seat.state, to_utc(seat.created_at))

    def analysis(self) -> Iterator[Hit]:
        """The analysis, where its task is the caller's."""
        task_id = task_id_of(self.id)
        seat = self._seat(task_id) if task_id else None
        if seat and seat.analysis and seat.analysis.id == self.id:
            name, status = seat.subject or seat.task_id, seat.analysis.status
            yield Hit("analysis", self.id, name, encode_id(seat.task_id), "", status, to_utc(seat.created_at))

    def task(self) -> Iterator[Hit]:
        """Whose task the newest logs of a week name: this costs most."""
        services = self.services
        lists = PushLogLists(services.push_logs, services.instances, services.pages, services.retention_days * DAY_S)
        wanted = LogFilter(self._platforms(), task_id=self.id)
        for log in lists.find(wanted, None, 1, services.clock()).items:
            status, updated = log.entries[self.id].status, to_utc(log.updated_at)
            yield Hit("task", encode_id(self.id), self.id, log.sess_id, log.platform_id, status, updated)

    def _platforms(self) -> tuple[str, ...]:
        return task_centers(self.services.configuration.current(), None, where="query")

    def _seat(self, task_id: str) -> Seat | None:
        seat = self.services.seats.get(self.uid, task_id)
        return seat if seat and seat.state is not SeatState.GONE else None


@dataclass(frozen=True, slots=True)
class SearchLook:
    """One look for an id: what it may find, and the route that opens it."""

    kinds: tuple[Kind, ...]
    route: str
    find: Callable[[Sought], Iterator[Hit]]


LOOKS = (
    SearchLook(("push_log",), "/v1/push-logs/{id}", Sought.logs),
    SearchLook(("rejected_event", "skipped_event"), "/v1/events/{id}", Sought.unrouted),
    SearchLook(("instance",), "/v1/push-logs", Sought.instances),
    SearchLook(("replay",), "/v1/replays/{id}", Sought.replays),
    SearchLook(("own_task",), "/v1/ai/tasks/{task_id}", Sought.own_task),
    SearchLook(("analysis",), "/v1/ai/analyses/{id}", Sought.analysis),
    SearchLook(("task",), "/v1/push-logs", Sought.task),
)


@router.get("/v1/search", summary="Where an id leads")
def search(api: Api, id: IdAsCopied) -> SearchResult:
    """Of an event, a push log, an instance, a task, an analysis, a replay: as it was copied, or as a path takes it."""
    caller = api.caller
    sought = Sought(_plain(id.strip()), caller.uid, api.services)
    looks = [each for each in LOOKS if caller.may(ACCESS["GET", each.route])]
    hits: list[Hit] = []
    for each in looks:
        if sought.id and not (hits and each.find is Sought.task):
            hits += each.find(sought)
    return SearchResult(hits, [kind for each in looks for kind in each.kinds])


def _plain(text: str) -> str:
    """The id that a text stands for; empty where it is no id."""
    try:
        return decode_id(text)
    except Problem:
        return ""
