"""Lambda handler of the reconciler."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from reconciler.reconcile import Ports, reconcile
from taskbridge.lambdas import Clients, setting
from taskbridge.observability import Observability, build_observability, traced
from taskbridge.queues import PushQueue
from taskbridge.tables.configuration import ConfigurationTable
from taskbridge.tables.coordination import CoordinationTable
from taskbridge.tables.instances import InstanceTable
from taskbridge.tables.push_log_pages import PushLogPageTable

TIME_TO_END_S = 2.0


def handler(_event: dict[str, Any], context: Any) -> None:
    """One run, each minute."""
    observability, ports = _wired()
    deadline = time.time() + context.get_remaining_time_in_millis() / 1000 - TIME_TO_END_S
    with observability.invocation(context.aws_request_id), traced("reconcile"):
        reconcile(ports, deadline)


@cache
def _wired() -> tuple[Observability, Ports]:
    """Everything the reconciler needs, once per process."""
    observability = build_observability("reconciler")
    clients = Clients()
    tables = clients.client("dynamodb")
    ports = Ports(
        configuration=ConfigurationTable(tables, setting("CONFIGURATION_TABLE"), time.time).current,
        instances=InstanceTable(tables, setting("INSTANCE_TABLE")),
        coordination=CoordinationTable(tables, setting("COORDINATION_TABLE")),
        pages=PushLogPageTable(tables, setting("PUSH_LOG_PAGE_TABLE"), retention_s=0),
        outbox=PushQueue(clients.client("sqs"), setting("PUSH_QUEUE_URL")),
        journal=_Journal(observability),
        clock=time.time,
        sleep=time.sleep,
    )
    return observability, ports


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

    def breaker(self, platform_id: str, *, is_open: bool) -> None:
        """See Journal."""
        self.observability.gauge("BreakerOpen", int(is_open), platform_id)
