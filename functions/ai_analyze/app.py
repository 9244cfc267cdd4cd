"""Lambda handler of the analysis function."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ai_analyze.batch import Heartbeat, analyse_batch
from ai_analyze.desk import Desk
from ai_analyze.journal import AnalysisJournal
from ai_analyze.nights import begin_night
from ai_analyze.ports import AnalysisPorts
from ai_analyze.uploads import UploadTable
from taskbridge.access.breaker import Breakers
from taskbridge.access.secrets import PlatformSecrets
from taskbridge.access.token_cache import build_token_cache
from taskbridge.ai.queue import AiQueue
from taskbridge.ai.requests import RequestPorts
from taskbridge.ai.rulebook import RuleBook
from taskbridge.ai.timing import ANALYSIS_MARGIN_S
from taskbridge.lambdas import Clients, batch_response, setting, table_name
from taskbridge.moments import utc_stamp
from taskbridge.observability import Observability, build_observability, traced
from taskbridge.platforms.addresses import parse_hosts
from taskbridge.platforms.ai_client import build_ai_clients
from taskbridge.platforms.http import build_http_client
from taskbridge.platforms.switches import ConfiguredSwitches
from taskbridge.queues import Visibility, read_records
from taskbridge.tables.ai_answers import AnswerTable
from taskbridge.tables.ai_audit import AuditTable
from taskbridge.tables.ai_forms import FormTable
from taskbridge.tables.ai_jobs import AiJobTable
from taskbridge.tables.ai_questions import QuestionTable
from taskbridge.tables.ai_rules import RuleTable
from taskbridge.tables.ai_tasks import TaskTable
from taskbridge.tables.configuration import ConfigurationTable
from taskbridge.tables.coordination import CoordinationTable
from taskbridge.tables.parts import PartTable

THREADS = 10
TIME_TO_END_S = ANALYSIS_MARGIN_S / 2  # to settle, and to put what waits on record


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Make the analyses of a batch; or begin a night, which a schedule asks for."""
    wired = _wired()
    if "night" in event:
        return _begin_night(wired, context)
    records = read_records(event)
    heartbeat = Heartbeat(wired.queue, {record.receipt_handle for record in records})
    until = time.time() + context.get_remaining_time_in_millis() / 1000 - TIME_TO_END_S
    ports = replace(wired.ports, kept_alive=heartbeat.keep, desk=replace(wired.desk, until=until))
    with wired.observability.invocation(context.aws_request_id), traced("analyse_batch"), heartbeat.beating():
        return batch_response(analyse_batch(records, ports, heartbeat, wired.pool))


def _begin_night(wired: _Wired, context: Any) -> dict[str, Any]:
    with wired.observability.invocation(context.aws_request_id), traced("begin_night"):
        wired.ports.journal.night(begin_night(wired.ports))
    return batch_response(())


@dataclass(frozen=True, slots=True)
class _Wired:
    observability: Observability
    ports: AnalysisPorts
    desk: Desk
    queue: Visibility
    pool: ThreadPoolExecutor


@cache
def _wired() -> _Wired:
    """Everything the function needs, once per process."""
    observability = build_observability("ai_analyze")
    clients = Clients()
    tables, queues = clients.client("dynamodb"), clients.client("sqs")
    configuration = ConfigurationTable(tables, table_name("configuration"), time.time)
    rules = RuleTable(tables, table_name("ai-rules"), table_name("ai-rule-versions"))
    switches = ConfiguredSwitches(configuration.current, setting("ENVIRONMENT"))
    book = RuleBook(rules, switches)
    seats = TaskTable(tables, table_name("ai-tasks"), table_name("ai-people"))
    outbox = AiQueue(queues, setting("ANALYSIS_QUEUE_URL"))
    desk = _desk(clients, tables, configuration)
    ports = AnalysisPorts(
        seats=seats,
        forms=FormTable(tables, table_name("ai-forms")),
        answers=AnswerTable(tables, table_name("ai-answers")),
        audit=AuditTable(tables, table_name("ai-audit")),
        desk=desk,
        jobs=AiJobTable(tables, table_name("jobs")),
        rules=rules,
        parts=PartTable(tables, table_name("parts")),
        questions=QuestionTable(tables, table_name("coordination")),
        switches=switches,
        requests=RequestPorts(seats, outbox, book.standing, _now, _new_id),
        tracker=AiQueue(queues, setting("AI_QUEUE_URL")),
        standing=book.standing,
        kept_alive=lambda _: nullcontext(),
        journal=AnalysisJournal(observability),
        clock=time.time,
        new_id=_new_id,
    )
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="analyse")
    return _Wired(observability, ports, desk, Visibility(queues, setting("ANALYSIS_QUEUE_URL")), pool)


def _desk(clients: Clients, tables: Any, configuration: ConfigurationTable) -> Desk:
    ssm = clients.client("ssm")
    ai_clients = build_ai_clients(
        configuration.current,
        build_http_client(THREADS, parse_hosts(setting("PLATFORM_HOSTS", ""))),
        build_token_cache(ssm, tables),
        PlatformSecrets(ssm, setting("PARAMETER_PREFIX"), time.time),
        time.time,
    )
    coordination = CoordinationTable(tables, table_name("coordination"))
    hosts = setting("ATTACHMENT_HOSTS", "").split(",")
    return Desk(
        clients=ai_clients.need,
        breakers=Breakers(coordination, time.time),
        probes=coordination,
        uploads=UploadTable(tables, table_name("coordination")),
        environment=setting("ENVIRONMENT"),
        trusted_hosts=tuple(host.strip() for host in hosts if host.strip()),
        clock=time.time,
        sleep=time.sleep,
        new_id=_new_id,
    )


def _now() -> str:
    return utc_stamp(time.time())


def _new_id() -> str:
    return uuid.uuid4().hex[:12]
