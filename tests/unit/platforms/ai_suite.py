"""What every AI platform has to do. A platform's test file inherits it and says what is particular."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from taskbridge.errors import ConfigurationError, PlatformError, TransientError
from taskbridge.platforms import REGISTRY, build_ai_platform
from taskbridge.platforms.ai import ModelLimits
from taskbridge.platforms.ai_client import AiPlatformClient
from taskbridge.platforms.ai_platform import AiOperation, AiPlatform
from taskbridge.platforms.http_answers import Response
from taskbridge.platforms.settings import secret_fields, settings_schema
from taskbridge.registry import category_of
from tests.unit.platforms.ai_builders import ISSUED, ai_client, question
from tests.unit.platforms.builders import SECRET, TOKEN, Server, default_settings


class AiPlatformBehaviour:
    """Inherit, and set the attributes: `success` answers a question with `text`, `frames` stream it."""

    class_name: ClassVar[str]
    settings: ClassVar[Mapping[str, Any]]
    text: ClassVar[str] = "同意。"
    success: ClassVar[Mapping[str, Any]]
    frames: ClassVar[tuple[str, ...]]
    uploaded: ClassVar[Mapping[str, Any]]

    def build(self, **changes: Any) -> AiPlatform:
        return build_ai_platform("p-1", self.class_name, {**self.settings, **changes})

    def server(self, *answers: httpx.Response | Exception) -> Server:
        return Server(*([ISSUED] if self.build().uses_token else []), *answers)

    def client(self, *answers: httpx.Response | Exception, **settings: Any) -> tuple[AiPlatformClient, Server]:
        server = self.server(*answers)
        return ai_client(self.build(**settings), server), server

    # Declarations and the form

    def test_describes_itself_as_json(self) -> None:
        described = json.loads(json.dumps(REGISTRY[self.class_name].describe()))
        assert described["class_name"] == self.class_name
        assert described["category"] == category_of(self.class_name) == "ai"
        assert set(described["capabilities"]) <= {operation.value for operation in AiOperation}
        assert described["title"]["zh"]
        assert described["title"]["en"]

    def test_its_form_is_a_valid_schema_without_references(self) -> None:
        schema = settings_schema(REGISTRY[self.class_name].Settings)
        Draft202012Validator.check_schema(schema)
        assert "$ref" not in json.dumps(schema)
        assert schema["additionalProperties"] is False

    def test_every_setting_has_a_label_in_both_languages(self) -> None:
        schema = settings_schema(REGISTRY[self.class_name].Settings)
        rows = schema["properties"]["models"]["items"]
        for name, part in {**schema["properties"], **rows["properties"]}.items():
            assert part["label"]["zh"], name
            assert part["label"]["en"], name

    def test_the_form_takes_the_settings_with_their_secrets(self) -> None:
        kind = REGISTRY[self.class_name].Settings
        row = {"model": "m", "structured": "json_object", "price_in": 2.4}
        entered = {**self.settings, **dict.fromkeys(secret_fields(kind), SECRET), "models": [row]}
        Draft202012Validator(settings_schema(kind)).validate(entered)

    def test_its_defaults_are_settings_it_takes(self) -> None:
        defaults = default_settings(REGISTRY[self.class_name].Settings)
        built = build_ai_platform("p-1", self.class_name, {**defaults, **self.settings})
        assert built.settings == self.build().settings

    def test_a_required_setting_that_is_missing_is_named(self) -> None:
        kind = REGISTRY[self.class_name].Settings
        for name in set(settings_schema(kind)["required"]) - set(secret_fields(kind)):
            with pytest.raises(ConfigurationError, match=rf"^{name}: required"):
                build_ai_platform("p-1", self.class_name, {k: v for k, v in self.settings.items() if k != name})

    def test_a_secret_among_the_settings_is_refused_and_not_repeated(self) -> None:
        for name in secret_fields(REGISTRY[self.class_name].Settings):
            with pytest.raises(ConfigurationError, match=rf"^{name}: a secret") as caught:
                self.build(**{name: SECRET})
            assert SECRET not in str(caught.value)

    def test_a_code_has_one_meaning(self) -> None:
        with pytest.raises(ConfigurationError, match="'7' stands in"):
            self.build(retry_codes=["7"], quota_codes=["7"])

    @pytest.mark.parametrize(
        "row", [{"context_tokens": 9000}, {"model": ""}, {"model": "m", "price_in": -1}, {"model": "m", "colour": 1}]
    )
    def test_a_row_of_a_model_that_is_wrong_is_named(self, row: dict[str, Any]) -> None:
        with pytest.raises(ConfigurationError, match=r"^models: "):
            self.build(models=[row])

    # Models

    def test_the_model_asked_for_comes_before_that_of_the_environment_and_the_default(self) -> None:
        client = ai_client(self.build(model="usual", environment_models={"dev": "small"}), self.server())
        assert client.model_for("special", "dev") == "special"
        assert client.model_for("", "dev") == "small"
        assert client.model_for("", "prod") == "usual"

    def test_a_row_in_the_settings_says_what_a_model_can_do(self) -> None:
        row = {"model": "m", "context_tokens": 8000, "output_tokens": 1000, "structured": "json_object", "price_in": 2}
        client = ai_client(self.build(models=[row]), self.server())
        assert client.limits("m") == ModelLimits(8000, 1000, "json_object", True, 2.0, 0.0)

    def test_a_model_that_nobody_knows_is_taken_carefully(self) -> None:
        assert ai_client(self.build(), self.server()).limits("brand-new") == ModelLimits(32_768, 8_192, "none", True)

    # Requests

    def test_the_token_stands_in_no_path_and_in_no_representation(self) -> None:
        platform = self.build()
        requests = [
            platform.build_question(question(), TOKEN, stream=True),
            platform.build_upload("附件1.pdf", b"%PDF", TOKEN, ocr=True),
            platform.build_models(TOKEN),
        ]
        for request in requests:
            assert request.path.startswith("/")
            assert TOKEN not in request.path
            assert TOKEN not in repr(request)

    def test_what_is_asked_stands_in_no_representation(self) -> None:
        asked = question()
        request = self.build().build_question(asked, TOKEN, stream=False)
        if request.parts is not None:
            assert asked.user not in repr(request)
        assert asked.user not in repr(asked)

    def test_halves_of_characters_in_a_form_are_no_obstacle(self) -> None:
        client, server = self.client(httpx.Response(200, json=dict(self.success)))
        assert client.ask(question(user="姓名：\ud83d")).text == self.text
        assert "姓名：\ufffd".encode() in server.requests[-1].content

    # Answers

    def test_a_question_is_one_call(self) -> None:
        client, server = self.client(httpx.Response(200, json=dict(self.success)))
        reply = client.ask(question())
        assert reply.text == self.text
        assert reply.question_id
        assert reply.latency_ms > 0
        assert len(server.requests) == len(self.server().answers) + 1
        assert self.text not in repr(reply)

    def test_a_stream_is_one_call_and_shows_its_text_piece_by_piece(self) -> None:
        frames = "".join(self.frames)
        client, server = self.client(httpx.Response(200, text=frames, headers={"content-type": "text/event-stream"}))
        shown: list[str] = []
        reply = client.stream(question(), shown.append)
        assert reply.text == "".join(shown) == self.text
        assert len(shown) > 1
        assert len(server.requests) == len(self.server().answers) + 1

    def test_a_whole_answer_to_a_streaming_question_is_shown_as_one(self) -> None:
        client, _ = self.client(httpx.Response(200, json=dict(self.success)))
        shown: list[str] = []
        assert client.stream(question(), shown.append).text == self.text
        assert shown == [self.text]

    def test_a_model_that_does_not_stream_is_asked_for_the_whole(self) -> None:
        client, server = self.client(
            httpx.Response(200, json=dict(self.success)), models=[{"model": "slow", "streams": False}]
        )
        shown: list[str] = []
        client.stream(question(model="slow"), shown.append)
        assert shown == [self.text]
        assert b"text/event-stream" not in server.requests[-1].headers.get("accept", "").encode()

    def test_the_price_of_an_answer_follows_from_its_tokens(self) -> None:
        model = str(self.settings["model"])
        prices = [{"model": model, "price_in": 2.0, "price_out": 6.0}]
        client, _ = self.client(httpx.Response(200, json=dict(self.success)), models=prices)
        usage = client.ask(question()).usage
        assert usage.input_tokens > 0
        assert usage.cost == round((usage.input_tokens * 2 + usage.output_tokens * 6) / 1_000_000, 9)

    def test_an_upload_gives_the_id_of_the_file(self) -> None:
        client, _ = self.client(httpx.Response(200, json=dict(self.uploaded)))
        assert client.upload("附件1.pdf", b"%PDF-1.7", ocr=True).file_id == "file-1"

    def test_an_uploaded_file_expires_as_the_settings_say(self) -> None:
        client, _ = self.client(httpx.Response(200, json=dict(self.uploaded)), file_lifetime_s=3600)
        expires_at = client.upload("附件1.pdf", b"%PDF-1.7", ocr=True).expires_at
        assert expires_at is not None
        assert 4600 < expires_at < 4610
        client, _ = self.client(httpx.Response(200, json=dict(self.uploaded)), file_lifetime_s=0)
        assert client.upload("附件1.pdf", b"%PDF-1.7", ocr=True).expires_at is None

    def test_an_upload_without_an_id_may_work_later(self) -> None:
        client, _ = self.client(httpx.Response(200, json={"code": 0, "data": {}, "object": "file"}))
        with pytest.raises(TransientError):
            client.upload("附件1.pdf", b"%PDF-1.7", ocr=True)

    def test_no_answer_breaks_it(self) -> None:
        platform = self.build()

        @given(body=st.binary(max_size=60), status=st.sampled_from([200, 200, 201, 401, 404, 500]))
        def check(body: bytes, status: int) -> None:
            response = Response(status, {}, body, 0.0)
            for parse in (platform.parse_answer, platform.parse_upload, platform.parse_models):
                try:
                    parse(response)
                except PlatformError as error:
                    assert str(error)  # noqa: PT017 - what is parsed may also be an answer

        check()
