"""Secrets of platforms that change with their settings: races, crashes, and what is left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

import httpx
import pytest

from admin_api.changes import Trail
from taskbridge.access.secrets import SecretKeeper
from taskbridge.errors import StoreError
from taskbridge.tables.configuration import REFRESH_S, ConfigurationTable, PlatformConfig
from taskbridge.tables.configuration_models import Configurator
from tests.api import Answer, ApiClient, build_client
from tests.functional.aws import Tables
from tests.functional.platform_desk import AIGC_SETTINGS, AREAS, SECRET, Desk

ROUNDS, WRITERS = 12, 4


@pytest.fixture
def desk(clients: dict[str, Any], ministack: str, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk(clients, ministack, tables, monkeypatch)
    yield made
    made.close()


class Killed(BaseException):
    """The process ends here."""


def change(desk: Desk, read: dict[str, Any], name: str, secret: str, admin: ApiClient | None = None) -> int:
    """Save what was read under another name and with another secret; the status of the answer."""
    settings = {**read["settings"], "app_secret": secret}
    return (admin or desk.admin).put("/v1/platforms/jz", {**read, "name": name, "settings": settings}).status


def killed(*_: Any, **__: Any) -> None:
    raise Killed


def test_of_four_writers_at_once_the_settings_and_the_secret_of_the_winner_stand(desk: Desk) -> None:
    # given
    desk.create()
    admins = [build_client(desk.services, *AREAS) for _ in range(WRITERS)]
    valid: tuple[str, ...] = (SECRET,)

    with ThreadPoolExecutor(WRITERS) as pool:
        for number in range(ROUNDS):
            read = desk.admin.get("/v1/platforms/jz").json
            names = [f"{number}-{writer}" for writer in range(WRITERS)]

            # when
            secrets = [f"secret-{name}" for name in names]
            statuses = list(pool.map(change, repeat(desk), repeat(read), names, secrets, admins))

            # then: one of them, wholly; the secret before stays valid, and nothing of who lost is left
            winner = desk.admin.get("/v1/platforms/jz").json["name"]
            assert sorted(statuses) == [200, 409, 409, 409]
            assert names[statuses.index(200)] == winner
            assert desk.secret() == (f"secret-{winner}", valid[0])
            assert set(desk.stored_secrets()) == {f"secret-{winner}", *valid}
            valid = desk.secret()
    # and workers were told of each change once
    assert desk.services.configuration.read_now().version == 1 + ROUNDS


def test_of_four_creators_at_once_one_stands_with_its_own_secret(desk: Desk) -> None:
    def create(name: str) -> int:
        admin = build_client(desk.services, *AREAS)
        return admin.post("/v1/platforms", desk.form(name=name, settings={"app_secret": f"secret-{name}"})).status

    with ThreadPoolExecutor(WRITERS) as pool:
        statuses = list(pool.map(create, map(str, range(WRITERS))))

    assert sorted(statuses) == [201, 409, 409, 409]
    winner = desk.admin.get("/v1/platforms/jz").json["name"]
    assert statuses[int(winner)] == 201
    assert desk.stored_secrets() == [f"secret-{winner}"]


def test_who_dies_after_the_secret_and_before_the_settings_leaves_the_old_pair_working(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    read = desk.create()

    # when
    with monkeypatch.context() as patched:
        patched.setattr(Configurator, "save_platform", killed)
        with pytest.raises(Killed):
            change(desk, read, "never", "never-valid")

    # then
    assert desk.admin.get("/v1/platforms/jz").json == read
    assert desk.secret() == (SECRET,)
    # and the next changes remove what it left
    assert change(desk, read, "next", "next-secret") == 200
    assert desk.secret() == ("next-secret", SECRET)
    assert "never-valid" not in desk.stored_secrets()


def test_who_dies_after_the_settings_leaves_the_new_pair_working(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    read = desk.create()

    # when
    with monkeypatch.context() as patched:
        patched.setattr(Trail, "record", killed)
        with pytest.raises(Killed):
            change(desk, read, "new", "new-secret")

    # then
    assert desk.admin.get("/v1/platforms/jz").json["name"] == "new"
    assert desk.secret() == ("new-secret", SECRET)


def test_a_worker_that_has_not_heard_of_the_change_still_finds_its_secret(desk: Desk) -> None:
    # given: a worker that read the configuration before two changes in a row
    read = desk.create()
    change(desk, read, "一", "secret-1")
    read = desk.admin.get("/v1/platforms/jz").json
    known = worker_config(desk)

    # when
    change(desk, read, "二", "secret-2")

    # then
    assert desk.services.secrets.refresh(known, "app_secret") == ("secret-1", SECRET)
    desk.now += REFRESH_S
    assert desk.services.secrets(worker_config(desk), "app_secret") == ("secret-2", "secret-1")


def test_after_many_changes_three_secrets_are_stored_and_two_are_valid(desk: Desk) -> None:
    desk.create()
    for number in range(6):
        assert change(desk, desk.admin.get("/v1/platforms/jz").json, "金智", f"secret-{number}") == 200

    assert desk.secret() == ("secret-5", "secret-4")
    assert desk.stored_secrets() == ["secret-3", "secret-4", "secret-5"]


def opens(secret: str) -> Callable[[httpx.Request], httpx.Response]:
    """A platform that gives a token for this secret alone."""
    yes, no = {"errcode": "0", "data": "a-token"}, {"errcode": "40001", "errmsg": "invalid secret"}
    return lambda request: httpx.Response(200, json=yes if request.headers["appSecret"] == secret else no)


def test_the_secret_that_works_is_not_given_up_for_wrong_ones(desk: Desk) -> None:
    # given
    desk.create()
    desk.answer = opens(SECRET)

    # when: entered wrong again and again
    for number in range(4):
        assert change(desk, desk.admin.get("/v1/platforms/jz").json, "金智", f"wrong-{number}") == 200

    # then
    assert desk.secret() == ("wrong-3", SECRET)

    # and the right one takes the place of what was wrong
    desk.answer = opens("right")
    for secret in ("right", "newest"):
        assert change(desk, desk.admin.get("/v1/platforms/jz").json, "金智", secret) == 200
    assert desk.secret() == ("newest", "right")


def test_a_secret_that_was_entered_by_hand_stays_valid_when_the_api_changes_it(desk: Desk) -> None:
    # given: as the README says for a platform without the API
    name = f"{desk.prefix}/platforms/jz/app_secret"
    desk.ssm.put_parameter(Name=name, Value="by-hand", Type="SecureString")
    form = desk.form()
    del form["settings"]["app_secret"]
    read = desk.admin.post("/v1/platforms", form).json

    # when
    assert change(desk, read, "金智", "by-api") == 200

    # then
    assert desk.secret() == ("by-api", "by-hand")


def test_the_same_secret_sent_twice_does_not_drop_the_one_before(desk: Desk) -> None:
    desk.create()
    for _ in range(2):
        assert change(desk, desk.admin.get("/v1/platforms/jz").json, "金智", "newer") == 200

    assert desk.secret() == ("newer", SECRET)


def test_secrets_that_cannot_be_tidied_up_do_not_fail_the_change(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: Any) -> None:
        raise StoreError("GetParametersByPath: throttled")

    read = desk.create()
    monkeypatch.setattr(SecretKeeper, "clear", fails)

    assert change(desk, read, "金智", "newer") == 200
    assert desk.secret() == ("newer", SECRET)
    assert "were not removed" in caplog.text
    assert "newer" not in caplog.text


# Where secrets go


MOVES = [
    ({"host": "https://elsewhere.test"}, "settings.host"),
    ({"host": "http://jinzhi.test"}, "settings.host"),
    ({"token_path": "/echo"}, "settings.token_path"),
]


def move(desk: Desk, read: dict[str, Any], **settings: Any) -> Answer:
    """Save what was read with other settings, its secret masked where no other is given."""
    return desk.admin.put("/v1/platforms/jz", {**read, "settings": {**read["settings"], **settings}})


@pytest.mark.parametrize(("settings", "named"), MOVES)
@pytest.mark.parametrize("enabled", [True, False])
def test_a_secret_goes_nowhere_but_where_it_was_entered_for(
    desk: Desk,
    settings: dict[str, Any],
    named: str,
    enabled: bool,
) -> None:
    # given
    read = {**desk.create(), "enabled": enabled}
    without = {name: value for name, value in read["settings"].items() if name != "app_secret"}

    # when
    masked = move(desk, read, **settings)
    left_out = desk.admin.put("/v1/platforms/jz", {**read, "settings": {**without, **settings}})

    # then
    for answer in (masked, left_out):
        assert (answer.status, answer.code) == (422, "invalid_setting")
        assert answer.json["errors"][0]["field"] == "settings.app_secret"
        assert named in answer.json["errors"][0]["problem"]
    assert desk.admin.get("/v1/platforms/jz").json["version"] == 1


@pytest.mark.parametrize(("settings", "_named"), MOVES)
def test_where_it_goes_elsewhere_only_the_secret_that_was_entered_for_it_goes_there(
    desk: Desk, settings: dict[str, Any], _named: str
) -> None:
    read = desk.create()

    assert move(desk, read, **settings, app_secret="for-there").status == 200

    assert desk.secret() == ("for-there",)


def test_the_same_secret_may_be_entered_for_another_place_and_the_one_before_it_does_not_go_there(desk: Desk) -> None:
    desk.create()
    assert change(desk, desk.admin.get("/v1/platforms/jz").json, "金智", "newer") == 200

    answer = move(desk, desk.admin.get("/v1/platforms/jz").json, host="https://elsewhere.test", app_secret="newer")

    assert answer.status == 200
    assert desk.secret() == ("newer",)


def test_a_secret_entered_by_hand_goes_nowhere_else_either(desk: Desk) -> None:
    name = f"{desk.prefix}/platforms/jz/app_secret"
    desk.ssm.put_parameter(Name=name, Value="by-hand", Type="SecureString")
    form = desk.form()
    del form["settings"]["app_secret"]
    read = desk.admin.post("/v1/platforms", form).json

    refused = move(desk, read, host="https://elsewhere.test")
    moved = move(desk, read, host="https://elsewhere.test", app_secret="for-there")

    assert refused.code == "invalid_setting"
    assert moved.status == 200
    assert desk.secret() == ("for-there",)


@pytest.mark.parametrize(
    "settings",
    [
        {"host": "https://jinzhi.test/"},  # the same, written otherwise
        {"token_path": "/token/gateway/accessToken"},  # the default, spelt out
        {"task_path": "/other/task"},  # gets no secret
        {"timeout_s": 5},
    ],
)
def test_a_change_that_moves_no_secret_asks_for_none(desk: Desk, settings: dict[str, Any]) -> None:
    read = desk.create()

    assert move(desk, read, **settings).status == 200
    assert desk.secret() == (SECRET,)


@pytest.mark.parametrize(
    ("form", "settings"),
    [
        (
            {
                "class_name": "OpenAICompatible",
                "settings": {"base_url": "https://ai.test/v1", "model": "m", "api_key": "key-1"},
            },
            {"base_url": "https://ai.test/v2"},
        ),
        ({"class_name": "Aigc", "settings": {**AIGC_SETTINGS, "app_secret": "s"}}, {"host": "https://b.test"}),
        ({"class_name": "Aigc", "settings": {**AIGC_SETTINGS, "app_secret": "s"}}, {"token_path": "/echo"}),
        (
            {
                "class_name": "JinZhiTaskCenterApp",
                "settings": {
                    "host": "https://a.test",
                    "app_id": "a",
                    "access_token": "t",
                    "pc_todo_url": "https://a.test/{task_id}",
                },
            },
            {"task_path": "/echo"},
        ),
    ],
)
def test_every_class_keeps_its_secret_where_it_was_entered_for(
    desk: Desk, form: dict[str, Any], settings: dict[str, Any]
) -> None:
    created = desk.admin.post("/v1/platforms", {"id": "jz", "name": "x", **form})
    assert created.status == 201, created.text

    answer = move(desk, created.json, **settings)

    assert (answer.status, answer.code) == (422, "invalid_setting")


def worker_config(desk: Desk) -> PlatformConfig:
    """The platform as a worker that starts now reads it."""
    return ConfigurationTable(desk.dynamodb, desk.tables.ConfigurationTable, lambda: desk.now).current().platforms["jz"]
