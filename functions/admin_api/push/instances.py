"""The instance behind a push log: what its task center should show, beside what it acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from admin_api.api import Api, Router
from admin_api.ids import log_id
from admin_api.moments import to_utc
from admin_api.push.logs import read_log
from admin_api.views import show
from admin_api.wiring import Services
from taskbridge.push.instances import INSTANCE, Instance, Item, Presence, Work
from taskbridge.push.logs import LogStatus, PushLog
from taskbridge.tables.push_logs import load_own

ITEMS = 40  # with the newest forty events of the instance, their logs are one call
PEOPLE = 20
TASK_FACTS = ("status", "node_name", "node_id", "priority", "assignees", "created_at")
INSTANCE_FACTS = ("status", "subject", "app_name", "initiator", "created_at")
router = Router("push logs")


@dataclass(frozen=True, slots=True)
class WantedFact:
    """Something that a task center should show, and whether a call that told it was acknowledged."""

    name: str
    value: str
    sequence: int
    is_acknowledged: bool


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The newest call for an item that the task center took; `request` is empty where it is no longer kept."""

    log_id: str
    event_id: str
    operation: str
    at: str | None
    request: str


@dataclass(frozen=True, slots=True)
class ItemState:
    """A task (null: the instance itself): what is wanted, what was acknowledged, and what is left to do."""

    task_id: str | None
    presence: Presence
    work: Work
    reason: str
    event_id: str
    wanted: list[WantedFact]
    acknowledged: Acknowledged | None


@dataclass(frozen=True, slots=True)
class InstanceEvent:
    """An event of the instance. `superseded_by`: the ids of the events that took its place."""

    log_id: str
    event_id: str
    action: str
    sequence: int | None
    status: LogStatus
    occurred_at: str | None
    received_at: str | None
    superseded_by: list[str]


@dataclass(frozen=True, slots=True)
class InstanceState:
    """An instance on one task center: at most forty of `item_count` items, those of the log first; events in order."""

    platform_id: str
    sess_id: str
    is_deleted: bool
    unreadable: str
    item_count: int
    items: list[ItemState]
    events: list[InstanceEvent]


@router.get("/v1/push-logs/{id}/instance", summary="What is wanted, beside what was acknowledged")
def get_instance(api: Api, id: str) -> InstanceState:
    """Of the instance that a log belongs to, on its task center: three calls."""
    return read_instance(read_log(api.services, id), api.services)


def read_instance(log: PushLog, services: Services) -> InstanceState:
    """The instance of a log. Raises StoreError."""
    key = (log.platform_id, log.sess_id)
    (stored,) = services.instances.load([key]).values()
    items = choose(stored.instance, log.entries)
    named = [*stored.instance.events, *(item.event_id for item in items.values() if item.event_id), log.event_id]
    logs = load_own(services.push_logs, ((event_id, *key) for event_id in dict.fromkeys(named)))
    return show_instance(stored.instance, items, logs.values(), stored.unreadable)


def choose(instance: Instance, first: Iterable[str]) -> dict[str, Item]:
    """The items that are shown: the instance, those of a log, those with work left, others."""
    items = instance.items()
    left = [key for key, item in items.items() if item.work is not Work.NONE]
    order = dict.fromkeys([INSTANCE, *(key for key in first if key in items), *left, *items])
    return {key: items[key] for key in list(order)[:ITEMS]}


def show_instance(
    instance: Instance, items: Mapping[str, Item], logs: Iterable[PushLog], unreadable: str = ""
) -> InstanceState:
    """The instance as its document and the logs of its events tell it."""
    known = sorted(logs, key=lambda log: (log.sequence, log.received_at))
    return show(
        InstanceState,
        instance,
        unreadable=unreadable,
        item_count=len(instance.tasks) + 1,
        items=[_show_item(key, item, known, instance) for key, item in items.items()],
        events=[_show_event(log, known) for log in known],
    )


def _show_item(key: str, item: Item, logs: list[PushLog], instance: Instance) -> ItemState:
    settled = item.work is Work.NONE and (item.presence is not Presence.ABSENT or (key == INSTANCE and instance.pushed))
    took = [log for log in logs if key in log.entries and log.entries[key].status is LogStatus.SUCCEEDED]
    reached = max((log.sequence for log in took), default=-1)
    names = INSTANCE_FACTS if key == INSTANCE else TASK_FACTS
    return show(
        ItemState,
        item,
        task_id=key or None,
        wanted=[
            WantedFact(name, _words(item.value(name)), sequence, settled or sequence <= reached)
            for name in names
            if (sequence := item.fact_sequence(name)) >= 0
        ],
        acknowledged=_acknowledged(key, took),
    )


def _acknowledged(key: str, took: list[PushLog]) -> Acknowledged | None:
    log = max(took, key=lambda each: each.entries[key].settled_at, default=None)
    if log is None:
        return None
    entry = log.entries[key]
    requests = [each.request for each in log.attempts if each.key == key and each.operation == entry.operation]
    request = requests[-1] if requests else ""
    return Acknowledged(log_id(log.key), log.event_id, entry.operation, to_utc(entry.settled_at), request)


def _words(value: Any) -> str:
    """A fact as people read it: of people their names, or numbers where they have none."""
    if not isinstance(value, list | tuple):
        return str(value)
    if value and isinstance(value[0], str):
        return _person(value)
    told = "、".join(_person(person) for person in value[:PEOPLE])
    return f"{told} +{len(value) - PEOPLE}" if len(value) > PEOPLE else told


def _person(person: list[str] | tuple[str, ...]) -> str:
    uid, number, name = (*person, "", "", "")[:3]
    return f"{name} ({number or uid})" if name else number or uid


def _show_event(log: PushLog, logs: list[PushLog]) -> InstanceEvent:
    lost = [key for key, entry in log.entries.items() if entry.status is LogStatus.SUPERSEDED]
    return show(
        InstanceEvent,
        log,
        log_id=log_id(log.key),
        sequence=log.sequence if log.sequence >= 0 else None,
        occurred_at=to_utc(log.occurred_at),
        received_at=to_utc(log.received_at),
        superseded_by=list(dict.fromkeys(by for key in lost if (by := _successor(log, key, logs)))),
    )


def _successor(log: PushLog, key: str, logs: list[PushLog]) -> str:
    """The next event that is about the same item; empty where its log is no longer kept."""
    later = (each.event_id for each in logs if each.sequence > log.sequence and key in each.entries)
    return next(later, "")
