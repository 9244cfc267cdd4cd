"""What bulk jobs need of the outside, and what a slice of one is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from taskbridge.push.jobs import Job
from taskbridge.push.messages import SyncMessage
from taskbridge.tables.instances import Stored
from taskbridge.tables.push_log_pages import Page
from taskbridge.tables.push_logs import Listed, PushLogStore


class Jobs(Protocol):
    """The job table."""

    def active(self) -> list[str]:
        """See JobTable."""

    def take(self, job_id: str, holder: str, now: float, lease_s: float) -> Job | None:
        """See JobTable."""

    def save(self, job: Job, holder: str, now: float, lease_s: float) -> bool:
        """See JobTable."""

    def release(self, job_id: str, holder: str) -> None:
        """See JobTable."""


class Logs(PushLogStore, Protocol):
    """The push logs."""

    def by_status(
        self,
        shard: str,
        start: str,
        end: str,
        limit: int,
        *,
        after: tuple[str, ...] = (),
        newest_first: bool = False,
    ) -> tuple[list[Listed], bool]:
        """See PushLogTable."""


class Instances(Protocol):
    """The instance table."""

    def load(self, keys: Sequence[tuple[str, str]]) -> dict[str, Stored]:
        """See InstanceStore."""


class Pages(Protocol):
    """The pages of the push log."""

    def stretch(self, platform_id: str, start: float, end: float, most: int) -> tuple[list[Page], float]:
        """See PushLogPageTable."""


class Outbox(Protocol):
    """The push queue."""

    def send(self, messages: Sequence[SyncMessage]) -> set[int]:
        """Send messages; returns the positions of those that did not get in."""


class Journal(Protocol):
    """Who hears what happened."""

    def worked(self, job: Job) -> None:
        """A run did what it could of a job."""

    def interrupted(self, job_id: str, error: Exception) -> None:
        """A job waits for the next run."""


@dataclass(frozen=True, slots=True)
class JobPorts:
    """Everything outside."""

    jobs: Jobs
    logs: Logs
    instances: Instances
    pages: Pages
    outbox: Outbox
    journal: Journal
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Slice:
    """What one slice found: so many were looked at, these messages have to go. `is_last`: nothing is left."""

    looked_at: int
    wanted: int
    messages: list[SyncMessage]
    is_last: bool
