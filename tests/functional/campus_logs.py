"""Push logs by the thousand, with the documents and pages that workers would have left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from taskbridge.attempts import Attempt
from taskbridge.aws import chunks
from taskbridge.push.instances import Instance, Item, Presence, Work
from taskbridge.push.logs import Entry, LogStatus, PushLog
from taskbridge.tables.configuration_models import Configurator
from taskbridge.tables.instances import InstanceTable, StoredInstance
from taskbridge.tables.push_log_pages import LogPage, PushLogPageTable, task_mark
from taskbridge.tables.push_logs import PushLogTable
from tests.builders import PLATFORM, START, platform
from tests.functional.aws import ACCOUNT, REGION, Tables

RETENTION_S = 90 * 86_400.0
BATCH = 10


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


class CampusLogs:
    """Writes events of one platform, one instance and one task each."""

    def __init__(self, client: Any, tables: Tables) -> None:
        self.logs = PushLogTable(client, tables.PushLogTable, RETENTION_S)
        pages = PushLogPageTable(client, tables.PushLogPageTable, RETENTION_S)
        self.instances = InstanceTable(client, tables.InstanceTable, pages)

    def add(
        self,
        count: int,
        status: LogStatus = LogStatus.SUCCEEDED,
        *,
        first: int = 0,
        newest_at: float = START,
        apart_s: float = 0.5,
        platform_id: str = PLATFORM,
        with_documents: bool = True,
    ) -> list[str]:
        """Events e<first>..., of which the last was received at `newest_at`; returns their ids, the oldest first."""
        logs = [
            log_of(first + number, status, newest_at - (count - 1 - number) * apart_s, platform_id)
            for number in range(count)
        ]
        self.logs.put(logs)
        for piece in chunks(logs, BATCH):
            at = datetime.fromisoformat(piece[-1].received_at).timestamp()
            events, sessions = tuple(each.event_id for each in piece), tuple(each.sess_id for each in piece)
            marks = tuple(task_mark(task_id) for each in piece for task_id in each.entries)
            page = LogPage(platform_id, at, f"p{piece[0].event_id}", events, sessions, marks)
            self.instances.save(documents_of(piece) if with_documents else [], page)
        return [each.event_id for each in logs]

    def statuses(self, event_ids: Iterable[str]) -> set[LogStatus]:
        loaded = self.logs.load([(event_id, PLATFORM) for event_id in event_ids])
        return {log.status for log in loaded.values()}


def configure(monkeypatch: pytest.MonkeyPatch, tables: Tables, endpoint: str, *platform_ids: str) -> None:
    """Task centers in the configuration table."""
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)
    configurator = Configurator(tables.ConfigurationTable, REGION, endpoint)
    for platform_id in platform_ids or (PLATFORM,):
        configurator.save_platform(platform(platform_id, version=0))


def log_of(number: int, status: LogStatus, at: float, platform_id: str) -> PushLog:
    """The log of event e<number>, session S<number>, task T<number>."""
    entry = Entry(status, "insert_task", reason="400" if status is LogStatus.FAILED else "", settled_at=stamp(at))
    attempt = Attempt(at, "insert_task", f"T{number}", "POST", "/save", '{"appSecret":"********"}', 200, "{}", 12)
    return PushLog(
        event_id=f"e{number}",
        platform_id=platform_id,
        sess_id=f"S{number}",
        action="task_received",
        sequence=number,
        app_id="leave" if number % 2 else "travel",
        occurred_at="2026-11-18T21:00:00+08:00",
        received_at=stamp(at),
        updated_at=stamp(at),
        entries={f"T{number}": entry},
        attempts=[attempt],
    )


def documents_of(logs: Iterable[PushLog]) -> list[StoredInstance]:
    """The documents that such logs tell of."""
    works = {LogStatus.FAILED: Work.FAILED, LogStatus.RETRYING: Work.PENDING}
    found = []
    for log in logs:
        (task_id,) = log.entries
        item = Item(event_id=log.event_id, sequence=log.sequence, work=works.get(log.status, Work.NONE))
        item.presence = Presence.PRESENT
        item.facts = {"status": (log.sequence, "init")}
        found.append(
            StoredInstance(Instance(log.platform_id, log.sess_id, tasks={task_id: item}, events=[log.event_id]))
        )
    return found
