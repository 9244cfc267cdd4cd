"""The driver of AI platforms: one token, one repeat; streams judged by their end; no secret in any error."""

from __future__ import annotations

import threading
from collections.abc import Callable

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.errors import (
    ConfigurationError,
    ContentRefused,
    IncompleteAnswer,
    PermanentError,
    PlatformError,
    QuotaExhausted,
    StoreError,
    TaskbridgeError,
    ThrottledError,
    TokenRefused,
    TransientError,
)
from taskbridge.platforms.ai import Question, Reply, estimate_tokens
from taskbridge.platforms.ai_client import AiPlatformClient, build_ai_clients
from taskbridge.platforms.ai_platform import AiPlatform
from taskbridge.platforms.configured import Configured
from taskbridge.tables.configuration import Configuration, PlatformConfig
from tests.unit.platforms.ai_builders import (
    AIGC,
    DONE,
    END,
    FRESH,
    ISSUED,
    OPENAI,
    USAGE,
    USER,
    ai_client,
    aigc,
    answered,
    chunk,
    completed,
    data,
    event_stream,
    fragments,
    openai,
    parts_of,
    question,
    served,
    tokens_for,
)
from tests.unit.platforms.builders import SECRET, Clock, FakeTokens, Server

EXPIRED = httpx.Response(200, json={"code": 40001, "message": "token 过期"})
EXPIRED_EVENT = event_stream(data({"code": 40001, "message": "token 过期"}, "error"))
SECOND = httpx.Response(200, json={"code": 0, "data": {"access_token": "fresh-token-2"}})
STREAM = event_stream(*fragments("同", "意"), END)
Ask = Callable[[AiPlatformClient, Question], Reply]


def streamed(client: AiPlatformClient, asked: Question) -> Reply:
    return client.stream(asked, lambda _: None)


def asked_whole(client: AiPlatformClient, asked: Question) -> Reply:
    return client.ask(asked)


def error_of(platform: AiPlatform, server: Server, shown: list[str] | None = None) -> PlatformError:
    """What a streaming question raises; what was shown before that goes to `shown`."""
    with pytest.raises(PlatformError) as caught:
        ai_client(platform, server).stream(question(), (shown if shown is not None else []).append)
    return caught.value


def assert_hides(error: BaseException, *values: str) -> None:
    shown = f"{error!r} {error} {vars(error)}"
    for value in (SECRET, FRESH, "fresh-token-2", USER, *values):
        assert value not in shown


# Tokens


@pytest.mark.parametrize(
    ("ask", "refused", "answer"),
    [
        (asked_whole, EXPIRED, answered("同意")),
        (asked_whole, httpx.Response(401), answered("同意")),
        (streamed, EXPIRED, STREAM),
        (streamed, EXPIRED_EVENT, STREAM),
        (streamed, httpx.Response(401), STREAM),
        (streamed, event_stream('{"code": 40001, "message": "token 过期"}'), STREAM),
    ],
)
def test_an_expired_token_is_fetched_once_and_the_question_repeated_once(
    ask: Ask, refused: httpx.Response, answer: httpx.Response
) -> None:
    server = Server(ISSUED, refused, SECOND, answer, AssertionError("one repeat, no more"))
    assert ask(ai_client(aigc(), server), question()).text == "同意"
    assert [path.rpartition("/")[2] for path in server.paths()][::2] == ["get_access_token", "get_access_token"]
    assert parts_of(server.requests[1])["access_token"] == FRESH
    assert parts_of(server.requests[3])["access_token"] == "fresh-token-2"


@pytest.mark.parametrize("ask", [asked_whole, streamed])
@pytest.mark.parametrize("refused", [EXPIRED, httpx.Response(401)])
def test_a_token_refused_twice_is_said_to_be(ask: Ask, refused: httpx.Response) -> None:
    server = Server(ISSUED, refused, SECOND, refused, AssertionError("one repeat, no more"))
    with pytest.raises(TokenRefused, match="token refused, with nothing left to try") as caught:
        ask(ai_client(aigc(), server), question())
    assert len(server.requests) == 4
    assert_hides(caught.value)


