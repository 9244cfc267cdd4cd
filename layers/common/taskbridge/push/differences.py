"""What a platform should have been told, compared with what the push log proves that it was. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from taskbridge.push.instances import Instance, Item, Presence, Work
from taskbridge.push.logs import LogStatus, PushLog, entry_name
from taskbridge.push.messages import SyncMessage

STUCK_AFTER_S = 900.0  # longer than any message stays invisible


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the platform may not show as it is. `key` is a task's id, or INSTANCE."""

    sess_id: str
    key: str
    reason: str

    @property
    def name(self) -> str:
        """How people call the item: the task's id, or `instance`."""
        return entry_name(self.key)


def find_differences(instance: Instance, logs: Iterable[PushLog], now: float) -> list[Difference]:
    """The items of an instance that have to be sent again; `logs` are those of its events on its platform.

    A log that is not there proves nothing either way: it may have outlived its retention.
    """
    by_event = {log.event_id: log for log in logs}
    found = []
    for key, item in instance.items().items():
        reason = _work_left(instance, item, now) or _disproved(item, key, by_event)
        if reason:
            found.append(Difference(instance.sess_id, key, reason))
    return found


def build_sync(instance: Instance, differences: Iterable[Difference], reason: str, requested_at: str) -> SyncMessage:
    """The message that sends again what differs."""
    return SyncMessage(
        platform_id=instance.platform_id,
        sess_id=instance.sess_id,
        reason=reason,
        requested_at=requested_at,
        replay=True,
        force=tuple(each.key for each in differences),
    )


def events_of(instance: Instance) -> list[str]:
    """The events whose logs tell of the instance: the newest it knows, and those that its items stem from."""
    named = [*instance.events, *(item.event_id for item in instance.items().values())]
    return [event_id for event_id in dict.fromkeys(named) if event_id]


def _work_left(instance: Instance, item: Item, now: float) -> str:
    if item.work is Work.FAILED:
        return f"failed: {item.reason}"
    is_nobodys = not instance.due_at and instance.attempt_started_at < now - STUCK_AFTER_S
    if item.work is Work.PENDING and is_nobodys:
        return "something is left to send, and nobody is at it"
    return ""


def _disproved(item: Item, key: str, logs: dict[str, PushLog]) -> str:
    """Why the log contradicts a document that says that all was acknowledged; empty where it does not."""
    if item.work is not Work.NONE or item.presence is Presence.GONE:
        return ""
    own = logs.get(item.event_id)
    entry = own.entries.get(key) if own else None
    if entry is None:
        return ""
    if entry.status in (LogStatus.RETRYING, LogStatus.FAILED):
        return f"the log of event {item.event_id} says {entry.status}"
    later = [
        log
        for log in logs.values()
        if log.sequence < item.sequence and _succeeded_at(log, key) > entry.settled_at and entry.settled_at
    ]
    return f"the older event {later[0].event_id} was acknowledged last" if later else ""


def _succeeded_at(log: PushLog, key: str) -> str:
    entry = log.entries.get(key)
    return entry.settled_at if entry and entry.status is LogStatus.SUCCEEDED else ""
