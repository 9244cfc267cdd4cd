"""Feedback over HTTP: kept with the result, and forwarded where the AI platform takes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest

from admin_api.ai import analyses
from taskbridge.ai.seats import AnalysisStatus
from taskbridge.platforms.credentials import Tokens
from tests.functional.ai_api import PLATFORM, SETTINGS, AiWorld
from tests.functional.ai_suites.builders import TASK, UID
from tests.functional.aws import Tables

FEEDBACK = {"tag": "wrong_verdict", "comment": "张三已补交发票"}


class Platform:
    """An Aigc platform that notes the feedback it gets, or refuses it."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("get_access_token"):
            return httpx.Response(200, json={"code": 0, "data": {"access_token": "token"}})
        self.heard.append(json.loads(request.content))
        return httpx.Response(self.status, json={"code": 0})


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def world(dynamodb: Any, ssm: Any, tables: Tables, platform: Platform) -> AiWorld:
    http = httpx.Client(transport=httpx.MockTransport(platform))
    made = AiWorld(dynamodb, tables, analyses.router, ssm=ssm, http_client=http)
    made.services.__dict__["tokens"] = FreshTokens()
    made.services.__dict__["secrets"] = lambda platform_id, field: ("secret",)
    made.configure(SETTINGS, PLATFORM)
    made.give_default()
    return made


class FreshTokens(Tokens):
    """Tokens that are fetched each time."""

    def get(self, key: str, fetch: Callable[[], str], lifetime_s: float) -> str:
        return fetch()

    def replace(self, key: str, refused: str, fetch: Callable[[], str], lifetime_s: float) -> str:
        return fetch()

    def doubt(self, *_: Any, **__: Any) -> str | None:
        return ""

    def acquit(self, key: str, tried: str, signal: str) -> None:
        raise AssertionError("no token was tried")


def say(world: AiWorld, analysis_id: str, **changes: Any) -> dict[str, Any]:
    answer = world.me.post(f"/v1/ai/analyses/{analysis_id}/feedback", {**FEEDBACK, **changes})
    assert answer.status == 200, answer.text
    said: dict[str, Any] = answer.json
    return said


def test_feedback_is_kept_with_the_result_and_forwarded(world: AiWorld, platform: Platform) -> None:
    analysis_id = world.give_result(world.give_task())

    assert say(world, analysis_id) == {**FEEDBACK, "forwarded": True}

    assert world.me.get(f"/v1/ai/analyses/{analysis_id}").json["feedback"] == FEEDBACK
    (heard,) = platform.heard
    assert (heard["question_id"], heard["tag"], heard["comment"]) == ("q-1", *FEEDBACK.values())


def test_what_is_said_last_stands(world: AiWorld) -> None:
    analysis_id = world.give_result(world.give_task())
    say(world, analysis_id)

    say(world, analysis_id, tag="useful", comment="")

    assert world.me.get(f"/v1/ai/analyses/{analysis_id}").json["feedback"] == {"tag": "useful", "comment": ""}


def test_feedback_is_also_taken_after_the_decision(world: AiWorld) -> None:
    analysis_id = world.give_result(world.give_task())
    world.decide()

    assert say(world, analysis_id)["forwarded"] is True
    assert world.me.get(f"/v1/ai/analyses/{analysis_id}").json["feedback"] == FEEDBACK


def test_where_masking_is_on_the_comment_stays_here(world: AiWorld, platform: Platform) -> None:
    world.configure(replace(SETTINGS, masking=True), PLATFORM)
    analysis_id = world.give_result(world.give_task())

    assert say(world, analysis_id)["forwarded"] is True

    assert [heard["comment"] for heard in platform.heard] == [""]
    assert world.me.get(f"/v1/ai/analyses/{analysis_id}").json["feedback"] == FEEDBACK


@pytest.mark.parametrize("status", [404, 500, 429])
def test_a_platform_that_does_not_take_it_changes_nothing(world: AiWorld, platform: Platform, status: int) -> None:
    platform.status = status
    analysis_id = world.give_result(world.give_task())

    assert say(world, analysis_id)["forwarded"] is False

    assert world.me.get(f"/v1/ai/analyses/{analysis_id}").json["feedback"] == FEEDBACK


def test_a_platform_that_is_gone_changes_nothing(world: AiWorld) -> None:
    analysis_id = world.give_result(world.give_task())
    world.services.dynamodb.client.delete_item(
        TableName=world.services.tables["configuration"], Key={"kind": {"S": "platform"}, "id": {"S": "aigc"}}
    )
    world.configure(SETTINGS)

    assert say(world, analysis_id)["forwarded"] is False


def test_there_is_nothing_to_say_of_what_has_no_result(world: AiWorld, platform: Platform) -> None:
    analysis_id = world.give_result(world.give_task())
    seat = world.stores.tasks.get(UID, TASK)
    assert seat is not None
    assert seat.analysis is not None
    pending = msgspec.structs.replace(seat.analysis, id=f"{analysis_id}2", status=AnalysisStatus.PENDING)
    assert world.stores.tasks.begin(UID, TASK, pending, analysis_id)

    assert world.me.post(f"/v1/ai/analyses/{pending.id}/feedback", FEEDBACK).code == "no_result"
    assert world.me.post(f"/v1/ai/analyses/{analysis_id}/feedback", FEEDBACK).code == "not_found"
    assert platform.heard == []


@pytest.mark.parametrize(
    "body", [{}, {"tag": "great"}, {**FEEDBACK, "comment": "长" * 2001}, {**FEEDBACK, "uid": "u-3"}]
)
def test_feedback_that_cannot_be_read_is_refused(world: AiWorld, body: dict[str, str]) -> None:
    analysis_id = world.give_result(world.give_task())

    assert world.me.post(f"/v1/ai/analyses/{analysis_id}/feedback", body).code == "invalid_request"
