"""Dry runs and proposals: one question a turn, nothing stored as a result, and an end whatever happens."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ai_analyze.ends import Fate, TurnEnd
from ai_analyze.jobs import (
    CRASHED,
    CRASHES_ALLOWED,
    FORM_IS_GONE,
    GIVE_UP_AFTER_S,
    GO_ON_S,
    LEASE_S,
    NO_FORMS,
    most_receives,
    run_job,
)
from taskbridge.ai.caps import AskedToday
from taskbridge.ai.jobs import MOST_TASKS, AiJob, AiJobStatus, DryRun, ProposeChecks
from taskbridge.ai.messages import JobMessage, encode_ai_message, parse_analysis_message
from taskbridge.ai.results import Finding, FindingResult, Review, Verdict
from taskbridge.ai.seats import Analysis, AnalysisStatus, SeatState
from taskbridge.errors import IncompleteAnswer, PermanentError, QuotaExhausted, ThrottledError, TransientError
from taskbridge.usage import Usage
from tests.builders import START
from tests.template.reader import load_template
from tests.unit.ai.analysis_worker import Worker

MESSAGE = JobMessage("u", "j1")
FORM = {"fields": [{"key": "amount", "label": "金额", "type": "number", "value": 4800}]}
RULE = "金额不超过 5000 元。事由充分。"


@pytest.fixture
def worker() -> Worker:
    return Worker()


def begin(worker: Worker, wanted: Any = None, tasks: int = 2) -> None:
    """A job over past tasks that were approved, with an analysis that had said so."""
    task_ids = tuple(f"T{number}" for number in range(tasks))
    worker.seats.items.clear()
    for task_id in task_ids:
        worker.request("u", task_id)
        worker.forms.put(task_id, "f", msgspec.json.encode(FORM))
        analysis = Analysis(
            id="a", basis="b", status=AnalysisStatus.DONE, rule_version="v", created_at="", verdict=Verdict.REJECT
        )
        worker.seats.items["u", task_id] = msgspec.structs.replace(
            worker.seats.items["u", task_id],
            state=SeatState.DONE,
            decision="approved",
            decided_here=True,
            analysis=analysis,
        )
    worker.outbox.sent.clear()
    worker.jobs.items["u", "j1"] = AiJob(
        id="j1",
        uid="u",
        app_id="app",
        node_id="n",
        wanted=wanted or DryRun(rule="须有事由", keynote="看金额"),
        task_ids=task_ids,
        created_at=datetime.fromtimestamp(START, UTC).isoformat(),
    )


def job(worker: Worker) -> AiJob:
    return worker.jobs.items["u", "j1"]


def run(worker: Worker) -> list[TurnEnd]:
    """Turns until the message goes, or has to wait."""
    ends = [run_job(MESSAGE, worker.ports)]
    while ends[-1].again_in == GO_ON_S:
        ends.append(run_job(MESSAGE, worker.ports))
    return ends


def test_a_dry_run_asks_about_each_past_task_in_a_turn_of_its_own(worker: Worker) -> None:
    begin(worker, tasks=3)

    ends = run(worker)

    assert [end.fate for end in ends] == [Fate.GOING_ON, Fate.GOING_ON, Fate.DONE]
    assert worker.asked == 3
    found = job(worker)
    assert (found.status, found.reason) == (AiJobStatus.DONE, "")
    assert found.finished_at
    assert [trial.task_id for trial in found.trials] == ["T0", "T1", "T2"]
    assert {(t.verdict_then, t.verdict_now, t.decision) for t in found.trials} == {
        (Verdict.REJECT, Verdict.APPROVE, "approved")
    }


def test_of_somebody_elses_task_a_dry_run_keeps_no_word_of_the_form(worker: Worker) -> None:
    # given
    begin(worker)
    worker.jobs.items["u", "j1"] = msgspec.structs.replace(job(worker), owners=("u", "u-other"))
    worker.seats.items["u-other", "T1"] = msgspec.structs.replace(
        worker.seats.items.pop(("u", "T1")), uid="u-other", subject="报销差旅费"
    )
    told = Finding(clause="须有事由", result=FindingResult.PASS, reason="事由是出差")
    worker.review = Review(verdict=Verdict.APPROVE, summary="出差三天", findings=(told,), downgraded="事由含糊")

    # when
    run(worker)

    # then
    own, others = job(worker).trials
    assert (own.summary, own.downgraded, own.findings[0].reason) == ("出差三天", "事由含糊", "事由是出差")
    assert (others.task_id, others.verdict_now, others.decision) == ("T1", Verdict.APPROVE, "approved")
    assert (others.subject, others.summary, others.downgraded) == ("", "", None)
    assert [(each.clause, each.result, each.reason) for each in others.findings] == [
        ("须有事由", FindingResult.PASS, "")
    ]


def test_a_dry_run_leaves_the_tasks_and_their_analyses_as_they_are(worker: Worker) -> None:
    begin(worker)
    before = dict(worker.seats.items)

    run(worker)

    assert worker.seats.items == before
    assert not worker.answers.stored_heads
    assert not worker.answers.stored_pieces


def test_every_question_of_a_job_is_in_the_audit_log(worker: Worker) -> None:
    begin(worker)
    run(worker)
    begin(worker, ProposeChecks(rule=RULE))
    run(worker)

    assert [(entry.requested_by, entry.task_id) for entry in worker.audit.entries] == [
        ("dry_run", "T0"),
        ("dry_run", "T1"),
        ("propose_checks", "j1"),
    ]


def test_a_dry_run_knows_the_people_whom_the_event_names(worker: Worker) -> None:
    begin(worker, tasks=1)
    worker.seats.items["u", "T0"] = msgspec.structs.replace(worker.seats.items["u", "T0"], initiator="欧阳晓明")

    run(worker)

    assert [material.people for material in worker.materials] == [("欧阳晓明",)]


@pytest.mark.parametrize("asked", [["review"], ["review", "second_look"], ["review", "second_ask", "second_look"]])
def test_every_question_of_a_dry_run_counts_towards_the_cap_of_all(worker: Worker, asked: list[str]) -> None:
    begin(worker, tasks=2)
    worker.questions_of_a_review = asked

    run(worker)

    assert (worker.questions.asked.person, worker.questions.asked.total) == (2, 2 * len(asked))


def test_an_answer_that_is_cut_is_the_trial_of_its_one_form(worker: Worker) -> None:
    begin(worker, tasks=2)
    errors = iter([IncompleteAnswer("cut twice", usage=Usage(cost=0.5)), None])

    def cut_first(_: Any) -> None:
        worker.error = next(errors)

    worker.answering = cut_first
    run(worker)

    assert [(trial.verdict_now, trial.downgraded) for trial in job(worker).trials] == [
        (Verdict.NEEDS_HUMAN, "cut twice"),
        (Verdict.APPROVE, None),
    ]
    assert (job(worker).status, job(worker).usage.cost) == (AiJobStatus.DONE, 0.5)


def test_a_job_leaves_a_platform_alone_for_as_long_as_it_says(worker: Worker) -> None:
    begin(worker)
    worker.error = ThrottledError("too many", status=429, retry_after=300.0)

    (end,) = run(worker)

    assert (end.fate, end.again_in) == (Fate.WAITING, 300.0)


def test_whose_job_is_erased_meanwhile_stands_on_no_new_audit_entry(worker: Worker) -> None:
    begin(worker, tasks=1)
    worker.answering = lambda _: worker.jobs.items.clear()

    (end,) = run(worker)

    assert end.fate is Fate.LATE
    assert [(entry.uid, entry.question, entry.answer) for entry in worker.audit.entries] == [("", "", "")]


def test_a_task_whose_form_is_gone_is_told(worker: Worker) -> None:
    begin(worker)
    worker.forms.delete("T0", "f")

    run(worker)

    assert [trial.problem for trial in job(worker).trials] == [FORM_IS_GONE, ""]
    assert job(worker).status is AiJobStatus.DONE


def test_a_worker_that_died_loses_one_question(worker: Worker) -> None:
    begin(worker, tasks=3)
    run_job(MESSAGE, worker.ports)
    worker.jobs.claim("u", "j1", "dead", worker.now, worker.now + LEASE_S)

    assert run_job(MESSAGE, worker.ports) == TurnEnd(Fate.BUSY, LEASE_S)
    worker.now += LEASE_S
    run(worker)

    assert job(worker).status is AiJobStatus.DONE
    assert worker.asked == 3


def test_what_kills_its_workers_again_and_again_is_given_up(worker: Worker) -> None:
    begin(worker)
    for _ in range(CRASHES_ALLOWED):
        worker.jobs.claim("u", "j1", "dead", worker.now, worker.now + LEASE_S)
        worker.now += LEASE_S

    run(worker)

    assert (job(worker).status, job(worker).reason) == (AiJobStatus.FAILED, CRASHED)


@pytest.mark.parametrize("error", [TransientError("HTTP 503"), QuotaExhausted("HTTP 403")])
def test_what_may_pass_is_tried_again_with_its_reason(worker: Worker, error: Exception) -> None:
    begin(worker, tasks=1)
    worker.error = error  # type: ignore[assignment]

    (end,) = run(worker)

    assert end.fate is Fate.WAITING
    assert (job(worker).status, job(worker).reason) == (AiJobStatus.RUNNING, str(error))
    worker.error = None
    run(worker)
    assert (job(worker).status, job(worker).reason) == (AiJobStatus.DONE, "")


def test_a_job_waits_for_a_paused_platform_but_not_for_ever(worker: Worker) -> None:
    begin(worker)
    worker.paused = True

    assert run(worker)[0].fate is Fate.WAITING
    worker.now = START + GIVE_UP_AFTER_S + 1
    run(worker)

    assert job(worker).status is AiJobStatus.FAILED


def test_what_will_not_change_ends_the_job(worker: Worker) -> None:
    begin(worker)
    worker.error = PermanentError("HTTP 400")

    run(worker)

    assert (job(worker).status, job(worker).reason) == (AiJobStatus.FAILED, "HTTP 400")


def test_a_job_that_is_over_is_not_begun_again(worker: Worker) -> None:
    begin(worker)
    run(worker)
    asked = worker.asked

    assert run(worker) == [TurnEnd(Fate.OUTDATED)]
    assert worker.asked == asked


def test_the_largest_dry_run_that_is_accepted_sends_no_message_to_its_own_queue(worker: Worker) -> None:
    begin(worker, tasks=MOST_TASKS)

    ends = run(worker)

    assert len(ends) == len(job(worker).trials) == MOST_TASKS == 20
    assert worker.outbox.sent == []


def test_the_message_of_the_largest_dry_run_stays_far_from_the_dead_letters() -> None:
    allowed = load_template().of_type("AWS::SQS::Queue")["AnalysisQueue"]["RedrivePolicy"]["maxReceiveCount"]

    assert MOST_TASKS <= most_receives(MOST_TASKS) < allowed / 5


def test_another_persons_job_is_nothing(worker: Worker) -> None:
    begin(worker)

    assert run_job(JobMessage("u-other", "j1"), worker.ports) == TurnEnd(Fate.OUTDATED)
    assert worker.asked == 0


def test_proposed_checks_are_tried_on_past_forms_and_the_useless_dropped(worker: Worker) -> None:
    begin(worker, ProposeChecks(rule=RULE))
    worker.proposal = json.dumps(
        {
            "checks": [
                {"clause": "金额不超过 5000 元", "expression": "amount <= 5000"},
                {"clause": "金额不超过 5000 元", "expression": "no_such_field <= 5000"},
            ]
        }
    )

    run(worker)

    found = job(worker)
    assert found.status is AiJobStatus.DONE
    (check,) = found.checks
    assert (check.expression, check.passed, check.failed, check.unknown) == ("amount <= 5000", 2, 0, 0)
    assert set(check.reasons) == {FindingResult.PASS.value}
    (dropped,) = found.dropped
    assert dropped.reason
    assert found.usage.input_tokens == 5


def test_what_is_masked_in_a_rule_is_masked_where_checks_are_asked_for(worker: Worker) -> None:
    rule = "金额不超过 5000 元，超过的先致电 13812345678"
    begin(worker, ProposeChecks(rule=rule))
    worker.settings = replace(worker.settings, masking=True)
    clause = rule.replace("13812345678", "【电话号码1】")
    worker.proposal = json.dumps([{"clause": clause, "expression": "amount <= 5000"}])

    run(worker)

    (entry,) = worker.audit.entries
    assert "13812345678" not in entry.question
    assert clause in entry.question
    assert [check.clause for check in job(worker).checks] == [rule]


def test_without_past_forms_nothing_is_proposed(worker: Worker) -> None:
    begin(worker, ProposeChecks(rule=RULE), tasks=0)

    run(worker)

    assert (job(worker).status, job(worker).reason) == (AiJobStatus.FAILED, NO_FORMS)
    assert worker.asked == 0


def test_a_jobs_message_survives_the_queue() -> None:
    assert parse_analysis_message(encode_ai_message(MESSAGE)) == MESSAGE


@pytest.mark.parametrize("wanted", [DryRun(rule="须有事由"), ProposeChecks(rule=RULE)])
def test_a_job_beyond_a_cap_of_the_day_ends_and_says_why(worker: Worker, wanted: Any) -> None:
    begin(worker, wanted)
    worker.settings = replace(worker.settings, daily_person=1)
    worker.questions.asked = AskedToday(person=1)

    (end,) = run(worker)

    assert end.reason == "今天 AI 提问次数已达上限（个人每天 1 次），明天再试"
    assert (job(worker).status, job(worker).reason) == (AiJobStatus.FAILED, end.reason)
    assert worker.asked == 0
