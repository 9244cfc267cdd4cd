"""Bulk jobs over fakes: failed logs, a queue that takes each message once in five minutes, workers that die."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from reconciler.jobs import work_off
from reconciler.ports import JobPorts
from taskbridge.errors import StoreError
from taskbridge.push.jobs import JobKind, JobStatus, PushJob
from taskbridge.push.logs import Entry, LogStatus, PushLog
from taskbridge.push.messages import SyncMessage, deduplication_id
from taskbridge.tables.push_jobs import PushJobTable
from taskbridge.tables.push_log_items import status_shard
from taskbridge.tables.push_logs import ListedLog
from tests.builders import PLATFORM, START
from tests.fakes import FakeQueue, MemoryInstances, MemoryLogs, SilentReconcilerJournal

FIVE_MINUTES_S = 300.0


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


class Killed(BaseException):
    """The worker dies: nobody catches it."""


class IndexedLogs(MemoryLogs):
    """Push logs with their index by status."""

    def by_status(
        self,
        shard: str,
        start: str,
        end: str,
        limit: int,
        *,
        after: tuple[str, ...] = (),
        newest_first: bool = False,
    ) -> tuple[list[ListedLog], bool]:
        found = [
            ListedLog(copy.deepcopy(log), (log.received_at, log.event_id))
            for log in self.items.values()
            if status_shard(log.platform_id, log.status, log.event_id) == shard and start <= log.received_at <= end
        ]
        found.sort(key=lambda each: each.place, reverse=newest_first)
        left = [each for each in found if not after or (each.place < after if newest_first else each.place > after)]
        return left[:limit], len(left) > limit


class MemoryJobs(PushJobTable):
    """Jobs, with their leases."""

    def __init__(self) -> None:
        self.jobs: dict[str, PushJob] = {}
        self.leases: dict[str, tuple[str, float]] = {}

    def active(self) -> list[str]:
        return sorted(key for key, job in self.jobs.items() if job.status is JobStatus.RUNNING)

    def take(self, job_id: str, holder: str, now: float, lease_s: float) -> PushJob | None:
        has, until = self.leases.get(job_id, ("", 0.0))
        if self.jobs[job_id].status is not JobStatus.RUNNING or (until > now and has != holder):
            return None
        self.leases[job_id] = (holder, now + lease_s)
        return copy.deepcopy(self.jobs[job_id])

    def save(self, job: PushJob, holder: str, now: float, lease_s: float) -> bool:
        if self.jobs[job.id].status is not JobStatus.RUNNING or self.leases[job.id][0] != holder:
            return False
        self.jobs[job.id] = copy.deepcopy(job)
        self.leases[job.id] = (holder, now + lease_s)
        return True

    def release(self, job_id: str, holder: str) -> None:
        if self.leases[job_id][0] == holder:
            self.leases[job_id] = (holder, 0.0)


class World:
    """A platform with failed logs, and a push function that takes what is in the queue when it is told to."""

    def __init__(self) -> None:
        self.now = START
        self.jobs = MemoryJobs()
        self.logs = IndexedLogs()
        self.instances = MemoryInstances()
        self.journal = SilentReconcilerJournal()
        self.queued: list[SyncMessage] = []
        self.seen: dict[str, float] = {}
        self.pushed: dict[str, int] = {}
        self.before_send: Callable[[], None] = lambda: None
        self.after_send: Callable[[], None] = lambda: None
        self.refuses = False
        self.workers = 0

    # -- what a test sets up

    def add_failed(self, count: int, *, per_instance: int = 1, **changes: str) -> None:
        first = len(self.logs.items)
        for number in range(first, first + count):
            entry = Entry(LogStatus.FAILED, reason="400")
            at = stamp(START - 86_400 + number // 3)  # some in the same moment
            values: dict[str, Any] = {"app_id": "leave", "received_at": at, "updated_at": at, **changes}
            log = PushLog(f"e{number}", PLATFORM, f"S{number // per_instance}", entries={"T1": entry}, **values)
            self.logs.put([log])

    def ask(self, job_id: str = "j1", **changes: object) -> PushJob:
        values: dict[str, Any] = {
            "kind": JobKind.REPLAY,
            "start": stamp(0),
            "end": stamp(self.now),
            "rate_per_s": 1000.0,
            **changes,
        }
        job = PushJob(id=job_id, asked_by="ops", asked_at=stamp(self.now), platform_ids=(PLATFORM,), **values)
        self.jobs.jobs[job_id] = job
        return job

    # -- what happens

    def run(self, seconds: float = 50.0) -> None:
        """A run of the reconciler; one that is killed leaves its lease behind."""
        self.workers += 1
        holder = f"worker-{self.workers}"
        ports = JobPorts(
            jobs=self.jobs,
            logs=self.logs,
            instances=self.instances,
            pages=self.instances,
            outbox=FakeQueue(self.send),
            journal=self.journal,
            clock=lambda: self.now,
            sleep=self.sleep,
            new_id=lambda: holder,
        )
        work_off(ports, self.now + seconds)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def send(self, messages: Sequence[SyncMessage]) -> set[int]:
        """A FIFO queue: what it has seen within five minutes it takes for the same message."""
        self.before_send()
        if self.refuses:
            return set(range(len(messages)))
        for message in messages:
            key = deduplication_id(message)
            if self.now - self.seen.get(key, -FIVE_MINUTES_S) >= FIVE_MINUTES_S:
                self.seen[key] = self.now
                self.queued.append(message)
        self.after_send()
        return set()

    def push(self, *, succeeds: bool = True) -> None:
        """The push function takes the queue: what failed of each instance is tried once more."""
        for message in self.queued:
            for log in self.logs.items.values():
                if log.sess_id == message.sess_id and log.status is LogStatus.FAILED:
                    self.pushed[log.event_id] = self.pushed.get(log.event_id, 0) + 1
                    log.updated_at = stamp(self.now)
                    log.entries["T1"].status = LogStatus.SUCCEEDED if succeeds else LogStatus.FAILED
        self.queued.clear()

    def kill_at(self, send: int, *, before: bool) -> None:
        """Let the worker die at this send of its messages, before or after the queue has them."""
        left = [send]

        def die() -> None:
            left[0] -= 1
            if not left[0]:
                raise Killed

        self.before_send, self.after_send = (die, lambda: None) if before else (lambda: None, die)

    def job(self, job_id: str = "j1") -> PushJob:
        return self.jobs.jobs[job_id]


class Flaky:
    """A call that fails once."""

    def __init__(self) -> None:
        self.left = 1

    def __call__(self) -> None:
        self.left -= 1
        if self.left >= 0:
            raise StoreError("Query: InternalServerError")
