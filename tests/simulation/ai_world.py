"""One process that holds the whole AI half, with a clock that only moves when told to.

Real: ai_track's batches, the life of an analysis, requests, rules, fingerprints. Simulated: the queues, the stores
(conditions, throttling), the reading of files and the platform (slow, failing, lost answers), and death: any step
outside may be the last of a worker. While a platform answers, everything else goes on: other workers, other events.

After every step it is checked that no analysis is shown whose answer is not one to today's rule and form.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from ai_analyze.analyse import analyse
from ai_analyze.desk import Desk
from ai_analyze.flight import Recorder
from ai_analyze.journal import AnalysisJournal
from ai_analyze.material import Material, ReadFile
from ai_analyze.ports import AnalysisPorts
from ai_analyze.review import Asked, Link, Sink
from ai_track.batch import TrackBatchPorts, track_batch
from ai_track.journal import TrackJournal
from ai_track.rule_changes import RuleChangePorts
from ai_track.track import TrackPorts
from taskbridge.ai.forms.form import AttachedFile
from taskbridge.ai.messages import AnalyseMessage, RuleChanged, TrackMessage, encode_ai_message, parse_analysis_message
from taskbridge.ai.queue import AiQueue
from taskbridge.ai.requests import RequestedBy, RequestPorts, request_analysis
from taskbridge.ai.results import Review, Verdict
from taskbridge.ai.rulebook import RuleBook, SeatKey, Standing, Switches, current_analysis
from taskbridge.ai.rules import PersonalRule
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState
from taskbridge.ai.settings import AiSettings, ModelChoice
from taskbridge.errors import PermanentError, StoreError, TransientError
from taskbridge.events import EventForm
from taskbridge.queues import Record
from tests.fakes import MemoryLogs
from tests.fakes_ai import (
    MemoryAnswers,
    MemoryAudit,
    MemoryForms,
    MemoryJobs,
    MemoryParts,
    MemoryProcesses,
    MemoryQuestions,
    MemoryRules,
    MemorySeats,
    SilentObservability,
)
from tests.simulation.world import Death, Risky

START = 1_795_000_000.0
VISIBILITY_S = 60.0
THROTTLED = frozenset(
    {"load", "save", "put", "get_many", "project", "begin", "claim", "attach", "settle", "save_default", "finish"}
)


@dataclass
class AiTrouble:
    """How likely each thing goes wrong, at each chance."""

    death: float = 0.0
    throttle: float = 0.0
    meddle: float = 0.0  # others work while a platform answers
    fails: float = 0.0
    slow: float = 0.0  # the answer takes longer than the leases last


@dataclass
class Queued:
    """A message in a simulated queue."""

    body: str
    visible_at: float
    name: str
    receives: int = 0


class AiWorld:
    """Everything, from the AI queue to what people are shown."""

    def __init__(self, seed: int, trouble: AiTrouble | None = None) -> None:
        self.rng = random.Random(seed)
        self.now = START
        self.trouble = trouble or AiTrouble()
        self.processes, self.forms, self.seats = MemoryProcesses(), MemoryForms(), MemorySeats()
        self.rules, self.answers, self.audit = MemoryRules(), MemoryAnswers(), MemoryAudit()
        self.logs = MemoryLogs()
        self.settings = AiSettings(
            examine_enable=True, examine_default_all_apps=True, platform_id="aigc", model="qwen-max"
        )
        self.ai_queue: list[Queued] = []
        self.analysis_queue: list[Queued] = []
        self.plans: list[tuple[float, Callable[[], None]]] = []
        self.asked: Counter[tuple[str, int]] = Counter()  # whole answers, by id and how often it had been erased
        self.decided: dict[SeatKey, Analysis | None] = {}  # what stood there when a task was done
        self.deaths = 0
        self.depth = 0
        self.problems: list[str] = []
        self._counter = 0
        self.book = RuleBook(self.rules, self._switches)
        self._wire()

    # -- what happens

    def put(self, event: dict[str, Any], delay: float) -> None:
        """An event comes over the bus after `delay` seconds."""
        message = TrackMessage("2026-11-22T01:30:00.000+00:00", msgspec.Raw(json.dumps(event).encode()))
        self.ai_queue.append(Queued(encode_ai_message(message), self.now + delay, self._name("e")))

    def plan(self, delay: float, action: Callable[[], None]) -> None:
        """A person or an admin does something after `delay` seconds."""
        self.plans.append((self.now + delay, action))

    def save_own(self, uid: str, node_id: str, rule: str, *, enabled: bool) -> None:
        """A person writes an own rule; what it clears is cleared by a message."""
        stored = self.rules.stored_owns.get((uid, "app", node_id))
        own = PersonalRule(uid=uid, app_id="app", node_id=node_id, rule=rule, enabled=enabled)
        self.rules.save_own(own, stored.version if stored else 0)
        message = RuleChanged("app", node_id, uid)
        self.ai_queue.append(Queued(encode_ai_message(message), self.now, self._name("r")))

    def ask(self, uid: str, by: RequestedBy) -> None:
        """A person asks for an analysis of any open task."""
        mine = [seat for seat in self.seats.items.values() if seat.uid == uid and seat.state is SeatState.OPEN]
        if mine:
            seat = self.rng.choice(mine)
            request_analysis(seat, self.book.standing(seat), by, self._requests(Safe(self)))

    # -- time

    def run(self, days: float = 3.0) -> None:
        """Let time pass until nothing is left to do."""
        end = self.now + days * 86400
        while self.now < end:
            moments = [message.visible_at for message in self.ai_queue + self.analysis_queue]
            moments += [at for at, _ in self.plans]
            if not moments:
                return
            self.now = max(self.now, min(moments))
            self.step()
        raise AssertionError("the world does not come to rest")

    def step(self) -> None:
        """Do everything that is due."""
        for at, action in [plan for plan in self.plans if plan[0] <= self.now]:
            self.plans.remove((at, action))
            action()
            self.check()
        due = [message for message in self.ai_queue if message.visible_at <= self.now]
        self.rng.shuffle(due)
        for message in due[:10]:
            self._track(message)
        for message in [message for message in self.analysis_queue if message.visible_at <= self.now][:3]:
            self._analyse(message)

    def _track(self, message: Queued) -> None:
        message.visible_at = self.now + VISIBILITY_S
        try:
            failed = track_batch([Record(message.name, "", message.body)], self.track_ports)
        except Death:
            self.deaths += 1
            failed = [message.name]
        if not failed and message in self.ai_queue:
            self.ai_queue.remove(message)
        self.check()

    def _analyse(self, message: Queued) -> None:
        message.visible_at = self.now + VISIBILITY_S
        message.receives += 1
        again_in: float | None = 10.0
        try:
            wanted = parse_analysis_message(message.body)
            assert isinstance(wanted, AnalyseMessage)
            end, _ = analyse(wanted, message.receives, self.analyse_ports)
            again_in = end.again_in
        except StoreError:
            again_in = 10.0
        except Death:
            self.deaths += 1
            return
        finally:
            self.check()
        if again_in is not None:
            message.visible_at = self.now + again_in
        elif message in self.analysis_queue:
            self.analysis_queue.remove(message)

    # -- what must hold at every moment

    def check(self) -> None:
        """Nothing is shown that is not today's, what is decided stays as it was, what is gone has nothing."""
        for key, seat in list(self.seats.items.items()):
            self._check_end(key, seat)
            standing = self.book.standing(seat)
            shown = current_analysis(seat, standing)
            if shown is None or seat.state is not SeatState.OPEN or shown.status is not AnalysisStatus.DONE:
                continue
            if self.processes.load(seat.sess_id).process.is_deleted:
                continue  # the worker that took the deletion in died before it came to this seat
            head = self.answers.head(shown.answer_id)
            today = self.answer_of(standing, seat)
            if head is None or head.review is None or head.review.summary != today:
                found = head.review.summary if head and head.review else "nothing"
                self.problems.append(f"{seat.uid} {seat.task_id}: shown {found}, today is {today}")

    def _check_end(self, key: SeatKey, seat: Seat) -> None:
        if seat.state is SeatState.GONE and seat.analysis is not None:
            self.problems.append(f"{key} is gone, and has an analysis")
        if seat.state is not SeatState.DONE:
            self.decided.pop(key, None)
        elif self.decided.setdefault(key, seat.analysis) != seat.analysis:
            self.problems.append(f"{key}: a late answer came to what was decided")

    def answer_of(self, standing: Standing | None, seat: Seat) -> str:
        """What the platform answers to today's question."""
        assert standing is not None
        body = self.forms.get(seat.task_id, seat.form_hash)
        assert body is not None, f"the form of {seat.task_id} is gone"
        value = msgspec.json.decode(msgspec.json.decode(body, type=EventForm).fields[0].value)
        return f"{standing.rule.rule}|{value}|{standing.switches.choice.model}"

    # -- ports

    def send(self, messages: Sequence[Any]) -> set[int]:
        """See AiQueue."""
        for message in messages:
            self.analysis_queue.append(Queued(encode_ai_message(message), self.now, self._name("a")))
        return set()

    def let_pass(self, seconds: float) -> None:
        """Time goes by while a platform answers, and others work."""
        self.now += seconds
        if self.depth < 3 and self.rng.random() < self.trouble.meddle:
            self.depth += 1
            try:
                self.step()
            finally:
                self.depth -= 1

    def _name(self, prefix: str = "i") -> str:
        self._counter += 1
        return f"{prefix}{self._counter}"

    def _now(self) -> str:
        return datetime.fromtimestamp(self.now, UTC).isoformat(timespec="milliseconds")

    def _switches(self) -> Switches:
        return Switches(self.settings, ModelChoice(self.settings.platform_id, self.settings.model))

    def _requests(self, ports: Any) -> RequestPorts:
        return RequestPorts(ports.seats, ports.outbox, self.book.standing, self._now, self._name)

    def _wire(self) -> None:
        risky = Unsafe(self)
        requests = self._requests(risky)
        self.track_ports = TrackBatchPorts(
            track=TrackPorts(
                processes=risky.processes,
                forms=risky.forms,
                seats=risky.seats,
                book=self.book,
                requests=requests,
                pieces=risky.pieces,
                clock=lambda: self.now,
                form_retention_s=lambda: 86400.0 * 30,
                answers=risky.answers,
            ),
            publish=RuleChangePorts(
                risky.rules, risky.seats, risky.people, self.book, requests, risky.pieces, self._now
            ),
            logs=risky.logs,
            outbox=risky.pieces,
            journal=TrackJournal(SilentObservability()),
            now=self._now,
        )
        self.analyse_ports = AnalysisPorts(
            seats=risky.seats,
            forms=risky.forms,
            answers=risky.answers,
            audit=self.audit,
            desk=SlowDesk(self),
            jobs=MemoryJobs(),
            rules=risky.rules,
            parts=MemoryParts(),
            questions=MemoryQuestions(),
            switches=self._switches,
            requests=requests,
            tracker=risky.pieces,
            standing=self.book.standing,
            kept_alive=lambda _: nullcontext(),
            journal=AnalysisJournal(SilentObservability()),
            clock=lambda: self.now,
            new_id=self._name,
        )


