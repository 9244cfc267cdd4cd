"""Events: what became of one, and those that were rejected: listed whole, and sent in again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import msgspec

from admin_api.api import Api, Router
from admin_api.ids import decode_id, encode_id, log_id
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed, Piece, Place, read_merged
from admin_api.moments import to_utc
from admin_api.problems import not_found
from admin_api.push.logs import LogAttempt, LogEntry, show_attempt, show_entries
from admin_api.views import show
from taskbridge.aws import store_call
from taskbridge.push.logs import LogStatus, PushLog
from taskbridge.push.trigger_rules import AI
from taskbridge.tables.dynamo import Page
from taskbridge.tables.events import STATUS_SHARDS, EventTable, UnroutedEvent

LOADED = 25  # events of up to a megabyte that are in memory before the answer is found to be full
LIGHT = 100  # events without a body that are read by one call
BODY_BYTES = 3_000_000  # an answer of Lambda has 6 MB, and every quotation mark of a body becomes two bytes
router = Router("events")


@dataclass(frozen=True, slots=True)
class EventTarget:
    """What became of an event at one target: `push:<platform id>`, or `ai`. `sess_id` is whose event that was."""

    target: str
    log_id: str
    sess_id: str
    status: LogStatus
    reason: str
    attempts: int
    updated_at: str | None
    entries: list[LogEntry]
    calls: list[LogAttempt]


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """What became of one event. `status` is routed, skipped or rejected; of the latter two `reason` says why.

    An id must be unique. Where it was not, `clash` says so: `targets` are those of every session that used the id, the
    facts of the event are those of the first, and `others` are the ids under which more skipped and rejected events
    of this id stand.
    """

    id: str
    event_id: str
    status: Literal["routed", "skipped", "rejected"]
    reason: str
    action: str
    app_id: str
    sess_id: str
    occurred_at: str | None
    received_at: str | None
    targets: list[EventTarget]
    clash: str
    others: list[str]


@dataclass(frozen=True, slots=True)
class RejectedEvent:
    """An event that could not be read. `body` is the whole of it, as it came from the bus."""

    id: str
    event_id: str
    reason: str
    received_at: str | None
    replayed_at: str | None
    replayed_by: str | None
    body: str


@dataclass(frozen=True, slots=True)
class ReplayedEvent:
    """An event that went back to the ingest queue."""

    id: str
    event_id: str
    replayed_at: str
    replayed_by: str


@router.get("/v1/events/{id}", summary="What became of an event")
def get_event(api: Api, id: str) -> EventOutcome:
    """For each target; also of an event that was skipped, superseded or rejected."""
    event_id = decode_id(id)
    logs = api.services.push_logs.of_event(event_id)
    return _show_outcome(event_id, logs, api.services.events.read(event_id))


@router.get("/v1/rejected-events", summary="Rejected events, the newest first")
def list_rejected_events(api: Api, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[RejectedEvent]:
    """Whole, with the reason. A page may be short where the events are large."""
    page = UnroutedEvents(api.services.events, "rejected").page(api.open_cursor(cursor), limit)
    return api.listed([_show_rejected(each) for each in page.items], page.next)


@router.get("/v1/rejected-events/{id}", summary="One rejected event")
def get_rejected_event(api: Api, id: str) -> RejectedEvent:
    """Whole, as it stands in the list."""
    event = api.services.events.read(decode_id(id))
    if event is None or event.status != "rejected":
        raise not_found("rejected event")
    return _show_rejected(event)


@router.post("/v1/rejected-events/{id}/replay", summary="Send an event in again", status_code=202)
def replay_rejected_event(api: Api, id: str) -> ReplayedEvent:
    """It goes back to the ingest queue as it came. Rejected again, it is listed anew."""
    services, event_id = api.services, decode_id(id)
    replayed = ReplayedEvent(encode_id(event_id), event_id, services.now(), api.caller.uid)
    event = services.events.read(event_id)
    by, at = replayed.replayed_by, replayed.replayed_at
    if event is None or event.status != "rejected" or not services.events.mark_replayed(event_id, by, at):
        raise not_found("rejected event")
    ingest = services.queues["ingest"]
    store_call(services.sqs.send_message, QueueUrl=ingest, MessageBody=event.body.decode())
    return replayed


@dataclass(frozen=True, slots=True)
class UnroutedEvents:
    """Events that went nowhere: rejected ones, which could not be read, or skipped ones, which have no body."""

    events: EventTable
    status: Literal["rejected", "skipped"]

    def page(self, cursor: str | None, limit: int) -> Page[UnroutedEvent]:
        """The newest first, with their bodies. A page ends early where its bodies come to `BODY_BYTES`."""
        positions = msgspec.json.decode(cursor, type=dict[str, tuple[str, ...]]) if cursor else {}
        shards = [str(number) for number in range(STATUS_SHARDS)]
        places, reached = read_merged(partial(self._piece, limit), shards, positions, limit)
        shown: list[UnroutedEvent] = []
        size = 0
        loaded_at_once = LOADED if self.status == "rejected" else LIGHT
        for start in range(0, len(places), loaded_at_once):
            piece = places[start : start + loaded_at_once]
            loaded = self.events.load([event_id for _, (_, event_id) in piece])
            for shard, place in piece:
                event = loaded.get(place[1])
                size += len(event.body) if event else 0
                if size > BODY_BYTES and shown:
                    return Page(shown, _encode(positions))
                positions = {**positions, shard: place}
                shown += [event] if event and event.status == self.status else []
        return Page(shown, _encode(reached))

    def _piece(self, limit: int, shard: str, before: Place) -> Piece[tuple[str, tuple[str, str]]]:
        places = self.events.listed(self.status, int(shard), limit, before)
        return Piece([(place, (shard, place)) for place in places], has_more=len(places) == limit)


def _encode(positions: dict[str, Place] | None) -> str | None:
    return msgspec.json.encode(positions).decode() if positions is not None else None


def _show_outcome(event_id: str, logs: list[PushLog], unrouted: UnroutedEvent | None) -> EventOutcome:
    log = min(logs, key=lambda each: (each.is_beside, each.platform_id), default=None)
    nowhere = None if log else unrouted
    told = log or unrouted
    if told is None:
        raise not_found("event")
    return show(
        EventOutcome,
        told,
        id=encode_id(event_id),
        event_id=event_id,
        status="routed" if nowhere is None else "skipped" if nowhere.status == "skipped" else "rejected",
        reason=nowhere.reason if nowhere else "",
        occurred_at=to_utc(log.occurred_at) if log else None,
        received_at=to_utc(told.received_at),
        targets=[_show_target(each) for each in logs],
        clash=_clash(logs, unrouted),
        others=[encode_id(each) for each in unrouted.others] if unrouted else [],
    )


def _clash(logs: list[PushLog], unrouted: UnroutedEvent | None) -> str:
    """What is wrong with an id that several instances used; empty where all is well."""
    owners = [log.owner for log in logs]
    if unrouted and unrouted.sess_id:
        owners.append(unrouted.sess_id)
    known = sorted(set(owners))
    if len(known) < 2:
        return ""
    return f"{len(known)} instances used this id, which must be unique: {', '.join(known[:10])}"


def _show_target(log: PushLog) -> EventTarget:
    entries = list(log.entries.values())
    return show(
        EventTarget,
        log,
        target=AI if log.platform_id == AI else f"push:{log.platform_id}",
        log_id=log_id(log.key),
        reason=next((entry.reason for entry in entries if entry.status is log.status and entry.reason), ""),
        attempts=sum(entry.attempts for entry in entries),
        updated_at=to_utc(log.updated_at),
        entries=show_entries(log),
        calls=list(map(show_attempt, log.attempts)),
    )


def _show_rejected(event: UnroutedEvent) -> RejectedEvent:
    return show(
        RejectedEvent,
        event,
        id=encode_id(event.event_id),
        received_at=to_utc(event.received_at),
        replayed_at=to_utc(event.replayed_at),
        replayed_by=event.replayed_by or None,
        body=event.body.decode(errors="replace"),
    )
