"""The tables of a stack as the API uses them, each made when it is first used."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from taskbridge.moments import DAY_S
from taskbridge.tables.ai_answers import AnswerTable
from taskbridge.tables.ai_audit import AuditTable
from taskbridge.tables.ai_forms import FormTable
from taskbridge.tables.ai_jobs import AiJobTable
from taskbridge.tables.ai_people import PersonNodeTable
from taskbridge.tables.ai_processes import ProcessTable
from taskbridge.tables.ai_questions import QuestionTable
from taskbridge.tables.ai_rules import RuleTable
from taskbridge.tables.ai_tasks import TaskTable
from taskbridge.tables.changes import ChangeTable
from taskbridge.tables.configuration import ConfigurationTable
from taskbridge.tables.configuration_models import Configurator
from taskbridge.tables.coordination import CoordinationTable
from taskbridge.tables.events import EventTable
from taskbridge.tables.instances import InstanceTable
from taskbridge.tables.parts import PartTable
from taskbridge.tables.push_jobs import PushJobTable
from taskbridge.tables.push_log_pages import PushLogPageTable
from taskbridge.tables.push_logs import PushLogTable

# What the names of tables have of their own: health and the summary show them so.
TABLES = (
    "configuration",
    "instances",
    "push-logs",
    "push-log-pages",
    "events",
    "coordination",
    "parts",
    "jobs",
    "changes",
    "ai-processes",
    "ai-forms",
    "ai-tasks",
    "ai-people",
    "ai-answers",
    "ai-audit",
    "ai-rules",
    "ai-rule-versions",
)


@dataclass(frozen=True, kw_only=True)
class Stores:
    """`tables` gives the name of a table by what it has of its own: see TABLES. `clock` gives epoch seconds."""

    dynamodb: Any
    tables: Mapping[str, str]
    region: str
    endpoint_url: str | None = None
    retention_days: float = 90
    instance_retention_days: float = 730
    clock: Callable[[], float] = time.time

    @cached_property
    def configuration(self) -> ConfigurationTable:
        """The configuration as workers read it: up to 20 s old. What is edited is read through `configurator`."""
        return ConfigurationTable(self.dynamodb, self.tables["configuration"], self.clock)

    @cached_property
    def configurator(self) -> Configurator:
        """Reads and writes platforms, trigger rules and AI settings as they are now."""
        return Configurator(self.tables["configuration"], self.region, self.endpoint_url)

    @cached_property
    def changes(self) -> ChangeTable:
        """Where the trail is kept."""
        return ChangeTable(self.dynamodb, self.tables["changes"])

    @cached_property
    def coordination(self) -> CoordinationTable:
        """Breakers, rates, cursors of the reconciler."""
        return CoordinationTable(self.dynamodb, self.tables["coordination"])

    @cached_property
    def parts(self) -> PartTable:
        """What is too large for an item of another table."""
        return PartTable(self.dynamodb, self.tables["parts"])

    @cached_property
    def instances(self) -> InstanceTable:
        """What each platform knows of one process instance."""
        return InstanceTable(self.dynamodb, self.tables["instances"], parts=self.parts)

    @cached_property
    def push_logs(self) -> PushLogTable:
        """How each event went."""
        return PushLogTable(self.dynamodb, self.tables["push-logs"], self.retention_days * DAY_S, parts=self.parts)

    @cached_property
    def pages(self) -> PushLogPageTable:
        """Which events each batch worked on, by time."""
        return PushLogPageTable(self.dynamodb, self.tables["push-log-pages"], self.retention_days * DAY_S)

    @cached_property
    def events(self) -> EventTable:
        """Events that were skipped or rejected."""
        return EventTable(self.dynamodb, self.tables["events"], self.retention_days)

    @cached_property
    def jobs(self) -> PushJobTable:
        """Bulk replays and comparisons."""
        return PushJobTable(self.dynamodb, self.tables["jobs"])

    @cached_property
    def ai_jobs(self) -> AiJobTable:
        """Dry runs and proposals of checks."""
        return AiJobTable(self.dynamodb, self.tables["jobs"])

    @cached_property
    def seats(self) -> TaskTable:
        """The tasks of each person, with their analyses."""
        return TaskTable(self.dynamodb, self.tables["ai-tasks"], self.tables["ai-people"], self.clock)

    @cached_property
    def people(self) -> PersonNodeTable:
        """Counters and reminders of each person on each node."""
        return PersonNodeTable(self.dynamodb, self.tables["ai-people"])

    @cached_property
    def processes(self) -> ProcessTable:
        """Who has which task of a process instance."""
        kept_s = self.instance_retention_days * DAY_S
        return ProcessTable(self.dynamodb, self.tables["ai-processes"], self.parts, kept_s, self.clock)

    @cached_property
    def forms(self) -> FormTable:
        """Forms as they came."""
        return FormTable(self.dynamodb, self.tables["ai-forms"])

    @cached_property
    def answers(self) -> AnswerTable:
        """Answers of AI platforms, in pieces."""
        return AnswerTable(self.dynamodb, self.tables["ai-answers"])

    @cached_property
    def audit(self) -> AuditTable:
        """Every question asked of an AI platform."""
        return AuditTable(self.dynamodb, self.tables["ai-audit"])

    @cached_property
    def questions(self) -> QuestionTable:
        """What was asked of AI platforms today."""
        return QuestionTable(self.dynamodb, self.tables["coordination"])

    @cached_property
    def rules(self) -> RuleTable:
        """Default rules of nodes, and people's own, in all their versions."""
        return RuleTable(self.dynamodb, self.tables["ai-rules"], self.tables["ai-rule-versions"])
