"""Lambda handler of the router."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from event_router.batch import RouterPorts, route_batch
from event_router.journal import RouterJournal
from event_router.route import IngestedEvent
from taskbridge.ai.queue import AiQueue
from taskbridge.lambdas import Clients, batch_response, instance_retention_days, received_at, setting, table_name
from taskbridge.moments import DAY_S
from taskbridge.observability import Observability, build_observability, traced
from taskbridge.platforms.surrogates import mend
from taskbridge.push.queue import PushQueue
from taskbridge.tables.configuration import ConfigurationTable
from taskbridge.tables.events import EventTable


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Route a batch of the ingest queue."""
    observability, ports = _wired()
    records = [
        IngestedEvent(record["messageId"], mend(record["body"]).encode(), received_at(record))
        for record in event["Records"]
    ]
    with observability.invocation(context.aws_request_id), traced("route_batch"):
        return batch_response(route_batch(records, ports))


@cache
def _wired() -> tuple[Observability, RouterPorts]:
    """Everything the router needs, once per process."""
    observability = build_observability("event_router")
    clients = Clients()
    tables, queues = clients.client("dynamodb"), clients.client("sqs")
    configuration = ConfigurationTable(tables, table_name("configuration"), time.time)
    ports = RouterPorts(
        configuration=configuration.current,
        outbox=PushQueue(queues, setting("PUSH_QUEUE_URL")),
        ai_outbox=AiQueue(queues, setting("AI_QUEUE_URL")),
        unrouted=EventTable(tables, table_name("events"), float(setting("EVENT_LOG_TTL_DAYS"))),
        journal=RouterJournal(observability),
        retention_s=instance_retention_days() * DAY_S,
    )
    return observability, ports
