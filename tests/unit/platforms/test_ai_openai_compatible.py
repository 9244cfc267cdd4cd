"""OpenAI-compatible: chat completions, structured output as the model is able, files that have to be read first."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import httpx
import pytest

from taskbridge.errors import ConfigurationError, IncompleteAnswer, PermanentError, TransientError
from taskbridge.platforms.ai import ModelInfo
from tests.unit.platforms.ai_builders import (
    DONE,
    OPENAI,
    SYSTEM,
    USAGE,
    USER,
    ai_client,
    chunk,
    completed,
    event_stream,
    openai,
    parts_of,
    question,
)
from tests.unit.platforms.ai_suite import AiPlatformBehaviour
from tests.unit.platforms.builders import SECRET, TOKEN, Server

SCHEMA = {"type": "object", "properties": {"verdict": {"type": "string"}}, "required": ["verdict"]}
PARTED = [
    {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}
    for text, finish in (("金额", None), ("不", None), ("符合要求", "stop"))
]
MESSAGES = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": USER}]


class TestBehaviour(AiPlatformBehaviour):
    class_name = "OpenAICompatible"
    settings = OPENAI
    success = json.loads(completed("同意。").content)
    frames = (chunk(""), chunk("同"), chunk("意"), chunk("。"), chunk(None, "stop"), USAGE, DONE)
    uploaded: ClassVar = {"id": "file-1", "object": "file", "status": "processed"}


def body_of(**changes: Any) -> dict[str, Any]:
    stream = changes.pop("stream", False)
    settings = changes.pop("settings", {})
    asked = question(**{"model": "qwen-plus", **changes})
    body = openai(**settings).build_question(asked, TOKEN, stream=stream).json
    assert isinstance(body, dict)
    return body


# Questions


def test_a_question_is_a_chat_completion() -> None:
    server = Server(completed("同意"))
    ai_client(openai(), server).ask(question())
    (request,) = server.requests
    assert str(request.url) == "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert json.loads(request.content) == {
        "model": "qwen-plus",
        "messages": MESSAGES,
        "stream": False,
        "max_tokens": 8_192,
        "temperature": 0.0,
    }


def test_how_long_an_answer_may_be_is_said_as_the_model_is_able() -> None:
    models = [{"model": "qwen-plus", "output_tokens": 1_500}]

    assert body_of(settings={"models": models})["max_tokens"] == 1_500


def test_more_fields_of_a_request_can_be_set() -> None:
    assert body_of(settings={"extra_body": {"enable_thinking": False}})["enable_thinking"] is False


@pytest.mark.parametrize("name", ["model", "messages", "stream", "max_tokens", "response_format"])
def test_what_a_question_says_itself_cannot_be_set(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"extra_body.{name}"):
        openai(extra_body={name: 1})


@pytest.mark.parametrize("finish", ["stop", "STOP", "eos_token", "end_turn", "eos", None])
def test_every_word_for_an_end_is_one(finish: str | None) -> None:
    whole = {"choices": [{"message": {"content": "同意"}, "finish_reason": finish}]}
    assert ai_client(openai(), Server(httpx.Response(200, json=whole))).ask(question()).text == "同意"

    streamed = event_stream(chunk("同意", finish), DONE)
    assert ai_client(openai(), Server(streamed)).stream(question(), lambda _: None).text == "同意"


def test_a_connection_that_closes_in_order_behind_the_end_of_the_model_is_an_end() -> None:
    told: list[str] = []

    reply = ai_client(openai(), Server(event_stream(chunk("同意"), chunk("", "stop")))).stream(question(), told.append)

    assert (reply.text, told) == ("同意", ["同意"])


def test_events_that_are_parted_by_one_newline_are_read() -> None:
    body = "\n".join(f"data: {json.dumps(part, ensure_ascii=False)}" for part in PARTED) + "\ndata: [DONE]\n\n"
    answer = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body.encode())

    assert ai_client(openai(), Server(answer)).stream(question(), lambda _: None).text == "金额不符合要求"


@pytest.mark.parametrize("cut", [8, 30, -1])
def test_an_event_that_came_in_part_does_not_vanish_from_the_answer(cut: int) -> None:
    first, second, third = (json.dumps(part, ensure_ascii=False) for part in PARTED)
    body = f"data: {first}\n\ndata: {second[:cut]}\n\ndata: {third}\n\ndata: [DONE]\n\n"
    answer = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body.encode())

    with pytest.raises(IncompleteAnswer):
        ai_client(openai(), Server(answer)).stream(question(), lambda _: None)


@pytest.mark.parametrize("key", ["reasoning", "reasoning_content"])
def test_an_answer_that_stands_wholly_in_the_thinking_is_marked_as_that(key: str) -> None:
    whole = {"choices": [{"message": {"content": None, key: "我想想：同意"}, "finish_reason": "stop"}]}
    parts = [{"choices": [{"index": 0, "delta": {key: text}}]} for text in ("我想想：", "同意")]
    body = "".join(f"data: {json.dumps(part, ensure_ascii=False)}\n\n" for part in parts) + "data: [DONE]\n\n"
    streamed = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body.encode())
    told: list[str] = []

    asked = ai_client(openai(), Server(httpx.Response(200, json=whole))).ask(question())
    watched = ai_client(openai(), Server(streamed)).stream(question(), told.append)

    assert asked.text == watched.text == "<think>我想想：同意</think>"
    assert told == []


def test_a_message_in_parts_is_read_without_what_is_no_text() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "想"}]}
    parts = [thinking, {"type": "text", "text": "同意"}, {"type": "text", "text": "该申请"}, "x", None]
    whole = {"choices": [{"message": {"content": parts}, "finish_reason": "stop"}]}
    pieces = [{"choices": [{"index": 0, "delta": {"content": [part]}}]} for part in parts]
    body = "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces) + "data: [DONE]\n\n"
    streamed = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body.encode())

    assert ai_client(openai(), Server(httpx.Response(200, json=whole))).ask(question()).text == "同意该申请"
    assert ai_client(openai(), Server(streamed)).stream(question(), lambda _: None).text == "同意该申请"


def test_a_stream_asks_for_its_usage() -> None:
    body = body_of(stream=True)
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})


def test_the_usage_of_a_stream_is_kept() -> None:
    client = ai_client(openai(), Server(event_stream(chunk("同意", "stop"), USAGE, DONE)))
    reply = client.stream(question(), lambda _: None)
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.estimated) == (900, 70, False)
    assert (reply.question_id, reply.model) == ("chatcmpl-1", "qwen-plus")


def test_the_person_who_asks_is_not_told() -> None:
    assert "2026002" not in json.dumps(body_of())


def test_a_temperature_that_a_model_does_not_take_is_left_out() -> None:
    assert "temperature" not in body_of(settings={"temperature": -1})
    assert body_of(settings={"temperature": 0.3})["temperature"] == 0.3


def test_files_stand_in_a_first_system_message_of_their_own() -> None:
    assert body_of(file_ids=("f-1", "f-2"))["messages"] == [
        {"role": "system", "content": "fileid://f-1,fileid://f-2"},
        *MESSAGES,
    ]


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("Qwen2.5-32B-Instruct", "json_schema"),
        ("Qwen/Qwen2.5-32B-Instruct-AWQ", "json_schema"),
        ("qwen3-max", "json_schema"),
        ("qwen-plus-2025-07-28", "json_schema"),
        ("qwen-max", "json_object"),
        ("qwen-max-latest", "json_object"),
        ("unknown", "none"),
    ],
)
def test_structured_output_is_asked_for_as_far_as_the_model_is_able(model: str, kind: str) -> None:
    expected = {
        "json_schema": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}},
        "json_object": {"type": "json_object"},
        "none": None,
    }[kind]
    assert body_of(model=model, schema=SCHEMA).get("response_format") == expected
    assert "response_format" not in body_of(model=model)


def test_a_json_object_is_asked_for_by_the_word_json() -> None:
    said = body_of(model="qwen-max", schema=SCHEMA)["messages"]
    assert said == MESSAGES
    unsaid = body_of(model="qwen-max", schema=SCHEMA, system="按规则审核。", user="表单")["messages"]
    assert "json" in unsaid[0]["content"].lower()


def test_a_setting_says_what_another_model_is_able_to() -> None:
    settings = {"models": [{"model": "campus", "structured": "json_schema"}]}
    assert body_of(model="campus", schema=SCHEMA, settings=settings)["response_format"]["type"] == "json_schema"


def test_a_schema_stands_beside_the_object_where_a_server_takes_it_so() -> None:
    """llama.cpp's Python server refuses `json_schema` with HTTP 500, and keeps to a schema that stands here."""
    settings = {"models": [{"model": "campus", "structured": "json_object_schema"}]}
    asked = body_of(model="campus", schema=SCHEMA, settings=settings)["response_format"]
    assert asked == {"type": "json_object", "schema": SCHEMA}


