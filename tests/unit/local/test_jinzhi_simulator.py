"""Who may call the simulated task center, and what it refuses to read."""

from __future__ import annotations

import random
from typing import Any

import pytest

from local.jinzhi_simulator import Settings, TaskCenter, casp, codes
from tests.unit.local.jinzhi_caller import Caller, read
from tests.unit.local.jinzhi_samples import (
    sample_application,
    sample_insert,
    sample_instance,
    sample_processors,
    sample_update,
)

MISSING = object()


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def a_caller(**settings: Any) -> Caller:
    return Caller(TaskCenter(Clock(), random.Random(7), Settings(**settings)))


def refusal(caller: Caller, path: str, body: Any) -> tuple[str, str]:
    answer = read(caller.post(path, body))
    return answer["errcode"], answer["errmsg"]


def replaced(item: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    if value is MISSING:
        return {key: each for key, each in item.items() if key != name}
    return {**item, name: value}


@pytest.fixture
def caller() -> Caller:
    return a_caller()


def test_token_call_answers_a_token_that_lives_as_long_as_configured() -> None:
    clock = Clock()
    caller = Caller(TaskCenter(clock, random.Random(7)))
    assert caller.insert() == "0"

    clock.now += 7_200

    assert caller.insert("task-2") == codes.TOKEN_EXPIRED
    assert "task-2" not in caller.center.tasks


@pytest.mark.parametrize(("app_id", "secret"), [("other", None), (None, "wrong"), ("", "")])
def test_token_call_with_wrong_credentials_is_refused(caller: Caller, app_id: str | None, secret: str | None) -> None:
    answer = caller.fetch_token(app_id, secret)

    assert read(answer)["errcode"] == codes.WRONG_CREDENTIALS
    assert "app" in read(answer)["errmsg"]
    assert caller.center.tokens_issued == 1


def test_older_secret_stays_valid_while_one_is_being_changed() -> None:
    caller = a_caller(older_app_secrets=("the-old-one",))

    assert read(caller.fetch_token(secret="the-old-one"))["errcode"] == "0"


@pytest.mark.parametrize(("ends_old", "expected"), [(True, codes.TOKEN_EXPIRED), (False, "0")])
def test_new_token_ends_the_old_one_only_where_configured(ends_old: bool, expected: str) -> None:
    caller = a_caller(new_token_ends_old=ends_old)

    caller.fetch_token()

    assert caller.insert() == expected


def test_call_without_a_valid_token_or_app_is_refused(caller: Caller) -> None:
    body = {"insertModel": [sample_insert()]}

    assert read(caller.post(casp.TASK_PATH, body, accessToken=""))["errcode"] == "993"
    assert read(caller.post(casp.TASK_PATH, body, accessToken="wrong"))["errcode"] == "993"
    assert read(caller.post(casp.TASK_PATH, body, appId="other"))["errcode"] == codes.WRONG_CREDENTIALS
    assert not caller.center.tasks


def test_ended_tokens_are_refused_until_a_new_one_is_fetched(caller: Caller) -> None:
    caller.center.expire_tokens()

    assert caller.insert() == "993"
    caller.token = read(caller.fetch_token())["data"]
    assert caller.insert() == "0"


def test_unknown_path_wrong_method_wrong_type_and_broken_json_are_http_errors(caller: Caller) -> None:
    headers = {"appId": "taskbridge", "accessToken": caller.token}

    assert caller.post("/casp-tdc/task/other", {}).status == 404
    assert caller.center.handle("GET", casp.TASK_PATH, headers, b"").status == 405
    assert caller.center.handle("POST", casp.TOKEN_PATH, headers, b"").headers["allow"] == "GET"
    assert caller.post(casp.TASK_PATH, {}, **{"Content-Type": "text/plain"}).status == 415
    assert caller.post(casp.TASK_PATH, b"{not json").status == 400
    assert caller.post(casp.TASK_PATH, b"[" * 100_000).status == 400


def test_every_answer_says_that_it_is_a_simulator(caller: Caller) -> None:
    answers = [caller.fetch_token(), caller.post("/nowhere", {}), caller.post(casp.TASK_PATH, {})]

    assert {answer.headers["x-simulator"] for answer in answers} == {"jinzhi"}


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"insertModel": None},
        {"insertModel": []},
        {"insertModel": sample_insert()},
        {"insertModel": ["task-1"]},
        {"updateModel": [sample_update()]},
        {"updateModel": {}},
        {"updateModel": {"taskModels": []}},
        {"insertModel": [sample_insert(), sample_insert()]},
    ],
)
def test_save_without_well_formed_models_is_refused(caller: Caller, body: Any) -> None:
    assert caller.code(casp.TASK_PATH, body) == codes.MALFORMED
    assert not caller.center.tasks


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("taskId", (MISSING, 1, " ")),
        ("sceneCode", (MISSING, 3)),
        ("subject", (MISSING, "", 7)),
        ("priority", (MISSING, "3", 1.5, True)),
        ("taskType", (MISSING, "3")),
        ("initiatorType", (MISSING, "1")),
        ("initiatorId", (MISSING, 20230001)),
        ("processors", (MISSING, [], {}, "10001", ["10001"], [{}])),
        ("urls", (MISSING, {}, [{"type": "PC"}], [{"type": "WEB", "url": "https://a"}])),
        ("status", (MISSING, "ABORT", "running", 1)),
        ("nodeId", (MISSING, "", 5)),
        ("nodeName", (MISSING, {"zh": "院系审批"})),
        ("createTime", (MISSING, "2026-11-22T09:30:00", "2026-11-22", "2026-02-30 09:30:00", 1)),
        ("applicationModel", (MISSING, [], {}, "inst-1")),
    ],
)
def test_insert_with_a_missing_or_wrong_field_is_refused(caller: Caller, name: str, wrong: tuple[Any, ...]) -> None:
    for value in wrong:
        code, message = refusal(caller, casp.TASK_PATH, {"insertModel": [replaced(sample_insert(), name, value)]})
        assert (code, name in message) == (codes.MALFORMED, True), value
    assert not caller.center.tasks


