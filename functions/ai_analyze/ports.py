"""What the life of an analysis needs of the outside."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from ai_analyze.desk import Desk
from ai_analyze.journal import AnalysisJournal
from taskbridge.ai.queue import AiQueue
from taskbridge.ai.requests import RequestPorts
from taskbridge.ai.rulebook import Standing, Switches
from taskbridge.ai.seats import Seat
from taskbridge.tables.ai_answers import AnswerTable
from taskbridge.tables.ai_audit import AuditTable
from taskbridge.tables.ai_forms import FormTable
from taskbridge.tables.ai_jobs import AiJobTable
from taskbridge.tables.ai_questions import QuestionTable
from taskbridge.tables.ai_rules import RuleTable
from taskbridge.tables.ai_tasks import TaskTable
from taskbridge.tables.parts import PartTable


@dataclass(frozen=True, slots=True)
class AnalysisPorts:
    """Everything outside. `kept_alive` renews leases while the work within goes on.

    `tracker` is the AI queue, whose worker deletes what a deleted instance leaves.
    `clock` gives epoch seconds, `new_id` a short id never given before.
    """

    seats: TaskTable
    forms: FormTable
    answers: AnswerTable
    audit: AuditTable
    desk: Desk
    jobs: AiJobTable
    rules: RuleTable
    parts: PartTable
    questions: QuestionTable
    switches: Callable[[], Switches]
    requests: RequestPorts
    tracker: AiQueue
    standing: Callable[[Seat], Standing | None]
    kept_alive: Callable[[Callable[[], None]], AbstractContextManager[None]]
    journal: AnalysisJournal
    clock: Callable[[], float]
    new_id: Callable[[], str]
