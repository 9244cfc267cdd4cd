"""The tables and queues of the AI half in memory: as strict about conditions as the real ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import msgspec

from ai_analyze.uploads import Claim, UploadTable
from taskbridge.ai.audit import AuditRecord
from taskbridge.ai.caps import AskedToday, find_reached
from taskbridge.ai.documents import NewerDocument
from taskbridge.ai.jobs import AiJob, AiJobStatus
from taskbridge.ai.messages import AiMessage, AnalysisMessage
from taskbridge.ai.people import DECISIONS, EVERYONE, PersonNode, count_open, is_decision, verdict_of
from taskbridge.ai.processes import Process, decode_process, encode_process
from taskbridge.ai.queue import AiQueue
from taskbridge.ai.results import Review, Verdict
from taskbridge.ai.rulebook import SeatKey
from taskbridge.ai.rules import DefaultRule, NodeKey, OwnKey, PersonalRule
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState
from taskbridge.ai.settings import AiSettings
from taskbridge.errors import StaleVersion
from taskbridge.observability import Observability
from taskbridge.queues import Visibility
from taskbridge.tables.ai_answers import Answer, AnswerPiece, AnswerStatus, AnswerTable, Flight
from taskbridge.tables.ai_audit import AuditTable
from taskbridge.tables.ai_forms import FormTable
from taskbridge.tables.ai_jobs import AiJobTable
from taskbridge.tables.ai_people import PersonNodeTable
from taskbridge.tables.ai_processes import ProcessTable, StoredProcess
from taskbridge.tables.ai_questions import QuestionTable
from taskbridge.tables.ai_rules import RuleTable
from taskbridge.tables.ai_tasks import TaskTable
from taskbridge.tables.dynamo import Page
from taskbridge.tables.parts import Parts, PartTable, SplitBody
from tests.fakes import SilentJournal

_UNDER_WAY = (AnalysisStatus.PENDING, AnalysisStatus.RUNNING)


class MemoryProcesses(ProcessTable):
    """See ProcessTable."""

    def __init__(self) -> None:
        self.items: dict[str, tuple[int, bytes]] = {}

    def load(self, sess_id: str) -> StoredProcess:
        """See ProcessTable."""
        if sess_id not in self.items:
            return StoredProcess(Process(sess_id))
        version, data = self.items[sess_id]
        return StoredProcess(decode_process(data), version)

    def save(self, stored: StoredProcess) -> bool:
        """See ProcessTable."""
        sess_id = stored.process.sess_id
        if self.items.get(sess_id, (0, b""))[0] != stored.version:
            return False
        stored.version += 1
        self.items[sess_id] = (stored.version, encode_process(stored.process))
        return True


class MemoryForms(FormTable):
    """See FormTable."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], bytes] = {}
        self.ends: dict[tuple[str, str], float] = {}

    def put(self, task_id: str, form_hash: str, body: bytes) -> None:
        """See FormTable."""
        self.put_many({(task_id, form_hash): body})

    def put_many(self, forms: Mapping[tuple[str, str], bytes]) -> None:
        """See FormTable."""
        for key, body in forms.items():
            self.items[key] = body
            self.ends.pop(key, None)

    def get(self, task_id: str, form_hash: str) -> bytes | None:
        """See FormTable."""
        return self.items.get((task_id, form_hash))

    def delete(self, task_id: str, form_hash: str) -> None:
        """See FormTable."""
        self.items.pop((task_id, form_hash), None)

    def delete_all(self, task_id: str) -> None:
        """See FormTable."""
        for key in [key for key in self.items if key[0] == task_id]:
            del self.items[key]

    def expire(self, task_id: str, form_hash: str, at: float) -> None:
        """See FormTable."""
        if (task_id, form_hash) in self.items:
            self.ends[task_id, form_hash] = at


