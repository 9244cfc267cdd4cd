"""The table of errors, row by row, as the JinZhi adapter inherits it."""

from __future__ import annotations

import pytest

from taskbridge.commands import Operation
from taskbridge.platforms.http_answers import Outcome, OutcomeKind, Response
from tests.unit.platforms.builders import answer, commands, insert, jinzhi

LISTS = {
    "success_codes": ["0", 200],
    "already_there_codes": ["1001"],
    "already_gone_codes": ["1002"],
    "retry_codes": ["-1"],
}
INSERT, UPDATE, DELETE = Operation.INSERT_TASK, Operation.UPDATE_TASK, Operation.DELETE_TASK
SAVE_INSTANCE, DELETE_INSTANCE = Operation.SAVE_INSTANCE, Operation.DELETE_INSTANCE


def outcome_of(response: Response, operation: Operation = INSERT) -> Outcome:
    return jinzhi(**LISTS).parse_response(commands()[operation], response)


@pytest.mark.parametrize(
    ("errcode", "operation", "verdict"),
    [
        ("0", INSERT, OutcomeKind.OK),
        (0, INSERT, OutcomeKind.OK),
        (0.0, INSERT, OutcomeKind.OK),
        ("200", UPDATE, OutcomeKind.OK),
        (200, UPDATE, OutcomeKind.OK),
        ("993", INSERT, OutcomeKind.TOKEN_REFUSED),
        (993, DELETE, OutcomeKind.TOKEN_REFUSED),
        (-1, UPDATE, OutcomeKind.TRANSIENT),
        ("1001", INSERT, OutcomeKind.ALREADY_THERE),
        (1001, SAVE_INSTANCE, OutcomeKind.ALREADY_THERE),
        ("1001", UPDATE, OutcomeKind.PERMANENT),
        ("1001", DELETE, OutcomeKind.PERMANENT),
        ("1002", DELETE, OutcomeKind.OK),
        (1002, DELETE_INSTANCE, OutcomeKind.OK),
        ("1002", INSERT, OutcomeKind.PERMANENT),
        ("1002", UPDATE, OutcomeKind.PERMANENT),
        ("99", INSERT, OutcomeKind.PERMANENT),
        ("00", INSERT, OutcomeKind.PERMANENT),
        ("", INSERT, OutcomeKind.PERMANENT),
        (10**30, INSERT, OutcomeKind.PERMANENT),
        # What cannot be read says nothing about what the server did.
        (None, INSERT, OutcomeKind.TRANSIENT),
        (True, INSERT, OutcomeKind.TRANSIENT),
        (False, INSERT, OutcomeKind.TRANSIENT),
        (993.0, UPDATE, OutcomeKind.TOKEN_REFUSED),
        (0.5, INSERT, OutcomeKind.TRANSIENT),
        ([], INSERT, OutcomeKind.TRANSIENT),
        ({"code": 0}, INSERT, OutcomeKind.TRANSIENT),
    ],
)
def test_a_code_means_what_its_list_says(errcode: object, operation: Operation, verdict: OutcomeKind) -> None:
    outcome = outcome_of(answer({"errcode": errcode, "errmsg": "说明"}), operation)
    assert outcome.verdict is verdict
    assert outcome.status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502</html>",
        b"null",
        b"[]",
        b'"0"',
        b"0",
        b"{}",
        b'{"errcode":"0"',
        b'{"errcode":"\\ud800"}',
        b'{"errcode":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"x":' * 5000 + b"1" + b"}" * 5000,
    ],
)
def test_an_unreadable_answer_is_transient_and_says_so(body: bytes) -> None:
    outcome = outcome_of(answer(body, content_type="text/html"))
    assert outcome.verdict is OutcomeKind.TRANSIENT
    assert outcome.errcode == ""
    assert "not the JSON that was expected (text/html" in outcome.message


@pytest.mark.parametrize(
    ("status", "errcode", "verdict"),
    [
        (500, "0", OutcomeKind.TRANSIENT),
        (503, "1001", OutcomeKind.TRANSIENT),
        (408, "0", OutcomeKind.TRANSIENT),
        (429, "993", OutcomeKind.THROTTLED),
        (401, "0", OutcomeKind.TOKEN_REFUSED),
        (403, "-1", OutcomeKind.TOKEN_REFUSED),
        (400, "993", OutcomeKind.TOKEN_REFUSED),
        (400, "-1", OutcomeKind.TRANSIENT),
        (409, "1001", OutcomeKind.ALREADY_THERE),
        (400, "0", OutcomeKind.PERMANENT),
        (404, "77", OutcomeKind.PERMANENT),
        (202, "0", OutcomeKind.TRANSIENT),
    ],
)
def test_status_and_code_together(status: int, errcode: str, verdict: OutcomeKind) -> None:
    assert outcome_of(answer({"errcode": errcode}, status)).verdict is verdict


