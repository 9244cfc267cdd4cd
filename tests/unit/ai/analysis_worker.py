"""ai_analyze's life of an analysis with everything around it in memory; the platform answers as a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import msgspec

from ai_analyze.analyse import analyse
from ai_analyze.desk import Desk
from ai_analyze.ends import TurnEnd
from ai_analyze.journal import AnalysisJournal
from ai_analyze.material import Material, ReadFile
from ai_analyze.ports import AnalysisPorts
from ai_analyze.review import Asked, Link, Sink
from taskbridge.ai.forms.form import AttachedFile
from taskbridge.ai.messages import AnalyseMessage
from taskbridge.ai.requests import RequestedBy, RequestPorts, request_analysis
from taskbridge.ai.results import Review, Verdict
from taskbridge.ai.rulebook import RuleBook, Standing, Switches
from taskbridge.ai.rules import DefaultRule
from taskbridge.ai.seats import Analysis, Seat, SeatState
from taskbridge.ai.settings import AiSettings, ModelChoice
from taskbridge.errors import ConfigurationError, PlatformError, TaskbridgeError
from taskbridge.platforms.ai import Reply
from taskbridge.usage import Usage
from tests.builders import START
from tests.fakes_ai import (
    MemoryAnswers,
    MemoryAudit,
    MemoryForms,
    MemoryJobs,
    MemoryOutbox,
    MemoryParts,
    MemoryQuestions,
    MemoryRules,
    MemorySeats,
    SilentObservability,
)
from tests.scripted_models import ScriptedModel

FORM = msgspec.json.encode({"fields": [{"key": "a", "label": "事由", "type": "text", "value": "出差"}]})


class Locked:
    """A store whose calls are atomic, as those of a table are."""

    def __init__(self, store: Any, lock: threading.Lock) -> None:
        self._store, self._lock = store, lock

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                return method(*args, **kwargs)

        return call


class PlayedDesk(Desk):
    """Answers as a worker's test says, and asks no platform."""

    worker: Worker

    def __init__(self, worker: Worker) -> None:
        object.__setattr__(self, "worker", worker)  # a desk is frozen

    def read_files(self, attachments: Sequence[AttachedFile], standing: Standing) -> tuple[ReadFile, ...]:
        return self.worker.files

    def chain(self, standing: Standing) -> list[Link]:
        return [] if self.worker.paused else [Link(ScriptedModel(), "m")]

    def review(
        self,
        material: Material,
        chain: Sequence[Link],
        sink: Sink,
        standing: Standing,
        uid: str,
        audit: Callable[[Asked], None],
        handing_over: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Review:
        self.worker.asked += 1
        self.worker.materials.append(material)
        sink.text("事由")
        self.worker.answering(sink)
        if self.worker.error:
            self._tell_failure(audit)
            raise self.worker.error
        sink.text("齐全。")
        for kind in self.worker.questions_of_a_review:
            audit(Asked("aigc", "m", kind, "system", "user", (), "raw", "answered", usage=Usage(input_tokens=3)))
        return self.worker.review

    def _tell_failure(self, audit: Callable[[Asked], None]) -> None:
        error = self.worker.error
        if isinstance(error, PlatformError | ConfigurationError):
            audit(Asked("aigc", "m", "review", "system", "user", (), "", "failed", failure=error))

    def ask(self, chain: Sequence[Link], system: str, user: str, uid: str, audit: Callable[[Asked], None]) -> Reply:
        self.worker.asked += 1
        if self.worker.error:
            self._tell_failure(audit)
            raise self.worker.error
        usage = Usage(input_tokens=5, output_tokens=2)
        audit(Asked("aigc", "m", "question", system, user, (), self.worker.proposal, "answered", usage=usage))
        return Reply(self.worker.proposal, "q1", "m", usage, 7)


class Worker:
    """ai_analyze with everything around it in memory; the platform answers as a test says."""

    def __init__(self) -> None:
        self.now = START
        self.seats, self.forms, self.answers = MemorySeats(), MemoryForms(), MemoryAnswers()
        self.audit, self.rules, self.outbox, self.jobs = MemoryAudit(), MemoryRules(), MemoryOutbox(), MemoryJobs()
        self.questions, self.tracker, self.parts = MemoryQuestions(), MemoryOutbox(), MemoryParts()
        self.rules.stored_defaults["app", "n"] = DefaultRule(app_id="app", node_id="n", rule="须有事由", version=1)
        self.settings = AiSettings(examine_enable=True, examine_default_all_apps=True, platform_id="aigc", model="m")
        self.book = RuleBook(self.rules, self.switches)
        self.asked = 0
        self.materials: list[Material] = []
        self.questions_of_a_review = ["review"]
        self.files: tuple[ReadFile, ...] = ()
        self.paused = False
        self.answering: Callable[[Any], None] = lambda recorder: None
        self.proposal = "[]"
        self.review = Review(verdict=Verdict.APPROVE, text="事由齐全。", platform_id="aigc", model="m")
        self.error: TaskbridgeError | None = None
        self._ids = iter(range(10**9))
        self.lock = threading.Lock()
        self.ports = self._ports()

    # what a test does

    def request(self, uid: str = "u", task_id: str = "T1", by: RequestedBy = RequestedBy.AUTO) -> AnalyseMessage:
        """A task with a form, and the message that asks for its analysis."""
        key = (uid, task_id)
        if key not in self.seats.items:
            self.seats.items[key] = Seat(
                uid=uid,
                task_id=task_id,
                sess_id="S1",
                app_id="app",
                node_id="n",
                state=SeatState.OPEN,
                version=1,
                form_hash="f",
                received_on="2026-11-22",
            )
            self.forms.put(task_id, "f", FORM)
        seat = self.seats.items[key]
        analysis = request_analysis(seat, self.book.standing(seat), by, self.ports.requests)
        assert analysis is not None
        return AnalyseMessage(uid, task_id, analysis.id)

    def run(self, message: AnalyseMessage, receives: int = 1) -> TurnEnd:
        return analyse(message, receives, self.ports)[0]

    def analysis(self, uid: str = "u", task_id: str = "T1") -> Analysis:
        analysis = self.seats.items[uid, task_id].analysis
        assert analysis is not None
        return analysis

    def change(self, **facts: object) -> None:
        """Something happens to the task."""
        self.seats.items["u", "T1"] = msgspec.structs.replace(self.seats.items["u", "T1"], **facts)

    def switches(self) -> Switches:
        return Switches(self.settings, ModelChoice("aigc", "m"))

    def new_id(self) -> str:
        return f"id{next(self._ids)}"

    def _ports(self) -> AnalysisPorts:
        seats: Any = Locked(self.seats, self.lock)
        answers: Any = Locked(self.answers, self.lock)
        return AnalysisPorts(
            seats=seats,
            forms=self.forms,
            answers=answers,
            audit=self.audit,
            desk=PlayedDesk(self),
            jobs=self.jobs,
            rules=self.rules,
            parts=self.parts,
            questions=self.questions,
            switches=self.switches,
            requests=RequestPorts(seats, self.outbox, self.book.standing, lambda: "2026-11-22T01:00:00Z", self.new_id),
            tracker=self.tracker,
            standing=self.book.standing,
            kept_alive=lambda _: nullcontext(),
            journal=AnalysisJournal(SilentObservability()),
            clock=lambda: self.now,
            new_id=self.new_id,
        )
