"""Aigc: its forms, the three forms of an answer, its token call, and the calls beside questions."""

from __future__ import annotations

import json
from typing import ClassVar

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.errors import PermanentError, PlatformError, ThrottledError, TransientError
from taskbridge.platforms.ai import ModelInfo
from taskbridge.platforms.ai_platform import AiPlatform
from taskbridge.platforms.aigc import read_answer_text
from tests.unit.platforms.ai_builders import (
    AIGC,
    END,
    FRESH,
    ISSUED,
    SYSTEM,
    USER,
    ai_client,
    aigc,
    answered,
    event_stream,
    fragments,
    parts_of,
    question,
    served,
)
from tests.unit.platforms.ai_suite import AiPlatformBehaviour
from tests.unit.platforms.builders import SECRET, TOKEN, Server, answer

FENCED = '金额超限。\n```json\n{"verdict": "reject", "findings": []}\n```'


class TestBehaviour(AiPlatformBehaviour):
    class_name = "Aigc"
    settings = AIGC
    success: ClassVar = {"code": 0, "data": {"answer": "同意。", "question_id": "q-1"}}
    frames = (*fragments("同", "意", "。"), 'event: end\ndata: {"question_id": "q-1"}\n\n')
    uploaded: ClassVar = {"code": 0, "data": {"file_id": "file-1"}}


# Questions


def test_a_question_is_a_multipart_form_with_every_field() -> None:
    server = served(answered("同意"))
    ai_client(aigc(), server).ask(question(file_ids=("f-1", "f-2"), model="Qwen2.5-7B"))
    request = server.requests[1]
    assert str(request.url) == "https://ai.school.edu.cn/api/v1/talk"
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert parts_of(request) == {
        "access_token": FRESH,
        "question": USER,
        "prompt": SYSTEM,
        "model": "Qwen2.5-7B",
        "uid": "2026002",
        "file_ids": '["f-1", "f-2"]',
    }


def test_a_question_of_nobody_goes_to_visitor_without_uid() -> None:
    for ask in ("ask", "stream"):
        server = served(answered("同意"))
        client = ai_client(aigc(), server)
        shown: list[str] = []
        nobody = question(uid="")
        client.ask(nobody) if ask == "ask" else client.stream(nobody, shown.append)
        assert server.paths()[1:] == ["/api/v1/visitor"]
        assert parts_of(server.requests[1]) == {
            "access_token": FRESH,
            "question": USER,
            "prompt": SYSTEM,
            "model": AIGC["model"],
            "file_ids": "[]",
        }


def test_a_streaming_question_goes_to_its_own_path() -> None:
    server = served(event_stream(*fragments("同意"), END))
    ai_client(aigc(stream_path="/v2/stream"), server).stream(question(), lambda _: None)
    assert server.paths()[1:] == ["/v2/stream"]
    assert server.requests[1].headers["accept"] == "text/event-stream"
    assert parts_of(server.requests[1])["uid"] == "2026002"


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_platform_without_streams_is_asked_for_the_whole(status: int) -> None:
    server = served(httpx.Response(status, html="<html>"), answered("同意"))
    shown: list[str] = []
    reply = ai_client(aigc(), server).stream(question(), shown.append)
    assert server.paths()[1:] == ["/api/v1/talk_stream", "/api/v1/talk"]
    assert (reply.text, shown) == ("同意", ["同意"])


# Answers


