"""What a batch does while something is wrong: nothing is lost, nothing is repeated in vain, and the log says why."""

from __future__ import annotations

from typing import Any

import pytest

from local.jinzhi_simulator import Faults
from push_task.gate import BREAKER_OPEN
from push_task.retry import GIVE_UP_AFTER_S
from taskbridge.access.breaker import FAILURES_TO_OPEN
from taskbridge.push.instances import Work
from tests.builders import START, message, platform, sync
from tests.unit.push_task.worker import CALLS, SECRET, Worker


@pytest.fixture
def worker() -> Worker:
    return Worker()


def every_word_of(worker: Worker) -> str:
    return repr(worker.logs.items) + repr(worker.journal.heard) + repr(worker.document())


# Wrong host, wrong secret, no token


def test_a_wrong_host_is_retried_and_says_so(worker: Worker) -> None:
    worker.center.faults = Faults(down=True)

    assert worker.push(message()) == ["m0"]

    status, reason, attempts = worker.told("S1-e1")
    assert (status, attempts) == ("retrying", 1)
    assert "cannot connect" in reason
    assert worker.hidden == [("receipt-m0", 2.0)]
    (attempt,) = worker.log("S1-e1").attempts
    assert (attempt.operation, attempt.status) == ("token", None)


def test_a_wrong_secret_waits_for_a_person_and_says_so(worker: Worker) -> None:
    worker.secrets = ("wrong-secret-123456",)

    assert worker.push(message()) == ["m0"]

    status, reason, attempts = worker.told("S1-e1")
    assert (status, attempts) == ("retrying", 1)
    assert "refused app_id and app_secret" in reason
    assert worker.log("S1-e1").entries["T1"].errcode == "40101"
    assert worker.operations() == []


def test_once_the_secret_is_right_the_todo_goes_out(worker: Worker) -> None:
    worker.secrets = ("wrong-secret-123456",)
    worker.push(message())
    worker.secrets = (SECRET,)

    assert worker.push(message()) == []

    assert worker.told("S1-e1") == ("succeeded", "", 2)


def test_while_a_secret_is_being_changed_the_older_one_still_works(worker: Worker) -> None:
    worker.secrets = ("not-yet-known-there", SECRET)

    assert worker.push(message()) == []

    assert worker.told("S1-e1")[0] == "succeeded"


def test_a_token_endpoint_that_answers_with_a_page_is_retried_and_says_what_to_check(worker: Worker) -> None:
    worker.fail("html", operations=["token"])

    assert worker.push(message()) == ["m0"]

    status, reason, _ = worker.told("S1-e1")
    assert status == "retrying"
    assert "check host and token_path" in reason


def test_an_expired_token_is_refreshed_once_and_the_call_repeated_once(worker: Worker) -> None:
    worker.push(message())
    worker.center.expire_tokens()

    assert worker.push(message("task_completed", 2)) == []

    assert worker.center.tokens_issued == 2
    assert worker.operations() == ["insert_task", "update_task", "update_task"]
    assert worker.told("S1-e2") == ("succeeded", "", 1)
    operations = [attempt.operation for attempt in worker.log("S1-e2").attempts]
    assert operations == ["update_task", "token", "update_task"]


def test_a_token_that_is_refused_again_is_a_failure_that_may_pass(worker: Worker) -> None:
    worker.push(message())
    worker.fail("expired_token", "expired_token")

    assert worker.push(message("task_completed", 2)) == ["m0"]

    status, reason, attempts = worker.told("S1-e2")
    assert (status, attempts) == ("retrying", 1)
    assert "token refused" in reason
    assert worker.operations() == ["insert_task", "update_task", "update_task"]


def test_no_log_holds_a_token_or_a_secret(worker: Worker) -> None:
    worker.secrets = ("wrong-secret-123456",)
    worker.push(message())
    worker.secrets = (SECRET,)
    worker.push(message())
    worker.center.expire_tokens()
    worker.push(message("task_completed", 2))

    told = every_word_of(worker)

    tokens = list(worker.center.snapshot().tokens)
    assert tokens
    for word in (SECRET, "wrong-secret-123456", *tokens):
        assert word not in told


# Refused, throttled, unanswered


def test_a_throttled_call_waits_as_long_as_it_was_asked_to(worker: Worker) -> None:
    worker.fail("http_429", retry_after_s=77)

    assert worker.push(message()) == ["m0"]

    assert worker.hidden == [("receipt-m0", 77.0)]
    assert worker.told("S1-e1")[0] == "retrying"


def test_a_throttled_call_that_has_to_wait_long_is_left_to_the_reconciler(worker: Worker) -> None:
    worker.fail("http_429", retry_after_s=1200)

    assert worker.push(message()) == []

    assert worker.document().due_at == pytest.approx(START + 1200)


def test_a_permanent_code_fails_at_once_and_the_queue_moves_on(worker: Worker) -> None:
    worker.fail("errcode:40077", "errcode:40077")  # also with a new token

    assert worker.push(message(), message(sess_id="S2", tasks=["T2"])) == []

    entry = worker.log("S1-e1").entries["T1"]
    assert (entry.status, entry.errcode, entry.attempts) == ("failed", "40077", 1)
    assert worker.document().due_at == 0.0
    assert set(worker.center.tasks) == {"T2"}


