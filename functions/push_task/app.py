"""Lambda handler of the push function."""

from __future__ import annotations

import random
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

from push_task.batch import PushPorts, push_batch
from push_task.clients import build_clients
from push_task.crew import Crew
from push_task.gate import Gate
from push_task.journal import PushJournal
from push_task.send import ThreadedSender
from taskbridge.access.breaker import Breakers
from taskbridge.access.secrets import PlatformSecrets
from taskbridge.access.token_cache import build_token_cache
from taskbridge.budgets import THREADS, TIME_TO_SETTLE_S, Fleet
from taskbridge.lambdas import (
    Clients,
    batch_response,
    instance_retention_days,
    setting,
    table_name,
)
from taskbridge.moments import DAY_S
from taskbridge.observability import Observability, build_observability, traced
from taskbridge.platforms.addresses import parse_hosts
from taskbridge.platforms.http import build_http_client
from taskbridge.queues import Visibility, read_records
from taskbridge.tables.agreements import AgreementTable
from taskbridge.tables.configuration import ConfigurationTable
from taskbridge.tables.coordination import CoordinationTable
from taskbridge.tables.instances import InstanceTable
from taskbridge.tables.parts import PartTable
from taskbridge.tables.push_log_pages import PushLogPageTable
from taskbridge.tables.push_logs import PushLogTable


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Push a batch of the push queue."""
    wired = _wired()
    deadline = time.time() + context.get_remaining_time_in_millis() / 1000 - TIME_TO_SETTLE_S
    with wired.observability.invocation(context.aws_request_id), traced("push_batch"):
        return batch_response(push_batch(read_records(event), wired.ports, deadline))


@dataclass(frozen=True, slots=True)
class _Wired:
    observability: Observability
    ports: PushPorts


@cache
def _wired() -> _Wired:
    """Everything the function needs, once per process."""
    observability = build_observability("push_task")
    clients = Clients()
    tables = clients.client("dynamodb")
    retention_s = float(setting("EVENT_LOG_TTL_DAYS")) * DAY_S
    parts = PartTable(tables, table_name("parts"))
    pages = PushLogPageTable(tables, table_name("push-log-pages"), retention_s)
    ports = PushPorts(
        instances=InstanceTable(
            tables, table_name("instances"), pages, parts=parts, retention_s=instance_retention_days() * DAY_S
        ),
        logs=PushLogTable(tables, table_name("push-logs"), retention_s, parts=parts),
        sender=_sender(clients, tables),
        queue=Visibility(clients.client("sqs"), setting("PUSH_QUEUE_URL")),
        journal=PushJournal(observability),
        clock=time.time,
        random=random.random,
        new_id=lambda: uuid.uuid4().hex[:12],
        retention_s=instance_retention_days() * DAY_S,
    )
    return _Wired(observability, ports)


def _sender(clients: Clients, tables: Any) -> ThreadedSender:
    configuration = ConfigurationTable(tables, table_name("configuration"), time.time)
    ssm = clients.client("ssm")
    fleet = Fleet(float(setting("PUSH_TIMEOUT_SECONDS")), int(setting("PUSH_CONCURRENCY")))
    lines = build_clients(
        configuration.current,
        build_http_client(THREADS, parse_hosts(setting("PLATFORM_HOSTS", ""))),
        build_token_cache(ssm, tables),
        PlatformSecrets(ssm, setting("PARAMETER_PREFIX"), time.time),
        time.time,
        fleet,
        configuration.anew,
    )
    breakers = Breakers(CoordinationTable(tables, table_name("coordination")), time.time)
    agreements = AgreementTable(tables, table_name("coordination"))
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="push")
    return ThreadedSender(
        lines,
        breakers,
        Gate(lines, breakers, agreements, time.time, fleet),
        time.time,
        sleep=time.sleep,
        crew=lambda: Crew(pool),
    )