@pytest.mark.parametrize(
    ("answer_text", "text"),
    [
        ("同意。", "同意。"),
        (FENCED, FENCED),
        ('data: {"text": "同"}\ndata: {"text": "意。"}', "同意。"),
        ('data: {"text": "同"}\n\ndata: {"text": "意。"}\n\ndata: [DONE]\n', "同意。"),
        ('data: {"text": "同"}\r\n\r\ndata: {"text": "意。"}\r\n\r\n', "同意。"),
        ('data:{"text":"\\u540c\\n"}\n\nevent: end\ndata: [DONE]', "同\n"),
        ('data: {"text": "同"}\n\nevent: end\ndata: {}\n\n', "同"),
        ('data: {"text": "同"}\r\n\r\nevent: end\r\ndata: {"question_id": "q"}\r\n\r\n', "同"),
        ('data: {"text": "同"}\nevent: error\ndata: {"code": 1}', '同data: {"code": 1}\n'),
        ('分析如下：\ndata: {"text": "同意。"}', "分析如下：\n同意。"),
        ('data: {"text": "\\ud83d"}\ndata: {"text": "\\udc4d"}', "👍"),
        ('data: {"text": "a\u2028b"}', "a\u2028b"),
        ('data: {"other": 1}', 'data: {"other": 1}'),
        ('data: {"text": "half', 'data: {"text": "half'),
        ("data: 2026-11-22", "data: 2026-11-22"),
        ("", ""),
    ],
)
def test_an_answer_is_read_in_each_of_its_forms(answer_text: str, text: str) -> None:
    assert read_answer_text(answer_text) == text


def test_a_verdict_in_data_lines_comes_out_whole() -> None:
    lines = "\n\n".join(f"data: {json.dumps({'text': part}, ensure_ascii=False)}" for part in FENCED.splitlines(True))
    reply = ai_client(aigc(), served(answered(lines))).ask(question())
    assert reply.text == FENCED


@given(st.text(max_size=60))
def test_no_answer_text_breaks_the_reading(text: str) -> None:
    assert isinstance(read_answer_text(text), str)
    if "data:" not in text:
        assert read_answer_text(text) == text


@pytest.mark.parametrize("hostile", ["data: {" + "}" * 50_000, "data: {" + "} " * 50_000 + "x", " " * 50_000 + "data:"])
def test_long_hostile_lines_are_read_in_no_time(hostile: str) -> None:
    assert read_answer_text(hostile) == hostile


def test_tokens_are_estimated_where_the_platform_tells_none() -> None:
    reply = ai_client(aigc(), served(answered("同意" * 30))).ask(question())
    assert reply.estimated
    assert reply.usage.output_tokens == 40
    told = ai_client(aigc(), served(answered("同意", usage={"input_tokens": 7, "output_tokens": 2}))).ask(question())
    assert not told.estimated
    assert (told.usage.input_tokens, told.usage.output_tokens) == (7, 2)


@pytest.mark.parametrize("data", [{}, {"answer": None}, {"answer": 5}, None, "同意", []])
def test_a_success_without_an_answer_may_be_another_next_time(data: object) -> None:
    with pytest.raises(TransientError, match="no answer"):
        aigc().parse_answer(answer({"code": 0, "data": data}))


@pytest.mark.parametrize("profile", ["openai", "dify"])
def test_the_setting_chooses_how_streams_are_read(profile: str) -> None:
    frames = {
        "openai": ['data: {"choices": [{"delta": {"content": "同意"}}]}\n\n', "data: [DONE]\n\n"],
        "dify": ['data: {"event": "message", "answer": "同意"}\n\n', 'data: {"event": "message_end"}\n\n'],
    }[profile]
    client = ai_client(aigc(stream_profile=profile), served(event_stream(*frames)))
    assert client.stream(question(), lambda _: None).text == "同意"


# Files, models, feedback


@pytest.mark.parametrize(("ocr", "said"), [(True, "true"), (False, "false")])
def test_an_upload_is_a_multipart_form(ocr: bool, said: str) -> None:
    server = served(httpx.Response(200, json={"code": 0, "data": {"file_id": "f-1"}}))
    ai_client(aigc(), server).upload("附件1.pdf", b"%PDF-1.7", ocr=ocr)
    assert server.paths()[1:] == ["/api/v1/upload"]
    assert parts_of(server.requests[1]) == {
        "access_token": FRESH,
        "ocr": said,
        "file": "%PDF-1.7",
        "file.filename": "附件1.pdf",
        "file.type": "application/pdf",
    }


@pytest.mark.parametrize(("place", "header", "query"), [("header", FRESH, None), ("query", None, FRESH)])
def test_models_are_listed_with_the_token_where_the_setting_says(
    place: str, header: str | None, query: str | None
) -> None:
    rows = [{"model": "qwen", "name": "通义千问"}, {"model": "ds"}, {"name": "no model"}, 5]
    server = served(httpx.Response(200, json={"code": 0, "data": rows}))
    found = ai_client(aigc(models_token=place), server).models()
    assert found == (ModelInfo("qwen", "通义千问"), ModelInfo("ds", "ds"))
    request = server.requests[1]
    assert (request.method, request.url.path) == ("GET", "/api/v1/models")
    assert (request.headers.get("access_token"), request.url.params.get("access_token")) == (header, query)