def test_a_permanent_failure_is_not_tried_again_by_the_same_event_but_by_a_newer_one(worker: Worker) -> None:
    worker.fail("errcode:40077", "errcode:40077")  # also with a new token
    worker.push(message())

    worker.push(message())
    assert worker.operations() == ["insert_task"] * 2
    worker.push(message("task_completed", 2))

    assert worker.operations() == ["insert_task"] * 3
    assert worker.told("S1-e1")[0] == "superseded"
    assert worker.told("S1-e2")[0] == "succeeded"


def test_a_replay_sends_todays_state_of_what_failed(worker: Worker) -> None:
    worker.fail("errcode:40077", "errcode:40077")  # also with a new token
    worker.push(message())

    worker.push(sync(reason="replay", replay=True))

    assert worker.told("S1-e1") == ("succeeded", "", 2)
    assert worker.center.tasks["T1"].status == "RUNNING"


def test_force_repeats_what_the_task_center_has_as_an_update(worker: Worker) -> None:
    worker.push(message())

    worker.push(sync(reason="replay", force=("T1",)))

    assert worker.operations() == ["insert_task", "update_task"]
    assert worker.told("S1-e1") == ("succeeded", "", 2)


@pytest.mark.parametrize("fault", ["timeout_after", "reset_after", "http_500_after", "html_after"])
@pytest.mark.parametrize("repeated", ["update", "refuse"])
def test_an_insert_whose_answer_was_lost_ends_as_one_todo_with_todays_state(fault: str, repeated: Any) -> None:
    worker = Worker(repeated_insert=repeated)
    worker.fail(*[fault] * 2)
    assert worker.push(message()) == ["m0"]
    worker.center.faults = Faults()

    assert worker.push(message("task_completed", 2)) == []

    assert worker.center.tasks["T1"].status == "COMPLETE"
    assert worker.told("S1-e1")[0] == "superseded"
    assert worker.told("S1-e2")[0] == "succeeded"
    assert list(worker.center.violations) == []


@pytest.mark.parametrize("fault", ["timeout_after", "reset_after"])
def test_a_delete_whose_answer_was_lost_is_repeated_and_counts(worker: Worker, fault: str) -> None:
    worker.push(message())
    worker.fail(fault)
    gone = message("instance_deleted", 5, backup={"task_ids": ["T1"]})
    worker.push(gone)

    assert worker.push(gone) == []

    assert worker.log("S1-e5").status == "succeeded"


# A platform that is disabled, deleted or misconfigured


def test_a_disabled_platform_is_called_when_it_is_enabled_again() -> None:
    worker = Worker(platform(enabled=False))

    assert worker.push(message()) == []
    assert list(worker.center.calls) == []
    status, reason, attempts = worker.told("S1-e1")
    assert (status, attempts) == ("retrying", 0)
    assert "disabled" in reason
    assert worker.document().due_at == START + 60  # it may be enabled by now

    worker.platforms = (platform(),)
    worker.push(sync())

    assert worker.told("S1-e1") == ("succeeded", "", 1)


def test_messages_of_a_platform_that_was_deleted_fail_with_the_reason_and_can_be_replayed(worker: Worker) -> None:
    worker.platforms = ()

    assert worker.push(message(), message(sess_id="S2", tasks=["T2"])) == []
    status, reason, _ = worker.told("S1-e1")
    assert status == "failed"
    assert "jz is not configured" in reason

    worker.platforms = (platform(),)
    worker.push(sync(replay=True))

    assert worker.told("S1-e1")[0] == "succeeded"


def test_a_platform_with_a_wrong_setting_fails_with_its_name(worker: Worker) -> None:
    worker.platforms = (platform(timeout_s="soon"),)

    worker.push(message())

    status, reason, _ = worker.told("S1-e1")
    assert status == "failed"
    assert "timeout_s" in reason


# Very long outages


def test_an_outage_longer_than_fourteen_days_fails_with_the_cause_and_can_be_replayed(worker: Worker) -> None:
    worker.fail(*["http_503"] * 2)
    worker.push(message())
    worker.now += GIVE_UP_AFTER_S

    assert worker.push(sync()) == []

    status, reason, attempts = worker.told("S1-e1")
    assert (status, attempts) == ("failed", 2)
    assert reason.startswith("no success in 14 days: ")
    assert worker.document().tasks["T1"].work is Work.FAILED

    worker.push(sync(replay=True))
    assert worker.told("S1-e1") == ("succeeded", "", 3)


def test_an_hour_of_outage_costs_few_calls_for_one_todo(worker: Worker) -> None:
    worker.center.faults = Faults(failure_rate=1.0, kinds=("http_503",), operations=CALLS)
    worker.push(message())
    for _ in range(60):
        worker.now += 60
        worker.push(sync() if worker.document().due_at <= worker.now else message())

    assert FAILURES_TO_OPEN <= len(worker.operations()) <= 12
    assert worker.told("S1-e1")[:2] == ("retrying", BREAKER_OPEN)
