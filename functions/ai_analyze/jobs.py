"""What a person waits for: a draft rule tried on past tasks, checks proposed for a rule, a policy document read; and
what nobody waits for: a night's flips.

A turn of a job asks one question, saves what came of it, and leaves its message in the queue for the next one. So a
worker that dies loses one question, and a long job holds up nobody. It sends no new message: Lambda takes a function
whose messages lead to itself sixteen times for one that goes round for ever, and stops it. `most_receives` is how often
the message of a job is received, far less than what the template lets it be (`maxReceiveCount` of the analysis queue).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from ai_analyze.counts import TurnCounts
from ai_analyze.documents import read_on
from ai_analyze.ends import Fate, TurnEnd
from ai_analyze.flips import forget_tasks, try_flips, without_second_look
from ai_analyze.material import build_material
from ai_analyze.pauses import PAUSED, throttled_s
from ai_analyze.personal_data import Masking
from ai_analyze.ports import AnalysisPorts
from ai_analyze.propose import build_proposal_question, parse_proposal
from ai_analyze.review import Asked, Link
from ai_analyze.trials import build_trial, without_answer, without_form
from taskbridge.ai.audit import AuditRecord
from taskbridge.ai.checks.trials import try_checks
from taskbridge.ai.documents import as_rule
from taskbridge.ai.forms.controls import read_fields
from taskbridge.ai.forms.values import field_types, typed_values
from taskbridge.ai.jobs import (
    AiJob,
    AiJobStatus,
    DryRun,
    ProposeChecks,
    ReadDocument,
    Trial,
    TryFlips,
)
from taskbridge.ai.messages import JobMessage
from taskbridge.ai.results import Review
from taskbridge.ai.rulebook import Standing
from taskbridge.ai.rules import RuleInForce
from taskbridge.ai.seats import Seat, SeatState
from taskbridge.errors import (
    ConfigurationError,
    IncompleteAnswer,
    PermanentError,
    PlatformError,
    QuotaExhausted,
    ThrottledError,
    TransientError,
)
from taskbridge.events import EventForm
from taskbridge.moments import utc_stamp
from taskbridge.platforms.ai import Reply
from taskbridge.reasons import build_reason

LEASE_S = 120.0
GO_ON_S = 0.0
CRASHES_ALLOWED = 3
GIVE_UP_AFTER_S, RETRY_S = 600.0, 45.0  # somebody waits for it
NIGHT_GIVE_UP_AFTER_S, NIGHT_RETRY_S = 4 * 3600.0, 900.0  # nobody does, and the jobs of a night wait for one another

FORM_IS_GONE = build_reason("form_gone")
NO_FORMS = build_reason("no_forms")
CRASHED = build_reason("job_crashed")


def most_receives(tasks: int) -> int:
    """How often the message of a job of so many turns, a dry run or a night of flips, is received at most.

    Once for each, as often again as its worker may die or somebody else holds it, and each time that the platform
    does not answer, for as long as anybody waits for it.
    """
    waits = int(max(GIVE_UP_AFTER_S / RETRY_S, NIGHT_GIVE_UP_AFTER_S / NIGHT_RETRY_S)) + 1
    return tasks * (1 + 2 * CRASHES_ALLOWED) + waits


class _Unheard:
    """Takes the prose of an answer that nobody watches."""

    def text(self, piece: str) -> None:
        """See Sink."""


def run_job(message: JobMessage, ports: AnalysisPorts) -> TurnEnd:
    """Give a job its next turn. Raises StoreError where a table fails: it comes again."""
    holder, now = ports.new_id(), ports.clock()
    job = ports.jobs.claim(message.uid, message.job_id, holder, now, now + LEASE_S)
    if job is None:
        found = ports.jobs.get(message.uid, message.job_id)
        is_running = found is not None and found.status is AiJobStatus.RUNNING
        return TurnEnd(Fate.BUSY, LEASE_S) if is_running else TurnEnd(Fate.OUTDATED)
    turn = _Turn(job, holder, ports, TurnCounts(ports.questions, ports.clock))
    with ports.kept_alive(turn.renew):
        return turn.take()


@dataclass(frozen=True, slots=True)
class _Turn:
    """A claimed job in the hands of this worker."""

    job: AiJob
    holder: str
    ports: AnalysisPorts
    counts: TurnCounts

    def renew(self) -> None:
        """Keep the job for longer."""
        self.ports.jobs.renew(self.job.uid, self.job.id, self.holder, self.ports.clock() + LEASE_S)

    def take(self) -> TurnEnd:
        """Ask, and save what came of it."""
        if self.job.attempts > CRASHES_ALLOWED:
            return self._fail(CRASHED)
        try:
            found = self._ask()
        except (PlatformError, ConfigurationError) as error:
            return self._unanswered(error)
        finally:
            self.counts.settle()
        if found.status is AiJobStatus.RUNNING:
            return self._save(found, TurnEnd(Fate.GOING_ON, GO_ON_S))
        return self._end(found, TurnEnd(Fate.DONE))

    def _ask(self) -> AiJob:
        wanted = self.job.wanted
        if isinstance(wanted, DryRun):
            return self._try_next(wanted)
        if isinstance(wanted, TryFlips):
            return try_flips(self.job, wanted, self._read, lambda seat, form: self._review(seat, form, wanted))
        return self._read_on(wanted) if isinstance(wanted, ReadDocument) else self._propose(wanted)

    def _unanswered(self, error: PlatformError | ConfigurationError) -> TurnEnd:
        # What was cut was asked for twice already.
        is_final = isinstance(error, IncompleteAnswer | PermanentError) and not isinstance(error, QuotaExhausted)
        age = self.ports.clock() - datetime.fromisoformat(self.job.created_at).timestamp()
        at_night = isinstance(self.job.wanted, TryFlips)
        patience_s, retry_s = (NIGHT_GIVE_UP_AFTER_S, NIGHT_RETRY_S) if at_night else (GIVE_UP_AFTER_S, RETRY_S)
        if is_final or age > patience_s:
            return self._fail(str(error))
        if isinstance(error, ThrottledError):
            retry_s = max(retry_s, throttled_s(error, self.job.id))
        waiting = msgspec.structs.replace(self.job, reason=str(error))
        return self._save(waiting, TurnEnd(Fate.WAITING, retry_s, str(error)))

    def _fail(self, reason: str) -> TurnEnd:
        failed = msgspec.structs.replace(self.job, status=AiJobStatus.FAILED, reason=reason)
        return self._end(failed, TurnEnd(Fate.FAILED, reason=reason))

    def _end(self, job: AiJob, end: TurnEnd) -> TurnEnd:
        ended = msgspec.structs.replace(job, finished_at=self._now())
        if not isinstance(job.wanted, TryFlips):
            return self._save(ended, end)
        self.ports.journal.flipped(job.flips)
        return self._save(forget_tasks(ended), end)

    def _save(self, job: AiJob, end: TurnEnd) -> TurnEnd:
        return end if self.ports.jobs.save(job, self.holder, self.ports.clock()) else TurnEnd(Fate.LATE)

    # A dry run

    def _try_next(self, wanted: DryRun) -> AiJob:
        trial = self._try(*self.job.seats()[len(self.job.trials)], wanted)
        trials = (*self.job.trials, trial)
        is_last = len(trials) == len(self.job.task_ids)
        return msgspec.structs.replace(
            self.job,
            trials=trials,
            usage=self.job.usage + trial.usage,
            status=AiJobStatus.DONE if is_last else AiJobStatus.RUNNING,
            reason="",
        )

    def _try(self, uid: str, task_id: str, wanted: DryRun) -> Trial:
        found = self._read(uid, task_id)
        if found is None:
            return Trial(task_id=task_id, problem=FORM_IS_GONE)
        trial = build_trial(found[0], self._review(*found, wanted))
        return trial if uid == self.job.uid else without_form(trial)

    # A proposal

    def _propose(self, wanted: ProposeChecks) -> AiJob:
        forms = self._past_forms()
        if not forms:
            raise PermanentError(NO_FORMS)
        fields = field_types(forms[0][0].fields)
        masking = Masking()
        rule = masking.mask(wanted.rule) if self.ports.switches().settings.masked else wanted.rule
        reply = self._ask_once(*build_proposal_question(rule, fields))
        proposal = parse_proposal(reply.text, rule, fields).restored(masking.restore)
        trials = try_checks(proposal.checks, [(typed_values(read_fields(form)), day) for form, day in forms])
        return msgspec.structs.replace(
            self.job,
            status=AiJobStatus.DONE,
            checks=trials,
            dropped=proposal.dropped,
            usage=self.job.usage + reply.usage,
            reason="",
        )

    def _past_forms(self) -> list[tuple[EventForm, date]]:
        found = [each for seat in self.job.seats() if (each := self._read(*seat))]
        return [(form, date.fromisoformat(seat.received_on)) for seat, form in found]

    # A policy document

    def _read_on(self, wanted: ReadDocument) -> AiJob:
        """One portion after the other, and then the checks that their clauses come to."""
        reading = self.job.document
        if reading is not None and reading.asked == reading.portions:
            return self._propose(ProposeChecks(rule=as_rule(reading.clauses)))
        read, reply = read_on(self.job, wanted, self.ports, self._ask_once)
        is_over = read.asked == read.portions and not (read.clauses and self._past_forms())
        return msgspec.structs.replace(
            self.job,
            document=read,
            usage=self.job.usage + reply.usage,
            status=AiJobStatus.DONE if is_over else AiJobStatus.RUNNING,
            reason="",
        )

    # All

    def _ask_once(self, system: str, user: str) -> Reply:
        chain = self._chain(self._standing(""))
        return self.ports.desk.ask(chain, system, user, self.job.uid, lambda asked: self._audit(asked, None))

    def _read(self, uid: str, task_id: str) -> tuple[Seat, EventForm] | None:
        """A past task with its form; None where it is gone."""
        seat = self.ports.seats.get(uid, task_id)
        if seat is None or seat.state is SeatState.GONE or not seat.received_on:
            return None
        body = self.ports.forms.get(seat.task_id, seat.form_hash)
        return (seat, msgspec.json.decode(body, type=EventForm)) if body else None

    def _review(self, seat: Seat, form: EventForm, wanted: DryRun | TryFlips) -> Review:
        standing = self._standing(wanted.rule, wanted.keynote, wanted.file_key)
        if isinstance(wanted, TryFlips):
            standing = without_second_look(standing)
        received_on = date.fromisoformat(seat.received_on)
        material = build_material(
            form,
            standing.rule,
            received_on,
            lambda attachments: self.ports.desk.read_files(attachments, standing),
            people=seat.people,
        )
        chain = self._chain(standing)
        try:
            return self.ports.desk.review(
                material, chain, _Unheard(), standing, seat.uid, lambda asked: self._audit(asked, seat)
            )
        except IncompleteAnswer as error:
            return without_answer(error, chain[0])  # of one form: the job goes on with the others

    def _standing(self, rule: str, keynote: str = "", file_key: tuple[str, ...] = ()) -> Standing:
        draft = RuleInForce(
            rule=rule,
            keynote=keynote,
            file_key=file_key,
            source="custom",
            version="draft",
            enabled=True,
            automatic=False,
        )
        return Standing(draft, self.ports.switches(), basis="")

    def _chain(self, standing: Standing) -> Sequence[Link]:
        chain = self.ports.desk.chain(standing)
        if not chain:
            raise TransientError(PAUSED)
        settings = standing.switches.settings
        reached = self.counts.take(self.job.uid, self.job.app_id, self.job.node_id, settings)
        if reached:
            raise PermanentError(reached)
        return chain

    def _audit(self, asked: Asked, seat: Seat | None) -> None:
        entry = AuditRecord(
            id=self.ports.new_id(),
            at=self._now(),
            uid=self.job.uid,
            task_id=seat.task_id if seat else self.job.id,
            sess_id=seat.sess_id if seat else "",
            app_id=self.job.app_id,
            node_id=self.job.node_id,
            analysis_id=self.job.id,
            outcome=asked.outcome,
            rule_version="draft",
            requested_by=msgspec.to_builtins(self.job.wanted)["kind"],
        )
        self.counts.heard(asked)
        told = asked.put_on(entry)
        is_erased = self.ports.jobs.get(self.job.uid, self.job.id) is None
        kept_days = self.ports.switches().settings.retention_days
        self.ports.audit.record(told.without_person() if is_erased else told, self.ports.clock(), kept_days)

    def _now(self) -> str:
        return utc_stamp(self.ports.clock())