class MemoryPeople(PersonNodeTable):
    """See PersonNodeTable."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str, str], PersonNode] = {}

    def get(self, uid: str, app_id: str, node_id: str) -> PersonNode | None:
        """See PersonNodeTable."""
        return self.items.get((uid, app_id, node_id))

    def set_reminder(self, uid: str, app_id: str, node_id: str, at: str, rule_version: str) -> bool:
        """See PersonNodeTable."""
        known = self._of(uid, app_id, node_id)
        if known.rule_updated_version == rule_version:
            return False
        self._keep(msgspec.structs.replace(known, rule_updated_at=at, rule_updated_version=rule_version))
        return True

    def count(self, before: Seat | None, seat: Seat, *, decided: bool) -> None:
        """What travels with a seat in a transaction."""
        for (app_id, node_id), change in count_open(before, seat).items():
            known = self._of(seat.uid, app_id, node_id)
            self._keep(msgspec.structs.replace(known, open_count=known.open_count + change))
        if decided:
            mine = self._of(seat.uid, seat.app_id, seat.node_id)
            self._keep(msgspec.structs.replace(mine, decided=mine.decided + 1))
            verdict = verdict_of(before)
            if verdict is not None and seat.decision in DECISIONS:
                for uid in (seat.uid, EVERYONE):
                    self._agree(self._of(uid, seat.app_id, seat.node_id), verdict, seat.decision)

    def _agree(self, known: PersonNode, verdict: Verdict, decision: str) -> None:
        counts = {**known.agreement, (verdict, decision): known.agreement.get((verdict, decision), 0) + 1}
        self._keep(msgspec.structs.replace(known, agreement=counts))

    def _of(self, uid: str, app_id: str, node_id: str) -> PersonNode:
        return self.items.get((uid, app_id, node_id), PersonNode(uid=uid, app_id=app_id, node_id=node_id))

    def _keep(self, item: PersonNode) -> None:
        self.items[item.uid, item.app_id, item.node_id] = item


class MemorySeats(TaskTable):
    """See TaskTable."""

    def __init__(self, people: MemoryPeople | None = None) -> None:
        self.items: dict[SeatKey, Seat] = {}
        self.counted: set[SeatKey] = set()
        self.answered: dict[SeatKey, set[str]] = {}
        self.people = people or MemoryPeople()

    def get(self, uid: str, task_id: str) -> Seat | None:
        """See TaskTable."""
        return self.items.get((uid, task_id))

    def get_many(self, keys: Iterable[SeatKey]) -> dict[SeatKey, Seat]:
        """See TaskTable."""
        return {key: self.items[key] for key in keys if key in self.items}

    def answers_of(self, keys: Iterable[SeatKey]) -> set[str]:
        """See TaskTable."""
        return {answer_id for key in keys for answer_id in self.answered.get(key, ())}

    def project(self, seat: Seat, before: Seat | None) -> bool:
        """See TaskTable."""
        key = (seat.uid, seat.task_id)
        stored = self.items.get(key)
        if (stored is None) != (before is None):
            return False
        if stored is not None and before is not None:
            if stored.state is not before.state or stored.version > seat.version:
                return False
            if is_decision(before, seat) and stored.analysis != before.analysis:
                return False
        first = is_decision(before, seat) and key not in self.counted
        if first:
            self.counted.add(key)
        self.people.count(before, seat, decided=first)
        analysis = stored.analysis if stored is not None and seat.state is not SeatState.GONE else None
        self.items[key] = msgspec.structs.replace(seat, analysis=analysis)
        return True

    def begin(self, uid: str, task_id: str, analysis: Analysis, replaces: str) -> bool:
        """See TaskTable."""
        seat = self.items.get((uid, task_id))
        if seat is None or seat.state is not SeatState.OPEN or (seat.analysis.id if seat.analysis else "") != replaces:
            return False
        self._set(seat, analysis)
        return True

    def claim(
        self,
        uid: str,
        task_id: str,
        analysis_id: str,
        holder: str,
        now: float,
        lease_until: float,
        spent: Mapping[str, float] | None = None,
    ) -> Analysis | None:
        """See TaskTable."""
        seat, analysis = self._open(uid, task_id, analysis_id)
        if seat is None or analysis is None:
            return None
        is_free = analysis.lease_until <= now or analysis.holder == holder
        if analysis.status is not AnalysisStatus.PENDING and not (
            analysis.status is AnalysisStatus.RUNNING and is_free
        ):
            return None
        claimed = msgspec.structs.replace(
            analysis,
            status=AnalysisStatus.RUNNING,
            holder=holder,
            lease_until=lease_until,
            attempts=analysis.attempts + 1,
            **(spent or {}),
        )
        self._set(seat, claimed)
        return claimed

    def renew(self, uid: str, task_id: str, analysis_id: str, holder: str, lease_until: float) -> bool:
        """See TaskTable."""
        return self._alter(uid, task_id, analysis_id, holder, lease_until=lease_until)

    def attach(
        self, uid: str, task_id: str, analysis_id: str, holder: str, *, answer_id: str, fingerprint: str
    ) -> bool:
        """See TaskTable."""
        if not self._alter(uid, task_id, analysis_id, holder, answer_id=answer_id, fingerprint=fingerprint):
            return False
        self.answered.setdefault((uid, task_id), set()).add(answer_id)
        return True

    def wait(
        self,
        uid: str,
        task_id: str,
        analysis_id: str,
        holder: str,
        reason: str,
        *,
        counts: bool,
        spent: Mapping[str, float] | None = None,
    ) -> bool:
        """See TaskTable."""
        _, analysis = self._open(uid, task_id, analysis_id)
        attempts = analysis.attempts - (not counts) if analysis else 0
        facts = {"status": AnalysisStatus.PENDING, "holder": "", "lease_until": 0.0, "reason": reason}
        return self._alter(uid, task_id, analysis_id, holder, attempts=attempts, **facts, **(spent or {}))

    def settle(self, uid: str, task_id: str, analysis_id: str, finished: Analysis) -> Analysis | None:
        """See TaskTable."""
        seat, analysis = self._open(uid, task_id, analysis_id)
        if seat is None or analysis is None or analysis.basis != finished.basis or analysis.status not in _UNDER_WAY:
            return None
        ended = msgspec.structs.replace(finished, opened_at=analysis.opened_at)
        self._set(seat, ended)
        return ended

    def note_opening(self, seat: Seat, at: str) -> bool:
        """See TaskTable."""
        found, analysis = self._open(seat.uid, seat.task_id, seat.analysis.id if seat.analysis else "")
        if found is None or analysis is None or analysis.status not in _UNDER_WAY or analysis.opened_at:
            return False
        self._set(found, msgspec.structs.replace(analysis, opened_at=at))
        return True

    def clear(self, uid: str, task_id: str, analysis_id: str) -> bool:
        """See TaskTable."""
        seat, _ = self._open(uid, task_id, analysis_id)
        if seat is None:
            return False
        self._set(seat, None)
        return True

    def list_node_open(self, app_id: str, node_id: str, *, limit: int = 50, cursor: str | None = None) -> Page[Seat]:
        """See TaskTable."""
        found = [seat for seat in self.items.values() if (seat.app_id, seat.node_id) == (app_id, node_id)]
        return Page([seat for seat in found if seat.state is SeatState.OPEN])

    def list_person_node_open(
        self, uid: str, app_id: str, node_id: str, limit: int = 50, cursor: str | None = None
    ) -> Page[Seat]:
        """See TaskTable."""
        return Page([seat for seat in self.list_node_open(app_id, node_id).items if seat.uid == uid])

    def _open(self, uid: str, task_id: str, analysis_id: str) -> tuple[Seat | None, Analysis | None]:
        seat = self.items.get((uid, task_id))
        if seat is None or seat.state is not SeatState.OPEN or seat.analysis is None or seat.analysis.id != analysis_id:
            return None, None
        return seat, seat.analysis

    def _alter(self, uid: str, task_id: str, analysis_id: str, held_by: str, **facts: object) -> bool:
        seat, analysis = self._open(uid, task_id, analysis_id)
        if seat is None or analysis is None or analysis.holder != held_by:
            return False
        if analysis.status is not AnalysisStatus.RUNNING:
            return False
        self._set(seat, msgspec.structs.replace(analysis, **facts))
        return True

    def _set(self, seat: Seat, analysis: Analysis | None) -> None:
        self.items[seat.uid, seat.task_id] = msgspec.structs.replace(seat, analysis=analysis)


class MemoryRules(RuleTable):
    """See RuleTable."""

    def __init__(self) -> None:
        self.stored_defaults: dict[NodeKey, DefaultRule] = {}
        self.stored_owns: dict[OwnKey, PersonalRule] = {}

    def default(self, app_id: str, node_id: str) -> DefaultRule | None:
        """See RuleTable."""
        return self.stored_defaults.get((app_id, node_id))

    def defaults(self, keys: Iterable[NodeKey]) -> dict[NodeKey, DefaultRule]:
        """See RuleTable."""
        return {key: self.stored_defaults[key] for key in keys if key in self.stored_defaults}

    def owns(self, keys: Iterable[OwnKey]) -> dict[OwnKey, PersonalRule]:
        """See RuleTable."""
        return {key: self.stored_owns[key] for key in keys if key in self.stored_owns}

    def save_default(self, rule: DefaultRule, expected_version: int) -> DefaultRule:
        """See RuleTable."""
        stored = self.default(rule.app_id, rule.node_id)
        is_stale = (stored.version if stored else 0) != expected_version
        if is_stale or (stored is not None and stored.published_sequence > rule.published_sequence):
            raise StaleVersion("default")
        cleared = stored.cleared_version if stored else 0
        saved = msgspec.structs.replace(rule, version=expected_version + 1, cleared_version=cleared)
        self.stored_defaults[rule.app_id, rule.node_id] = saved
        return saved

    def save_own(self, rule: PersonalRule, expected_version: int) -> PersonalRule:
        """See RuleTable."""
        key = (rule.uid, rule.app_id, rule.node_id)
        if (self.stored_owns[key].version if key in self.stored_owns else 0) != expected_version:
            raise StaleVersion("own")
        self.stored_owns[key] = msgspec.structs.replace(rule, version=expected_version + 1)
        return self.stored_owns[key]

    def mark_newer(self, uid: str, app_id: str, node_id: str, version: int, newer: NewerDocument) -> bool:
        """See RuleTable."""
        stored = self.stored_defaults.get((app_id, node_id))
        if uid or stored is None or stored.version != version:
            return False
        self.stored_defaults[app_id, node_id] = msgspec.structs.replace(stored, newer=newer)
        return True

    def mark_published(self, app_id: str, node_id: str, sequence: int, version: int) -> bool:
        """See RuleTable."""
        stored = self.stored_defaults.get((app_id, node_id))
        if stored is None or stored.version != version:
            return False
        return self._raise(app_id, node_id, "published_sequence", sequence)

    def mark_cleared(self, owner: str, app_id: str, node_id: str, version: int) -> bool:
        """See RuleTable."""
        return self._raise(app_id, node_id, "cleared_version", version)

    def _raise(self, app_id: str, node_id: str, name: str, value: int) -> bool:
        stored = self.stored_defaults[app_id, node_id]
        if getattr(stored, name) >= value:
            return False
        self.stored_defaults[app_id, node_id] = msgspec.structs.replace(stored, **{name: value})
        return True


class MemoryAnswers(AnswerTable):
    """See AnswerTable."""

    def __init__(self) -> None:
        self.stored_heads: dict[str, Answer] = {}
        self.holders: dict[str, str] = {}
        self.stored_pieces: dict[str, dict[int, str]] = {}
        self.erased: Counter[str] = Counter()

    def begin(
        self, answer_id: str, holder: str, now: float, lease_until: float, expires_at: float, sess_id: str
    ) -> Flight:
        """See AnswerTable."""
        head = self.stored_heads.get(answer_id)
        if head is not None and head.status is AnswerStatus.DONE:
            self.stored_heads[answer_id] = replace(head, sessions=head.sessions | {sess_id})
            return Flight("done", review=head.review)
        is_live = head is not None and head.status is AnswerStatus.RUNNING and head.lease_until > now
        if head is not None and is_live and self.holders[answer_id] != holder:
            return Flight("running", lease_until=head.lease_until)
        self.stored_heads[answer_id] = Answer(
            answer_id, AnswerStatus.RUNNING, lease_until=lease_until, sessions=frozenset({sess_id})
        )
        self.holders[answer_id] = holder
        return Flight("mine", next_piece=max(self.stored_pieces.get(answer_id, {}), default=0) + 1)

    def renew(self, answer_id: str, holder: str, lease_until: float) -> bool:
        """See AnswerTable."""
        if not self._is_held(answer_id, holder):
            return False
        self.stored_heads[answer_id] = replace(self.stored_heads[answer_id], lease_until=lease_until)
        return True

    def append(self, answer_id: str, number: int, text: str, expires_at: float) -> bool:
        """See AnswerTable."""
        return self.stored_pieces.setdefault(answer_id, {}).setdefault(number, text) == text

    def finish(self, answer_id: str, holder: str, review: Review, last_piece: int) -> bool:
        """See AnswerTable."""
        return self._conclude(answer_id, holder, Answer(answer_id, AnswerStatus.DONE, review, last_piece))

    def fail(self, answer_id: str, holder: str, reason: str) -> bool:
        """See AnswerTable."""
        return self._conclude(answer_id, holder, Answer(answer_id, AnswerStatus.FAILED, reason=reason))

    def head(self, answer_id: str) -> Answer | None:
        """See AnswerTable."""
        return self.stored_heads.get(answer_id)

    def pieces(self, answer_id: str, after: int, limit: int = 100) -> list[AnswerPiece]:
        """See AnswerTable."""
        stored = sorted(self.stored_pieces.get(answer_id, {}).items())
        return [AnswerPiece(number, text) for number, text in stored if number > after][:limit]

    def _is_held(self, answer_id: str, holder: str) -> bool:
        head = self.stored_heads.get(answer_id)
        return head is not None and head.status is AnswerStatus.RUNNING and self.holders[answer_id] == holder

    def _conclude(self, answer_id: str, holder: str, head: Answer) -> bool:
        if not self._is_held(answer_id, holder):
            return False
        self.stored_heads[answer_id] = replace(head, sessions=self.stored_heads[answer_id].sessions)
        return True

    def leave(self, answer_id: str, sess_id: str) -> bool:
        """See AnswerTable."""
        head = self.stored_heads.get(answer_id)
        if head is not None and head.sessions - {sess_id}:
            self.stored_heads[answer_id] = replace(head, sessions=head.sessions - {sess_id})
            return False
        self.erased[answer_id] += self.stored_heads.pop(answer_id, None) is not None
        self.stored_pieces.pop(answer_id, None)
        return True


class MemoryAudit(AuditTable):
    """See AuditTable."""

    def __init__(self) -> None:
        self.entries: list[AuditRecord] = []

    def record(self, entry: AuditRecord, now: float, retention_days: float) -> bool:
        """See AuditTable."""
        self.entries.append(entry)
        return True


class MemoryUploads(UploadTable):
    """See UploadTable."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[str, float]] = {}
        self.claims: dict[str, tuple[str, float]] = {}

    def claim(self, key: str, holder: str, now: float, lease_until: float) -> Claim:
        """See UploadTable."""
        state: Literal["mine", "busy", "known"] = "mine"
        if key in self.files and self.files[key][1] > now:
            return Claim("known", self.files[key][0])
        if key in self.claims and self.claims[key][1] > now and self.claims[key][0] != holder:
            state = "busy"
        else:
            self.claims[key] = (holder, lease_until)
        return Claim(state)

    def store(self, key: str, holder: str, file_id: str, expires_at: float) -> bool:
        """See UploadTable."""
        if self.claims.get(key, ("", 0.0))[0] != holder:
            return False
        self.files[key] = (file_id, expires_at)
        return True

    def release(self, key: str, holder: str) -> bool:
        """See UploadTable."""
        self.claims.pop(key, None)
        return True

    def forget(self, key: str, file_id: str) -> bool:
        """See UploadTable."""
        if self.files.get(key, ("", 0.0))[0] != file_id:
            return False
        del self.files[key], self.claims[key]
        return True


