"""Both sides of the suites: the tables on an emulator, with every call counted, and the fakes other tests trust."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cached_property
from typing import Any

from ai_analyze.uploads import UploadTable
from taskbridge.tables.ai_answers import AnswerTable
from taskbridge.tables.ai_audit import AuditTable
from taskbridge.tables.ai_forms import FormTable
from taskbridge.tables.ai_people import PersonNodeTable
from taskbridge.tables.ai_processes import ProcessTable
from taskbridge.tables.ai_rules import RuleTable
from taskbridge.tables.ai_tasks import TaskTable
from taskbridge.tables.parts import PartTable
from tests.fakes_ai import (
    MemoryAnswers,
    MemoryForms,
    MemoryPeople,
    MemoryProcesses,
    MemoryRules,
    MemorySeats,
    MemoryUploads,
)
from tests.functional.ai_suites.builders import NOW
from tests.functional.aws import Tables

RETENTION_S = 730 * 86400.0


class Counted:
    """A client that counts its calls by name."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        call: Callable[..., Any] = getattr(self.client, name)

        def counted(**request: Any) -> Any:
            self.calls[name] += 1
            return call(**request)

        return counted

    def taken(self) -> dict[str, int]:
        """The calls since the last time that this was asked."""
        calls, self.calls = self.calls, Counter()
        return dict(calls)


class MemoryStores:
    """The fakes."""

    def __init__(self) -> None:
        self.processes = MemoryProcesses()
        self.forms = MemoryForms()
        self.people = MemoryPeople()
        self.tasks = MemorySeats(self.people)
        self.answers = MemoryAnswers()
        self.uploads = MemoryUploads()
        self.rules = MemoryRules()


class TableStores:
    """The tables. Each is made when a test first asks for it."""

    def __init__(self, dynamodb: Any, tables: Tables) -> None:
        self.client: Any = Counted(dynamodb)
        self.names = tables

    @cached_property
    def processes(self) -> ProcessTable:
        parts = PartTable(self.client, self.names.PartTable)
        return ProcessTable(self.client, self.names.AiProcessTable, parts, RETENTION_S, lambda: NOW)

    @cached_property
    def forms(self) -> FormTable:
        return FormTable(self.client, self.names.AiFormTable)

    @cached_property
    def tasks(self) -> TaskTable:
        return TaskTable(self.client, self.names.AiTaskTable, self.names.AiPersonTable, lambda: NOW, RETENTION_S)

    @cached_property
    def people(self) -> PersonNodeTable:
        return PersonNodeTable(self.client, self.names.AiPersonTable)

    @cached_property
    def answers(self) -> AnswerTable:
        return AnswerTable(self.client, self.names.AiAnswerTable)

    @cached_property
    def uploads(self) -> UploadTable:
        return UploadTable(self.client, self.names.CoordinationTable)

    @cached_property
    def rules(self) -> RuleTable:
        return RuleTable(self.client, self.names.AiRuleTable, self.names.AiRuleVersionTable)

    @cached_property
    def audit(self) -> AuditTable:
        return AuditTable(self.client, self.names.AiAuditTable)

    def items(self, logical_id: str) -> list[dict[str, Any]]:
        """Every item of a table, as it stands there."""
        name = getattr(self.names, logical_id)
        found: list[dict[str, Any]] = self.client.client.scan(TableName=name)["Items"]
        return found