def test_qwen_25_is_taken_with_the_context_that_it_has_without_tricks() -> None:
    limits = ai_client(openai(), Server()).limits("Qwen2.5-32B-Instruct")
    assert (limits.context_tokens, limits.output_tokens) == (32_768, 8_192)


# Answers


@pytest.mark.parametrize("body", [{"choices": []}, {"choices": [{"message": {}}]}, {"choices": "x"}, {"id": "c"}])
def test_a_success_without_a_message_may_be_another_next_time(body: dict[str, Any]) -> None:
    with pytest.raises(TransientError, match="no message"):
        ai_client(openai(), Server(httpx.Response(200, json=body))).ask(question())


def test_an_error_member_that_is_null_is_no_error() -> None:
    body = {**json.loads(completed("同意").content), "error": None}
    assert ai_client(openai(), Server(httpx.Response(200, json=body))).ask(question()).text == "同意"


def test_a_404_of_a_streaming_question_is_no_reason_to_ask_again() -> None:
    server = Server(httpx.Response(404, json={"error": {"message": "no such model", "code": "model_not_found"}}))
    with pytest.raises(PermanentError, match="no such model"):
        ai_client(openai(), server).stream(question(), lambda _: None)
    assert len(server.requests) == 1


# Files


# As llama.cpp's Python server answered them, word for word but for the path of its files.
TOO_LONG = {
    "error": {
        "message": (
            "This model's maximum context length is 8192 tokens. However, you requested 20272 tokens (20016 in the "
            "messages, 256 in the completion). Please reduce the length of the messages or completion."
        ),
        "type": "invalid_request_error",
        "param": "messages",
        "code": "context_length_exceeded",
    }
}


