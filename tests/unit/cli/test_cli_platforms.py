"""`taskbridge platforms` and `taskbridge setup`."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from cli.errors import REFUSED, WRONG_USE
from tests.unit.cli.terminal import Terminal, listed, ok, problem

SCHEMA = {
    "required": ["host", "app_secret"],
    "properties": {
        "host": {"type": "string", "label": {"en": "Gateway address"}, "help": {"en": "Scheme and name only."}},
        "app_secret": {"type": "string", "secret": True, "label": {"en": "App secret"}},
        "max_rate_per_s": {"type": "number"},
        "success_codes": {"type": "array"},
        "reads": {"type": "boolean"},
    },
}
TYPE = {"name": "JinZhiTaskCenter", "title": {"zh": "金智任务中心", "en": "JinZhi task center"}, "settings": SCHEMA}
PLATFORM = {
    "id": "jinzhi",
    "name": "n",
    "class_name": "JinZhiTaskCenter",
    "enabled": True,
    "draining": False,
    "settings": {"host": "https://a", "app_secret": "********"},
    "version": 4,
}
TEST = {
    "ok": True,
    "cause": "ok",
    "message": "m",
    "status": 200,
    "errcode": "",
    "duration_ms": 8,
    "opened_by": None,
    "tried": ["address", "secret"],
    "untried": ["push"],
}


def bodies(terminal: Terminal) -> list[Any]:
    return [json.loads(each.content) for each in terminal.requests if each.content]


@pytest.mark.parametrize(("cause", "status"), [("ok", 0), ("wrong_secret", REFUSED)])
def test_a_platform_that_cannot_be_worked_with_ends_with_status_one(cause: str, status: int) -> None:
    answer = {**TEST, "ok": not status, "cause": cause}
    terminal = Terminal([ok(answer)], is_terminal=True)
    assert terminal.run("platforms", "test", "jinzhi") == status
    assert cause in terminal.out
    assert re.search(r"not tried\s+push", re.sub(r"\x1b\[[0-9;]*m", "", terminal.out)), (
        "what a test does not try is said"
    )


@pytest.mark.parametrize(("options", "sent"), [((), []), (("--trial", "10021"), [{"todo_for": "10021"}])])
def test_a_trial_todo_is_only_pushed_where_it_is_asked_for(options: tuple[str, ...], sent: list[Any]) -> None:
    terminal = Terminal([ok(TEST)])
    assert terminal.run("platforms", "test", "jinzhi", *options) == 0
    assert bodies(terminal) == sent


def test_platforms_are_listed_without_their_settings() -> None:
    platform = {"id": "jinzhi", "name": "n", "class_name": "JinZhiTaskCenter", "settings": {"host": "h"}, "version": 1}
    terminal = Terminal([listed([{**platform, "enabled": True, "draining": False}])], is_terminal=True)
    assert terminal.run("platforms", "list") == 0
    assert "JinZhiTaskCenter" in terminal.out


def test_a_platform_is_added_with_what_it_needs_asked_for() -> None:
    # given
    terminal = Terminal([listed([TYPE]), ok(PLATFORM, 201)], stdin=b"https://gateway.school.edu.cn\ns3cret\n")

    # when
    assert terminal.run("platforms", "add", "JinZhiTaskCenter", "max_rate_per_s=20", "success_codes=0,00") == 0

    # then
    sent = bodies(terminal)[0]
    assert sent["settings"] == {
        "max_rate_per_s": 20,
        "success_codes": ["0", "00"],
        "host": "https://gateway.school.edu.cn",
        "app_secret": "s3cret",
    }
    assert "s3cret" not in terminal.out + terminal.told


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("hots=x", "host, app_secret"),
        ("app_secret=x", "not typed openly"),
        ("max_rate_per_s=fast", "expected number"),
        ("host", "NAME=VALUE"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_before_anything_is_sent(word: str, told: str) -> None:
    terminal = Terminal([listed([TYPE])])
    assert terminal.run("platforms", "add", "JinZhiTaskCenter", word) == WRONG_USE
    assert told in terminal.told
    assert not bodies(terminal)


def test_an_unknown_type_is_told_with_those_that_there_are() -> None:
    terminal = Terminal([listed([TYPE])])
    assert terminal.run("platforms", "add", "Jinzhi") == WRONG_USE
    assert "JinZhiTaskCenter" in terminal.told


def test_a_change_names_the_version_that_was_read_and_leaves_the_rest() -> None:
    terminal = Terminal([ok(PLATFORM), listed([TYPE]), ok(PLATFORM)])
    assert terminal.run("platforms", "set", "jinzhi", "reads=yes", "--disable") == 0
    assert bodies(terminal) == [
        {
            "name": "n",
            "class_name": "JinZhiTaskCenter",
            "enabled": False,
            "settings": {"host": "https://a", "app_secret": "********", "reads": True},
            "version": 4,
        }
    ]


@pytest.mark.parametrize("word", ["success_codes=0,00", 'success_codes=["0", "00"]'])
def test_a_list_is_named_by_commas_or_as_json(word: str) -> None:
    terminal = Terminal([ok(PLATFORM), listed([TYPE]), ok(PLATFORM)])
    assert terminal.run("platforms", "set", "jinzhi", word) == 0
    assert bodies(terminal)[0]["settings"]["success_codes"] == ["0", "00"]


def test_a_secret_is_changed_without_standing_on_the_line() -> None:
    terminal = Terminal([ok(PLATFORM), listed([TYPE]), ok(PLATFORM)], stdin=b"new one\n")
    assert terminal.run("platforms", "set", "jinzhi", "--secret", "app_secret") == 0
    assert bodies(terminal)[0]["settings"]["app_secret"] == "new one"
    assert "new one" not in terminal.out + terminal.told


def test_a_platform_that_still_drains_ends_with_status_one() -> None:
    waiting = {"id": "jinzhi", "draining": True, "waiting": {}}
    terminal = Terminal([ok(waiting, 202), httpx.Response(204)])
    assert terminal.run("platforms", "delete", "jinzhi", "--drain") == REFUSED
    assert terminal.run("platforms", "delete", "jinzhi") == 0
    assert terminal.asked == ["DELETE /v1/platforms/jinzhi?drain=true", "DELETE /v1/platforms/jinzhi"]


# setup


def test_a_setup_saves_tests_and_sends_a_todo_that_it_takes_away_again() -> None:
    # given
    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/v1/platform-types":
            return listed([TYPE])
        if path.endswith("/test"):
            return ok(TEST)
        if path.startswith("/v1/events/"):
            target = {"target": "push:jinzhi", "status": "succeeded", "reason": ""}
            event_id = path.rsplit("/", 1)[1]
            return ok({"event_id": event_id, "status": "routed", "reason": "", "targets": [target]})
        return problem(404, "not_found", "no") if request.method == "GET" else ok(PLATFORM, 201)

    terminal = Terminal(handler=answer, stdin=b"https://gateway.school.edu.cn\ns3cret\n")

    # when
    assert terminal.run("setup", "--todo-for", "10021") == 0

    # then
    received, deleted = (json.loads(entry["Detail"]) for call in terminal.bus.calls for entry in call)
    assert received["tasks"][0]["assignees"][0]["number"] == "10021"
    assert deleted["event"] == "action.instance_deleted.setup"
    assert deleted["session"]["sess_id"] == received["session"]["sess_id"]
    assert "s3cret" not in terminal.out + terminal.told


def test_a_setup_ends_where_the_connection_fails_and_says_how_to_go_on() -> None:
    answers = [listed([TYPE]), ok(PLATFORM), ok({**TEST, "ok": False, "cause": "wrong_secret"})]
    terminal = Terminal(answers)
    assert terminal.run("setup", "--todo-for", "10021") == REFUSED
    assert terminal.asked[0] == "GET /v1/platform-types", "all are on one page: the route refuses a limit"
    assert "wrong_secret" in terminal.told
    assert "taskbridge platforms set jinzhi" in terminal.told
    assert not terminal.bus.calls


def test_a_todo_that_no_rule_sends_on_is_no_success() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/v1/platform-types":
            return listed([TYPE])
        if path.startswith("/v1/events/"):
            event_id = path.rsplit("/", 1)[1]
            return ok({"event_id": event_id, "status": "skipped", "reason": "no rule sends it", "targets": []})
        return ok(TEST) if path.endswith("/test") else ok(PLATFORM)

    terminal = Terminal(handler=answer)
    assert terminal.run("setup", "--todo-for", "10021") == REFUSED
    assert "did not get to jinzhi" in terminal.told
    assert json.loads(terminal.out)[0]["status"] == "skipped", "one document, whatever was sent"
