"""`taskbridge rules`, `changes`, and what sets AI approval up; times as people type them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.errors import REFUSED, WRONG_USE, CommandError
from cli.moments import parse_moment
from tests.unit.cli.terminal import Terminal, listed, ok

RULE = {"id": "r1", "name": "n", "enabled": True, "actions": [], "app_ids": ["leave"], "targets": ["ai"], "version": 3}
SETTINGS = {"examine_enable": False, "model": "", "daily_total": 0, "version": 7}
USAGE = {"input_tokens": 1582, "output_tokens": 10, "cost": 0.037}
JOB = {"id": "j", "status": "done", "reason": "", "tasks": 1, "estimate": USAGE, "trials": []}


def body(terminal: Terminal) -> Any:
    return json.loads(terminal.requests[-1].content)


# rules


def test_a_new_rule_says_what_goes_nowhere_from_now_on() -> None:
    terminal = Terminal([ok({**RULE, "gaps": ["nothing goes to AI approval"]}, 201)], is_terminal=True)
    assert terminal.run("rules", "add", "--to", "push:*", "--app", "leave", "--action", "task_received") == 0
    assert body(terminal)["targets"] == ["push:*"]
    assert body(terminal)["app_ids"] == ["leave"]
    assert body(terminal)["name"] == "task_received of leave to push:*"
    assert "From now on: nothing goes to AI approval" in terminal.told


def test_a_rule_without_a_target_is_refused_before_it_is_sent() -> None:
    terminal = Terminal([ok(RULE)])
    assert terminal.run("rules", "add") == WRONG_USE
    assert not terminal.requests


def test_a_change_of_a_rule_leaves_what_is_not_named() -> None:
    terminal = Terminal([listed([RULE]), ok(RULE)])
    assert terminal.run("rules", "set", "r1", "--disable") == 0
    assert body(terminal) == {**RULE, "enabled": False}


# changes


def test_a_change_is_told_as_what_differs() -> None:
    change = {"id": "c", "at": "2026-11-22T01:00:00Z", "who": "admin", "subject": "platform/jinzhi"}
    before, after = ({"settings": {"host": f"https://{name}"}, "version": 1} for name in "ab")
    sides = {"before": before, "after": {**after, "version": 2, "secrets_changed": []}}
    terminal = Terminal([listed([{**change, **sides}])], is_terminal=True)
    assert terminal.run("changes", "platform/jinzhi") == 0
    assert "settings.host: https://a → https://b" in terminal.out
    assert "version" not in terminal.out
    assert "secrets_changed" not in terminal.out


# AI approval


def test_settings_are_read_and_what_is_named_is_set_at_the_version_that_was_read() -> None:
    terminal = Terminal([ok(SETTINGS), ok(SETTINGS)])
    assert terminal.run("ai", "settings", "examine_enable=true", "model=qwen") == 0
    assert body(terminal) == {"examine_enable": True, "model": "qwen", "version": 7}


@pytest.mark.parametrize("word", ["nope=1", "version=1", "daily_total=many", "model"])
def test_a_setting_that_cannot_be_is_refused(word: str) -> None:
    terminal = Terminal([ok(SETTINGS)])
    assert terminal.run("ai", "settings", word) == WRONG_USE
    assert len(terminal.requests) == 1


def test_a_draft_is_tried_on_past_tasks(tmp_path: Path) -> None:
    # given
    draft = tmp_path / "draft.txt"
    draft.write_text("1. 金额不超过 5000 元", encoding="utf-8")
    trial = {"task_id": "T-1", "decision": "approve", "verdict_then": None, "verdict_now": "approve"}
    done = {**JOB, "trials": [{**trial, "problem": "", "summary": "sum"}]}
    terminal = Terminal([ok({**JOB, "status": "running"}, 202), ok(done)], is_terminal=True)

    # when
    assert terminal.run("ai", "dry-run", "leave", "n1", "--rule", str(draft), "--tasks", "3") == 0

    # then
    assert json.loads(terminal.requests[0].content) == {
        "rule": "1. 金额不超过 5000 元",
        "limit": 3,
        "estimate_only": False,
    }
    assert terminal.asked == ["POST /v1/ai/rules/leave/n1/dry-run", "GET /v1/ai/jobs/j"]
    assert "T-1" in terminal.out
    assert "1,582 tokens in, 10 out, 0.04 to pay" in terminal.out


def test_a_draft_that_failed_ends_with_status_one(tmp_path: Path) -> None:
    draft = tmp_path / "draft.txt"
    draft.write_text("r")
    terminal = Terminal([ok({**JOB, "status": "failed", "reason": "daily_limit"})])
    assert terminal.run("ai", "dry-run", "leave", "n1", "--rule", str(draft)) == REFUSED


# times


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2h", "2027-01-15T06:00:00+00:00"),
        ("30m", "2027-01-15T07:30:00+00:00"),
        ("7d", "2027-01-08T08:00:00+00:00"),
    ],
)
def test_so_long_ago_is_a_time(text: str, told: str) -> None:
    assert parse_moment(text, 1_800_000_000.0) == told


def test_a_plain_date_is_the_beginning_of_a_day_here() -> None:
    assert parse_moment("2026-11-22", 0.0).startswith("2026-11-22T00:00:00")


@pytest.mark.parametrize("text", ["yesterday", "2 hours", "", "9999-12-31T23:59:59-23:00"])
def test_what_is_no_time_is_told_with_what_is(text: str) -> None:
    with pytest.raises(CommandError, match="2h"):
        parse_moment(text, 0.0)
