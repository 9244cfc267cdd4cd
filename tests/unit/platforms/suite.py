"""What every platform has to do. A platform's test file inherits it and says what is particular."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from taskbridge.commands import Operation, SaveTask
from taskbridge.errors import ConfigurationError
from taskbridge.platforms import REGISTRY
from taskbridge.platforms.base import Request, TaskCenter
from taskbridge.platforms.http_answers import OutcomeKind, Response
from taskbridge.platforms.settings import parse_settings, secret_fields, settings_schema
from tests.unit.platforms.builders import (
    SECRET,
    TOKEN,
    Server,
    answer,
    client_for,
    commands,
    default_settings,
    insert,
    update,
)

LONG_SUBJECT = "🎓" + "长" * 9_998 + "\u2028"


class PlatformBehaviour:
    """Inherit, and set the four attributes: `success` and `refusal` are bodies of answers.

    Their HTTP status is 200, unless the status is the code: `successes` are those of a success, `refused` that of the
    refusal.
    """

    class_name: ClassVar[str]
    settings: ClassVar[Mapping[str, Any]]
    success: ClassVar[Mapping[str, Any]]
    refusal: ClassVar[Mapping[str, Any]]
    successes: ClassVar[tuple[int, ...]] = (200,)
    refused: ClassVar[int] = 200

    def build(self, **changes: Any) -> TaskCenter:
        return self.build_from({**self.settings, **changes})

    def build_from(self, settings: Mapping[str, Any]) -> TaskCenter:
        kind = self.kind()
        return kind("p-1", parse_settings(kind.Settings, settings))

    def kind(self) -> type[TaskCenter]:
        kind = REGISTRY[self.class_name]
        assert issubclass(kind, TaskCenter)
        return kind

    def requests(self) -> dict[Operation, Request]:
        platform = self.build()
        able = platform.capabilities
        return {op: platform.build_request(command, TOKEN) for op, command in commands().items() if op in able}

    # Declarations and the form

    def test_describes_itself_as_json(self) -> None:
        described = json.loads(json.dumps(self.kind().describe()))
        assert described["class_name"] == self.class_name
        assert described["category"] == "task_center"
        assert set(described["capabilities"]) <= {operation.value for operation in Operation}
        assert described["title"]["zh"]
        assert described["title"]["en"]

    def test_its_form_is_a_valid_schema_without_references(self) -> None:
        schema = settings_schema(self.kind().Settings)
        Draft202012Validator.check_schema(schema)
        assert "$ref" not in json.dumps(schema)
        assert schema["additionalProperties"] is False

    def test_every_setting_has_a_label_in_both_languages(self) -> None:
        for name, part in settings_schema(self.kind().Settings)["properties"].items():
            assert part["label"]["zh"], name
            assert part["label"]["en"], name

    def test_the_form_takes_the_settings_with_their_secrets(self) -> None:
        kind = self.kind().Settings
        entered = {**self.settings, **dict.fromkeys(secret_fields(kind), SECRET)}
        Draft202012Validator(settings_schema(kind)).validate(entered)

    def test_its_defaults_are_settings_it_takes(self) -> None:
        defaults = default_settings(self.kind().Settings)
        built = self.build_from({**defaults, **self.settings})
        assert built.settings == self.build().settings

    def test_an_unknown_setting_is_refused_by_name(self) -> None:
        with pytest.raises(ConfigurationError, match=r"^hots: unknown setting"):
            self.build(hots="https://x.edu.cn")

    def test_a_required_setting_that_is_missing_is_named(self) -> None:
        schema = settings_schema(self.kind().Settings)
        for name in set(schema["required"]) - set(secret_fields(self.kind().Settings)):
            with pytest.raises(ConfigurationError, match=rf"^{name}: required"):
                self.build_from({k: v for k, v in self.settings.items() if k != name})

    def test_a_secret_among_the_settings_is_refused_and_not_repeated(self) -> None:
        for name in secret_fields(self.kind().Settings):
            with pytest.raises(ConfigurationError, match=rf"^{name}: a secret") as caught:
                self.build(**{name: SECRET})
            assert SECRET not in str(caught.value)

    # Requests

    def test_every_capability_builds_a_request_below_the_host(self) -> None:
        built = self.requests()
        assert set(built) == set(self.kind().capabilities)
        for request in built.values():
            assert request.path.startswith("/")
            assert (request.json is None) != (request.form is None) or request.method in {"GET", "DELETE"}

    def test_a_token_travels_in_headers_only(self) -> None:
        for request in self.requests().values():
            assert TOKEN not in request.path
            assert TOKEN not in repr(request)
            assert TOKEN not in json.dumps([request.json, request.form])

    def test_texts_of_any_length_and_alphabet_pass_unchanged(self) -> None:
        command = insert()
        long = SaveTask(command.operation, command.task, replace(command.instance, subject=LONG_SUBJECT))
        request = self.build().build_request(long, TOKEN)
        sent = json.dumps([request.json, request.form], ensure_ascii=False)
        assert LONG_SUBJECT in sent

    def test_the_same_command_builds_the_same_request(self) -> None:
        assert self.requests() == self.requests()

    # Answers

    def test_its_success_is_success_for_every_operation(self) -> None:
        platform = self.build()
        for command in commands().values():
            for status in self.successes:
                outcome = platform.parse_response(command, answer(b"" if status == 204 else self.success, status))
                assert outcome.verdict is OutcomeKind.OK

    def test_its_refusal_is_permanent_and_keeps_its_cause(self) -> None:
        outcome = self.build().parse_response(insert(), answer(self.refusal, self.refused))
        assert outcome.verdict is OutcomeKind.PERMANENT
        assert outcome.errcode
        assert outcome.message

    @pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 302, 400, 404, 500])
    def test_success_has_the_http_status_of_one_and_no_other(self, status: int) -> None:
        outcome = self.build().parse_response(insert(), answer(self.success, status))
        assert (outcome.verdict is OutcomeKind.OK) == (status in self.successes)

    @pytest.mark.parametrize("body", [b"<html>Log in</html>", b"ok", b"{"])
    def test_a_page_is_no_success_whatever_its_status_is(self, body: bytes) -> None:
        for status in self.successes:
            assert self.build().parse_response(insert(), answer(body, status)).verdict is OutcomeKind.TRANSIENT

    @pytest.mark.parametrize(
        ("status", "verdict"),
        [
            (408, OutcomeKind.TRANSIENT),
            (500, OutcomeKind.TRANSIENT),
            (502, OutcomeKind.TRANSIENT),
            (503, OutcomeKind.TRANSIENT),
            (504, OutcomeKind.TRANSIENT),
            (429, OutcomeKind.THROTTLED),
            (401, OutcomeKind.TOKEN_REFUSED),
            (403, OutcomeKind.TOKEN_REFUSED),
            (413, OutcomeKind.PERMANENT),
            (414, OutcomeKind.PERMANENT),
            (431, OutcomeKind.PERMANENT),
        ],
    )
    def test_the_http_status_is_classified(self, status: int, verdict: OutcomeKind) -> None:
        for body in (b"", b"<html>", json.dumps(self.refusal).encode()):
            assert self.build().parse_response(insert(), answer(body, status)).verdict is verdict

    @pytest.mark.parametrize("status", [400, 404, 405, 409, 410, 422])
    def test_a_4xx_without_json_may_pass_and_one_with_json_does_not(self, status: int) -> None:
        for body in (b"", b"<html>404 Not Found</html>", b"404 page not found", b'{"errcode":'):
            outcome = self.build().parse_response(update(), answer(body, status))
            assert (outcome.verdict, outcome.status) == (OutcomeKind.TRANSIENT, status)
            assert f"HTTP {status}" in outcome.message
        for body in (json.dumps(self.refusal).encode(), b"[]", b"{}", b'"no"'):
            assert self.build().parse_response(update(), answer(body, status)).verdict is OutcomeKind.PERMANENT

    def test_no_answer_breaks_it(self) -> None:
        platform = self.build()

        @given(body=st.binary(max_size=60), status=st.integers(100, 599), retry=st.text(max_size=20))
        def check(body: bytes, status: int, retry: str) -> None:
            response = Response(status, {"retry-after": retry}, body, 0.0)
            assert isinstance(platform.parse_response(insert(), response).verdict, OutcomeKind)

        check()

    # Driven

    def test_a_push_is_one_call_and_leaves_one_attempt(self) -> None:
        server = Server(httpx.Response(self.successes[0], json=dict(self.success)))
        result = client_for(self.build(), server).execute(insert())
        (attempt,) = result.attempts
        method = self.requests()[Operation.INSERT_TASK].method
        assert result.outcome.verdict is OutcomeKind.OK
        assert (attempt.operation, attempt.key, attempt.method) == ("insert_task", "task-1", method)
        assert "task-1" in f"{attempt.path} {attempt.request}"
        assert attempt.response == msgspec.json.encode(self.success).decode()
        assert len(server.requests) == 1

    def test_what_it_cannot_do_is_refused_without_a_call(self) -> None:
        server = Server(httpx.Response(200, json=dict(self.success)))
        for operation in frozenset(Operation) - self.kind().capabilities - {Operation.DELETE_INSTANCE}:
            result = client_for(self.build(), server).execute(commands()[operation])
            assert result.outcome.verdict is OutcomeKind.PERMANENT
            assert operation.value in result.outcome.message
        assert server.requests == []

    def test_an_instance_that_it_does_not_know_is_deleted_without_a_call(self) -> None:
        if Operation.DELETE_INSTANCE not in self.kind().capabilities:
            server = Server(httpx.Response(500))
            result = client_for(self.build(), server).execute(commands()[Operation.DELETE_INSTANCE])
            assert (result.outcome.verdict, result.attempts, server.requests) == (OutcomeKind.OK, (), [])

    def test_a_broken_connection_is_transient(self) -> None:
        result = client_for(self.build(), Server(httpx.ConnectError("refused"))).execute(insert())
        assert result.outcome.verdict is OutcomeKind.TRANSIENT
        assert result.attempts[0].status is None
        assert "refused" in result.attempts[0].error
