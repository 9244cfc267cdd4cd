"""Lambda handler of the reconciler."""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from functools import cache, partial
from typing import Any

from reconciler.jobs import work_off
from reconciler.journal import ReconcilerJournal
from reconciler.ports import JobPorts, RunPorts
from reconciler.reconcile import reconcile
from taskbridge.errors import StoreError
from taskbridge.lambdas import (
    Clients,
    batch_response,
    instance_retention_days,
    is_empty_batch,
    setting,
    table_name,
)
from taskbridge.moments import DAY_S
from taskbridge.observability import Observability, build_observability, traced
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


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One run, each minute; an empty batch, by which `taskbridge doctor` sees that it answers, starts none."""
    observability, ports, job_ports = _wired()
    if is_empty_batch(event):
        return batch_response(())
    deadline = time.time() + min(RUN_S, context.get_remaining_time_in_millis() / 1000 - TIME_TO_END_S)
    with observability.invocation(context.aws_request_id), traced("reconcile"):
        try:
            reconcile(ports, deadline)
        finally:
            work_off(job_ports, deadline)
    return batch_response(())


@cache
def _wired() -> tuple[Observability, RunPorts, JobPorts]:
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
    journal = ReconcilerJournal(observability)
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
    ports = RunPorts(
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