def test_a_token_that_expires_amid_an_answer_is_no_reason_to_ask_again() -> None:
    shown: list[str] = []
    server = served(event_stream(*fragments("同意"), data({"code": 40001, "message": "过期"}, "error")))
    assert type(error_of(aigc(), server, shown)) is IncompleteAnswer
    assert shown == ["同意"]
    assert len(server.requests) == 2


@pytest.mark.parametrize(("within_s", "longest"), [(7.0, 7.0), (900.0, 300.0), (float("inf"), 300.0)])
def test_an_answer_has_no_longer_than_is_left_and_than_its_platform_may_take(within_s: float, longest: float) -> None:
    server = served(answered("同意"))

    ai_client(aigc(), server).ask(question(within_s=within_s))

    assert float(server.requests[1].extensions["timeout"]["read"]) == longest


@pytest.mark.parametrize("call", ["upload", "models", "feedback"])
def test_the_other_calls_fetch_an_expired_token_too(call: str) -> None:
    success = httpx.Response(200, json={"code": 0, "data": {"file_id": "f-1"}})
    server = Server(ISSUED, EXPIRED, SECOND, success)
    client = ai_client(aigc(), server)
    calls: dict[str, Callable[[], object]] = {
        "upload": lambda: client.upload("附件1.pdf", b"%PDF", ocr=True),
        "models": client.models,
        "feedback": lambda: client.feedback("q-1", "like", ""),
    }
    calls[call]()
    assert len(server.requests) == 4