class MemoryQuestions(QuestionTable):
    """See QuestionTable. Whose and which node is not told apart."""

    def __init__(self) -> None:
        self.asked = AskedToday()

    def take(self, uid: str, app_id: str, node_id: str, settings: AiSettings, now: float) -> str:
        """See QuestionTable."""
        reached = find_reached(settings, self.asked)
        if not reached:
            person, node, total = (each + 1 for each in (self.asked.person, self.asked.node, self.asked.total))
            self.asked = AskedToday(person, node, total, self.asked.cost)
        return reached

    def give_back(self, uid: str, app_id: str, node_id: str, now: float) -> None:
        """See QuestionTable."""
        self.asked = replace(self.asked, person=self.asked.person - 1, node=self.asked.node - 1)

    def spend(self, questions: int, cost: float, now: float) -> None:
        """See QuestionTable."""
        self.asked = replace(self.asked, total=self.asked.total + questions, cost=self.asked.cost + cost)


class MemoryOutbox(AiQueue):
    """A queue that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, messages: Sequence[AiMessage | AnalysisMessage]) -> set[int]:
        """See AiQueue."""
        self.sent += messages
        return set()


class MemoryParts(PartTable):
    """See PartTable."""

    def __init__(self) -> None:
        self.bodies: dict[Parts, bytes] = {}

    def put(self, bodies: Iterable[SplitBody]) -> None:
        """See PartTable."""
        self.bodies |= {body.parts: body.data for body in bodies}

    def load(self, wanted: Iterable[Parts]) -> dict[Parts, bytes]:
        """See PartTable."""
        return {parts: self.bodies[parts] for parts in wanted if parts in self.bodies}


class MemoryJobs(AiJobTable):
    """See AiJobTable."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], AiJob] = {}
        self.leases: dict[tuple[str, str], tuple[str, float]] = {}

    def get(self, uid: str, job_id: str) -> AiJob | None:
        """See AiJobTable."""
        return self.items.get((uid, job_id))

    def claim(self, uid: str, job_id: str, holder: str, now: float, lease_until: float) -> AiJob | None:
        """See AiJobTable."""
        job = self.items.get((uid, job_id))
        held_by, until = self.leases.get((uid, job_id), (holder, 0.0))
        if job is None or job.status is not AiJobStatus.RUNNING or (until > now and held_by != holder):
            return None
        self.leases[uid, job_id] = (holder, lease_until)
        self.items[uid, job_id] = msgspec.structs.replace(job, attempts=job.attempts + 1)
        return self.items[uid, job_id]

    def renew(self, uid: str, job_id: str, holder: str, lease_until: float) -> bool:
        """See AiJobTable."""
        if self.leases[uid, job_id][0] != holder:
            return False
        self.leases[uid, job_id] = (holder, lease_until)
        return True

    def save(self, job: AiJob, holder: str, now: float) -> bool:
        """See AiJobTable."""
        key = (job.uid, job.id)
        if key not in self.items or self.leases[key][0] != holder or self.items[key].status is not AiJobStatus.RUNNING:
            return False
        self.items[key] = msgspec.structs.replace(job, attempts=0)
        self.leases[key] = (holder, 0.0)
        return True


class SilentObservability(Observability):
    """Logger and metrics that say nothing, and remember what they were told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]]
        ears: Any = SilentJournal()
        super().__init__(ears, ears)
        object.__setattr__(self, "heard", ears.heard)


class MemoryVisibility(Visibility):
    """Hears what is hidden."""

    def __init__(self) -> None:
        self.hidden: list[tuple[str, float]] = []

    def hide(self, receipts: Sequence[tuple[str, float]]) -> None:
        """See Visibility."""
        self.hidden += receipts
