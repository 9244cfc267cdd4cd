"""`taskbridge doctor`: what works, what does not, what nobody was asked, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.errors import NO_ANSWER, REFUSED
from tests.unit.cli.deployed_account import API, CLOCK, PUSH, SERVICES, STACK, Account
from tests.unit.cli.terminal import ENVIRONMENT, Terminal, listed, ok, problem

ISSUER = "https://sso.example.edu.cn/realms/campus"
DATE = "Fri, 15 Jan 2027 08:00:00 GMT"
KNOWN = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}
OPENED = {"ok": True, "cause": "ok", "message": ""}
OF_STACK = {**ENVIRONMENT, "TASKBRIDGE_BUS": f"{STACK}-events"}

Answers = dict[str, httpx.Response]


def everything() -> Answers:
    """What a stack in good health answers, by path."""
    queue = {"name": "push-dead-letters", "is_dead_letters": True, "waiting": 0}
    return {
        "/v1/health": ok({"status": "ok", "tables": {"parts": "ok", "jobs": "ok"}, "queues": {"push": "ok"}}),
        "/console/config.json": ok({"issuer": ISSUER}),
        "/realms/campus/.well-known/openid-configuration": ok(KNOWN),
        "/realms/campus/keys": ok({"keys": [{"kty": "RSA"}]}),
        "/v1/ops/summary": ok({"queues": [queue], **standing("closed")}),
        "/v1/platforms": listed([{"id": "jinzhi", "enabled": True}, {"id": "old", "enabled": False}]),
        "/v1/platforms/jinzhi/test": ok(OPENED),
    }


def standing(state: str, *, wants_money: bool = False) -> dict[str, Any]:
    """Part of a summary: one task center, with its breaker."""
    breaker = {"state": state, "wants_money": wants_money, "reason": "Arrearage" if wants_money else "HTTP 503"}
    return {"platforms": [{"id": "jinzhi", "breaker": breaker}], "ai_platforms": []}


def at(account: Account, answers: Answers, *, dates: dict[str, str] | None = None, **more: Any) -> Terminal:
    """A terminal before that account and that stack; `dates` are the clocks of hosts."""

    def answer(request: httpx.Request) -> httpx.Response:
        found = answers[request.url.path]
        found.headers["date"] = (dates or {}).get(request.url.host, DATE)
        return found

    aws = dict.fromkeys(SERVICES, account)
    return Terminal(handler=answer, aws=aws, **{"environment": OF_STACK, **more})


def states(terminal: Terminal) -> dict[tuple[str, str], str]:
    return {(each["area"], each["name"]): each["state"] for each in terminal.json}


def not_fine(terminal: Terminal) -> list[dict[str, str]]:
    return [each for each in terminal.json if each["state"] != "ok"]


def test_all_is_well_where_every_part_says_so() -> None:
    # given
    account = Account()
    terminal = at(account, everything())

    # when
    assert terminal.run("doctor") == 0

    # then: each function was invoked once, and a disabled platform was left alone
    assert sorted(account.invoked) == sorted(account.answers)
    assert [(each["name"], each["state"]) for each in not_fine(terminal)] == [("old", "not asked")]
    assert terminal.told == "23 ok, 1 not asked.\n"


def test_a_terminal_of_80_columns_has_a_row_for_all_that_is_well_and_one_for_each_thing_that_is_not() -> None:
    # given
    account = Account()
    account.fails[PUSH] = "ImportModuleError"
    terminal = at(account, everything(), is_terminal=True, width=80)

    # when
    assert terminal.run("doctor") == REFUSED

    # then
    lines = re.sub(r"\x1b\[[0-9;]*m", "", terminal.out).splitlines()
    end = next(number for number, line in enumerate(lines) if number > 3 and not line.strip())
    table, said = lines[:end], lines[end:]
    assert all(len(line) <= 80 for line in table)
    [row] = [line.split() for line in table if "PushTask" in line]
    assert row == ["functions", "PushTask", "wrong", "ImportModuleError"]
    assert any(line.split()[:4] == ["tables", "all", "2", "ok"] for line in table)
    assert f"functions PushTask: aws logs tail /aws/lambda/{PUSH} --since 10m" in said
    assert "张三" not in terminal.out  # of an error only its type


def test_every_row_is_there_where_it_is_asked_for() -> None:
    terminal = at(Account(), everything(), is_terminal=True, width=80)
    terminal.run("doctor", "--all")
    assert {"parts", "jobs"} <= set(terminal.out.split())


def break_(change: Callable[[Account, Answers], object], area: str, state: str, do: str) -> Any:
    return pytest.param(change, area, state, do, id=f"{area}-{do}")


@pytest.mark.parametrize(
    ("change", "area", "state", "do"),
    [
        break_(lambda a, _: setattr(a, "status", "UPDATE_ROLLBACK_COMPLETE"), "stack", "look", "events"),
        break_(lambda a, _: setattr(a, "status", "UPDATE_IN_PROGRESS"), "stack", "wrong", "wait"),
        break_(lambda a, _: a.answers.update({API: {"statusCode": 500}}), "functions", "wrong", "aws logs tail"),
        break_(lambda a, _: a.answers.update({PUSH: None}), "functions", "wrong", "aws logs tail"),
        break_(lambda a, _: setattr(a, "mapping_state", "Disabled"), "queues to functions", "wrong", "uuid-1"),
        break_(lambda a, _: a.rules.update({CLOCK: "DISABLED"}), "rules", "wrong", "enable-rule"),
        break_(lambda a, _: a.rules.pop(CLOCK), "rules", "wrong", "deploy"),
        break_(lambda a, _: a.alarms[0].update(StateValue="ALARM"), "alarms", "look", "PushAgeAlarm"),
        break_(lambda a, _: a.alarms.clear(), "alarms", "wrong", "deploy"),
        break_(
            lambda a, _: [each.update(AlarmActions=[]) for each in (*a.alarms, *a.composites)],
            "alarms",
            "look",
            "AlarmTopicArn",
        ),
        break_(lambda a, _: setattr(a, "free", 10), "quotas", "look", "Service Quotas"),
        break_(lambda a, _: setattr(a, "workers", 41), "quotas", "look", "update-service-setting"),
        break_(lambda a, _: a.forbidden.add("DescribeAlarms"), "alarms", "not asked", "DescribeAlarms"),
        break_(
            lambda _, w: w.update({"/v1/health": ok({"tables": {"parts": "silent"}, "queues": {}})}),
            "tables",
            "wrong",
            "deploy",
        ),
        break_(lambda _, w: w.update({"/realms/campus/keys": ok({"keys": []})}), "issuer", "wrong", "RS256"),
        break_(
            lambda _, w: w.update(
                {"/realms/campus/.well-known/openid-configuration": ok({**KNOWN, "issuer": "https://else"})}
            ),
            "issuer",
            "wrong",
            "JwtIssuer",
        ),
        break_(
            lambda _, w: w.update(
                {"/v1/platforms/jinzhi/test": ok({"ok": False, "cause": "wrong_secret", "message": ""})}
            ),
            "platforms",
            "wrong",
            "jinzhi",
        ),
        break_(
            lambda _, w: w.update({"/v1/platforms": problem(403, "not_allowed", "This is for the role admin.")}),
            "platforms",
            "not asked",
            "role",
        ),
        break_(
            lambda _, w: w.update(
                {
                    "/v1/ops/summary": ok(
                        {
                            "queues": [{"name": "ai-dead-letters", "is_dead_letters": True, "waiting": 2}],
                            **standing("closed"),
                        }
                    )
                }
            ),
            "dead letters",
            "look",
            "taskbridge dlq show ai",
        ),
        break_(
            lambda _, w: w.update({"/v1/ops/summary": ok({"queues": [], **standing("open", wants_money=True)})}),
            "platforms",
            "wrong",
            "pay",
        ),
        break_(
            lambda _, w: w.update({"/v1/ops/summary": ok({"queues": [], **standing("open")})}),
            "platforms",
            "look",
            "summary",
        ),
    ],
)
def test_what_is_not_as_it_should_be_is_told_with_what_to_do(
    change: Callable[[Account, Answers], object], area: str, state: str, do: str
) -> None:
    # given
    account, answers = Account(), everything()
    change(account, answers)
    terminal = at(account, answers)

    # when
    status = terminal.run("doctor")

    # then
    [found] = [each for each in not_fine(terminal) if each["name"] != "old"]
    assert (found["area"], found["state"]) == (area, state)
    assert do in found["do"]
    assert status == (REFUSED if state == "wrong" else 0)


@pytest.mark.parametrize(
    ("clock", "state"),
    [
        ("Fri, 15 Jan 2027 08:00:29 GMT", "ok"),
        ("Fri, 15 Jan 2027 07:58:00 GMT", "look"),
        (DATE[:-12] + "09:00:00 GMT", "wrong"),
    ],
)
def test_a_clock_that_is_wrong_is_found_by_the_date_of_an_answer(clock: str, state: str) -> None:
    terminal = at(Account(), everything(), dates={"sso.example.edu.cn": clock})
    terminal.run("doctor")
    found = states(terminal)
    assert found[("clocks", "this machine and sso.example.edu.cn")] == state
    assert found[("clocks", "this machine and AWS")] == "ok"


def test_more_reads_of_secrets_are_no_matter_with_the_higher_throughput() -> None:
    account = Account()
    account.workers, account.high_throughput = 200, "true"
    terminal = at(account, everything())
    terminal.run("doctor")
    assert states(terminal)[("quotas", "Parameter Store")] == "ok"


def test_a_function_is_invoked_as_its_queue_invokes_it() -> None:
    # given
    account = Account()
    alias = f"arn:aws:lambda:cn-north-1:123456789012:function:{PUSH}:live"
    account.resources["AWS::Lambda::Alias"] = [alias]

    # when
    at(account, everything()).run("doctor")

    # then
    assert alias in account.invoked
    assert PUSH not in account.invoked


def test_a_stack_that_is_not_there_is_wrong_and_the_api_is_asked_all_the_same() -> None:
    terminal = at(Account(), everything())
    assert terminal.run("doctor", "--stack", "taskbridge-other") == REFUSED
    assert states(terminal)[("stack", "taskbridge-other")] == "wrong"
    assert states(terminal)[("tables", "parts")] == "ok"


def test_aws_credentials_alone_are_enough_for_what_needs_no_login() -> None:
    # given neither address nor token
    terminal = at(Account(), everything(), environment={})

    # when
    assert terminal.run("doctor", "--stack", STACK) == 0

    # then: the address came from the outputs of the stack
    found = states(terminal)
    assert found[("API", "api.example.edu.cn")] == "ok"
    assert (found[("platforms", "")], found[("dead letters", "")]) == ("not asked", "not asked")


def test_a_login_that_is_kept_for_another_stage_is_not_shown_to_this_one(tmp_path: Path) -> None:
    # given
    other = {"TASKBRIDGE_TOKEN": ENVIRONMENT["TASKBRIDGE_TOKEN"], "XDG_CONFIG_HOME": str(tmp_path)}
    terminal = at(Account(), everything(), environment=other)

    # when: nothing says that this token is one of that stack
    assert terminal.run("doctor", "--stack", STACK) == 0

    # then
    assert states(terminal)[("platforms", "")] == "not asked"
    assert {request.url.host for request in terminal.requests} == {"api.example.edu.cn", "sso.example.edu.cn"}
    assert all("Authorization" not in request.headers for request in terminal.requests)


def test_an_address_alone_is_enough_for_what_needs_no_aws_credentials() -> None:
    account = Account()
    terminal = at(account, everything(), environment={"TASKBRIDGE_URL": ENVIRONMENT["TASKBRIDGE_URL"]})
    assert terminal.run("doctor") == 0
    assert account.invoked == []
    assert states(terminal)[("functions", "")] == "not asked"


def test_an_api_that_does_not_answer_is_no_answer() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there", request=request)

    terminal = at(Account(), {})
    terminal.handler = refuse
    assert terminal.run("doctor") == NO_ANSWER
    assert states(terminal)[("API", "")] == "no answer"
