"""The table of signals, row by row: what an answer means, whatever platform gave it."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.errors import (
    ContentRefused,
    IncompleteAnswer,
    PermanentError,
    PlatformError,
    QuotaExhausted,
    ThrottledError,
    TokenRefused,
    TransientError,
)
from taskbridge.platforms.ai_failures import Failure, FailureCodes, check_finish, error_for
from taskbridge.platforms.ai_platform import AiPlatform
from tests.unit.platforms.ai_builders import ai_client, aigc, completed, openai, question
from tests.unit.platforms.builders import Server, answer

BOTH = [pytest.param(aigc(), id="Aigc"), pytest.param(openai(), id="OpenAICompatible")]


def error_of(platform: AiPlatform, body: object, status: int = 200, **headers: str) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        platform.parse_answer(answer(body, status, **headers))
    return caught.value


def openai_error(code: object, kind: str = "") -> dict[str, object]:
    return {"error": {"message": "no", "type": kind or None, "param": None, "code": code}}


@pytest.mark.parametrize("platform", BOTH)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, TransientError),
        (502, TransientError),
        (503, TransientError),
        (504, TransientError),
        (408, TransientError),
        (302, TransientError),
        (401, TokenRefused),
        (429, ThrottledError),
        (402, QuotaExhausted),
        (403, QuotaExhausted),
        (413, PermanentError),
    ],
)
def test_the_http_status_is_classified_whatever_the_body(
    platform: AiPlatform, status: int, kind: type[PlatformError]
) -> None:
    for body in (b"", b"<html>", {"code": 77, "message": "no"}, openai_error("unknown")):
        error = error_of(platform, body, status)
        assert type(error) is kind
        assert error.status == status
        assert str(error)


@pytest.mark.parametrize("platform", BOTH)
@pytest.mark.parametrize("status", [400, 404, 405, 422])
def test_a_4xx_without_json_may_pass_and_one_with_json_does_not(platform: AiPlatform, status: int) -> None:
    assert type(error_of(platform, b"<html>404 Not Found</html>", status)) is TransientError
    assert type(error_of(platform, b"", status)) is TransientError
    assert type(error_of(platform, {"code": 77, "message": "no"}, status)) is PermanentError
    assert type(error_of(platform, openai_error("unknown"), status)) is PermanentError


@pytest.mark.parametrize("platform", BOTH)
@pytest.mark.parametrize(("seconds", "wait"), [("17", 17.0), ("", None), ("soon", None)])
def test_a_throttled_answer_brings_the_wait_of_its_header_or_none(
    platform: AiPlatform, seconds: str, wait: float | None
) -> None:
    headers = {"retry_after": seconds} if seconds else {}
    assert error_of(platform, b"", 429, **headers).retry_after == wait


@pytest.mark.parametrize("code", ["Arrearage", "insufficient_quota", "provider_quota_exceeded"])
@pytest.mark.parametrize("status", [200, 400, 403, 429])
def test_quota_and_debt_are_for_an_operator_whatever_the_status(code: str, status: int) -> None:
    assert type(error_of(openai(), openai_error(code), status)) is QuotaExhausted
    assert type(error_of(openai(), openai_error(None, code), status)) is QuotaExhausted
    assert type(error_of(aigc(), {"code": code, "message": "no"}, status)) is QuotaExhausted


@pytest.mark.parametrize("code", ["DataInspectionFailed", "data_inspection_failed", "content_filter"])
@pytest.mark.parametrize("status", [200, 400])
def test_a_content_filter_is_for_a_person(code: str, status: int) -> None:
    assert type(error_of(openai(), openai_error(code), status)) is ContentRefused
    assert type(error_of(aigc(), {"code": code, "message": "no"}, status)) is ContentRefused


@pytest.mark.parametrize("code", [401, "401", 40001, "40001"])
def test_the_token_expired_codes_of_aigc_refuse_the_token(code: object) -> None:
    assert type(error_of(aigc(), {"code": code, "message": "token 过期"})) is TokenRefused


@pytest.mark.parametrize(
    ("code", "kind"), [(429, ThrottledError), (503, TransientError), (403, QuotaExhausted), (400, PermanentError)]
)
def test_a_code_that_is_an_http_status_counts_as_one(code: int, kind: type[PlatformError]) -> None:
    assert type(error_of(aigc(), {"code": code, "message": "no"})) is kind
    assert type(error_of(openai(), openai_error(code))) is kind


def test_the_lists_in_the_settings_decide() -> None:
    platform = aigc(retry_codes=["7"], quota_codes=["8"], refused_codes=["9"], token_expired_codes=["10"])
    kinds = [type(error_of(platform, {"code": code, "message": "no"})) for code in (7, 8, 9, 10, 11, 40001)]
    refused = [TransientError, QuotaExhausted, ContentRefused, TokenRefused, PermanentError, PermanentError]
    assert kinds == refused


@pytest.mark.parametrize("platform", BOTH)
@pytest.mark.parametrize("body", [b"", b"<html>portal</html>", b"[]", b"null", b'{"data":', b"\xff\xfe"])
def test_an_answer_that_cannot_be_read_may_be_another_next_time(platform: AiPlatform, body: bytes) -> None:
    assert type(error_of(platform, body)) is TransientError


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"message": "too long", "type": "BadRequestError", "code": 400}}, "400"),
        ({"object": "error", "message": "too long", "type": "BadRequestError", "code": 400}, "400"),
        ({"code": "InvalidParameter", "message": "too long", "request_id": "r"}, "InvalidParameter"),
        ({"error": "too long"}, ""),
    ],
)
def test_errors_of_every_vendor_keep_their_code_and_message(body: object, code: str) -> None:
    error = error_of(openai(), body, 400)
    assert (type(error), error.errcode, str(error)) == (PermanentError, code, "too long")


@pytest.mark.parametrize(
    ("finish", "kind"),
    [
        ("length", IncompleteAnswer),
        ("insufficient_system_resource", IncompleteAnswer),
        ("content_filter", ContentRefused),
        ("sensitive", ContentRefused),
        ("SAFETY", ContentRefused),
        ("refusal", ContentRefused),
    ],
)
def test_an_end_that_is_not_the_end_of_an_answer_is_none(finish: str, kind: type[PlatformError]) -> None:
    with pytest.raises(kind) as caught:
        ai_client(openai(), Server(completed("同意", finish))).ask(question())
    assert caught.value.errcode == finish
    # The model was paid all the same.
    assert caught.value.usage is not None
    assert caught.value.usage.input_tokens == 1200


@pytest.mark.parametrize("finish", ["", "stop", "null"])
def test_an_answer_that_came_to_its_end_is_one(finish: str) -> None:
    check_finish(finish)


def test_a_refusal_of_the_model_is_no_answer() -> None:
    server = Server(completed(None, "stop", refusal="I cannot help with that"))
    with pytest.raises(ContentRefused):
        ai_client(openai(), server).ask(question())


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_answer_is_incomplete(text: str) -> None:
    with pytest.raises(IncompleteAnswer, match="empty"):
        ai_client(openai(), Server(completed(text))).ask(question())


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ConnectTimeout(""), httpx.ReadTimeout(""), httpx.ReadError("reset")]
)
def test_no_answer_is_transient(error: Exception) -> None:
    for ask in ("ask", "stream"):
        client = ai_client(openai(), Server(error))
        with pytest.raises(TransientError) as caught:
            client.ask(question()) if ask == "ask" else client.stream(question(), lambda _: None)
        assert type(caught.value) is TransientError
        assert caught.value.status is None


def test_a_run_that_fails_for_a_reason_nobody_knows_may_succeed_next_time() -> None:
    assert type(error_for(Failure(200, ("77",), "no", running=True), FailureCodes())) is TransientError
    assert type(error_for(Failure(200, ("77",), "no"), FailureCodes())) is PermanentError


@given(
    st.integers(100, 599),
    st.lists(st.text(max_size=6), max_size=3),
    st.booleans(),
    st.booleans(),
)
def test_every_failure_is_an_error_of_the_tree(status: int, codes: list[str], readable: bool, running: bool) -> None:
    error = error_for(Failure(status, tuple(codes), "", None, readable, running), openai().codes)
    assert isinstance(error, TransientError | PermanentError)
    assert str(error)
