"""Lambda handler of the reconciler."""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from reconciler.job_ports import JobPorts
from reconciler.jobs import work_off
from reconciler.ports import Ports
from reconciler.reconcile import reconcile
from taskbridge.errors import StoreError
from taskbridge.lambdas import Clients, instance_retention_days, setting, table_name
from taskbridge.moments import DAY_S
from taskbridge.observability import Observability, build_observability, traced
from taskbridge.push.jobs import Job
from taskbridge.push.queue import PushQueue
from taskbridge.tables.configuration import ConfigurationTable
from taskbridge.tables.coordination import CoordinationTable
from taskbridge.tables.instances import InstanceTable
from taskbridge.tables.parts import PartTable
from taskbridge.tables.push_jobs import PushJobTable
from taskbridge.tables.push_log_pages import PushLogPageTable
from taskbridge.tables.push_logs import PushLogTable

TIME_TO_END_S = 2.0
RUN_S = 57.0  # the next run begins three seconds later, however long this one might be


def handler(_event: dict[str, Any], context: Any) -> None:
    """One run, each minute."""
    observability, ports, job_ports = _wired()
    deadline = time.time() + min(RUN_S, context.get_remaining_time_in_millis() / 1000 - TIME_TO_END_S)
    with observability.invocation(context.aws_request_id), traced("reconcile"):
        try:
            reconcile(ports, deadline)
        finally:
            work_off(job_ports, deadline)


@cache
def _wired() -> tuple[Observability, Ports, JobPorts]:
    """Everything the reconciler needs, once per process."""
    observability = build_observability("reconciler")
    clients = Clients()
    tables = clients.client("dynamodb")
    parts = PartTable(tables, table_name("parts"))
    instances = InstanceTable(
        tables, table_name("instances"), parts=parts, retention_s=instance_retention_days() * DAY_S
    )
    pages = PushLogPageTable(tables, table_name("push-log-pages"), retention_s=0)
    outbox = PushQueue(clients.client("sqs"), setting("PUSH_QUEUE_URL"))
    journal = _Journal(observability)
    retention_s = float(setting("EVENT_LOG_TTL_DAYS")) * DAY_S
    job_ports = JobPorts(
        jobs=PushJobTable(tables, table_name("jobs")),
        logs=PushLogTable(tables, table_name("push-logs"), retention_s, parts=parts),
        instances=instances,
        pages=pages,
        outbox=outbox,
        journal=journal,
        clock=time.time,
        sleep=time.sleep,
        new_id=lambda: uuid.uuid4().hex,
    )
    ports = Ports(
        configuration=ConfigurationTable(tables, table_name("configuration"), time.time).current,
        instances=instances,
        coordination=CoordinationTable(tables, table_name("coordination")),
        pages=pages,
        outbox=outbox,
        journal=journal,
        clock=time.time,
        sleep=partial(_wait, job_ports),
    )
    return observability, ports, job_ports


def _wait(job_ports: JobPorts, seconds: float) -> None:
    """While a platform is down, or drains, a run waits for most of its minute: jobs go on meanwhile."""
    end = time.time() + seconds
    with suppress(StoreError):  # probing must go on; the end of the run tries, and tells
        work_off(job_ports, end)
    time.sleep(max(0.0, end - time.time()))


@dataclass(frozen=True, slots=True)
class _Journal:
    """Log lines and metrics of the reconciler."""

    observability: Observability

    def drained(self, platform_id: str, count: int) -> None:
        """See Journal."""
        self.observability.logger.info("due instances sent to the queue", platform=platform_id, count=count)

    def probed(self, platform_id: str, *, closed: bool) -> None:
        """See Journal."""
        self.observability.logger.info("probed", platform=platform_id, closed=closed)

    def settled(self, platform_id: str, count: int) -> None:
        """See Journal."""
        self.observability.count("StuckSettled", count)
        self.observability.logger.warning("stuck instances found", platform=platform_id, count=count)

    def aside(self, platform_id: str, count: int) -> None:
        """See Journal."""
        self.observability.count("SetAside", count)
        self.observability.logger.error("messages wait aside", platform=platform_id, count=count)

    def behind(self, platform_id: str, seconds: float) -> None:
        """See Journal."""
        self.observability.gauge("StuckSearchBehind", seconds, platform_id)
        self.observability.logger.warning("stuck work not looked for to the end", platform=platform_id, behind=seconds)

    def unreadable(self, platform_id: str, name: str, reason: str) -> None:
        """See Journal."""
        self.observability.count("SetAside")
        self.observability.logger.error("cannot be read", platform=platform_id, name=name, reason=reason)

    def breaker(self, platform_id: str, *, is_open: bool) -> None:
        """See Journal."""
        self.observability.gauge("BreakerOpen", int(is_open), platform_id)

    def worked(self, job: Job) -> None:
        """See job_ports.Journal."""
        self.observability.logger.info(
            "job", job=job.id, kind=job.kind, status=job.status, looked_at=job.looked_at, sent=job.sent
        )

    def interrupted(self, job_id: str, error: Exception) -> None:
        """See job_ports.Journal."""
        reason = str(error) if isinstance(error, StoreError) else type(error).__name__  # others may quote a document
        self.observability.logger.warning("job interrupted", job=job_id, error=reason)
