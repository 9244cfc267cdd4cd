"""A claimed analysis in the hands of one worker: read, asked or reused, settled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

import msgspec

from ai_analyze.counts import TurnCounts
from ai_analyze.ends import Fate, TurnEnd
from ai_analyze.flight import LostFlight, Recorder
from ai_analyze.material import Material, build_material
from ai_analyze.pauses import capped_s, follow_s, pause_after, paused, retry_s
from ai_analyze.ports import AnalysisPorts
from ai_analyze.review import Asked, Link
from ai_analyze.stopwatch import Stopwatch
from taskbridge.ai.audit import AuditRecord
from taskbridge.ai.delays import Delay, was_first
from taskbridge.ai.fingerprints import TEMPLATE_VERSION, build_fingerprint
from taskbridge.ai.requests import RequestedBy
from taskbridge.ai.results import Review
from taskbridge.ai.rulebook import Standing
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat
from taskbridge.errors import ConfigurationError, PlatformError, QuotaExhausted
from taskbridge.events import EventForm
from taskbridge.moments import DAY_S, utc_stamp
from taskbridge.reasons import build_reason
from taskbridge.usage import Usage

CRASHES_ALLOWED = 3
LEASE_S = 120.0
GIVE_UP_AFTER_S = 86_400.0
FETCHES_TRIED = 3

FORM_IS_GONE = build_reason("form_gone")
CRASHED = build_reason("analysis_crashed")
SAME_UNDER_WAY = build_reason("same_under_way")
NOT_FETCHED = build_reason("files_awaited")


@dataclass
class AnalysisWork:
    """A claimed analysis in the hands of this worker."""

    seat: Seat
    analysis: Analysis
    standing: Standing
    holder: str
    receives: int
    ports: AnalysisPorts
    fingerprint: str = ""
    answer_id: str = ""

    def __post_init__(self) -> None:
        self.watch = Stopwatch(self.ports.clock)
        self.counts = TurnCounts(self.ports.questions, self.ports.clock)

    def run(self) -> tuple[TurnEnd, Review | None]:
        """Read, ask or reuse, and settle."""
        if self.analysis.attempts > CRASHES_ALLOWED:
            return self._fail(CRASHED), None
        body = self.ports.forms.get(self.seat.task_id, self.seat.form_hash)
        if body is None:
            return self._fail(FORM_IS_GONE), None
        try:
            with self.watch.on(Delay.FILES):
                material = self._read(msgspec.json.decode(body, type=EventForm))
        except ConfigurationError as error:
            return self._wait(str(error), retry_s(self.receives)), None
        if self.receives < FETCHES_TRIED and any(file.retryable for file in material.files):
            return self._wait(NOT_FETCHED, retry_s(self.receives)), None
        return self._fly(material)

    def renew(self) -> None:
        """Keep the analysis, and its flight, for longer."""
        until = self.ports.clock() + LEASE_S
        self.ports.seats.renew(self.seat.uid, self.seat.task_id, self.analysis.id, self.holder, until)
        if self.answer_id:
            self.ports.answers.renew(self.answer_id, self.holder, until)

    def _read(self, form: EventForm) -> Material:
        return build_material(
            form,
            self.standing.rule,
            date.fromisoformat(self.seat.received_on),
            lambda attachments: self.ports.desk.read_files(attachments, self.standing),
            people=self.seat.people,
        )

    def _fly(self, material: Material) -> tuple[TurnEnd, Review | None]:
        switches = self.standing.switches
        contents = [file.sha256 or file.problem for file in material.files]
        self.fingerprint = build_fingerprint(
            material.form,
            material.rule,
            contents,
            self.seat.received_on,
            switches.choice,
            masking=switches.settings.masked,
            second_look=switches.settings.second_look,
        )
        answer_id = self._answer_id()
        key = (self.seat.uid, self.seat.task_id, self.analysis.id, self.holder)
        if not self.ports.seats.attach(*key, answer_id=answer_id, fingerprint=self.fingerprint):
            return TurnEnd(Fate.OUTDATED), None
        now = self.ports.clock()
        expires_at = now + switches.settings.retention_days * DAY_S
        flight = self.ports.answers.begin(answer_id, self.holder, now, now + LEASE_S, expires_at, self.seat.sess_id)
        if flight.review is not None:
            return self._settle(flight.review, answer_id, Fate.REUSED)
        if flight.state != "mine":
            return self._wait(SAME_UNDER_WAY, follow_s(self.receives)), None
        self.answer_id = answer_id
        recorder = Recorder(self.ports.answers, answer_id, flight.next_piece, expires_at, self.ports.clock)
        return self._ask(material, recorder)

    def _answer_id(self) -> str:
        """A forced analysis wants an answer of its own."""
        forced = self.analysis.requested_by == RequestedBy.FORCED
        return f"{self.fingerprint}.{self.analysis.id.rpartition('.')[2]}" if forced else self.fingerprint

    def _ask(self, material: Material, recorder: Recorder) -> tuple[TurnEnd, Review | None]:
        try:
            chain = self.ports.desk.chain(self.standing)
            if not chain:
                return self._let_go(*paused(self.receives)), None
            settings, seat = self.standing.switches.settings, self.seat
            reached = self.counts.take(seat.uid, seat.app_id, seat.node_id, settings)
            if reached:
                return self._capped(reached), None
            recorder.start_anew()
            started = self.ports.clock()
            review = self._review(material, chain, recorder)
            whole = recorder.complete(review, self.holder)
            self._tell_latency(started, recorder)
        except LostFlight:
            return self._wait(SAME_UNDER_WAY, follow_s(self.receives)), None
        except (PlatformError, ConfigurationError) as error:
            return self._unanswered(error), None
        finally:
            self.counts.settle()
        return self._settle(whole, recorder.answer_id, Fate.DONE)

    def _review(self, material: Material, chain: list[Link], recorder: Recorder) -> Review:
        with self.watch.on(Delay.PLATFORM):
            return self.ports.desk.review(
                material,
                chain,
                recorder,
                self.standing,
                self.seat.uid,
                self._heard,
                handing_over=lambda: self.watch.on(Delay.FILES),
            )

    def _tell_latency(self, started: float, recorder: Recorder) -> None:
        self.ports.journal.first_token(((recorder.first_at or self.ports.clock()) - started) * 1000)
        self.ports.journal.answered((self.ports.clock() - started) * 1000)

    def _unanswered(self, error: PlatformError | ConfigurationError) -> TurnEnd:
        """No platform answered: later, or never."""
        if isinstance(error, QuotaExhausted):
            self.ports.journal.quota_exhausted(self.standing.switches.choice.platform_id)
        pause = pause_after(error, self.receives, self.analysis.id)
        if pause:
            return self._let_go(*pause)
        self.ports.answers.fail(self.answer_id, self.holder, str(error))
        return self._fail(str(error))

    def _capped(self, reason: str) -> TurnEnd:
        """Enough was asked today. What nobody asked for waits for tomorrow; who asked is told."""
        if self.analysis.requested_by == RequestedBy.AUTO:
            return self._let_go(reason, capped_s(self.ports.clock()))
        self.ports.answers.fail(self.answer_id, self.holder, reason)
        return self._fail(reason)

    def _let_go(self, reason: str, again_in: float) -> TurnEnd:
        """Without an answer for now: whoever comes next may ask."""
        self.ports.answers.fail(self.answer_id, self.holder, reason)
        age = self.ports.clock() - datetime.fromisoformat(self.analysis.created_at).timestamp()
        return self._fail(reason) if age > GIVE_UP_AFTER_S else self._wait(reason, again_in)

    def _wait(self, reason: str, again_in: float) -> TurnEnd:
        key = (self.seat.uid, self.seat.task_id, self.analysis.id, self.holder)
        self.ports.seats.wait(*key, reason, counts=False, spent=self.watch.added_to(self.analysis))
        return TurnEnd(Fate.WAITING, again_in, reason)

    def _settle(self, review: Review, answer_id: str, fate: Fate) -> tuple[TurnEnd, Review | None]:
        finished = self._finished(
            status=AnalysisStatus.DONE,
            verdict=review.verdict,
            answer_id=answer_id,
            fingerprint=self.fingerprint,
            platform_id=review.platform_id,
            model=review.model,
        )
        ended = self.ports.seats.settle(self.seat.uid, self.seat.task_id, self.analysis.id, finished)
        if ended is not None:
            return TurnEnd(fate, opened_first=was_first(ended)), review
        self._record_late(review)
        return TurnEnd(Fate.LATE), review

    def _fail(self, reason: str) -> TurnEnd:
        finished = self._finished(status=AnalysisStatus.FAILED, reason=reason)
        ended = self.ports.seats.settle(self.seat.uid, self.seat.task_id, self.analysis.id, finished)
        if ended is None:
            return TurnEnd(Fate.LATE, reason=reason)
        return TurnEnd(Fate.FAILED, reason=reason, opened_first=was_first(ended))

    def _finished(self, **facts: object) -> Analysis:
        facts = {"reason": "", **self.watch.added_to(self.analysis), **facts}
        return msgspec.structs.replace(self.analysis, holder="", lease_until=0.0, finished_at=self._now(), **facts)

    # The audit log

    def _heard(self, asked: Asked) -> None:
        self.counts.heard(asked)
        self._record(asked.put_on(self._entry(asked.outcome)))

    def _record_late(self, review: Review) -> None:
        entry, answer = self._entry("late"), msgspec.json.encode(review).decode()
        self._record(replace(entry, platform_id=review.platform_id, model=review.model, answer=answer))

    def _record(self, entry: AuditRecord) -> None:
        retention_days = self.standing.switches.settings.retention_days
        # Who was erased meanwhile stands on no new entry: nothing would lead to it any more.
        is_erased = self.ports.seats.get(self.seat.uid, self.seat.task_id) is None
        self.ports.audit.record(entry.without_person() if is_erased else entry, self.ports.clock(), retention_days)

    def _entry(self, outcome: str) -> AuditRecord:
        seat = self.seat
        return AuditRecord(
            id=self.ports.new_id(),
            at=self._now(),
            uid=seat.uid,
            task_id=seat.task_id,
            sess_id=seat.sess_id,
            app_id=seat.app_id,
            node_id=seat.node_id,
            analysis_id=self.analysis.id,
            fingerprint=self.fingerprint,
            rule_version=self.standing.rule.version,
            template_version=TEMPLATE_VERSION,
            requested_by=self.analysis.requested_by,
            outcome=outcome,
            usage=Usage(),
        )

    def _now(self) -> str:
        return utc_stamp(self.ports.clock())
