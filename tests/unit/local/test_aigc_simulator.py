"""The simulated AI platform: what it takes, what it refuses, and the forms of its answers."""

from __future__ import annotations

import hashlib
import json

import pytest

from local.aigc_simulator import MARK, Operation, Verdict
from tests.unit.local.aigc_caller import Caller, fragments, user_text, verdict_of


@pytest.fixture
def caller() -> Caller:
    return Caller()


def test_a_question_is_answered_from_its_rule_and_form_and_marked(caller: Caller) -> None:
    # when
    answer = caller.ask().json()

    # then
    assert answer["code"] == 0
    assert answer["data"]["answer"].startswith(MARK) or MARK in answer["data"]["answer"]
    assert verdict_of(answer["data"]["answer"])["verdict"] == "approve"
    assert answer["data"]["question_id"]


def test_an_answer_comes_in_three_forms_in_turn(caller: Caller) -> None:
    answers = [caller.ask().json()["data"]["answer"] for _ in range(3)]

    assert [answer.startswith("data: ") for answer in answers].count(True) == 1
    assert ["```json" in answer for answer in answers].count(True) == 1
    assert len({json.dumps(verdict_of(answer)) for answer in answers}) == 1


@pytest.mark.parametrize("form", ["plain", "fenced", "data_lines"])
def test_one_form_may_be_asked_for(form: str) -> None:
    caller = Caller(answer_form=form)

    answers = [caller.ask().json()["data"]["answer"] for _ in range(2)]

    assert answers[0] == answers[1]
    assert ("```json" in answers[0], answers[0].startswith("data: ")) == (form == "fenced", form == "data_lines")


