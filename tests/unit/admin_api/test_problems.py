"""Errors as answers: the right status, a code that stays the same, and no text that is nobody's business."""

from __future__ import annotations

import ast
import json
import logging
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynamodb.exceptions import PutError

from admin_api.problems import Problem, invalid, not_found, to_problem, to_response
from local.settings import ROOT
from taskbridge.errors import (
    ConfigurationError,
    InvalidEvent,
    PermanentError,
    StaleVersion,
    StoreError,
    TransientError,
)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (not_found("platform"), 404, "not_found"),
        (ConfigurationError("settings.host", "expected a URL"), 422, "invalid_setting"),
        (InvalidEvent("app.app_id", "missing"), 422, "invalid_event"),
        (StaleVersion("version 3"), 409, "version_conflict"),
        (StoreError("Query: ThrottlingException"), 503, "try_later"),
        (TransientError("no answer"), 503, "try_later"),
        (PermanentError("refused"), 503, "try_later"),
        (PutError("unreachable"), 503, "try_later"),
        (ZeroDivisionError("secret 4711"), 500, "internal_error"),
    ],
)
def test_each_error_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    problem = to_problem(error)
    assert (problem.status, problem.code) == (status, code)


@pytest.mark.parametrize("error", [StoreError("table taskbridge-events"), ZeroDivisionError("secret 4711")])
def test_what_went_wrong_inside_is_logged_and_not_told(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        told = to_response(to_problem(error), "urn:x")
    assert str(error) not in str(told.body)
    assert str(error) in caplog.text


def test_a_setting_that_cannot_be_used_is_named() -> None:
    problem = to_problem(ConfigurationError("checks[0].expression", "expected a comparison"))
    assert problem.errors == [
        {
            "in": "body",
            "field": "checks[0].expression",
            "problem": "expected a comparison",
            "kind": "other",
            "values": {},
        }
    ]


def test_the_answer_is_a_problem_of_rfc_9457() -> None:
    # when
    answer = to_response(invalid("from", "expected a time", where="query"), "urn:taskbridge:request:r-1")

    # then
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(str(answer.body)) == {
        "type": "urn:taskbridge:problem:invalid_request",
        "title": "Unprocessable Entity",
        "status": 422,
        "code": "invalid_request",
        "detail": "from: expected a time",
        "instance": "urn:taskbridge:request:r-1",
        "errors": [{"in": "query", "field": "from", "problem": "expected a time", "kind": "other", "values": {}}],
    }


def test_headers_of_a_problem_are_headers_of_the_answer() -> None:
    answer = to_response(Problem(429, "too_many_calls", "Wait.", headers={"Retry-After": "7"}), "urn:x")
    assert answer.headers["Retry-After"] == "7"


@given(st.text(st.characters()), st.text(st.characters()))
def test_any_text_can_be_told(detail: str, field: str) -> None:
    body = to_response(Problem(422, "invalid_request", detail, errors=[{"field": field}]), "urn:x").body
    assert json.loads(str(body).encode())["code"] == "invalid_request"


def test_what_the_api_says_of_errors_is_in_english() -> None:
    """But for the words of a call itself, which are put in while it runs."""
    calls = [
        (path.name, text)
        for folder in ("functions/admin_api", "layers/common/taskbridge")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Problem", "ConfigurationError", "invalid"}
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(text := each.value, str)
    ]

    assert len(calls) > 100
    assert [call for call in calls if re.search("[\u4e00-\u9fff]", call[1])] == []
