"""Lambda handler of the router."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from event_router.batch import Ports, Record, route_batch
from event_router.route import Routed
from taskbridge.ai.queue import AiQueue
from taskbridge.errors import TaskbridgeError
from taskbridge.lambdas import Clients, batch_response, instance_retention_days, received_at, setting, table_name
from taskbridge.moments import DAY_S
from taskbridge.observability import Observability, build_observability, traced
from taskbridge.platforms.surrogates import mend
from taskbridge.push.queue import PushQueue
from taskbridge.tables.configuration import ConfigurationTable
from taskbridge.tables.events import EventTable, UnroutedEvent


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Route a batch of the ingest queue."""
    observability, ports = _wired()
    records = [
        Record(record["messageId"], mend(record["body"]).encode(), received_at(record)) for record in event["Records"]
    ]
    with observability.invocation(context.aws_request_id), traced("route_batch"):
        return batch_response(route_batch(records, ports))


@cache
def _wired() -> tuple[Observability, Ports]:
    """Everything the router needs, once per process."""
    observability = build_observability("event_router")
    clients = Clients()
    tables, queues = clients.client("dynamodb"), clients.client("sqs")
    configuration = ConfigurationTable(tables, table_name("configuration"), time.time)
    ports = Ports(
        configuration=configuration.current,
        outbox=PushQueue(queues, setting("PUSH_QUEUE_URL")),
        ai_outbox=AiQueue(queues, setting("AI_QUEUE_URL")),
        unrouted=EventTable(tables, table_name("events"), float(setting("EVENT_LOG_TTL_DAYS"))),
        journal=_Journal(observability),
        retention_s=instance_retention_days() * DAY_S,
    )
    return observability, ports


@dataclass(frozen=True, slots=True)
class _Journal:
    """Log lines and metrics of the router."""

    observability: Observability

    def routed(self, record: Record, decision: Routed | UnroutedEvent) -> None:
        """See Journal."""
        if isinstance(decision, Routed):
            targets = [message.platform_id for message in decision.messages] + (["ai"] if decision.tracked else [])
            # The push log has the same facts, and log lines cost.
            self.observability.logger.debug(
                "routed", event_id=decision.event_id, sess_id=decision.sess_id, targets=targets
            )
            return
        self.observability.count("EventSkipped" if decision.status == "skipped" else "EventRejected")
        self.observability.logger.info(
            decision.status, event_id=decision.event_id, sess_id=decision.sess_id, reason=decision.reason
        )

    def failed(self, record: Record, error: Exception) -> None:
        """See Journal."""
        self.observability.count("RecordFailed")
        # The text of an unforeseen error may quote what it stumbled over: its kind has to do.
        said = str(error) if isinstance(error, TaskbridgeError) else type(error).__name__
        self.observability.logger.warning("stays in the queue", message_id=record.message_id, error=said)
