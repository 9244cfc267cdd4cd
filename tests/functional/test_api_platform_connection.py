"""The connection test over HTTP: it tells a wrong host, a wrong secret and a slow server apart."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from local.jinzhi_simulator import Settings, TaskCenter
from local.simulating.transport import mock_transport
from taskbridge.access.secrets import valid_names
from taskbridge.errors import TransientError
from taskbridge.tables.configuration import PlatformConfig
from tests.api import Answer
from tests.builders import JINZHI_SETTINGS
from tests.functional.aws import Tables
from tests.functional.platform_desk import AIGC_SETTINGS, SECRET, Desk
from tests.unit.platforms.builders import FakeTokens

TOKEN = "tok-5f2c9e7d1b"


@pytest.fixture
def desk(clients: dict[str, Any], ministack: str, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk(clients, ministack, tables, monkeypatch)
    yield made
    made.close()


class BusyTokens(FakeTokens):
    """Tokens that another worker has been fetching for too long."""

    def get(self, key: str, fetch: Callable[[], str], lifetime_s: float) -> str:
        raise TransientError("another worker is fetching it")


def gives(status: int, body: object) -> Callable[[httpx.Request], httpx.Response]:
    """A server that always answers this."""
    return lambda _: httpx.Response(status, **({"text": body} if isinstance(body, str) else {"json": body}))


def fails(error: type[httpx.HTTPError]) -> Callable[[httpx.Request], httpx.Response]:
    """A server that never answers."""

    def answer(request: httpx.Request) -> httpx.Response:
        raise error(f"no luck with {request.url}")

    return answer


def run(desk: Desk, platform_id: str = "jz") -> dict[str, Any]:
    answer = desk.admin.post(f"/v1/platforms/{platform_id}/test")
    assert answer.status == 200, answer.text
    return dict(answer.json)


def test_a_platform_that_gives_a_token_is_fine(desk: Desk) -> None:
    desk.create()

    def answer(_: httpx.Request) -> httpx.Response:
        desk.now += 0.25
        return httpx.Response(200, json={"errcode": "0", "data": TOKEN})

    desk.answer = answer

    found = run(desk)

    assert (found["ok"], found["cause"], found["status"]) == (True, "ok", 200)
    assert found["duration_ms"] == 250
    assert TOKEN not in str(found)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (fails(httpx.ConnectError), "wrong_host"),
        (fails(httpx.ConnectTimeout), "wrong_host"),
        (gives(404, "<html>not here</html>"), "wrong_host"),
        (gives(302, ""), "wrong_host"),
        (gives(200, "<html>welcome</html>"), "wrong_host"),
        (gives(200, {"errcode": "40001", "errmsg": "invalid secret"}), "wrong_secret"),
        (gives(401, ""), "wrong_secret"),
        (gives(403, {"errcode": "40003", "errmsg": "no"}), "wrong_secret"),
        (fails(httpx.ReadTimeout), "too_slow"),
        (fails(httpx.RemoteProtocolError), "connection_broken"),
        (gives(429, {"errcode": "42901"}), "throttled"),
        (gives(503, "down"), "server_error"),
    ],
)
def test_what_is_wrong_is_told_apart(desk: Desk, answer: Callable[[httpx.Request], httpx.Response], cause: str) -> None:
    desk.create()
    desk.answer = answer

    found = run(desk)

    assert (found["ok"], found["cause"]) == (False, cause), found
    assert found["message"]


@pytest.fixture
def center(desk: Desk) -> TaskCenter:
    """A task center that knows the scene code `todo`."""
    settings = Settings(app_id=str(JINZHI_SETTINGS["app_id"]), app_secret=SECRET, scene_code="todo")
    made = TaskCenter(lambda: desk.now, random.Random(1), settings)
    desk.answer = mock_transport(made).handle_request
    return made


def run_trial(desk: Desk, platform_id: str = "jz") -> Answer:
    return desk.admin.post(f"/v1/platforms/{platform_id}/test", {"todo_for": "10021"})


def test_a_trial_todo_is_inserted_and_deleted_again(desk: Desk, center: TaskCenter) -> None:
    desk.create(settings={"scene_code": "todo"})

    found = run_trial(desk).json

    assert (found["ok"], found["cause"]) == (True, "ok"), found
    assert (found["tried"], found["untried"]) == (["address", "secret", "push"], [])
    assert [call.operation for call in center.calls] == ["token", "insert_task", "delete_task", "delete_instance"]
    assert center.state()["tasks"] == []


def test_only_a_trial_todo_tells_a_wrong_scene_code(desk: Desk, center: TaskCenter) -> None:
    desk.create(settings={"scene_code": "wrong"})
    assert run(desk)["untried"] == ["push"]

    found = run_trial(desk).json

    assert (found["ok"], found["cause"]) == (False, "refused"), found
    assert "sceneCode" in found["message"]
    assert found["tried"][-1] == "push"
    assert center.state()["tasks"] == []


def test_a_trial_todo_that_could_not_be_deleted_is_named(desk: Desk, center: TaskCenter) -> None:
    desk.create(settings={"scene_code": "todo"})
    taken = mock_transport(center).handle_request
    desk.answer = lambda request: httpx.Response(503) if "delete" in request.url.path.lower() else taken(request)

    found = run_trial(desk).json

    assert (found["ok"], found["cause"]) == (False, "server_error"), found
    assert f"todo {center.state()['tasks'][0].task_id} may still be there" in found["message"]


def test_an_ai_platform_has_no_todos(desk: Desk) -> None:
    desk.create_ai()

    answer = run_trial(desk, "aigc")

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "todo_for")


def test_neither_secret_nor_token_is_repeated(desk: Desk) -> None:
    desk.create()
    desk.answer = gives(200, {"errcode": "1", "errmsg": f"secret {SECRET} is wrong"})

    assert SECRET not in str(run(desk))


def test_a_platform_without_its_secret_is_not_asked(desk: Desk) -> None:
    form = desk.form(enabled=False)
    del form["settings"]["app_secret"]
    desk.admin.post("/v1/platforms", form)

    found = run(desk)

    assert (found["ok"], found["cause"], found["status"]) == (False, "not_configured", None)
    assert (found["flaw"]["field"], found["flaw"]["kind"]) == ("settings.app_secret", "secret_missing")


def test_a_stored_secret_with_the_end_of_a_line_is_named(desk: Desk) -> None:
    desk.create()
    (name,) = valid_names(desk.prefix, desk.services.configuration.current().platforms["jz"], "app_secret")
    desk.ssm.put_parameter(Name=name, Value="by-hand\n", Type="SecureString", Overwrite=True)

    found = run(desk)

    assert found["cause"] == "not_configured"
    assert "app_secret" in found["message"]
    assert "by-hand" not in found["message"]


def test_a_platform_of_a_class_that_is_gone_is_not_asked(desk: Desk) -> None:
    desk.services.configurator.save_platform(PlatformConfig("old", "旧", "Gone", False, 0, {}))

    assert run(desk, "old")["cause"] == "not_configured"


def test_while_another_worker_fetches_the_token_it_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.create()
    monkeypatch.setitem(desk.services.__dict__, "tokens", BusyTokens())

    assert run(desk)["cause"] == "try_later"


def test_a_secret_that_was_just_changed_is_the_one_that_is_tried(desk: Desk) -> None:
    created = desk.create()
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(f"{request.url} {request.headers} {request.content!r}")
        return httpx.Response(200, json={"errcode": "0", "data": TOKEN})

    desk.answer = answer
    run(desk)
    settings = {**created["settings"], "app_secret": "newer-secret"}
    desk.admin.put("/v1/platforms/jz", {**created, "settings": settings})

    run(desk)

    assert "newer-secret" in seen[-1]


def test_a_new_wrong_secret_is_said_to_be_wrong_though_the_one_before_still_opens(desk: Desk) -> None:
    created = desk.create()

    def answer(request: httpx.Request) -> httpx.Response:
        opens = request.headers["appSecret"] == SECRET
        return httpx.Response(200, json={"errcode": "0", "data": TOKEN} if opens else {"errcode": "40001"})

    desk.answer = answer
    assert run(desk)["opened_by"] == "newest"
    settings = {**created["settings"], "app_secret": "wrong-one"}
    desk.admin.put("/v1/platforms/jz", {**created, "settings": settings})

    found = run(desk)

    assert (found["ok"], found["cause"], found["opened_by"]) == (False, "wrong_secret", "previous")
    assert "still opens" in found["message"]
    assert SECRET not in str(found)
    assert "wrong-one" not in str(found)


def test_where_neither_secret_opens_none_is_named(desk: Desk) -> None:
    created = desk.create()
    settings = {**created["settings"], "app_secret": "wrong-one"}
    desk.admin.put("/v1/platforms/jz", {**created, "settings": settings})
    desk.answer = gives(200, {"errcode": "40001", "errmsg": "invalid secret"})

    found = run(desk)

    assert (found["cause"], found["opened_by"]) == ("wrong_secret", None)


def test_a_key_that_is_itself_the_token_is_tried_alone(desk: Desk) -> None:
    settings = {"base_url": "https://ai.test/v1", "model": "m", "api_key": "key-1"}
    form = {"id": "qwen", "name": "Qwen", "class_name": "OpenAICompatible", "settings": settings}
    created = desk.admin.post("/v1/platforms", form).json
    changed = {**created, "settings": {**settings, "api_key": "key-2"}}
    assert desk.admin.put("/v1/platforms/qwen", changed).status == 200

    def answer(request: httpx.Request) -> httpx.Response:
        opens = request.headers["authorization"] == "Bearer key-1"
        return httpx.Response(200, json={"data": [{"id": "m"}]}) if opens else httpx.Response(401, json={})

    desk.answer = answer

    found = run(desk, "qwen")

    assert (found["ok"], found["cause"], found["opened_by"]) == (False, "wrong_secret", "previous")


def test_a_secret_that_cannot_be_seen_yet_is_not_taken_for_the_one_before(desk: Desk) -> None:
    created = desk.create()
    settings = {**created["settings"], "app_secret": "newer-secret"}
    desk.admin.put("/v1/platforms/jz", {**created, "settings": settings})
    newest, _ = valid_names(desk.prefix, desk.services.configuration.read_now().platforms["jz"], "app_secret")
    desk.ssm.delete_parameter(Name=newest)
    desk.answer = gives(200, {"errcode": "0", "data": TOKEN})

    assert run(desk)["cause"] == "try_later"


def test_an_ai_platform_is_tried_by_its_token_call(desk: Desk) -> None:
    desk.create_ai()
    desk.answer = gives(200, {"code": 0, "data": {"access_token": TOKEN}})
    assert run(desk, "aigc")["cause"] == "ok"

    desk.answer = gives(200, {"code": 40001, "message": "wrong"})
    desk.now += 1e6  # the token of before has expired
    assert run(desk, "aigc")["cause"] == "wrong_secret"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (gives(200, {"data": [{"id": "qwen-plus"}]}), "ok"),
        (gives(401, {"error": {"code": "invalid_api_key", "message": "no"}}), "wrong_secret"),
        (gives(404, {"error": {"code": "not_found", "message": "no"}}), "wrong_host"),
        (fails(httpx.ReadTimeout), "too_slow"),
        (fails(httpx.ConnectError), "wrong_host"),
    ],
)
def test_a_platform_whose_key_is_the_token_is_asked_for_its_models(
    desk: Desk, answer: Callable[[httpx.Request], httpx.Response], cause: str
) -> None:
    settings = {"base_url": "https://ai.test/v1", "model": AIGC_SETTINGS["model"], "api_key": "key-1"}
    form = {"id": "qwen", "name": "Qwen", "class_name": "OpenAICompatible", "settings": settings}
    assert desk.admin.post("/v1/platforms", form).status == 201
    desk.answer = answer

    assert run(desk, "qwen")["cause"] == cause


def test_what_was_not_tried_is_said(desk: Desk) -> None:
    desk.create()
    desk.answer = gives(200, {"errcode": "0", "data": TOKEN})
    found = run(desk)
    assert (found["tried"], found["untried"]) == (["address", "secret"], ["push"])

    desk.answer = fails(httpx.ConnectError)
    desk.now += 1e6
    found = run(desk)
    assert (found["tried"], found["untried"]) == (["address"], ["secret", "push"])


@pytest.mark.parametrize(
    ("models", "cause", "untried"),
    [
        (["qwen-plus", "other"], "ok", ["question"]),
        (["qwen-max"], "unknown_model", ["question"]),
        ([], "ok", ["model", "question"]),
        (None, "ok", ["model", "question"]),
    ],
)
def test_the_models_of_an_ai_platform_are_held_against_its_own_list(
    desk: Desk, models: list[str] | None, cause: str, untried: list[str]
) -> None:
    desk.create_ai()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/get_access_token"):
            return httpx.Response(200, json={"code": 0, "data": {"access_token": TOKEN}})
        if models is None:
            return httpx.Response(404, text="not here")
        return httpx.Response(200, json={"code": 0, "data": [{"model": each, "name": each} for each in models]})

    desk.answer = answer

    found = run(desk, "aigc")

    assert (found["cause"], found["ok"], found["untried"]) == (cause, cause == "ok", untried)
    assert ("qwen-plus" in found["message"]) is (cause == "unknown_model")
    assert bool(found["flaw"] and found["flaw"]["values"]["got"] == "qwen-plus") is (cause == "unknown_model")


def test_a_test_waits_no_longer_than_the_gateway_does(desk: Desk) -> None:
    desk.create(settings={"timeout_s": 25})
    waits: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        waits.append(float(request.extensions["timeout"]["read"]))
        return httpx.Response(200, json={"errcode": "0", "data": TOKEN})

    desk.answer = answer

    assert run(desk)["ok"]
    assert run(desk)["ok"]
    assert max(waits) * 4 < 30


def test_only_admins_try_platforms(desk: Desk) -> None:
    assert desk.admin.as_("o", "ops").post("/v1/platforms/jz/test").code == "not_allowed"
