"""The driver: one token, one refresh, one repeat; every call on record; no secret on any."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Callable

import httpx
import pytest

from taskbridge.access.tokens import TokenCache
from taskbridge.commands import Operation, SaveTask
from taskbridge.errors import StoreError
from taskbridge.platforms import build_task_center
from taskbridge.platforms.base import CommandResult
from taskbridge.platforms.client import PlatformClient
from taskbridge.platforms.http_answers import OutcomeKind
from tests.memory_tokens import MemoryTokenStore
from tests.unit.platforms.builders import (
    SECRET,
    TOKEN,
    Clock,
    FakeTokens,
    Server,
    client_for,
    commands,
    insert,
    instance,
    jinzhi,
    task,
    update,
)

DONE = httpx.Response(200, json={"errcode": "0", "errmsg": "ok"})
EXPIRED = httpx.Response(200, json={"errcode": "993", "errmsg": "token 已过期"})
FRESH = httpx.Response(200, json={"errcode": "0", "errmsg": "ok", "data": "fresh-token-1"})
WRONG_SECRET = httpx.Response(200, json={"errcode": "99", "errmsg": "appSecret 错误"})
OLDER = {"host": "https://ehall.school.edu.cn", "app_id": "app-7", "pc_todo_url": "https://oa.school.edu.cn/{task_id}"}
TOKEN_PATH, TASK_PATH = "/token/gateway/accessToken", "/casp-tdc/task/saveOrUpdate"


def assert_hides(result: object, *values: str) -> None:
    shown = repr(result)
    for value in (SECRET, TOKEN, "fresh-token-1", *values):
        assert value not in shown


# Requests


def test_sends_json_with_the_token_to_the_host() -> None:
    server = Server(DONE)
    client_for(jinzhi(), server).execute(insert())
    (request,) = server.requests
    assert str(request.url) == f"https://gateway.school.edu.cn{TASK_PATH}"
    assert request.headers["accesstoken"] == TOKEN
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(request.content)["insertModel"][0]["subject"] == "张三的请假申请"


def test_a_call_has_the_timeouts_of_its_platform() -> None:
    server = Server(DONE)
    client_for(jinzhi(timeout_s=7), server).execute(insert())
    assert server.requests[0].extensions["timeout"] == {"connect": 5.0, "read": 7.0}


def test_a_redirect_is_not_followed() -> None:
    to_login = httpx.Response(302, headers={"location": "https://cas.school.edu.cn/login"})
    server = Server(to_login, FRESH, to_login)
    result = client_for(jinzhi(), server).execute(insert())
    assert result.outcome.verdict is OutcomeKind.TRANSIENT
    assert server.paths() == [TASK_PATH, TOKEN_PATH, TASK_PATH]


def test_a_text_that_is_not_unicode_fails_for_good_without_a_call() -> None:
    server = Server(DONE)
    broken = SaveTask(Operation.INSERT_TASK, task(), instance(subject="\ud800"))
    result = client_for(jinzhi(), server).execute(broken)
    assert result.outcome.verdict is OutcomeKind.PERMANENT
    assert server.requests == []


# Tokens


def test_an_expired_token_is_fetched_once_and_the_call_repeated_once() -> None:
    # given
    server = Server(EXPIRED, FRESH, DONE)
    tokens = FakeTokens(TOKEN)
    # when
    result = client_for(jinzhi(), server, tokens).execute(update())
    # then
    assert result.outcome.verdict is OutcomeKind.OK
    assert server.paths() == [TASK_PATH, TOKEN_PATH, TASK_PATH]
    assert [attempt.operation for attempt in result.attempts] == ["update_task", "token", "update_task"]
    assert server.requests[1].headers["appsecret"] == SECRET
    assert server.requests[2].headers["accesstoken"] == "fresh-token-1"
    assert tokens.fetched == 1
    assert_hides(result)


@pytest.mark.parametrize("refusal", [EXPIRED, httpx.Response(401), httpx.Response(403, text="<html>")])
def test_a_token_refused_twice_is_transient_and_says_so(refusal: httpx.Response) -> None:
    server = Server(refusal, FRESH, refusal, AssertionError("one repeat, no more"))
    result = client_for(jinzhi(), server).execute(insert())
    assert result.outcome.verdict is OutcomeKind.TRANSIENT
    assert "token refused" in result.outcome.message
    assert result.outcome.status == refusal.status_code
    assert len(server.requests) == 3


def test_the_outcome_of_the_repeat_counts() -> None:
    server = Server(EXPIRED, FRESH, httpx.Response(200, json={"errcode": "5", "errmsg": "no scene"}))
    outcome = client_for(jinzhi(), server).execute(insert()).outcome
    assert (outcome.verdict, outcome.errcode, outcome.message) == (OutcomeKind.PERMANENT, "5", "no scene")


def test_the_older_secret_is_tried_when_the_newer_is_refused() -> None:
    server = Server(WRONG_SECRET, FRESH, DONE)
    result = client_for(jinzhi(), server, FakeTokens(), (SECRET, "older-secret")).execute(insert())
    assert result.outcome.verdict is OutcomeKind.OK
    assert [request.headers.get("appsecret") for request in server.requests] == [SECRET, "older-secret", None]
    assert_hides(result, "older-secret")


def test_a_wrong_secret_loses_nothing() -> None:
    server = Server(WRONG_SECRET)
    result = client_for(jinzhi(), server, FakeTokens(), (SECRET, "older-secret")).execute(insert())
    assert result.outcome.verdict is OutcomeKind.TRANSIENT
    assert result.outcome.errcode == "99"
    assert "refused app_id and app_secret" in result.outcome.message
    assert [attempt.operation for attempt in result.attempts] == ["token", "token"]


def test_a_token_endpoint_in_trouble_is_not_asked_with_the_older_secret() -> None:
    server = Server(httpx.Response(429, headers={"retry-after": "30"}))
    result = client_for(jinzhi(), server, FakeTokens(), (SECRET, "older-secret")).execute(insert())
    assert (result.outcome.verdict, result.outcome.retry_after) == (OutcomeKind.THROTTLED, 30)
    assert len(server.requests) == 1


@pytest.mark.parametrize(("secrets", "words"), [((), "not set"), (("",), "not set"), (("秘密\n",), "enter it again")])
def test_a_secret_that_cannot_be_sent_is_named_and_loses_nothing(secrets: tuple[str, ...], words: str) -> None:
    server = Server(DONE)
    result = client_for(jinzhi(), server, FakeTokens(), secrets).execute(insert())
    assert result.outcome.verdict is OutcomeKind.TRANSIENT
    assert result.outcome.message.startswith("app_secret: ")
    assert words in result.outcome.message
    assert "秘密" not in repr(result)
    assert server.requests == []


def test_a_token_store_that_does_not_answer_is_transient() -> None:
    class Down(FakeTokens):
        def get(self, key: str, fetch: Callable[[], str], lifetime_s: float) -> str:
            raise StoreError("parameter store: throttled")

    result = client_for(jinzhi(), Server(DONE), Down()).execute(insert())
    assert (result.outcome.verdict, result.outcome.message) == (OutcomeKind.TRANSIENT, "parameter store: throttled")


def test_many_threads_that_meet_an_expired_token_fetch_one() -> None:
    # given a task center that takes only the token it gave last
    issued = ["old"]
    lock = threading.Lock()

    def server(request: httpx.Request) -> httpx.Response:
        with lock:
            if request.url.path == TOKEN_PATH:
                issued.append(f"token-{len(issued)}")
                return httpx.Response(200, json={"errcode": "0", "data": issued[-1]})
            good = request.headers["accesstoken"] == issued[-1]
        return DONE if good else EXPIRED

    clock = Clock()
    tokens = TokenCache(MemoryTokenStore(clock), clock, lambda _: None, lambda: 0.5)
    http = httpx.Client(transport=httpx.MockTransport(server))
    client = PlatformClient(jinzhi(), http, tokens, lambda _: (SECRET,), clock)
    assert client.execute(insert()).outcome.verdict is OutcomeKind.OK
    issued.append("ended elsewhere")
    # when
    results: list[CommandResult] = []
    threads = [threading.Thread(target=lambda: results.append(client.execute(update()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # then
    assert [result.outcome.verdict for result in results] == [OutcomeKind.OK] * 8
    assert issued == ["old", "token-1", "ended elsewhere", "token-3"]


@pytest.mark.parametrize(
    "changes", [{"host": "https://elsewhere.test"}, {"token_path": "/other"}, {"app_id": "another"}], ids=str
)
def test_a_token_goes_only_where_it_came_from_and_with_the_account_that_got_it(changes: dict[str, str]) -> None:
    shown: list[tuple[str, str, str]] = []
    given = itertools.count(1)

    def server(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"errcode": "0", "data": f"token-{next(given)}"})
        shown.append((request.url.host, request.headers["appid"], request.headers["accesstoken"]))
        return DONE

    clock = Clock()
    tokens = TokenCache(MemoryTokenStore(clock), clock, lambda _: None, lambda: 0.5)
    http = httpx.Client(transport=httpx.MockTransport(server))
    for platform in (jinzhi(), jinzhi(**changes), jinzhi()):
        PlatformClient(platform, http, tokens, lambda _: (SECRET,), clock).execute(insert())

    assert [token for _, _, token in shown] == ["token-1", "token-2", "token-1"]


def test_nobody_else_fetches_a_token_for_as_long_as_a_slow_fetch_may_take() -> None:
    clock = Clock()
    store = MemoryTokenStore(clock)
    fetched: list[float] = []

    def worker() -> PlatformClient:
        tokens = TokenCache(store, clock, lambda _: None, lambda: 0.5)
        return PlatformClient(jinzhi(timeout_s=30), http, tokens, lambda _: (SECRET,), clock)

    def server(request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            return DONE
        fetched.append(clock())
        if len(fetched) == 1:
            clock.now += 29.0
            assert "fetching it" in worker().execute(insert()).outcome.message
        return httpx.Response(200, json={"errcode": "0", "data": f"token-{len(fetched)}"})

    http = httpx.Client(transport=httpx.MockTransport(server))

    assert worker().execute(insert()).outcome.verdict is OutcomeKind.OK
    assert len(fetched) == 1


# A session that was lost without a word of it

REFUSALS = {
    "redirect": httpx.Response(302, headers={"location": "https://cas.school.edu.cn/login"}),
    "login page": httpx.Response(200, html="<html>统一身份认证</html>"),
    "code of no list": httpx.Response(200, json={"errcode": "110", "errmsg": "session timeout"}),
    "forbidden": httpx.Response(403, html="<html>"),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_what_may_be_a_lost_session_is_tried_once_with_a_new_token(refusal: httpx.Response) -> None:
    server = Server(refusal, FRESH, DONE)
    tokens = FakeTokens(TOKEN)
    result = client_for(jinzhi(), server, tokens).execute(update())
    assert result.outcome.verdict is OutcomeKind.OK
    assert server.paths() == [TASK_PATH, TOKEN_PATH, TASK_PATH]
    assert tokens.acquitted == []
    assert_hides(result)


@pytest.mark.parametrize(
    ("refusal", "verdict", "signal"),
    [
        ("redirect", OutcomeKind.TRANSIENT, "redirect"),
        ("login page", OutcomeKind.TRANSIENT, "page"),
        ("code of no list", OutcomeKind.PERMANENT, "code 110"),
        ("forbidden", OutcomeKind.TRANSIENT, "HTTP 403"),
    ],
)
def test_what_a_new_token_does_not_help_goes_its_old_course_and_costs_no_other_token(
    refusal: str, verdict: OutcomeKind, signal: str
) -> None:
    # given
    server, tokens = Server(REFUSALS[refusal], FRESH, REFUSALS[refusal]), FakeTokens(TOKEN)
    client = client_for(jinzhi(), server, tokens)
    # when
    outcomes = [client.execute(update()).outcome for _ in range(5)]
    # then
    assert [outcome.verdict for outcome in outcomes] == [verdict] * 5
    assert (tokens.fetched, tokens.acquitted) == (1, [signal])
    assert len(server.requests) == 3 + 4


@pytest.mark.parametrize(
    "refusal",
    [
        httpx.Response(404, html="<html>"),  # a redeploy
        httpx.Response(500, html="<html>"),
        httpx.Response(404, json={"status": 404, "error": "Not Found"}),
        httpx.Response(413, html="<html>"),
        httpx.Response(200, json={"errcode": "-1", "errmsg": "busy"}),  # a code that is known
        httpx.Response(200, json={"msg": "ok"}),
    ],
)
def test_what_cannot_be_a_lost_session_costs_no_token(refusal: httpx.Response) -> None:
    tokens = FakeTokens(TOKEN)
    client_for(jinzhi(retry_codes=["-1"]), Server(refusal), tokens).execute(insert())
    assert tokens.fetched == 0


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_static_token_cannot_be_renewed(refusal: httpx.Response) -> None:
    server = Server(refusal)
    platform = build_task_center("old", "JinZhiTaskCenterApp", {**OLDER})
    client_for(platform, server).execute(insert())
    assert len(server.requests) == 1


def test_where_nobody_can_tell_yet_nothing_fails_for_good() -> None:
    class Undecided(FakeTokens):
        def doubt(self, *_: object, **__: object) -> str | None:
            return None

    outcome = client_for(jinzhi(), Server(REFUSALS["code of no list"]), Undecided(TOKEN)).execute(insert()).outcome
    assert (outcome.verdict, outcome.errcode) == (OutcomeKind.TRANSIENT, "110")
    assert outcome.message.startswith("session timeout (perhaps a lost session")


def test_where_the_token_store_is_down_nothing_fails_for_good() -> None:
    class Down(FakeTokens):
        def doubt(self, *_: object, **__: object) -> str | None:
            raise StoreError("parameter store: no answer")

    outcome = client_for(jinzhi(), Server(REFUSALS["code of no list"]), Down(TOKEN)).execute(insert()).outcome
    assert (outcome.verdict, outcome.message) == (OutcomeKind.TRANSIENT, "parameter store: no answer")


def test_a_refusal_after_an_answer_that_nobody_could_read_is_not_for_good() -> None:
    # given a task center that took the first try, answered a page, and says so of the second
    there = httpx.Response(200, json={"errcode": "77", "errmsg": "task exists"})
    outcome = client_for(jinzhi(), Server(REFUSALS["login page"], FRESH, there)).execute(insert()).outcome
    assert (outcome.verdict, outcome.errcode) == (OutcomeKind.TRANSIENT, "77")


# The record


def test_an_attempt_tells_when_what_and_how_long() -> None:
    (attempt,) = client_for(jinzhi(), Server(DONE)).execute(insert()).attempts
    assert (attempt.method, attempt.path, attempt.status) == ("POST", TASK_PATH, 200)
    assert (attempt.operation, attempt.key, attempt.error) == ("insert_task", "task-1", "")
    assert attempt.at == 1000.25
    assert attempt.duration_ms > 0
    assert json.loads(attempt.request)["insertModel"][0]["taskId"] == "task-1"
    assert json.loads(attempt.response) == {"errcode": "0", "errmsg": "ok"}


def test_what_names_no_task_is_recorded_without_one() -> None:
    (attempt,) = client_for(jinzhi(), Server(DONE)).execute(commands()[Operation.DELETE_INSTANCE]).attempts
    assert attempt.key == ""


def test_long_texts_are_cut_after_they_are_masked() -> None:
    # given an answer in which the token lies across the place where the log is cut
    subject = "长" * 5000
    echo = httpx.Response(200, text="x" * 1990 + TOKEN + "y" * 3000)
    command = SaveTask(Operation.INSERT_TASK, task(), instance(subject=subject))
    # when
    result = client_for(jinzhi(), Server(echo, httpx.Response(503))).execute(command)
    # then
    attempt = result.attempts[0]
    assert len(attempt.request) == 4000
    assert len(attempt.response) == 2000
    assert attempt.response == "x" * 1990 + "********" + "y" * 2


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_token_that_the_server_echoes_is_masked_everywhere(status: int) -> None:
    body = {"errcode": TOKEN, "errmsg": f"bad {TOKEN}", "headers": {"accessToken": TOKEN, "appSecret": SECRET}}
    result = client_for(jinzhi(), Server(httpx.Response(status, json=body))).execute(insert())
    assert result.outcome.verdict is not OutcomeKind.OK
    assert "********" in result.attempts[0].response
    assert_hides(result)


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(200, json={"errcode": "99", "errmsg": f"appSecret {SECRET} is wrong", "echo": [SECRET]}),
        httpx.Response(200, json={"errcode": "0", "data": {"accessToken": "fresh-token-1"}}),
        httpx.Response(200, json={"errcode": "0", "token": "fresh-token-1", "data": None}),
        httpx.Response(200, text=f"<html>{SECRET.replace('&', '&amp;')}</html>"),
        httpx.Response(500, text=f"java.lang.Exception: appSecret={SECRET}"),
        httpx.Response(302, headers={"location": f"https://x.edu.cn/?s={SECRET}"}),
    ],
)
def test_a_failed_token_call_leaves_a_record_without_secrets(reply: httpx.Response) -> None:
    result = client_for(jinzhi(), Server(reply), FakeTokens()).execute(insert())
    (attempt,) = result.attempts
    assert (attempt.operation, attempt.method, attempt.path) == ("token", "GET", TOKEN_PATH)
    assert json.loads(attempt.request) == {"appId": "app-7", "accept": "application/json", "appSecret": "********"}
    assert result.outcome.message
    assert_hides(result)


def test_names_of_persons_stay_readable() -> None:
    (attempt,) = client_for(jinzhi(), Server(DONE)).execute(insert()).attempts
    assert "张三" in attempt.request


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ConnectTimeout("timed out"), "no connection within 5 s"),
        (httpx.ReadTimeout("timed out"), "no whole answer within 10 s"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), "cannot connect: .*Name or service not known"),
        (httpx.ReadError(""), "the connection broke: ReadError"),
        (httpx.RemoteProtocolError("Server disconnected"), "ended without a whole answer: Server disconnected"),
        (httpx.DecodingError("bad gzip"), "no answer: bad gzip"),
    ],
)
def test_no_answer_is_transient_with_its_cause(error: httpx.HTTPError, words: str) -> None:
    result = client_for(jinzhi(), Server(error)).execute(insert())
    assert result.outcome.verdict is OutcomeKind.TRANSIENT
    assert result.outcome.status is None
    assert result.outcome.message == result.attempts[0].error
    assert re.search(words, result.outcome.message)


# The connection test


def test_a_check_fetches_a_token_and_says_how_long_it_took() -> None:
    server = Server(FRESH)
    tokens = FakeTokens(TOKEN)
    outcome = client_for(jinzhi(), server, tokens).check()
    assert outcome.verdict is OutcomeKind.OK
    assert outcome.message.startswith("the token was fetched, ")
    assert outcome.message.endswith(" ms")
    assert server.paths() == [TOKEN_PATH]
    assert tokens.token == "fresh-token-1"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (WRONG_SECRET, "refused app_id and app_secret: appSecret 错误"),
        (httpx.Response(200, html="<html>portal</html>"), "check host and token_path"),
        (httpx.Response(404, html="<html>"), "check host and token_path"),
        (httpx.ConnectError("Name or service not known"), "cannot connect"),
        (httpx.ReadTimeout("timed out"), "too slow"),
    ],
)
def test_a_check_tells_wrong_host_wrong_secret_and_slowness_apart(
    reply: httpx.Response | Exception, words: str
) -> None:
    outcome = client_for(jinzhi(), Server(reply)).check()
    assert outcome.verdict is OutcomeKind.TRANSIENT
    assert words in outcome.message
    assert_hides(outcome)


def test_a_check_says_when_another_worker_was_faster() -> None:
    class Ahead(FakeTokens):
        def replace(self, key: str, refused: str, fetch: Callable[[], str], lifetime_s: float) -> str:
            return "from another worker"

    outcome = client_for(jinzhi(), Server(DONE), Ahead(TOKEN)).check()
    assert outcome.verdict is OutcomeKind.OK
    assert "another worker of jz" in outcome.message
