"""Calls a minute, and work that starts only once, in the coordination table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from admin_api.access import ACCESS
from admin_api.api import Api, Router
from admin_api.limits import UNDER_WAY_S
from admin_api.problems import Problem, conflict
from admin_api.requests import Wanted
from tests.api import ApiClient, build_client, build_services
from tests.functional.aws import Tables


class ReplayWanted(Wanted):
    platform_id: str = ""


class World:
    """An API that starts replays, and a clock that a test moves."""

    def __init__(self, dynamodb: Any, tables: Tables) -> None:
        self.now = 1_000_000_040.0  # 20 s into a minute
        self.started: list[str] = []
        self.before: Callable[[], None] = lambda: None
        self.services = build_services(dynamodb, tables, clock=lambda: self.now)
        self.client: ApiClient = build_client(self.services, self._router())

    def _router(self) -> Router:
        router = Router("what the frame bounds")

        @router.post("/v1/replays", status_code=202)
        def start_replay(api: Api, body: ReplayWanted) -> dict[str, str]:
            self.before()
            self.started.append(body.platform_id)
            return {"id": f"r{len(self.started)}", "说明": "已开始"}

        @router.post("/v1/platforms/{id}/test")
        def test_platform(api: Api, id: str) -> dict[str, str]:  # noqa: A002  # the name of the parameter
            return {"id": id}

        @router.post("/v1/platforms")
        def create_platform(api: Api) -> dict[str, str]:
            self.started.append("platform")
            return {}

        return router


@pytest.fixture
def world(dynamodb: Any, tables: Tables) -> World:
    return World(dynamodb, tables)


def test_a_caller_may_call_so_often_a_minute_and_is_told_how_long_to_wait(world: World) -> None:
    # given
    answers = [world.client.post("/v1/platforms/a/test") for _ in range(20)]
    assert {answer.status for answer in answers} == {200}

    # when
    refused = world.client.post("/v1/platforms/a/test")

    # then
    assert (refused.status, refused.code) == (429, "too_many_calls")
    assert refused.headers["retry-after"] == "40"
    world.now += 40
    assert world.client.post("/v1/platforms/a/test").status == 200


def test_the_calls_of_others_and_of_other_routes_do_not_count(world: World) -> None:
    for _ in range(21):
        world.client.post("/v1/platforms/a/test")
    assert world.client.as_("another", "admin").post("/v1/platforms/a/test").status == 200
    assert world.client.post("/v1/replays", {}).status == 202


def test_who_may_not_call_is_not_counted(world: World) -> None:
    for _ in range(25):
        assert world.client.as_("admin", "approver").post("/v1/platforms/a/test").status == 403
    assert world.client.post("/v1/platforms/a/test").status == 200


def test_the_same_key_starts_the_work_once_and_gets_the_same_answer(world: World) -> None:
    # when
    first, second = (world.client.post("/v1/replays", {"platform_id": "p"}, idempotency_key="k-1") for _ in range(2))

    # then
    assert world.started == ["p"]
    assert (first.status, first.json) == (second.status, second.json) == (202, {"id": "r1", "说明": "已开始"})
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"


def test_without_a_key_each_call_starts_work(world: World) -> None:
    for _ in range(2):
        world.client.post("/v1/replays", {})
    assert len(world.started) == 2


def test_other_keys_and_other_callers_start_their_own_work(world: World) -> None:
    world.client.post("/v1/replays", {}, idempotency_key="k-1")
    world.client.post("/v1/replays", {}, idempotency_key="k-2")
    world.client.as_("another", "ops").post("/v1/replays", {}, idempotency_key="k-1")
    assert len(world.started) == 3


def test_a_key_does_not_stand_for_another_request(world: World) -> None:
    world.client.post("/v1/replays", {"platform_id": "p"}, idempotency_key="k-1")
    answer = world.client.post("/v1/replays", {"platform_id": "q"}, idempotency_key="k-1")
    assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert world.started == ["p"]


def test_while_a_call_is_under_way_the_same_key_has_to_wait(world: World) -> None:
    # given
    assert world.services.keys.begin("POST /v1/replays k", "admin", "digest") is None

    # when
    with pytest.raises(Problem) as caught:
        world.services.keys.begin("POST /v1/replays k", "admin", "digest")

    # then
    assert (caught.value.status, caught.value.code) == (409, "in_progress")
    assert "Retry-After" in caught.value.headers


def test_a_call_whose_process_died_does_not_hold_its_key_for_ever(world: World) -> None:
    world.services.keys.begin("POST /v1/replays k", "admin", "digest")
    world.now += UNDER_WAY_S + 1
    assert world.services.keys.begin("POST /v1/replays k", "admin", "digest") is None


def test_a_call_that_failed_may_be_made_again_with_its_key(world: World) -> None:
    # given
    def refuse() -> None:
        raise conflict("platform_in_use", "Not now.")

    world.before = refuse
    assert world.client.post("/v1/replays", {}, idempotency_key="k").code == "platform_in_use"

    # when
    world.now += 1
    world.before = lambda: None

    # then
    assert world.client.post("/v1/replays", {}, idempotency_key="k").status == 202
    assert len(world.started) == 1


def test_a_key_that_is_too_long_is_an_error(world: World) -> None:
    assert world.client.post("/v1/replays", {}, idempotency_key="k" * 201).code == "invalid_request"


def test_routes_that_start_no_work_take_no_notice_of_a_key(world: World) -> None:
    for _ in range(2):
        answer = world.client.post("/v1/platforms/a/test", None, idempotency_key="k")
        assert answer.status == 200
        assert "idempotent-replayed" not in answer.headers


MAKING_NOTHING = {
    "/v1/platforms/{id}/test",
    "/v1/trigger-rules/preview",
    "/v1/ai/clauses",
    "/v1/ai/rules/{app_id}/{node_id}/try-checks",
}


def test_a_key_counts_on_every_post_that_makes_something() -> None:
    posts = {template: access.starts_work for (method, template), access in ACCESS.items() if method == "POST"}
    assert {template for template, starts_work in posts.items() if not starts_work} == MAKING_NOTHING


def test_a_platform_is_created_once_with_a_key(world: World) -> None:
    for _ in range(2):
        assert world.client.post("/v1/platforms", None, idempotency_key="k").status == 200
    assert world.started == ["platform"]
