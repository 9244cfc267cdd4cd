"""The life of one analysis: claimed once, asked once, settled only while it is still wanted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
import pytest

from ai_analyze.batch import Heartbeat, analyse_batch
from ai_analyze.ends import Fate, TurnEnd
from ai_analyze.flight import STARTED_ANEW, Recorder
from ai_analyze.material import ReadFile
from ai_analyze.work import CRASHES_ALLOWED, FORM_IS_GONE, GIVE_UP_AFTER_S, LEASE_S
from taskbridge.ai.caps import AskedToday
from taskbridge.ai.messages import AnalyseMessage, SeatsMessage, encode_ai_message
from taskbridge.ai.requests import RequestedBy
from taskbridge.ai.results import Verdict
from taskbridge.ai.seats import AnalysisStatus, SeatState
from taskbridge.ai.settings import AiSettings
from taskbridge.errors import (
    ConfigurationError,
    IncompleteAnswer,
    NoAnswer,
    PermanentError,
    QuotaExhausted,
    StoreError,
    TaskbridgeError,
    ThrottledError,
    TransientError,
)
from taskbridge.queues import Record
from taskbridge.reasons import build_reason
from taskbridge.tables.ai_answers import AnswerStatus
from tests.fakes_ai import MemoryVisibility
from tests.unit.ai.analysis_worker import FORM, Worker


@pytest.fixture
def worker() -> Worker:
    return Worker()


def test_an_analysis_ends_with_its_verdict_and_an_audit_entry(worker: Worker) -> None:
    end = worker.run(worker.request())
    assert end == TurnEnd(Fate.DONE, opened_first=False)
    analysis = worker.analysis()
    assert (analysis.status, analysis.verdict, analysis.model) == (AnalysisStatus.DONE, Verdict.APPROVE, "m")
    [entry] = worker.audit.entries
    assert (entry.uid, entry.analysis_id, entry.rule_version, entry.answer) == ("u", analysis.id, "default-1", "raw")
    assert entry.fingerprint == analysis.fingerprint != ""


def test_the_stored_prose_is_what_was_streamed(worker: Worker) -> None:
    worker.run(worker.request())
    answer_id = worker.analysis().answer_id
    head = worker.answers.head(answer_id)
    streamed = "".join(piece.text for piece in worker.answers.pieces(answer_id, 0))
    assert head is not None
    assert head.review is not None
    assert head.review.text == streamed == "事由齐全。"


def test_a_thousand_concurrent_triggers_of_one_seat_are_one_question(worker: Worker) -> None:
    message = worker.request()
    with ThreadPoolExecutor(32) as pool:
        ends = list(pool.map(worker.run, [message] * 1000))
    assert worker.asked == 1
    assert sum(end.fate is Fate.DONE for end in ends) == 1
    assert worker.analysis().status is AnalysisStatus.DONE


def test_a_thousand_people_with_one_fingerprint_are_one_question(worker: Worker) -> None:
    waiting = [worker.request(f"u{n}") for n in range(1000)]
    rounds = 0
    with ThreadPoolExecutor(32) as pool:
        while waiting:
            ends = list(pool.map(worker.run, waiting))
            waiting = [message for message, end in zip(waiting, ends, strict=True) if end.again_in is not None]
            rounds += 1
            assert rounds < 20, "they wait for an answer that is there"
    assert worker.asked == 1
    assert {worker.analysis(f"u{n}").status for n in range(1000)} == {AnalysisStatus.DONE}
    assert len({worker.analysis(f"u{n}").answer_id for n in range(1000)}) == 1


def test_a_forced_analysis_asks_although_there_is_an_answer(worker: Worker) -> None:
    worker.run(worker.request())
    worker.run(worker.request(by=RequestedBy.FORCED))
    assert worker.asked == 2
    assert worker.analysis().status is AnalysisStatus.DONE


@pytest.mark.parametrize("state", [SeatState.DONE, SeatState.GONE])
def test_a_late_answer_goes_to_the_audit_log_only(worker: Worker, state: SeatState) -> None:
    message = worker.request()
    worker.answering = lambda _: worker.change(state=state)
    assert worker.run(message).fate is Fate.LATE
    assert worker.analysis().verdict is None
    assert [entry.outcome for entry in worker.audit.entries] == ["answered", "late"]


def test_who_is_erased_meanwhile_stands_on_no_new_audit_entry(worker: Worker) -> None:
    message = worker.request()
    worker.answering = lambda _: worker.seats.items.clear()
    assert worker.run(message).fate is Fate.LATE
    assert [(entry.outcome, entry.task_id) for entry in worker.audit.entries] == [("answered", "T1"), ("late", "T1")]
    assert {(entry.uid, entry.question, entry.answer) for entry in worker.audit.entries} == {("", "", "")}
    assert worker.audit.entries[0].usage.input_tokens == 3, "what was counted stays"


AGAIN = [SeatsMessage("S1", {"T1": ["u"]})]


def test_who_answers_what_was_deleted_has_it_deleted_again(worker: Worker) -> None:
    message = worker.request()

    def delete(_: Recorder) -> None:
        worker.change(state=SeatState.GONE, analysis=None)
        for answer_id in worker.seats.answers_of([("u", "T1")]):
            worker.answers.leave(answer_id, "S1")

    worker.answering = delete
    assert worker.run(message).fate is Fate.WAITING, "its flight is lost"
    assert worker.answers.stored_heads == {}
    assert worker.tracker.sent == []

    assert worker.run(message, 2) == TurnEnd(Fate.OUTDATED)

    assert worker.tracker.sent == AGAIN, "for the pieces and the audit entry that came behind the deletion"


def test_an_answer_that_is_complete_before_its_deletion_comes_to_it_is_left_to_it(worker: Worker) -> None:
    message = worker.request()
    worker.answering = lambda _: worker.change(state=SeatState.GONE, analysis=None)

    assert worker.run(message).fate is Fate.LATE

    assert worker.tracker.sent == AGAIN
    [answer_id] = worker.seats.answers_of([("u", "T1")])
    assert worker.answers.leave(answer_id, "S1") is True


def test_a_failure_of_what_was_deleted_is_late_and_its_texts_go_too(worker: Worker) -> None:
    message = worker.request()
    worker.answering = lambda _: worker.change(state=SeatState.GONE, analysis=None)
    worker.error = PermanentError("HTTP 400")

    assert worker.run(message).fate is Fate.LATE

    assert worker.tracker.sent == AGAIN


def test_what_was_deleted_before_its_turn_wrote_nothing_and_asks_for_nothing(worker: Worker) -> None:
    message = worker.request()
    worker.change(state=SeatState.GONE, analysis=None)

    assert worker.run(message) == TurnEnd(Fate.OUTDATED)
    assert worker.tracker.sent == []


def test_a_message_stays_until_what_it_left_is_to_be_deleted(worker: Worker) -> None:
    message = worker.request()
    worker.answering = lambda _: worker.change(state=SeatState.GONE, analysis=None)
    send = worker.tracker.send
    worker.tracker.send = lambda messages: {0}  # type: ignore[method-assign]
    with pytest.raises(StoreError, match="AI queue"):
        worker.run(message)

    worker.tracker.send = send  # type: ignore[method-assign]
    assert worker.run(message, 2) == TurnEnd(Fate.OUTDATED)
    assert worker.tracker.sent == AGAIN


def test_another_instance_with_the_same_form_shares_the_answer_and_is_noted(worker: Worker) -> None:
    worker.run(worker.request())
    message = worker.request("u2", "T2")
    worker.seats.items["u2", "T2"] = msgspec.structs.replace(worker.seats.items["u2", "T2"], sess_id="S2")

    assert worker.run(message) == TurnEnd(Fate.REUSED, opened_first=False)

    answer_id = worker.analysis("u2", "T2").answer_id
    assert worker.answers.stored_heads[answer_id].sessions == {"S1", "S2"}


def test_an_answer_to_a_rule_that_changed_meanwhile_is_late(worker: Worker) -> None:
    message = worker.request()
    worker.answering = lambda _: worker.change(analysis=None)
    assert worker.run(message).fate is Fate.LATE
    assert worker.seats.items["u", "T1"].analysis is None


def test_what_is_no_longer_wanted_is_not_asked(worker: Worker) -> None:
    message = worker.request()
    worker.change(state=SeatState.DONE)
    assert worker.run(message) == TurnEnd(Fate.OUTDATED)
    assert worker.asked == 0


def test_a_question_that_changed_before_its_turn_is_asked_as_it_is_now(worker: Worker) -> None:
    message = worker.request(by=RequestedBy.MANUAL)
    worker.forms.put("T1", "f2", FORM)
    worker.change(form_hash="f2")
    assert worker.run(message) == TurnEnd(Fate.OUTDATED)
    assert worker.analysis().id != message.analysis_id
    assert worker.outbox.sent[-1].analysis_id == worker.analysis().id


def test_an_automatic_question_goes_with_the_automatic(worker: Worker) -> None:
    message = worker.request()
    worker.forms.put("T1", "f2", FORM)
    worker.change(form_hash="f2")
    worker.run(message)
    assert worker.seats.items["u", "T1"].analysis is None, "the node does not analyse by itself"


def test_a_message_while_another_worker_is_at_it_stays(worker: Worker) -> None:
    message = worker.request()
    inner: list[TurnEnd] = []
    worker.answering = lambda _: inner.append(worker.run(message))
    worker.run(message)
    assert inner == [TurnEnd(Fate.BUSY, LEASE_S)]


def test_a_dead_workers_analysis_is_taken_over_and_says_so(worker: Worker) -> None:
    message = worker.request()

    class Died(BaseException):
        pass

    def die(recorder: Recorder) -> None:
        recorder.flush()
        raise Died

    worker.answering = die
    with pytest.raises(Died):
        worker.run(message)
    worker.now += LEASE_S + 1
    worker.answering = lambda _: None
    assert worker.run(message) == TurnEnd(Fate.DONE, opened_first=False)
    head = worker.answers.head(worker.analysis().answer_id)
    assert head is not None
    assert head.review is not None
    assert head.review.text == f"事由{STARTED_ANEW}事由齐全。"
    pieces = worker.answers.pieces(worker.analysis().answer_id, 0)
    assert head.review.text == "".join(piece.text for piece in pieces), "a viewer and the stored answer agree"


def test_a_worker_that_was_too_slow_writes_nothing_into_anothers_answer(worker: Worker) -> None:
    message = worker.request()

    def lose(recorder: Recorder) -> None:
        worker.now += LEASE_S + 1
        worker.answering = lambda _: None
        assert worker.run(message) == TurnEnd(Fate.DONE, opened_first=False)

    worker.answering = lose
    assert worker.run(message).fate is Fate.WAITING
    head = worker.answers.head(worker.analysis().answer_id)
    assert head is not None
    assert head.status is AnswerStatus.DONE
    assert worker.analysis().status is AnalysisStatus.DONE


@pytest.mark.parametrize(
    ("error", "least", "most"),
    [
        (TransientError("x"), 5, 600),
        (ThrottledError("x", retry_after=300), 300, 300),
        (ThrottledError("x"), 48, 200),
        (QuotaExhausted("x"), 60, 600),
        (ConfigurationError("host", "x"), 5, 600),
    ],
)
@pytest.mark.parametrize("receives", [1, 4, 900])
def test_what_may_pass_waits_with_its_reason(
    worker: Worker, error: TaskbridgeError, least: float, most: float, receives: int
) -> None:
    message = worker.request()
    worker.error = error
    end = worker.run(message, receives)
    assert end.fate is Fate.WAITING
    assert end.again_in is not None
    assert least <= end.again_in <= most
    analysis = worker.analysis()
    assert analysis.status is AnalysisStatus.PENDING
    assert analysis.reason
    assert analysis.attempts == 0, "waiting in order is no crash"
    worker.error = None
    assert worker.run(message) == TurnEnd(Fate.DONE, opened_first=False)


def test_what_does_not_pass_within_a_day_fails(worker: Worker) -> None:
    message = worker.request()
    worker.error = TransientError("no answer")
    worker.now += GIVE_UP_AFTER_S + 10 * 86400
    assert worker.run(message).fate is Fate.FAILED
    assert worker.analysis().status is AnalysisStatus.FAILED


def test_what_will_not_change_fails_at_once(worker: Worker) -> None:
    message = worker.request()
    worker.error = PermanentError("HTTP 400")
    assert worker.run(message) == TurnEnd(Fate.FAILED, reason="HTTP 400")
    worker.error = None
    assert worker.run(worker.request(by=RequestedBy.MANUAL)) == TurnEnd(Fate.DONE), "a person may try again"


def test_a_question_that_kills_its_workers_fails(worker: Worker) -> None:
    message = worker.request()

    class Died(BaseException):
        pass

    def die(_: Recorder) -> None:
        raise Died

    worker.answering = die
    for _ in range(CRASHES_ALLOWED):
        with pytest.raises(Died):
            worker.run(message)
        worker.now += LEASE_S + 1
    assert worker.run(message).fate is Fate.FAILED
    assert worker.asked == CRASHES_ALLOWED


def test_a_form_that_is_gone_is_said_to_be(worker: Worker) -> None:
    message = worker.request()
    worker.forms.delete("T1", "f")
    assert worker.run(message) == TurnEnd(Fate.FAILED, reason=FORM_IS_GONE)


def test_while_every_platform_is_paused_nothing_is_asked(worker: Worker) -> None:
    message = worker.request()
    worker.paused = True
    assert worker.run(message).fate is Fate.WAITING
    assert worker.asked == 0
    worker.paused = False
    assert worker.run(message) == TurnEnd(Fate.DONE, opened_first=False)


def test_a_file_that_may_come_yet_is_waited_for_but_not_for_ever(worker: Worker) -> None:
    message = worker.request()
    worker.files = (ReadFile("附件1", "f", "发票", "", "", 0, (), problem="未能下载", retryable=True),)
    assert worker.run(message, 1).fate is Fate.WAITING
    assert worker.run(message, 2).fate is Fate.WAITING
    assert worker.run(message, 3) == TurnEnd(Fate.DONE, opened_first=False)


def test_a_switched_off_rule_takes_the_question_away(worker: Worker) -> None:
    message = worker.request()
    worker.settings = AiSettings()
    assert worker.run(message) == TurnEnd(Fate.OUTDATED)
    assert worker.seats.items["u", "T1"].analysis is None


CAPPED = "今天 AI 提问次数已达上限（个人每天 1 次），明天再试"


@pytest.mark.parametrize("by", [RequestedBy.MANUAL, RequestedBy.FORCED])
def test_who_asks_beyond_a_cap_is_told_and_nothing_is_asked(worker: Worker, by: RequestedBy) -> None:
    worker.settings = replace(worker.settings, daily_person=1)
    worker.questions.asked = AskedToday(person=1)

    end = worker.run(worker.request(by=by))

    assert end == TurnEnd(Fate.FAILED, reason=CAPPED)
    assert (worker.analysis().status, worker.analysis().reason) == (AnalysisStatus.FAILED, CAPPED)
    assert worker.asked == 0


def test_what_nobody_asked_for_waits_for_another_day_with_the_reason_on_record(worker: Worker) -> None:
    worker.settings = replace(worker.settings, daily_person=1)
    worker.questions.asked = AskedToday(person=1)

    end = worker.run(worker.request())

    assert (end.fate, end.reason) == (Fate.WAITING, CAPPED)
    assert end.again_in is not None
    assert 0 < end.again_in <= 3600
    assert (worker.analysis().status, worker.analysis().reason) == (AnalysisStatus.PENDING, CAPPED)
    worker.questions.asked = AskedToday()
    assert worker.run(worker.request(), receives=2).fate is Fate.DONE
    assert worker.questions.asked == AskedToday(1, 1, 1)


def test_a_batch_keeps_what_waits_and_what_failed(worker: Worker) -> None:
    good, waits = worker.request("u1", "T1"), worker.request("u2", "T2")
    worker.forms.put("T2", "f", msgspec.json.encode({"fields": []}))
    worker.forms.get = _failing_for("T2", worker.forms.get)  # type: ignore[method-assign, assignment]
    queue = MemoryVisibility()
    bodies = [encode_ai_message(good), encode_ai_message(waits), "no message"]
    records = [Record(f"m{n}", f"r{n}", body, 1) for n, body in enumerate(bodies)]
    heartbeat = Heartbeat(queue, {record.receipt_handle for record in records})
    with ThreadPoolExecutor(3) as pool, heartbeat.beating():
        assert analyse_batch(records, worker.ports, heartbeat, pool) == ["m1", "m2"]
    assert {receipt for receipt, seconds in queue.hidden if seconds < LEASE_S} == {"r1", "r2"}
    assert heartbeat.receipts == {"r0"}, "what is to come again soon is not hidden any longer"


def test_the_same_analysis_twice_in_a_batch_is_made_once_and_nothing_stays(worker: Worker) -> None:
    message = encode_ai_message(worker.request())
    queue = MemoryVisibility()
    records = [Record(f"m{n}", f"r{n}", message, receives) for n, receives in enumerate((1, 3, 1))]
    heartbeat = Heartbeat(queue, {record.receipt_handle for record in records})

    with ThreadPoolExecutor(3) as pool:
        assert analyse_batch(records, worker.ports, heartbeat, pool) == []

    assert worker.asked == 1
    assert queue.hidden == [], "none sleeps, and holds up what is behind it"


def test_of_doubles_that_have_to_come_again_one_stays(worker: Worker) -> None:
    worker.paused = True
    message = encode_ai_message(worker.request())
    records = [Record(f"m{n}", f"r{n}", message, receives) for n, receives in enumerate((1, 3))]

    with ThreadPoolExecutor(2) as pool:
        stay = analyse_batch(records, worker.ports, Heartbeat(MemoryVisibility(), {"r0", "r1"}), pool)

    assert stay == ["m1"]


def test_what_brings_a_turn_down_leaves_the_others_alone(worker: Worker) -> None:
    good, bad = worker.request("u1", "T1"), worker.request("u2", "T2")
    worker.forms.put("T2", "f", b"no json")
    records = [Record("m0", "r0", encode_ai_message(bad), 1), Record("m1", "r1", encode_ai_message(good), 1)]
    heartbeat = Heartbeat(MemoryVisibility(), {"r0", "r1"})
    with ThreadPoolExecutor(2) as pool:
        assert analyse_batch(records, worker.ports, heartbeat, pool) == ["m0"]
    assert worker.analysis("u1", "T1").status is AnalysisStatus.DONE


def _failing_for(task_id: str, get: Callable[[str, str], bytes | None]) -> Callable[[str, str], bytes | None]:
    def failing(wanted: str, form_hash: str) -> bytes | None:
        if wanted == task_id:
            raise StoreError("throttled")
        return get(wanted, form_hash)

    return failing


def test_a_heartbeat_renews_what_is_under_way() -> None:
    queue = MemoryVisibility()
    heartbeat = Heartbeat(queue, {"r"})
    renewed: list[str] = []

    def renew() -> None:
        renewed.append("once")

    with heartbeat.keep(renew):
        heartbeat.beat()
    heartbeat.beat()
    assert renewed == ["once"]
    assert queue.hidden == [("r", 120.0)] * 2


def test_a_day_of_waiting_stays_below_the_receives_that_the_queue_allows(worker: Worker) -> None:
    message = worker.request()
    worker.now = datetime.fromisoformat(worker.analysis().created_at).timestamp()
    worker.paused = True

    end, receives = run_to_the_end(worker, message)

    assert end.fate is Fate.FAILED
    assert receives < 200, "a fifth of what the template allows"


def test_a_platform_that_always_says_in_a_second_does_not_use_up_the_receives_of_a_message(worker: Worker) -> None:
    message = worker.request()
    worker.now = datetime.fromisoformat(worker.analysis().created_at).timestamp()
    worker.error = ThrottledError("too many", status=429, retry_after=1.0)

    end, receives = run_to_the_end(worker, message)

    assert end.fate is Fate.FAILED
    assert receives < 900, "of the thousand that the template allows"


def run_to_the_end(worker: Worker, message: AnalyseMessage) -> tuple[TurnEnd, int]:
    """Let a message come again whenever it is due, as often as the template allows; how it ended, and its receives."""
    for receives in range(1, 1001):
        end = worker.run(message, receives)
        if end.again_in is None:
            break
        worker.now += end.again_in
    return end, receives


@pytest.mark.parametrize(
    ("error", "counted"),
    [
        (ThrottledError("429", status=429), (1, 1, 1)),
        (QuotaExhausted("debt"), (1, 1, 1)),
        (ConfigurationError("host", "x"), (1, 1, 1)),
        (TransientError("no connection", no_answer=NoAnswer.UNREACHABLE), (1, 1, 1)),
        (TransientError("HTTP 502", status=502), (1, 1, 6)),  # it may have cost something
    ],
)
def test_an_analysis_that_has_to_come_again_is_counted_once(
    worker: Worker, error: TaskbridgeError, counted: tuple[int, int, int]
) -> None:
    message = worker.request()
    worker.error = error
    for receives in range(1, 6):
        assert worker.run(message, receives).fate is Fate.WAITING
    worker.error = None
    assert worker.run(message, 6).fate is Fate.DONE
    asked = worker.questions.asked
    assert (asked.person, asked.node, asked.total) == counted


def test_an_answer_that_was_cut_twice_fails_and_is_kept_for_nobody(worker: Worker) -> None:
    message = worker.request()
    worker.error = IncompleteAnswer(build_reason("cut_twice"))
    assert worker.run(message) == TurnEnd(Fate.FAILED, reason=build_reason("cut_twice"))
    assert (worker.analysis().status, worker.analysis().verdict) == (AnalysisStatus.FAILED, None)
    worker.error = None
    assert worker.run(worker.request("u-2", "T2")).fate is Fate.DONE, "the same form is asked about anew"
    assert worker.asked == 2


def test_what_is_refused_for_good_counts(worker: Worker) -> None:
    message = worker.request()
    worker.error = PermanentError("HTTP 400")
    worker.run(message)
    assert worker.questions.asked == AskedToday(1, 1, 1)


def test_what_is_throttled_together_does_not_come_back_together(worker: Worker) -> None:
    messages = [worker.request(task_id=f"T{number}") for number in range(20)]
    worker.error = ThrottledError("too many", status=429)
    waits = [worker.run(message).again_in or 0.0 for message in messages]
    assert len({round(wait) for wait in waits}) > 5
    assert all(45 <= wait <= 75 for wait in waits)


def test_an_approver_who_was_there_before_the_end_is_told_of_and_stays_noted(worker: Worker) -> None:
    message = worker.request()

    def look(_sink: Any) -> None:
        worker.seats.note_opening(worker.seats.items["u", "T1"], "2026-11-22T02:00:00Z")

    worker.answering = look

    assert worker.run(message) == TurnEnd(Fate.DONE, opened_first=True)
    assert worker.analysis().opened_at == "2026-11-22T02:00:00Z"