class SlowDesk(Desk):
    """A platform that answers after some time, or not; the world goes on while it thinks."""

    world: AiWorld

    def __init__(self, world: AiWorld) -> None:
        object.__setattr__(self, "world", world)  # a desk is frozen

    def read_files(self, attachments: Sequence[AttachedFile], standing: Standing) -> tuple[ReadFile, ...]:
        """See Desk."""
        return ()

    def chain(self, standing: Standing) -> list[Link]:
        """See Desk."""
        return [Link(None, standing.switches.choice.model)]  # type: ignore[arg-type]

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
        """See Desk."""
        assert isinstance(sink, Recorder)
        world = self.world
        life = (sink.answer_id, world.answers.erased[sink.answer_id])  # what is erased meanwhile is asked for again
        answer = f"{material.rule.rule}|{material.form.fields[0].text}|{chain[0].model}"
        for piece in ("先看", "表单", "。"):
            sink.text(piece)
            world.let_pass(200.0 if world.rng.random() < world.trouble.slow else 1.0)
        if world.rng.random() < world.trouble.fails:
            raise world.rng.choice((TransientError("no answer"), TransientError("cut"), PermanentError("refused")))
        world.asked[life] += 1
        verdict = world.rng.choice(tuple(Verdict))
        return Review(verdict=verdict, summary=answer, text="先看表单。", platform_id="aigc", model=chain[0].model)