def test_a_delete_of_what_is_gone_succeeds_also_with_http_404() -> None:
    assert outcome_of(answer({"errcode": "1002"}, 404), DELETE).verdict is OutcomeKind.OK
    assert outcome_of(answer({"errcode": "x"}, 404), DELETE).verdict is OutcomeKind.PERMANENT


def test_a_redirect_is_not_followed_and_names_its_target() -> None:
    outcome = outcome_of(answer(b"", 302, location="https://cas.school.edu.cn/login"))
    assert outcome.verdict is OutcomeKind.TRANSIENT
    assert "https://cas.school.edu.cn/login" in outcome.message


def test_the_cause_is_kept() -> None:
    outcome = outcome_of(answer({"errcode": 50012, "errmsg": "sceneCode 不存在"}))
    assert outcome == Outcome(OutcomeKind.PERMANENT, 200, "50012", "sceneCode 不存在", None)


@pytest.mark.parametrize(("errmsg", "message"), [(["a"], '["a"]'), (None, "code '5'"), ("", "code '5'")])
def test_a_message_that_is_no_text_is_kept_as_it_came(errmsg: object, message: str) -> None:
    assert outcome_of(answer({"errcode": "5", "errmsg": errmsg})).message == message


def test_an_answer_in_gb18030_is_read() -> None:
    body = '{"errcode":"0","errmsg":"成功"}'.encode("gb18030")
    assert outcome_of(answer(body)).verdict is OutcomeKind.OK
    refusal = '{"errcode":"5","errmsg":"失败"}'.encode("gb18030")
    assert outcome_of(answer(refusal)).message.strip('"') == "失败"


def test_an_answer_with_half_a_character_is_read() -> None:
    """A subject that the task center repeats, cut in the middle of an emoji."""
    done = answer(b'{"errcode":"0","errmsg":"\\ud83d\\ude00 \\ud83d"}')
    refused = outcome_of(answer(b'{"errcode":"5","errmsg":"\\u6210\\ude00"}'))

    assert outcome_of(done).verdict is OutcomeKind.OK
    assert (refused.verdict, refused.message) == (OutcomeKind.PERMANENT, "成�")


def test_a_byte_order_mark_is_forgiven() -> None:
    assert outcome_of(answer(b'\xef\xbb\xbf{"errcode":"0"}')).verdict is OutcomeKind.OK


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7),
        ({"retry_after": " 1.5 "}, 1.5),
        ({"retry_after": "0"}, 0),
        ({"retry_after": "999999"}, 3600),
        ({"retry_after": "Thu, 01 Jan 1970 00:17:10 GMT"}, 30),
        ({"retry_after": "Thu, 01 Jan 1970 00:00:10 GMT"}, 0),
        ({"retry_after": "Sun, 22 Nov 2026 12:00:00 GMT", "date": "Sun, 22 Nov 2026 11:59:15 GMT"}, 45),
        ({"retry_after": "Sun, 22 Nov 2026 12:00:00 GMT"}, 3600),
        ({"retry_after": "Thursday, 01-Jan-70 00:17:10 GMT"}, 30),
        ({"retry_after": "Thu Jan  1 00:17:10 1970"}, 30),
        ({"retry_after": "Thu, 01 Jan 1970 08:17:10 CST"}, 30),
        ({"retry_after": "1970-01-01T00:17:10Z"}, 30),
        ({"retry_after": "1970-01-01 08:17:10+08:00"}, 30),
        ({"retry_after": "-5"}, None),
        ({"retry_after": "1.2.3"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "²"}, None),
        ({"retry_after": "."}, None),
        ({}, None),
    ],
)
def test_the_wait_a_platform_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    # given an answer that came at 1000 s after the epoch
    for status in (429, 503):
        assert jinzhi().parse_response(insert(), answer(b"", status, **headers)).retry_after == seconds