def test_a_stream_that_holds_nothing_is_asked_for_as_a_whole_which_says_why() -> None:
    server = Server(event_stream(), httpx.Response(400, json=TOO_LONG))
    with pytest.raises(PermanentError, match="maximum context length") as caught:
        ai_client(openai(), server).stream(question(), lambda _: None)
    assert caught.value.errcode == "context_length_exceeded"
    assert [json.loads(request.content)["stream"] for request in server.requests] == [True, False]


def test_a_gateway_that_ends_an_empty_stream_in_order_is_asked_as_a_whole_too() -> None:
    """As LiteLLM's proxy does where llama.cpp's server behind it refuses a question that is too long."""
    refused = {"error": {"message": "ContextWindowExceededError: 8192 tokens", "type": None, "code": "400"}}
    server = Server(event_stream(chunk(None, "stop"), chunk(None), DONE), httpx.Response(400, json=refused))
    with pytest.raises(PermanentError, match="ContextWindowExceededError"):
        ai_client(openai(), server).stream(question(), lambda _: None)
    assert [json.loads(request.content)["stream"] for request in server.requests] == [True, False]


def test_a_server_that_streams_nothing_still_gives_its_answer() -> None:
    heard: list[str] = []
    reply = ai_client(openai(), Server(event_stream(), completed("同意。"))).stream(question(), heard.append)
    assert (reply.text, heard) == ("同意。", ["同意。"])


@pytest.mark.parametrize(("status", "detail"), [(401, "Invalid API key"), (404, "Not Found")])
def test_what_a_server_says_in_a_bare_detail_is_told(status: int, detail: str) -> None:
    server = Server(*[httpx.Response(status, json={"detail": detail})] * 2)
    with pytest.raises((PermanentError, TransientError), match=detail):
        ai_client(openai(), server).models()


def test_a_stream_without_usage_has_it_estimated() -> None:
    """llama.cpp's Python server tells none in a stream, whatever it is asked for."""
    frames = (chunk(""), chunk("同意。"), chunk(None, "stop"), DONE)
    reply = ai_client(openai(), Server(event_stream(*frames))).stream(question(), lambda _: None)
    assert reply.estimated
    assert reply.usage.output_tokens > 0


def test_an_upload_waits_until_the_platform_has_read_the_file() -> None:
    # given a file that is read at the third look
    server = Server(
        httpx.Response(200, json={"id": "file/1", "status": "uploaded"}),
        httpx.Response(200, json={"id": "file/1", "status": "processing"}),
        httpx.Response(200, json={"id": "file/1", "status": "processed", "expires_at": 1_790_000_000}),
    )
    pauses: list[float] = []
    # when
    upload = ai_client(openai(), server, sleep=pauses.append).upload("附件1.pdf", b"%PDF", ocr=True)
    # then
    assert (upload.file_id, upload.expires_at) == ("file/1", 1_790_000_000.0)
    assert pauses == [0.5, 1.0]
    assert parts_of(server.requests[0]) == {
        "purpose": "file-extract",
        "file": "%PDF",
        "file.filename": "附件1.pdf",
        "file.type": "application/pdf",
    }
    assert [request.method for request in server.requests] == ["POST", "GET", "GET"]
    assert server.requests[1].url.raw_path.endswith(b"/files/file%2F1")