class Pieces(AiQueue):
    """The AI queue, as the worker sees it that sends to it."""

    def __init__(self, world: AiWorld) -> None:
        self.world = world

    def send(self, messages: Sequence[Any]) -> set[int]:
        """See AiQueue."""
        for message in messages:
            queued = Queued(encode_ai_message(message), self.world.now, self.world._name("p"))
            self.world.ai_queue.append(queued)
        return set()


class Safe:
    """The ports of somebody whose calls always work."""

    def __init__(self, world: AiWorld) -> None:
        self.seats = world.seats
        self.outbox = world


class Unsafe:
    """The ports of a worker that may die at each of its calls, and whose stores may be throttled."""

    def __init__(self, world: AiWorld) -> None:
        self.processes: Any = Risky(world, world.processes, THROTTLED)
        self.forms: Any = Risky(world, world.forms, THROTTLED)
        self.seats: Any = Risky(world, world.seats, THROTTLED)
        self.people: Any = Risky(world, world.seats.people, THROTTLED)
        self.rules: Any = Risky(world, world.rules, THROTTLED)
        self.answers: Any = Risky(world, world.answers, THROTTLED)
        self.logs: Any = Risky(world, world.logs, THROTTLED)
        self.outbox: Any = Risky(world, world, THROTTLED)
        self.pieces: Any = Risky(world, Pieces(world), THROTTLED)