def test_feedback_is_json() -> None:
    server = served(httpx.Response(200, json={"code": 0}))
    ai_client(aigc(), server).feedback("q-1", "like", "有用")
    assert server.paths()[1:] == ["/api/v1/feedback"]
    assert json.loads(server.requests[1].content) == {
        "access_token": FRESH,
        "question_id": "q-1",
        "tag": "like",
        "comment": "有用",
    }


def test_every_file_goes_to_the_platform_unless_a_setting_says_otherwise() -> None:
    assert ai_client(aigc(), served()).files == "all"
    assert ai_client(aigc(upload_files="scans"), served()).files == "scans"


# The token call


def test_the_token_call_is_json() -> None:
    server = served(answered("同意"))
    ai_client(aigc(), server).ask(question())
    request = server.requests[0]
    assert (request.method, str(request.url)) == ("POST", "https://ai.school.edu.cn/api/v1/get_access_token")
    assert json.loads(request.content) == {"appid": "app-7", "appsecret": SECRET}


def token_error(platform: AiPlatform, body: object, status: int = 200) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        platform.parse_token_response(answer(body, status))
    return caught.value


@pytest.mark.parametrize(
    ("body", "status", "kind", "words"),
    [
        (
            {"code": 40003, "message": "appsecret 错误"},
            200,
            PermanentError,
            "refused app_id and app_secret: appsecret 错误",
        ),
        ({"code": 40001, "message": "appsecret 错误"}, 200, PermanentError, "refused app_id and app_secret"),
        ({"code": 401, "message": "no"}, 401, PermanentError, "refused app_id and app_secret"),
        ({"code": 403, "message": "no"}, 403, PermanentError, "refused app_id and app_secret"),
        (b"<html>", 200, TransientError, "not the token address"),
        (b"<html>", 404, TransientError, "not the token address"),
        (b"", 503, TransientError, "the token call failed"),
        (b"", 429, ThrottledError, "the token call failed"),
        ({"code": 0, "data": {}}, 200, TransientError, "not a token"),
        ({"code": 0, "data": {"access_token": "两\n"}}, 200, TransientError, "not a token"),
        ({"code": 0, "data": "t"}, 200, TransientError, "not a token"),
    ],
)
def test_a_failed_token_call_says_what_to_look_at(
    body: object, status: int, kind: type[PlatformError], words: str
) -> None:
    error = token_error(aigc(), body, status)
    assert type(error) is kind
    assert words in str(error)


def test_a_token_may_be_a_number() -> None:
    assert aigc().parse_token_response(answer({"code": "0", "data": {"access_token": TOKEN}})) == TOKEN
    assert aigc().parse_token_response(answer({"code": 0, "data": {"access_token": 123456}})) == "123456"


def test_the_token_is_kept_for_7000_seconds() -> None:
    assert aigc().token_lifetime_s == 7000


def test_a_check_fetches_a_token() -> None:
    server = Server(ISSUED)
    outcome = ai_client(aigc(), server).check()
    assert outcome.verdict == "ok"
    assert outcome.message.startswith("the token was fetched, ")
    assert server.paths() == ["/api/v1/get_access_token"]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (httpx.Response(200, json={"code": 40003, "message": "appsecret 错误"}), "refused app_id and app_secret"),
        (httpx.Response(404, html="<html>"), "check host and token_path"),
        (httpx.ConnectError("Name or service not known"), "cannot connect"),
        (httpx.ReadTimeout(""), "too slow"),
    ],
)
def test_a_check_tells_wrong_host_wrong_secret_and_slowness_apart(
    reply: httpx.Response | Exception, words: str
) -> None:
    outcome = ai_client(aigc(), Server(reply)).check()
    assert outcome.verdict == "transient"
    assert words in outcome.message
    assert SECRET not in repr(outcome)