@pytest.mark.parametrize("name", ["processorType", "processorId", "objectScope"])
def test_processor_needs_each_of_its_fields(caller: Caller, name: str) -> None:
    processor = replaced(sample_processors("10001")[0], name, MISSING)

    assert caller.insert(processors=[processor]) == codes.MALFORMED
    assert caller.insert(processors=[{**processor, name: [3]}]) == codes.MALFORMED


@pytest.mark.parametrize("name", ["processInstanceId", "processInstanceStatus", "nodeId", "nodeName", "serviceName"])
def test_application_model_needs_each_of_its_fields_on_insert_and_update(caller: Caller, name: str) -> None:
    for value in (MISSING, 1, "nonsense" if name == "processInstanceStatus" else None):
        model = replaced(sample_application(), name, value)
        assert caller.insert(applicationModel=model) == codes.MALFORMED
        assert caller.update(applicationModel=model) == codes.MALFORMED


def test_url_must_be_an_http_address(caller: Caller) -> None:
    assert caller.insert(urls=[{"type": "PC", "url": "javascript:alert(1)"}]) == codes.MALFORMED
    assert caller.insert(urls=[]) == "0"


def test_scene_code_must_be_the_one_that_is_known(caller: Caller) -> None:
    assert caller.insert(sceneCode="other") == codes.WRONG_SCENE
    caller.insert()
    assert caller.update(sceneCode="other") == codes.WRONG_SCENE


@pytest.mark.parametrize(
    "changed",
    [
        {"status": None},
        {"status": "DONE"},
        {"processors": []},
        {"processorId": 5},
        {"urls": [{}]},
        {"nodeId": 1},
    ],
)
def test_update_with_a_wrong_field_is_refused(caller: Caller, changed: dict[str, Any]) -> None:
    caller.insert()

    assert caller.update(**changed) == codes.MALFORMED
    assert caller.center.tasks["task-1"].status == "RUNNING"


@pytest.mark.parametrize("name", list(sample_instance()))
def test_instance_needs_each_of_its_fields(caller: Caller, name: str) -> None:
    assert caller.code(casp.INSTANCE_PATH, replaced(sample_instance(), name, MISSING)) == codes.MALFORMED
    assert not caller.center.instances
