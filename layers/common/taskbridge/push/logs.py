"""The push log: what became of one event on one platform, with every attempt.

One log holds an entry for each task that the event named, and one for the instance where it was about that.
Deletions are logged the same way; their entries carry a delete operation.

A log stands under its event and platform. Where two instances used one event id, the second log stands beside the
first, at a place of its own, and both tell of the other (docs/decisions/0031).
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

from taskbridge.attempts import Attempt
from taskbridge.push.instances import INSTANCE

ATTEMPTS_KEPT = 10
SCHEMA = 1  # a change that an older release would read wrongly needs a new number


class LogStatus(StrEnum):
    """What became of an event."""

    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    SKIPPED = "skipped"


# The status of a whole log is the worst of its entries, in this order.
_WORST_FIRST = (
    LogStatus.FAILED,
    LogStatus.RETRYING,
    LogStatus.SUCCEEDED,
    LogStatus.SUPERSEDED,
    LogStatus.SKIPPED,
)


class Entry(msgspec.Struct, omit_defaults=True):
    """What became of one task, or of the instance. Times are RFC 3339 in UTC, empty for none."""

    status: LogStatus
    operation: str = ""
    reason: str = ""
    attempts: int = 0
    errcode: str = ""
    failed_at: str = ""
    settled_at: str = ""


LogKey = tuple[str, str]  # (event id, place)
BESIDE = "#"


class PushLog(msgspec.Struct, omit_defaults=True):
    """One event of one instance on one platform.

    `notes`: what was set right in the event. `shared_with`: owners of other logs under this event id, as far as this
    one was told. `is_beside`: the log of another instance had the place first. `is_stored`: the table has this log.
    Where `unreadable`, it holds what stands beside the log, and is not written back.
    """

    event_id: str
    platform_id: str
    sess_id: str
    action: str = ""
    sequence: int = -1
    app_id: str = ""
    occurred_at: str = ""
    received_at: str = ""
    updated_at: str = ""
    entries: dict[str, Entry] = msgspec.field(default_factory=dict)
    attempts: list[Attempt] = msgspec.field(default_factory=list)
    schema: int = SCHEMA
    unreadable: str = ""  # never stored: why this release cannot read it
    shared_with: list[str] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)
    is_beside: bool = False
    is_stored: bool = False

    @property
    def owner(self) -> str:
        """Whose event it was: the process instance, or the application where there is none."""
        return owner_of(self.sess_id, self.app_id)

    @property
    def place(self) -> str:
        """Where it stands under its event."""
        return place_beside(self.platform_id, self.owner) if self.is_beside else self.platform_id

    @property
    def key(self) -> LogKey:
        """Where it stands in the table."""
        return self.event_id, self.place

    @property
    def status(self) -> LogStatus:
        """The worst of its entries; an event that named nothing was skipped."""
        found = {entry.status for entry in self.entries.values()}
        return next((status for status in _WORST_FIRST if status in found), LogStatus.SKIPPED)

    def add_attempts(self, attempts: list[Attempt]) -> None:
        """Keep the newest attempts; the entry's count tells how many there were."""
        self.attempts = [*self.attempts, *attempts][-ATTEMPTS_KEPT:]


def owner_of(sess_id: str, app_id: str = "") -> str:
    """The owner of a log: a published node belongs to no instance."""
    return sess_id or f"app {app_id}"


def place_beside(platform_id: str, owner: str) -> str:
    """The place of a log whose event id was used by another instance first."""
    return f"{platform_id}{BESIDE}{hashlib.sha256(owner.encode()).hexdigest()[:12]}"


def platform_of_place(place: str) -> str:
    """The platform of a log at this place."""
    return place.partition(BESIDE)[0]


def entry_name(key: str) -> str:
    """How people call an entry: the task's id, or `instance`."""
    return key if key != INSTANCE else "instance"
