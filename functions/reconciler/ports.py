"""What a run of the reconciler, and the bulk jobs in it, need of the outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.journal import ReconcilerJournal
from taskbridge.push.queue import PushQueue
from taskbridge.tables.configuration import Configuration
from taskbridge.tables.coordination import CoordinationTable
from taskbridge.tables.instances import InstanceTable
from taskbridge.tables.push_jobs import PushJobTable
from taskbridge.tables.push_log_pages import PushLogPageTable
from taskbridge.tables.push_logs import PushLogTable


@dataclass(frozen=True, slots=True)
class RunPorts:
    """Everything outside of a run."""

    configuration: Callable[[], Configuration]
    instances: InstanceTable
    coordination: CoordinationTable
    pages: PushLogPageTable
    outbox: PushQueue
    journal: ReconcilerJournal
    clock: Callable[[], float]
    sleep: Callable[[float], None]


@dataclass(frozen=True, slots=True)
class JobPorts:
    """Everything outside of the bulk jobs."""

    jobs: PushJobTable
    logs: PushLogTable
    instances: InstanceTable
    pages: PushLogPageTable
    outbox: PushQueue
    journal: ReconcilerJournal
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    new_id: Callable[[], str]
