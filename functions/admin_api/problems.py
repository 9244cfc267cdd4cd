"""Errors as answers: RFC 9457 problem details, each with a code that stays the same."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
    ResponseValidationError,
)
from pynamodb.exceptions import PynamoDBException

from admin_api.problem_codes import FLAW_OF_PYDANTIC
from taskbridge.errors import ConfigurationError, InvalidEvent, PlatformError, StaleVersion, StoreError
from taskbridge.flaws import OTHER, Flaw, as_flaw

PROBLEM_TYPE = "application/problem+json"
_TEXT_CHARS = 500
_ERRORS = 20
_SHOWN_CHARS = 20
_NOTHING_CAME = frozenset({"missing", "extra_forbidden"})
_LOST = "ConditionalCheckFailedException"
logger = logging.getLogger("admin_api")


class Problem(Exception):
    """A refusal that the caller is told.

    `code` stays the same from version to version, `detail` is for people. `errors` name what is wrong with the
    request: `{"in": "body", "field": "settings.host", "problem": "...", "kind": "missing", "values": {}}`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}


def not_found(what: str) -> Problem:
    """404: it is not there, or it is somebody else's."""
    return Problem(404, "not_found", f"There is no such {what}.")


def conflict(code: str, detail: str) -> Problem:
    """409: what is there does not allow it."""
    return Problem(409, code, detail)


def invalid(field: str, problem: str, where: str = "body", code: str = "invalid_request") -> Problem:
    """422: a field of the request cannot be used. `where` is body, query, path or header."""
    return Problem(422, code, f"{field}: {problem}", errors=[_tell(where, field, as_flaw(problem))])


def _tell(where: str, field: str, flaw: Flaw) -> dict[str, Any]:
    return {"in": where, "field": field, "problem": str(flaw), "kind": flaw.kind, "values": dict(flaw.values)}


def check_read(stored: int, read_at: int | None) -> None:
    """Raises StaleVersion where what is to be changed was read at another version than it has now; None: at any."""
    if read_at is not None and read_at != stored:
        raise StaleVersion(f"read at version {read_at}, and stored is {stored}")


def try_later(retry_after_s: float = 5) -> Problem:
    """503: a table, a queue or a platform does not answer just now."""
    headers = {"Retry-After": str(max(1, round(retry_after_s)))}
    return Problem(503, "try_later", "Something behind the API does not answer. Try again.", headers=headers)


def to_problem(error: Exception) -> Problem:
    """What a caller is told of an error. One that nobody expected is told without its text, which the log has."""
    if isinstance(error, Problem):
        return error
    refused = _refusal_of(error)
    if refused is not None:
        return refused
    if isinstance(error, ResponseValidationError):
        # Not the values: an answer may hold a form.
        wrong = [".".join(map(str, each["loc"])) for each in error.errors()[:_ERRORS]]
        logger.error("the answer does not match its description: %s", ", ".join(wrong))
    else:
        logger.error("unexpected", exc_info=error)
    return Problem(500, "internal_error", "Something went wrong here, and the log of the function says what.")


def _refusal_of(error: Exception) -> Problem | None:
    match error:
        case RequestValidationError():
            told = _invalid_request(error)
        case RequestUnsupportedContentType():
            told = Problem(415, "unsupported_media_type", "The body has to be JSON: application/json.")
        case ConfigurationError():
            told = invalid(error.field, error.problem, code="invalid_setting")
        case InvalidEvent():
            told = invalid(error.field, error.problem, code="invalid_event")
        case StaleVersion():
            told = _version_conflict()
        case PynamoDBException() if error.cause_response_code == _LOST:
            told = _version_conflict()
        case StoreError() | PlatformError() | PynamoDBException():
            logger.warning("not answered: %s", error)
            told = try_later()
        case _:
            return None
    return told


def to_response(problem: Problem, instance: str) -> Response[str]:
    """The answer that tells a problem. `instance` is a URI of this one occurrence."""
    body: dict[str, Any] = {
        "type": f"urn:taskbridge:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail[:_TEXT_CHARS],
        "instance": instance,
    }
    if problem.errors:
        body["errors"] = [dict(each) for each in problem.errors[:_ERRORS]]
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace").decode()
    return Response(problem.status, PROBLEM_TYPE, text, headers=dict(problem.headers))


def _version_conflict() -> Problem:
    return conflict("version_conflict", "Somebody else changed it since it was read. Read it again.")


def _invalid_request(error: RequestValidationError) -> Problem:
    errors = [_describe(each) for each in error.errors()]
    first = errors[0] if errors else {"field": "body", "problem": "cannot be read"}
    return Problem(422, "invalid_request", f"{first['field']}: {first['problem']}", errors=errors)


def _describe(error: Mapping[str, Any]) -> dict[str, Any]:
    """One error of pydantic: what was expected, and what came, unless the field should not be there at all."""
    where, *path = [str(each) for each in error.get("loc", ())] or ["body"]
    problem = str(error.get("msg", ""))[:_TEXT_CHARS]
    if error.get("type") not in _NOTHING_CAME and "input" in error:
        is_text = str(error.get("type", "")).startswith("string")
        problem = f"{problem}, got {_shown(error['input'], is_text=is_text)}"
    return _tell(where, ".".join(path) or where, _flaw_of(problem, error))


def _flaw_of(problem: str, error: Mapping[str, Any]) -> Flaw:
    """What pydantic says, with its bound under the name that a flaw of this kind has for it."""
    kind, bound, name = FLAW_OF_PYDANTIC.get(str(error.get("type")), (OTHER, "", ""))
    context = error.get("ctx", {})
    values = {name: str(context.get(bound, ""))} if bound else {}
    if kind == "one_of":
        values["got"] = _shown(error.get("input"), is_text=False)
    return Flaw(problem, kind, values)


def _shown(came: object, *, is_text: bool) -> str:
    """What came, in a few characters. What should be a text (`is_text`) or is a long one is not repeated: it may be
    anything, also a secret in the wrong place.
    """
    if isinstance(came, Mapping):
        return "an object"
    if isinstance(came, list | tuple):
        return f"a list of {len(came)}"
    if isinstance(came, str) and (is_text or len(came) > _SHOWN_CHARS):
        return f"a text of {len(came)} characters"
    return json.dumps(came, ensure_ascii=False) if isinstance(came, str | int | float | None) else type(came).__name__