def test_a_stream_brings_the_answer_in_pieces_at_their_time(caller: Caller) -> None:
    # when
    response = caller.ask("talk_stream")
    text, events = fragments(response.text)

    # then
    assert response.headers["content-type"].startswith("text/event-stream")
    assert events == ["end"]
    assert text.startswith(MARK)
    assert verdict_of(text)["verdict"] == "approve"
    assert caller.waited[0] == pytest.approx(0.4)
    assert set(caller.waited[1:]) == {0.025}
    assert len(caller.waited) == -(-len(text) // 4)
    assert caller.platform.calls[-1].verdict is Verdict.ANSWERED


def test_a_stream_may_end_with_done() -> None:
    assert fragments(Caller(stream_end="done").ask("talk_stream").text)[1] == ["DONE"]


def test_a_caller_that_leaves_a_stream_has_not_had_the_answer(caller: Caller) -> None:
    parts = [(name, (None, value)) for name, value in {"access_token": caller.token, "question": "?"}.items()]
    with caller.http.stream("POST", "/api/v1/talk_stream", files=parts) as response:
        next(response.iter_lines())
        under_way = caller.platform.calls[-1].verdict, caller.platform.streaming

    assert under_way == (Verdict.RUNNING, 1)
    assert (caller.platform.calls[-1].verdict, caller.platform.streaming) == (Verdict.UNHEARD, 0)


def test_the_same_file_uploaded_twice_is_two_files(caller: Caller) -> None:
    # when
    ids = [caller.upload(b"%PDF-1.7 x").json()["data"]["file_id"] for _ in range(2)]

    # then
    assert len(set(ids)) == 2
    held = caller.platform.files[ids[0]]
    assert (held.name, held.size, held.ocr) == ("附件1.pdf", 10, True)
    assert held.sha256 == hashlib.sha256(b"%PDF-1.7 x").hexdigest()
    assert caller.ask(file_ids=json.dumps(ids)).json()["code"] == 0


def test_content_with_every_byte_arrives_as_it_was_sent(caller: Caller) -> None:
    content = bytes(range(256)) * 3 + b"\r\n--almost a boundary\r\n"

    file_id = caller.upload(content, name="a.bin", ocr="false").json()["data"]["file_id"]

    assert caller.platform.files[file_id].sha256 == hashlib.sha256(content).hexdigest()


def test_a_visitor_asks_without_a_uid(caller: Caller) -> None:
    assert caller.ask("visitor").json()["code"] == 0
    assert "uid" in caller.ask("visitor", uid="u-1").json()["message"]
    assert "uid" in caller.ask("talk", uid="").json()["message"]


def test_models_are_listed_by_header_or_query(caller: Caller) -> None:
    by_header = caller.http.get("/api/v1/models", headers={"access_token": caller.token}).json()
    by_query = caller.http.get("/api/v1/models", params={"access_token": caller.token}).json()

    assert by_header == by_query
    assert by_header["data"][0] == {"model": "Qwen2.5-32B-Instruct", "name": "Qwen2.5-32B-Instruct"}


def test_feedback_is_kept_with_the_question_that_it_is_about(caller: Caller) -> None:
    # given
    question_id = caller.ask().json()["data"]["question_id"]
    feedback = {"access_token": caller.token, "tag": "useful", "comment": "好"}

    # when
    known = caller.http.post("/api/v1/feedback", json={**feedback, "question_id": question_id})
    unknown = caller.http.post("/api/v1/feedback", json={**feedback, "question_id": "q-else"})

    # then
    assert (caller.code(known), caller.code(unknown)) == ("0", "40403")
    assert (caller.platform.calls[-2].asked.tag, caller.platform.calls[-2].asked.question_id) == ("useful", question_id)


def test_only_the_right_secret_gets_a_token(caller: Caller) -> None:
    assert caller.code(caller.fetch_token(secret="another")) == "40101"
    assert caller.platform.tokens_issued == 1


def test_a_token_ends_with_its_lifetime_or_when_told_to(caller: Caller) -> None:
    caller.now += 7_201
    assert caller.code(caller.ask()) == "40001"
    caller.token = caller.fetch_token().json()["data"]["access_token"]
    assert caller.code(caller.ask()) == "0"
    caller.platform.expire_tokens()
    assert caller.code(caller.ask()) == "40001"


def test_a_file_is_unknown_once_it_has_expired(caller: Caller) -> None:
    # given
    file_ids = json.dumps([caller.upload().json()["data"]["file_id"]])
    assert caller.code(caller.ask(file_ids=file_ids)) == "0"

    # when
    caller.platform.expire_files()

    # then
    assert caller.code(caller.ask(file_ids=file_ids)) == "40401"


@pytest.mark.parametrize(
    ("fields", "code", "named"),
    [
        ({"question": "  "}, "40002", "question"),
        ({"file_ids": "file-1"}, "40002", "file_ids"),
        ({"file_ids": '["file-1"]'}, "40401", "file-1"),
        ({"model": "gpt-x"}, "40402", "gpt-x"),
        ({"access_token": "stale"}, "40001", "access_token"),
        ({"question": "长" * 100_001}, "41300", "100000"),
    ],
)
def test_a_question_that_the_real_platform_would_refuse_is_refused(
    caller: Caller, fields: dict[str, str], code: str, named: str
) -> None:
    response = caller.ask(**fields)

    assert (response.status_code, caller.code(response)) == (200, code)
    assert named in response.json()["message"]
    assert caller.platform.calls[-1].verdict is Verdict.REFUSED


@pytest.mark.parametrize(
    ("file", "ocr", "named"),
    [
        (("a.pdf", b"%PDF-1.7"), "false", "ocr"),
        (("a.pdf", b"%PDF-1.7"), "yes", "ocr"),
        (("a.pdf", b""), "true", "empty"),
        (None, "true", "file"),
    ],
)
def test_an_upload_that_cannot_be_used_is_refused(
    caller: Caller, file: tuple[str, bytes] | None, ocr: str, named: str
) -> None:
    response = caller.form("upload", {"access_token": caller.token, "ocr": ocr}, file)

    assert caller.code(response) == "40002"
    assert named in response.json()["message"]
    assert caller.platform.files == {}


def test_what_is_no_call_is_turned_away(caller: Caller) -> None:
    answers = [
        caller.http.post("/api/v1/nothing"),
        caller.http.get("/api/v1/talk"),
        caller.http.post("/api/v1/talk", json={"question": user_text()}),
        caller.http.post("/api/v1/talk", content=b"x", headers={"content-type": "multipart/form-data; boundary=b"}),
        caller.http.post("/api/v1/get_access_token", content=b"{"),
        caller.http.post("/api/v1/get_access_token", content=b"{", headers={"content-type": "application/json"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 405, 415, 400, 415, 400]
    assert {answer.headers["x-simulator"] for answer in answers} == {"aigc"}
    assert [call.operation for call in caller.platform.calls[1:3]] == [Operation.UNKNOWN, Operation.TALK]


def test_everything_but_faults_survives_a_restart(caller: Caller) -> None:
    # given
    file_id = caller.upload().json()["data"]["file_id"]
    question_id = caller.ask().json()["data"]["question_id"]
    again = Caller()

    # when
    again.platform.restore(caller.platform.snapshot())
    again.token = caller.token

    # then
    assert again.code(again.ask(file_ids=json.dumps([file_id]))) == "0"
    feedback = {"access_token": again.token, "tag": "useful", "question_id": question_id}
    assert again.code(again.http.post("/api/v1/feedback", json=feedback)) == "0"
    assert again.platform.counts()["talk"] == {"answered": 2}