def test_many_threads_that_meet_an_expired_token_fetch_one() -> None:
    # given a platform that takes only the token it gave last
    issued = ["old"]
    lock = threading.Lock()

    def server(request: httpx.Request) -> httpx.Response:
        with lock:
            if request.url.path.endswith("get_access_token"):
                issued.append(f"token-{len(issued)}")
                return httpx.Response(200, json={"code": 0, "data": {"access_token": issued[-1]}})
            return answered("同意") if parts_of(request)["access_token"] == issued[-1] else EXPIRED

    client = ai_client(aigc(), server)
    assert client.ask(question()).text == "同意"
    issued.append("ended elsewhere")
    # when
    replies: list[Reply] = []
    threads = [threading.Thread(target=lambda: replies.append(client.ask(question()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # then
    assert [reply.text for reply in replies] == ["同意"] * 8
    assert issued == ["old", "token-1", "ended elsewhere", "token-3"]


def test_the_older_key_is_tried_when_the_newer_is_refused_and_then_comes_first() -> None:
    server = Server(httpx.Response(401), completed("同意"))
    client = ai_client(openai(), server, ("newer", "older"))
    client.ask(question())
    client.ask(question())
    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer newer", "Bearer older", "Bearer older"]


def test_a_wrong_secret_is_a_matter_of_waiting_for_a_person() -> None:
    server = Server(httpx.Response(200, json={"code": 40003, "message": f"appsecret {SECRET} 错误"}))
    with pytest.raises(TransientError, match="refused app_id and app_secret") as caught:
        ai_client(aigc(), server).ask(question())
    assert_hides(caught.value)


@pytest.mark.parametrize(("secrets", "words"), [((), "not set"), (("秘密\n",), "enter it again")])
def test_a_secret_that_cannot_be_sent_is_named(secrets: tuple[str, ...], words: str) -> None:
    for platform, name in ((aigc(), "app_secret"), (openai(), "api_key")):
        with pytest.raises(ConfigurationError, match=words) as caught:
            ai_client(platform, Server(ISSUED), secrets).ask(question())
        assert caught.value.field == name
        assert "秘密" not in str(caught.value)


# Streams


@pytest.mark.parametrize(
    ("platform", "frames", "text"),
    [
        (aigc(), [*fragments("同", "意"), END], "同意"),
        (aigc(), [*fragments("同", "意"), "event: end\n\n"], "同意"),
        (aigc(), [*fragments("同", "意"), DONE], "同意"),
        (aigc(), [*fragments("同", "意"), "data: [DONE]"], "同意"),
        (aigc(), ["\ufeff", *fragments("同", "意"), DONE], "同意"),
        (aigc(), [": hello\n\n", "retry: 3000\n\n", "id: 1\n", *fragments("同意"), "\n\n", END], "同意"),
        (aigc(), ['data:{"text":"同"}\n\n', 'data:{"text":"意"}\n\n', "data:[DONE]\n\n"], "同意"),
        (aigc(), ['data: {"text":\ndata: "同意"}\n\n', END], "同意"),
        (aigc(), [*fragments("同", "同意", "同意该申", "同意该申请。"), END], "同意该申请。"),
        (aigc(), [*fragments("同意"), END, *fragments("多余")], "同意"),
        (openai(), [chunk("同"), chunk("意"), chunk(None, "stop"), USAGE, DONE], "同意"),
        (openai(), [": ping\n\n", chunk("同"), ": ping\n\n", chunk("意"), DONE], "同意"),
        (openai(), [chunk(None, reasoning_content="想"), chunk("同意", "stop"), DONE], "同意"),
    ],
)
def test_a_stream_that_comes_to_its_end_is_an_answer(platform: AiPlatform, frames: list[str], text: str) -> None:
    for body in ("".join(frames), "".join(frames).replace("\n", "\r\n"), "".join(frames).replace("\n", "\r")):
        shown: list[str] = []
        server = served(event_stream(body)) if platform.uses_token else Server(event_stream(body))
        reply = ai_client(platform, server).stream(question(), shown.append)
        assert reply.text == "".join(shown) == text


def test_the_media_type_of_a_stream_does_not_matter() -> None:
    for kind in ("text/plain", "text/event-stream;charset=gbk", "application/octet-stream"):
        stream = event_stream(*fragments("同意"), END, **{"content-type": kind})
        assert ai_client(aigc(), served(stream)).stream(question(), lambda _: None).text == "同意"


@pytest.mark.parametrize(
    ("frames", "kind"),
    [
        ([], TransientError),
        ([": ping\n\n"], TransientError),
        (["<html>portal</html>"], TransientError),
        (["event: error\n\n"], TransientError),
        ([data({"code": 1, "message": "模型异常"}, "error")], TransientError),
        ([data({"code": 429, "message": "慢"}, "error")], ThrottledError),
        ([data({"code": "Arrearage", "message": "欠费"}, "error")], QuotaExhausted),
        ([data({"code": "DataInspectionFailed", "message": "内容"}, "error")], ContentRefused),
        ([END], IncompleteAnswer),
        ([DONE], IncompleteAnswer),
    ],
)
def test_a_stream_that_fails_before_its_text_says_why(frames: list[str], kind: type[PlatformError]) -> None:
    assert type(error_of(aigc(), served(event_stream(*frames)))) is kind


@pytest.mark.parametrize(
    ("frames", "kind"),
    [
        ([], IncompleteAnswer),
        (['data: {"text": "half'], IncompleteAnswer),
        (["data: [DON"], IncompleteAnswer),
        ([data({"code": 1, "message": "模型异常"}, "error")], IncompleteAnswer),
        ([data({"code": 500, "message": "模型异常"}, "error")], IncompleteAnswer),
        ([data({"code": 400, "message": "模型异常"}, "error")], IncompleteAnswer),
        ([data({"code": 429, "message": "慢"}, "error")], ThrottledError),
        ([data({"code": "Arrearage", "message": "欠费"}, "error")], QuotaExhausted),
        ([data({"code": "content_filter", "message": "内容"}, "error"), END], ContentRefused),
    ],
)
def test_a_stream_that_fails_after_its_text_is_no_answer_and_was_paid(
    frames: list[str], kind: type[PlatformError]
) -> None:
    error = error_of(aigc(), served(event_stream(*fragments("同意该申请"), *frames)))
    assert type(error) is kind
    assert error.usage is not None
    assert error.usage.output_tokens == estimate_tokens("同意该申请")


@pytest.mark.parametrize(
    ("last", "kind"),
    [("length", IncompleteAnswer), ("content_filter", ContentRefused), ("tool_calls", IncompleteAnswer)],
)
def test_a_stream_that_ends_otherwise_than_by_stopping_is_no_answer(last: str, kind: type[PlatformError]) -> None:
    error = error_of(openai(), Server(event_stream(chunk("同意"), chunk(None, last), USAGE, DONE)))
    assert type(error) is kind
    assert error.usage is not None
    assert error.usage.input_tokens == 900


def test_a_refusal_in_a_stream_is_no_answer() -> None:
    error = error_of(openai(), Server(event_stream(chunk(None, refusal="I cannot"), chunk(None, "stop"), DONE)))
    assert type(error) is ContentRefused


def test_an_openai_stream_that_ends_before_its_model_is_incomplete() -> None:
    assert type(error_of(openai(), Server(event_stream(chunk("同意"), USAGE)))) is IncompleteAnswer


@pytest.mark.parametrize("platform", [aigc(), openai()])
def test_one_event_without_end_is_cut(platform: AiPlatform) -> None:
    endless = b"data: " + b"x" * (3 * 1024 * 1024)
    server = served(event_stream(endless)) if platform.uses_token else Server(event_stream(endless))
    assert "too long" in str(error_of(platform, server))


def test_a_whole_answer_of_any_size_is_cut() -> None:
    with pytest.raises(TransientError, match="not the JSON"):
        ai_client(openai(), Server(completed("长" * 2_000_000))).ask(question())


def test_whoever_listens_may_stop_listening() -> None:
    class Moved(TaskbridgeError):
        pass

    def on_text(_: str) -> None:
        raise Moved("somebody else's now")

    with pytest.raises(Moved):
        ai_client(aigc(), served(STREAM)).stream(question(), on_text)


FRAGMENTS = st.sampled_from(
    [
        *[frame.encode() for frame in fragments("同", "意", "同意", "👍", "```json\n{}")],
        *[frame.encode() for frame in (chunk("同"), chunk(None, "stop"), chunk(None, "length"), USAGE, DONE, END)],
        data({"code": 40001, "message": "过期"}, "error").encode(),
        data({"event": "message", "answer": "同"}).encode(),
        data({"event": "message_end"}).encode(),
        b": ping\n\n",
        b"event: end\n",
        b"data: [DONE",
        b"\r\n",
        b"\xe5\x90",
        b'{"code": 0, "data": {"answer": "x"}}',
    ]
)
BODIES = st.lists(FRAGMENTS | st.binary(max_size=12), max_size=8).map(b"".join)


@given(BODIES, st.sampled_from(["text-fragment", "openai", "dify"]), st.sampled_from([200, 200, 200, 500, 401, 404]))
def test_whatever_a_stream_holds_it_ends_or_it_is_an_error(body: bytes, profile: str, status: int) -> None:
    # given
    response = httpx.Response(status, headers={"content-type": "text/event-stream"}, content=body)
    shown: list[str] = []
    client = ai_client(aigc(stream_profile=profile), Server(ISSUED, response, ISSUED, response))
    # when
    try:
        reply = client.stream(question(), shown.append)
    except PlatformError as error:
        assert_hides(error)
        return
    # then
    assert reply.text == "".join(shown)
    assert reply.text.strip()
    ends = (b"[DONE]", b"event: end", b"message_end", b'"finish_reason": "stop"', b'"answer"')
    assert any(end in body for end in ends)


# Errors


@pytest.mark.parametrize("ask", [asked_whole, streamed])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_no_error_repeats_a_secret_or_the_form(ask: Ask, status: int) -> None:
    said = f"bad request: token={FRESH} secret={SECRET} input={USER}"
    server = served(httpx.Response(status, json={"code": FRESH, "message": said}))
    with pytest.raises(PlatformError) as caught:
        ask(ai_client(aigc(), server), question())
    assert_hides(caught.value, "11010519491231002X", "张三")
    assert "bad request" in str(caught.value)


def test_no_error_of_a_stream_repeats_the_form() -> None:
    said = data({"code": 1, "message": f"cannot answer: {USER} with {FRESH}"}, "error")
    error = error_of(aigc(), served(event_stream(*fragments("好"), said)))
    assert "the answer broke off: cannot answer" in str(error)
    assert_hides(error, "11010519491231002X")


def test_a_long_message_is_cut() -> None:
    error = error_of(openai(), Server(httpx.Response(400, json={"error": {"message": "长" * 9000, "code": "c" * 900}})))
    assert len(str(error)) == 500
    assert len(error.errcode) == 64


def test_errors_of_the_token_store_come_through() -> None:
    class Down(FakeTokens):
        def get(self, *_: object) -> str:
            raise StoreError("parameter store: throttled")

    http = httpx.Client(transport=httpx.MockTransport(Server(answered("同意"))))
    client = AiPlatformClient(aigc(), http, Down(), lambda _: (SECRET,), Clock())
    with pytest.raises(StoreError, match="throttled"):
        client.ask(question())


# From the configuration


def configured(**changes: object) -> Configuration:
    values = {"id": "aigc", "name": "AI", "class_name": "Aigc", "enabled": True, "version": 1, "settings": AIGC}
    config = PlatformConfig(**{**values, **changes})  # type: ignore[arg-type]
    return Configuration(1, {config.id: config}, ())


def clients_of(*configurations: Configuration) -> Configured[AiPlatformClient]:
    current = iter(configurations)
    clock = Clock()
    http = httpx.Client(transport=httpx.MockTransport(Server(ISSUED, answered("同意"))))
    return build_ai_clients(lambda: next(current), http, tokens_for(clock), lambda *_: (SECRET,), clock)


def test_a_client_is_made_once_and_anew_when_its_configuration_changes() -> None:
    clients = clients_of(configured(), configured(), configured(version=2))
    first, second, third = (clients.need("aigc") for _ in range(3))
    assert first is second
    assert first is not third
    assert first.platform_id == "aigc"
    assert first.ask(question()).text == "同意"


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        (configured(id="other"), "platform: aigc is not configured"),
        (configured(enabled=False), "platform: aigc is disabled"),
        (
            configured(
                class_name="JinZhiTaskCenter", settings={"host": "https://x.cn", "app_id": "a", "scene_code": "s"}
            ),
            "class_name: expected an AI platform, got JinZhiTaskCenter",
        ),
        (configured(class_name="Aigcc"), "class_name: unknown platform 'Aigcc'"),
        (configured(class_name="OpenAICompatible", settings={**OPENAI, "base_url": 1}), "base_url: "),
    ],
)
def test_a_platform_that_cannot_be_asked_is_named(configuration: Configuration, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        clients_of(configuration).need("aigc")
    assert words in str(caught.value)


# Tokens of a text


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("同意", 2), ("同意" * 30, 40), ("2026", 4), ("approve", 3), ("金额 5200 元", 7)]
)
def test_tokens_are_estimated_by_kind_of_character(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


@given(st.text(max_size=50), st.text(max_size=50))
def test_a_longer_text_has_no_fewer_tokens(text: str, more: str) -> None:
    assert estimate_tokens(text + more) >= max(estimate_tokens(text), estimate_tokens(more))


def test_a_refusal_for_good_is_none_for_the_next_question() -> None:
    gone = httpx.Response(400, json={"code": 7, "message": "文件不存在"})
    server = served(gone, ISSUED, answered("同意"))
    client = ai_client(aigc(), server)
    with pytest.raises(PermanentError, match="文件不存在"):
        client.ask(question(file_ids=("gone",)))
    assert client.ask(question()).text == "同意"


LOST = {
    "redirect": httpx.Response(302, headers={"location": "https://cas.school.edu.cn/login"}),
    "login page": httpx.Response(200, html="<html>统一身份认证</html>"),
    "code of no list": httpx.Response(200, json={"code": 110, "message": "session timeout"}),
}


@pytest.mark.parametrize("refusal", LOST.values(), ids=LOST)
def test_what_may_be_a_lost_session_is_tried_once_with_a_new_token(refusal: httpx.Response) -> None:
    server = served(refusal, SECOND, answered("同意"))
    assert ai_client(aigc(), server).ask(question()).text == "同意"


def test_what_a_new_token_does_not_help_keeps_its_meaning_and_costs_no_other_token() -> None:
    refusal = LOST["code of no list"]
    server = served(refusal, SECOND, refusal)
    client = ai_client(aigc(), server)
    for _ in range(5):
        with pytest.raises(PermanentError, match="session timeout"):
            client.ask(question())
    assert len(server.requests) == 4 + 4


def test_a_new_token_that_cannot_be_had_fails_no_question_for_good() -> None:
    client = ai_client(aigc(), served(LOST["code of no list"], httpx.Response(503)))
    with pytest.raises(TransientError):
        client.ask(question())
    with pytest.raises(TransientError):
        client.ask(question())
