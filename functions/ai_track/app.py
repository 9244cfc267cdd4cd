"""Lambda handler of the function that keeps the tasks of each person."""

from __future__ import annotations

import time
import uuid
from functools import cache
from typing import Any

from ai_track.batch import TrackBatchPorts, track_batch
from ai_track.journal import TrackJournal
from ai_track.rule_changes import RuleChangePorts
from ai_track.track import TrackPorts
from taskbridge.ai.queue import AiQueue
from taskbridge.ai.requests import RequestPorts
from taskbridge.ai.rulebook import RuleBook
from taskbridge.lambdas import Clients, batch_response, instance_retention_days, setting, table_name
from taskbridge.moments import DAY_S, utc_stamp
from taskbridge.observability import Observability, build_observability, traced
from taskbridge.platforms.switches import ConfiguredSwitches
from taskbridge.queues import read_records
from taskbridge.tables.ai_answers import AnswerTable
from taskbridge.tables.ai_audit import AuditTable
from taskbridge.tables.ai_forms import FormTable
from taskbridge.tables.ai_people import PersonNodeTable
from taskbridge.tables.ai_processes import MARGIN_S, ProcessTable
from taskbridge.tables.ai_rules import RuleTable
from taskbridge.tables.ai_tasks import TaskTable
from taskbridge.tables.configuration import ConfigurationTable
from taskbridge.tables.parts import PartTable
from taskbridge.tables.push_logs import PushLogTable

TIME_TO_END_S = 1.5  # to put back what is left


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a batch of the AI queue in."""
    observability, ports = _wired()
    deadline = time.time() + context.get_remaining_time_in_millis() / 1000 - TIME_TO_END_S
    with observability.invocation(context.aws_request_id), traced("track_batch"):
        return batch_response(track_batch(read_records(event), ports, deadline))


@cache
def _wired() -> tuple[Observability, TrackBatchPorts]:
    """Everything the function needs, once per process."""
    observability = build_observability("ai_track")
    clients = Clients()
    tables = clients.client("dynamodb")
    configuration = ConfigurationTable(tables, table_name("configuration"), time.time)
    switches = ConfiguredSwitches(configuration.current, setting("ENVIRONMENT"))
    rules = RuleTable(tables, table_name("ai-rules"), table_name("ai-rule-versions"))
    kept_s = instance_retention_days() * DAY_S
    seats = TaskTable(tables, table_name("ai-tasks"), table_name("ai-people"), retention_s=kept_s + MARGIN_S)
    book = RuleBook(rules, switches)
    queues = clients.client("sqs")
    outbox = AiQueue(queues, setting("AI_QUEUE_URL"))
    requests = RequestPorts(
        seats=seats,
        outbox=AiQueue(queues, setting("ANALYSIS_QUEUE_URL")),
        standing=book.standing,
        now=_now,
        new_id=lambda: uuid.uuid4().hex[:12],
    )
    track = TrackPorts(
        processes=ProcessTable(tables, table_name("ai-processes"), PartTable(tables, table_name("parts")), kept_s),
        forms=FormTable(tables, table_name("ai-forms"), kept_s),
        seats=seats,
        book=book,
        requests=requests,
        pieces=outbox,
        clock=time.time,
        form_retention_s=lambda: switches().settings.retention_days * DAY_S,
        answers=AnswerTable(tables, table_name("ai-answers")),
        audit=None if setting("KEEP_AUDIT_TEXTS") == "true" else AuditTable(tables, table_name("ai-audit")),
    )
    people = PersonNodeTable(tables, table_name("ai-people"))
    parts = PartTable(tables, table_name("parts"))
    retention_s = float(setting("EVENT_LOG_TTL_DAYS")) * DAY_S
    logs = PushLogTable(tables, table_name("push-logs"), retention_s, parts=parts)
    publish = RuleChangePorts(rules, seats, people, book, requests, outbox, _now)
    return observability, TrackBatchPorts(track, publish, logs, outbox, TrackJournal(observability), _now)


def _now() -> str:
    return utc_stamp(time.time())