def test_a_file_that_is_never_read_may_be_read_later() -> None:
    server = Server(httpx.Response(200, json={"id": "file-1", "status": "processing"}))
    with pytest.raises(TransientError, match="still reading"):
        ai_client(openai(upload_timeout_s=5), server).upload("附件1.pdf", b"%PDF", ocr=True)
    assert len(server.requests) > 2


def test_a_file_that_cannot_be_read_is_refused() -> None:
    server = Server(httpx.Response(200, json={"id": "file-1", "status": "error"}))
    with pytest.raises(PermanentError, match="cannot read the file"):
        ai_client(openai(), server).upload("附件1.pdf", b"%PDF", ocr=True)


def test_no_file_goes_to_the_platform_unless_a_setting_says_so() -> None:
    assert ai_client(openai(), Server()).files == "none"


# Models, feedback, connection


def test_models_are_listed() -> None:
    rows = [{"id": "qwen-plus", "object": "model"}, {"object": "model"}, "x"]
    server = Server(httpx.Response(200, json={"object": "list", "data": rows}))
    assert ai_client(openai(), server).models() == (ModelInfo("qwen-plus", "qwen-plus"),)
    assert server.requests[0].url.path == "/compatible-mode/v1/models"


def test_feedback_is_refused_since_there_is_no_call_for_it() -> None:
    server = Server(httpx.Response(200, json={}))
    with pytest.raises(PermanentError, match="no feedback call"):
        ai_client(openai(), server).feedback("q-1", "like", "")
    assert server.requests == []


def test_a_check_lists_the_models() -> None:
    server = Server(httpx.Response(200, json={"data": [{"id": "a"}, {"id": "b"}]}))
    outcome = ai_client(openai(), server).check()
    assert outcome.verdict == "ok"
    assert outcome.message.startswith("2 models, ")


@pytest.mark.parametrize(
    ("reply", "verdict", "words"),
    [
        (
            httpx.Response(401, json={"error": {"message": "bad key", "code": "invalid_api_key"}}),
            "transient",
            "bad key",
        ),
        (httpx.Response(404, html="<html>"), "transient", "HTTP 404, with no JSON (text/html"),
        (httpx.ConnectError("Name or service not known"), "transient", "cannot connect"),
    ],
)
def test_a_check_tells_a_wrong_address_from_a_wrong_key(
    reply: httpx.Response | Exception, verdict: str, words: str
) -> None:
    outcome = ai_client(openai(), Server(reply)).check()
    assert outcome.verdict == verdict
    assert words in outcome.message


@pytest.mark.parametrize(
    ("entered", "address"),
    [
        ("https://api.deepseek.com", "https://api.deepseek.com"),
        (" http://10.1.2.3:8000/v1/ ", "http://10.1.2.3:8000/v1"),
        ("https://x.edu.cn/a/b/v1", "https://x.edu.cn/a/b/v1"),
    ],
)
def test_a_base_url_is_taken_with_its_path(entered: str, address: str) -> None:
    assert openai(base_url=entered).address == address


@pytest.mark.parametrize(
    "entered", ["dashscope.aliyuncs.com/v1", "https://u:p@x.edu.cn/v1", "https:///v1", "ftp://x/v1", ""]
)
def test_a_base_url_that_is_none_is_refused_by_name(entered: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^base_url: ") as caught:
        openai(base_url=entered)
    assert "u:p" not in str(caught.value)


FIELD_CUT = [
    "ta: {}",
    "d\nta: {}",
    "d\n\nta: {}",
    "a: {}",
    "a:{}",
    "data\n: {}",
    ": {}",
    "{}",
    "dat\ra: {}",
    " data: {}",
]


@pytest.mark.parametrize("written", FIELD_CUT)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_event_whose_field_name_is_cut_does_not_vanish(written: str, place: int) -> None:
    frames = [chunk("金额"), chunk("不"), chunk("符合要求", "stop")]
    frames[place] = written.format(frames[place].removeprefix("data: ").strip()) + "\n\n"

    with pytest.raises(TransientError, match="in part only"):
        ai_client(openai(), Server(event_stream(*frames, DONE))).stream(question(), lambda _: None)


def test_fields_that_nobody_knows_and_comments_say_nothing() -> None:
    frames = [
        ": ping\n\n",
        "status: 200\n",
        chunk("金额"),
        ":HTTP_STATUS/200\n",
        "retry: 3\nid: 1\n",
        chunk("符合", "stop"),
    ]

    assert (
        ai_client(openai(), Server(event_stream(*frames, DONE))).stream(question(), lambda _: None).text == "金额符合"
    )
