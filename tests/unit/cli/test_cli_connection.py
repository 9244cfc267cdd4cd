"""Who asks, and whom: environment, outputs of a stack, and how a refusal is told."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from cli.connection import Connection, read_connection
from cli.errors import NO_ANSWER, REFUSED, WRONG_USE
from cli.world import open_aws
from tests.unit.cli.terminal import ENVIRONMENT, TOKEN, Terminal, listed, ok, problem, push_log


@pytest.fixture
def outputs(tmp_path: Path) -> str:
    """As `make up` writes it."""
    found = {
        "ApiUrl": "http://127.0.0.1:4566/_aws/execute-api/abc/$default",
        "EventBusName": "taskbridge-events",
        "endpoint_url": "http://127.0.0.1:4566",
        "region": "us-east-1",
        "tokens": {"admin": "admin-token", "ops": "ops-token"},
    }
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps(found))
    return str(path)


def test_the_token_travels_in_the_header_only() -> None:
    # given
    terminal = Terminal([listed([])])

    # when
    assert terminal.run("logs") == 0

    # then
    assert terminal.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in str(terminal.requests[0].url)


def test_outputs_of_a_stack_give_address_and_token(outputs: str) -> None:
    terminal = Terminal([listed([])], environment={})
    assert terminal.run("--outputs", outputs, "--as", "ops", "logs") == 0
    assert terminal.requests[0].headers["Authorization"] == "Bearer ops-token"
    assert terminal.asked == ["GET /_aws/execute-api/abc/$default/v1/push-logs?limit=50"]


def test_common_options_may_stand_behind_the_verb(outputs: str) -> None:
    terminal = Terminal([listed([])], environment={})
    assert terminal.run("logs", "--outputs", outputs, "--as", "admin") == 0
    assert terminal.requests[0].headers["Authorization"] == "Bearer admin-token"


def test_the_emulator_is_not_shown_a_real_key(outputs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA-REAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")

    # when
    client = open_aws(read_connection({}, Path(outputs), ""), "events")

    # then
    assert client.meta.endpoint_url == "http://127.0.0.1:4566"
    assert client._request_signer._credentials.access_key == "test"


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "TASKBRIDGE_URL"),
        ({**ENVIRONMENT, "TASKBRIDGE_TOKEN": ""}, "TASKBRIDGE_TOKEN"),
        ({**ENVIRONMENT, "TASKBRIDGE_URL": "http://api.example.edu.cn"}, "https"),
        ({**ENVIRONMENT, "TASKBRIDGE_URL": "api.example.edu.cn"}, "must be an address"),
        ({**ENVIRONMENT, "TASKBRIDGE_TOKEN": "two\nlines"}, "characters that no token has"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_asked(environment: dict[str, str], told: str) -> None:
    terminal = Terminal([listed([])], environment=environment)
    assert terminal.run("logs") == WRONG_USE
    assert told in terminal.told
    assert not terminal.requests


def test_a_person_without_a_token_is_told_who_has_one(outputs: str) -> None:
    terminal = Terminal([listed([])], environment={})
    assert terminal.run("logs", "--outputs", outputs, "--as", "nobody") == WRONG_USE
    assert "no token of nobody, but of admin, ops" in terminal.told


@pytest.mark.parametrize("content", ["not json", "[1]"])
def test_outputs_that_are_none_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "outputs.json"
    path.write_text(content)
    assert Terminal(environment={}).run("logs", "--outputs", str(path)) == WRONG_USE
    assert Terminal(environment={}).run("logs", "--outputs", str(tmp_path / "none")) == WRONG_USE


def test_the_token_is_in_no_picture_of_the_connection() -> None:
    assert TOKEN not in repr(Connection("https://api.example.edu.cn", TOKEN))


def test_a_problem_is_told_as_a_sentence() -> None:
    terminal = Terminal([problem(404, "not_found", "There is no such push log.")])
    assert terminal.run("logs", "--id", "jinzhi:ev-1") == REFUSED
    assert terminal.told == "Error: There is no such push log. (404 not_found)\n"
    assert terminal.out == ""


def test_every_field_that_is_wrong_is_told() -> None:
    errors = [{"in": "query", "field": name, "problem": "no time"} for name in ("from", "to")]
    terminal = Terminal([problem(422, "invalid_request", "from: no time", errors=errors)])
    assert terminal.run("logs", "--platform", "x") == REFUSED
    assert "  from: no time\n  to: no time" in terminal.told


def test_an_expired_token_is_told_as_such() -> None:
    terminal = Terminal([httpx.Response(401, json={"message": "Unauthorized"})])
    assert terminal.run("logs") == REFUSED
    assert "may have expired" in terminal.told
    assert TOKEN not in terminal.told


def test_what_may_pass_is_tried_again_after_the_wait_that_is_asked_for() -> None:
    busy = httpx.Response(429, headers={"Retry-After": "7"}, json={"detail": "slowly", "code": "too_many_calls"})
    terminal = Terminal([busy, listed([push_log()])])
    assert terminal.run("logs") == 0
    assert terminal.slept == [7.0]


def test_who_never_answers_is_given_up_with_a_status_of_its_own() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    terminal = Terminal(handler=broken)
    assert terminal.run("summary") == NO_ANSWER
    assert len(terminal.requests) == 5
    assert "https://api.example.edu.cn does not answer: ConnectError refused" in terminal.told


def test_a_repeated_post_keeps_its_idempotency_key() -> None:
    # given
    terminal = Terminal([problem(503, "try_later", "Try again."), ok({"id": "x", "sess_id": "P", "requested_at": "t"})])

    # when
    assert terminal.run("replay", "jinzhi:ev-1") == 0

    # then
    first, second = (request.headers["Idempotency-Key"] for request in terminal.requests)
    assert first == second


def test_a_redirect_does_not_take_the_token_along() -> None:
    terminal = Terminal([httpx.Response(302, headers={"Location": "https://elsewhere.example.com/"})])
    assert terminal.run("logs") == REFUSED
    assert len(terminal.requests) == 1


@pytest.mark.parametrize("content", ["<html>sign in</html>", "[]", ""])
def test_a_page_of_somebody_else_is_no_answer_of_the_api(content: str) -> None:
    terminal = Terminal([httpx.Response(200, text=content)])
    assert terminal.run("summary") == REFUSED
    assert "is TASKBRIDGE_URL its address?" in terminal.told


def test_wrong_arguments_end_with_status_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert Terminal().run("logs", "--limit", "0") == WRONG_USE
    assert "--limit" in capsys.readouterr().err
