"""`taskbridge logs`, `tail`, `replay`, `reconcile`, `summary` and `dlq`."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest

from cli.errors import INTERRUPTED, WRONG_USE
from tests.unit.cli.terminal import Terminal, job, listed, ok, push_log

COUNTS = {"succeeded": 1, "failed": 0, "retrying": 0, "superseded": 0, "skipped": 0, "is_exact": True}
QUEUE = {"waiting": 3, "in_flight": 0, "delayed": 0, "oldest_age_s": None}
BREAKER = {"state": "closed", "opened_at": None, "reason": "", "wants_money": False, "quiet_until": None}
SUMMARY = {
    "at": "2026-11-22T01:00:00Z",
    "queues": [
        {"name": "push", "is_dead_letters": False, **QUEUE},
        {"name": "push-dead-letters", "is_dead_letters": True, **QUEUE},
    ],
    "dead_letters": 3,
    "platforms": [
        {
            "id": "jinzhi",
            "name": "任务中心",
            "enabled": True,
            "breaker": {**BREAKER, "state": "open", "reason": "unreachable"},
            "last_success_at": None,
            "last_hour": COUNTS,
            "last_day": COUNTS,
        }
    ],
    "ai_platforms": [
        {
            "id": "campus-model",
            "name": "校内大模型",
            "enabled": True,
            "unreadable": "",
            "breaker": {
                **BREAKER,
                "state": "open",
                "opened_at": "2026-11-22T01:00:00.000+00:00",
                "reason": "Arrearage: the account is overdue, please recharge",
                "wants_money": True,
            },
            "last_success_at": "2026-11-22T00:58:00.000+00:00",
        },
        {
            "id": "spare-model",
            "name": "备用",
            "enabled": True,
            "unreadable": "",
            "breaker": {**BREAKER, "quiet_until": "2026-11-22T01:30:00.000+00:00"},
            "last_success_at": None,
        },
    ],
    "last_hour": COUNTS,
    "last_day": COUNTS,
    "rejected_events": {"count": 4000, "is_exact": False},
    "skipped_events": {"count": 17, "is_exact": True},
}


# logs


def test_logs_are_json_where_they_are_piped() -> None:
    terminal = Terminal([listed([push_log()])])
    assert terminal.run("logs") == 0
    assert terminal.json == [push_log()]


def test_logs_are_a_table_on_a_terminal() -> None:
    terminal = Terminal([listed([push_log()])], is_terminal=True)
    assert terminal.run("logs") == 0
    assert "40031 no account number" in terminal.out
    with pytest.raises(json.JSONDecodeError):
        json.loads(terminal.out)


def test_a_time_is_shown_to_the_second_and_a_code_only_with_a_reason() -> None:
    done = push_log(1, "succeeded", received_at="2026-11-22T01:00:00.123+00:00")
    done["entries"][0] |= {"reason": "", "errcode": "40031"}
    terminal = Terminal([listed([done])], is_terminal=True)
    assert terminal.run("logs") == 0
    here = datetime.fromisoformat("2026-11-22T01:00:00+00:00").astimezone()
    assert here.strftime("%m-%d %H:%M:%S") in terminal.out
    assert "40031" not in terminal.out


def test_logs_are_json_on_a_terminal_that_asks() -> None:
    terminal = Terminal([listed([push_log()])], is_terminal=True)
    assert terminal.run("logs", "--json") == 0
    assert terminal.json == [push_log()]


def test_filters_go_to_the_api_under_its_names() -> None:
    terminal = Terminal([listed([])])
    options = ["--session", "P-1", "--task", "T-1", "--status", "failed", "--platform", "jinzhi"]
    assert terminal.run("logs", *options, "--from", "2026-11-22T09:00:00+08:00", "--to", "2h", "--limit", "5") == 0
    assert dict(terminal.requests[0].url.params) == {
        "sess_id": "P-1",
        "task_id": "T-1",
        "status": "failed",
        "platform_id": "jinzhi",
        "from": datetime.fromisoformat("2026-11-22T09:00:00+08:00").astimezone().isoformat(),
        "to": "2027-01-15T06:00:00+00:00",
        "limit": "5",
    }


def test_pages_are_read_until_there_are_enough_also_empty_ones() -> None:
    pages = [listed([], "a"), listed([push_log(number) for number in range(200)], "b"), listed([push_log(7)], "c")]
    terminal = Terminal(pages)
    assert terminal.run("logs", "--limit", "201") == 0
    assert len(terminal.json) == 201
    assert [request.url.params.get("cursor") for request in terminal.requests] == [None, "a", "b"]
    assert [request.url.params["limit"] for request in terminal.requests] == ["200", "200", "1"]


def test_one_log_is_shown_with_its_calls() -> None:
    call = {
        "at": "2026-11-22T01:00:00Z",
        "operation": "insert",
        "task_id": "T-1",
        "method": "POST",
        "path": "/todo/insert",
        "request": "{}",
        "status": 200,
        "response": "[bold]refused[/bold]",
        "duration_ms": 12,
        "error": "",
    }
    terminal = Terminal([ok({**push_log(), "attempts": [call]})], is_terminal=True)
    assert terminal.run("logs", "--id", "jinzhi:ev-1") == 0
    assert terminal.asked == ["GET /v1/push-logs/jinzhi:ev-1"]
    assert "POST /todo/insert" in terminal.out
    assert "[bold]refused[/bold]" in terminal.out


def test_nothing_that_comes_steers_the_terminal() -> None:
    hostile = push_log(sess_id="\x1b]0;owned\x07\x9b2J\u202e")
    terminal = Terminal([listed([hostile])], is_terminal=True)
    assert terminal.run("logs") == 0
    assert "]0;owned" in terminal.out
    for control in ("\x1b]", "\x07", "\x9b", "\u202e"):
        assert control not in terminal.out


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_table_breaks_no_word_of_state(width: int) -> None:
    # given
    statuses = enumerate(("succeeded", "retrying", "superseded"))
    rows = [push_log(number, status, sess_id="PROC-2026-11-000231") for number, status in statuses]
    terminal = Terminal([listed(rows)], is_terminal=True, width=width)

    # when
    assert terminal.run("logs") == 0

    # then
    shown = re.sub(r"\x1b\[[0-9;]*m", "", terminal.out)
    assert re.findall(r"succeeded|retrying|superseded|Status", shown) == [
        "Status",
        "succeeded",
        "retrying",
        "superseded",
    ]
    assert "ev-1" not in shown, "the id has gone first"
    assert max(map(len, shown.splitlines())) <= width


# tail


def test_a_tail_writes_each_change_once_the_oldest_first() -> None:
    # given
    first, second, later = push_log(1), push_log(2, "retrying"), push_log(2, "succeeded", updated_at="later")
    answers = [listed([second, first]), listed([later, first])]
    terminal = Terminal(answers, sleeps_before_ctrl_c=2)

    # when
    assert terminal.run("tail", "--platform", "jinzhi", "--every", "1") == INTERRUPTED

    # then
    assert [json.loads(line) for line in terminal.out.splitlines()] == [first, second, later]
    assert {request.url.params["platform_id"] for request in terminal.requests} == {"jinzhi"}


def test_a_tail_on_a_terminal_is_a_line_each() -> None:
    terminal = Terminal([listed([push_log()])], is_terminal=True, sleeps_before_ctrl_c=0)
    assert terminal.run("tail") == INTERRUPTED
    assert "jinzhi  failed  task_received  P-1  40031 no account number" in terminal.out


# replay


def test_several_logs_are_replayed_one_by_one() -> None:
    terminal = Terminal([ok({"id": "x", "platform_id": "jinzhi", "sess_id": "P", "requested_at": "t"}, 202)])
    assert terminal.run("replay", "jinzhi:ev-1", "~YWJj") == 0
    assert terminal.asked == ["POST /v1/push-logs/jinzhi:ev-1/replay", "POST /v1/push-logs/~YWJj/replay"]


def test_a_bulk_replay_is_watched_to_its_end() -> None:
    answers = [ok(job(), 202), ok(job(looked_at=4, sent=4)), ok(job("done", looked_at=7, sent=6, left_out=1))]
    terminal = Terminal(answers)
    assert terminal.run("replay", "--failed", "--platform", "jinzhi", "--app", "leave", "--rate", "5") == 0
    assert json.loads(terminal.requests[0].content) == {
        "status": "failed",
        "platform_id": "jinzhi",
        "app_id": "leave",
        "rate_per_s": 5.0,
    }
    assert terminal.asked[1:] == ["GET /v1/replays/job-1"] * 2
    assert terminal.json["sent"] == 6


def test_a_dry_run_counts_and_is_over() -> None:
    terminal = Terminal([ok(job("dry_run", id=None, count_is_exact=False))], is_terminal=True)
    assert terminal.run("replay", "--retrying", "--dry-run") == 0
    assert json.loads(terminal.requests[0].content) == {"status": "retrying", "dry_run": True}
    assert "7 or more" in terminal.out
    assert len(terminal.requests) == 1


def test_ctrl_c_ends_the_watching_and_not_the_job() -> None:
    terminal = Terminal([ok(job())], sleeps_before_ctrl_c=1)
    assert terminal.run("replay", "--failed") == INTERRUPTED
    assert not any(request.method == "DELETE" for request in terminal.requests)


def test_a_job_is_stopped() -> None:
    terminal = Terminal([ok(job("stopped"))])
    assert terminal.run("replay", "stop", "job-1") == 0
    assert terminal.asked == ["DELETE /v1/replays/job-1"]


@pytest.mark.parametrize("arguments", [[], ["x", "--failed"], ["--failed", "--retrying"]])
def test_a_replay_is_of_one_kind(arguments: list[str]) -> None:
    terminal = Terminal([ok(job())])
    assert terminal.run("replay", *arguments) == WRONG_USE
    assert not terminal.requests


# reconcile


def test_differences_of_one_instance_are_shown() -> None:
    difference = {"sess_id": "P-1", "task_id": None, "reason": "never acknowledged"}
    answer = {"platform_id": "jinzhi", "job_id": None, "differences": [difference]}
    terminal = Terminal([ok(answer)], is_terminal=True)
    assert terminal.run("reconcile", "jinzhi", "--session", "P-1") == 0
    assert json.loads(terminal.requests[0].content) == {"platform_id": "jinzhi", "sess_id": "P-1"}
    assert "the instance" in terminal.out


def test_the_comparison_of_a_platform_is_a_job() -> None:
    answers: list[Any] = [{"platform_id": "jinzhi", "job_id": "job-1", "differences": None}]
    answers += [job(kind="comparison", count=None), job("done", kind="comparison", count=None)]
    terminal = Terminal([ok(each) for each in answers])
    assert terminal.run("reconcile", "jinzhi") == 0
    assert terminal.json["status"] == "done"


# operations


def test_a_summary_shows_queues_platforms_and_counts() -> None:
    terminal = Terminal([ok(SUMMARY)], is_terminal=True)
    assert terminal.run("summary") == 0
    for word in (
        "push-dead-letters",
        "unreachable",
        "任务中心",
        "last day",
        "events rejected",
        "4000",
        "events skipped",
        "17",
    ):
        assert word in terminal.out


def test_a_summary_tells_an_ai_platform_that_wants_money_from_one_that_wants_rest_at_80_columns() -> None:
    terminal = Terminal([ok(SUMMARY)], is_terminal=True, width=80)
    assert terminal.run("summary") == 0
    shown = terminal.out[terminal.out.index("AI platforms") : terminal.out.index("What became of events")]
    for word in ("no quota", "quiet", _clock("01:00:00"), _clock("00:58:00"), _clock("01:30:00")):
        assert word in shown


def _clock(time: str) -> str:
    return datetime.fromisoformat(f"2026-11-22T{time}+00:00").astimezone().strftime("%H:%M:%S")


def test_dead_letters_are_listed_alone() -> None:
    terminal = Terminal([ok(SUMMARY)])
    assert terminal.run("dlq", "list") == 0
    assert [queue["name"] for queue in terminal.json] == ["push-dead-letters"]


def test_dead_letters_that_need_several_calls_go_back_all_of_them() -> None:
    answer = {"queue": "rule-dead-letters", "destination": "ingest"}
    answers = [
        ok({**answer, "waiting": 2300, "moved": 1000, "is_done": False}, 202),
        ok({**answer, "waiting": 1300, "moved": 1000, "is_done": False}, 202),
        ok({**answer, "waiting": 300, "moved": 300, "is_done": True}, 202),
    ]
    terminal = Terminal(answers)
    assert terminal.run("dlq", "redrive", "rule") == 0
    assert len(terminal.asked) == 3
    assert json.loads(terminal.out)["moved"] == 2300


def test_dead_letters_that_nobody_takes_do_not_keep_the_command_for_ever() -> None:
    answer = {"queue": "rule-dead-letters", "destination": "ingest", "waiting": 12, "is_done": False}
    terminal = Terminal([ok({**answer, "moved": 10}, 202), ok({**answer, "moved": 0}, 202)])
    assert terminal.run("dlq", "redrive", "rule") == 0
    assert json.loads(terminal.out)["moved"] == 10


def test_dead_letters_go_back() -> None:
    answer = {"queue": "push-dead-letters", "destination": "push", "waiting": 3, "moved": None, "is_done": True}
    terminal = Terminal([ok(answer, 202)], is_terminal=True)
    assert terminal.run("dlq", "redrive", "push") == 0
    assert terminal.asked == ["POST /v1/ops/queues/push/redrive"]
    assert "SQS is moving them" in terminal.out


class _Letters:
    """Two dead letters of the push queue, in an account whose stack has no other queue."""

    asked: dict[str, Any]

    def describe_stacks(self, **_named: str) -> Any:
        return {"Stacks": [{"Outputs": [{"OutputKey": "PushDeadLetterQueueUrl", "OutputValue": "https://queue"}]}]}

    def receive_message(self, **asked: Any) -> Any:
        self.asked = asked
        letter = {
            "MessageId": "m-1",
            "Attributes": {"SentTimestamp": "1795309200000", "MessageGroupId": "jinzhi#P-1"},
            "MessageAttributes": {"ERROR_CODE": {"StringValue": "NO_PERMISSIONS", "DataType": "String"}},
            "Body": '{"event_id":"ev-1","subject":"请假\\u001b[31m"}',
        }
        return {"Messages": [letter, {"MessageId": "m-2", "Body": "no json"}][: asked["MaxNumberOfMessages"]]}


def _before(letters: _Letters, **more: Any) -> Terminal:
    return Terminal(aws={"cloudformation": letters, "sqs": letters}, **more)


def test_a_dead_letter_is_shown_whole_and_stays_where_it_is() -> None:
    # given
    letters = _Letters()
    terminal = _before(letters, is_terminal=True)

    # when
    assert terminal.run("dlq", "show", "push") == 0

    # then
    assert letters.asked["VisibilityTimeout"] == 0
    for word in ("m-1", "jinzhi#P-1", "NO_PERMISSIONS", '"event_id": "ev-1"', "请假\\u001b[31m"):
        assert word in terminal.out
    assert "m-2" not in terminal.out


def test_dead_letters_are_json_for_a_script_also_what_is_none() -> None:
    terminal = _before(_Letters())
    assert terminal.run("dlq", "show", "push-dead-letters", "--limit", "2") == 0
    assert [each["body"] for each in terminal.json] == [{"event_id": "ev-1", "subject": "请假\x1b[31m"}, "no json"]
    assert terminal.json[0]["sent_at"] == "2026-11-22T01:00:00+00:00"


def test_a_queue_that_the_stack_does_not_have_is_refused_by_name() -> None:
    terminal = _before(_Letters())
    assert terminal.run("dlq", "show", "coffee") == WRONG_USE
    assert "coffee" in terminal.told
