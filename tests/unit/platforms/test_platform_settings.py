"""What an admin enters: taken, forgiven, or refused with the name of the setting and what was expected."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from taskbridge.errors import ConfigurationError
from taskbridge.platforms import REGISTRY
from taskbridge.platforms.jinzhi import JinZhiSettings
from taskbridge.platforms.settings import parse_settings, settings_schema, split_secrets
from tests.unit.platforms.builders import JINZHI, SECRET, default_settings

DEFAULTS = {
    "token_path": "/token/gateway/accessToken",
    "task_path": "/casp-tdc/task/saveOrUpdate",
    "delete_task_path": "/casp-tdc/task/delete",
    "delete_instance_path": "/casp-tdc/processInstance/delete",
    "instance_path": "/casp-tdc/processInstance/save",
    "task_type": 3,
    "priority_map": {"1": 1, "2": 2, "3": 3},
    "initiator_type": 1,
    "processor_type": 1,
    "object_scope": 1,
    "status_map": {
        "running": "RUNNING",
        "completed": "COMPLETE",
        "revoked": "COMPLETE",
        "aborted": "ABORT",
        "rejected": "RUNNING",
        "draft": "RUNNING",
        "task_init": "RUNNING",
        "task_completed": "COMPLETE",
        "task_aborted": "COMPLETE",
    },
    "url_types": {"pc": "PC", "h5": "H5"},
    "pc_todo_url": "",
    "pc_apply_url": "",
    "h5_todo_url": "",
    "h5_apply_url": "",
    "time_format": "%Y-%m-%d %H:%M:%S",
    "time_zone": "Asia/Shanghai",
    "success_codes": ["0"],
    "token_expired_codes": ["993"],
    "already_there_codes": [],
    "already_gone_codes": [],
    "retry_codes": [],
    "timeout_s": 10.0,
    "max_rate_per_s": 0.0,
    "max_concurrency": 8,
}


def parse(**changes: Any) -> JinZhiSettings:
    return parse_settings(JinZhiSettings, {**JINZHI, **changes})


def test_the_defaults_are_those_agreed() -> None:
    assert default_settings(JinZhiSettings) == DEFAULTS


def test_the_form_asks_for_what_has_no_default_first() -> None:
    schema = settings_schema(JinZhiSettings)
    assert set(schema["required"]) == {"host", "app_id", "app_secret", "scene_code"}
    assert set(list(schema["properties"])[:4]) == set(schema["required"])
    assert set(schema["properties"]) == set(schema["required"]) | set(DEFAULTS)


def test_the_secret_is_a_write_only_password_without_a_default() -> None:
    part = settings_schema(JinZhiSettings)["properties"]["app_secret"]
    assert (part["type"], part["secret"], part["writeOnly"], part["widget"]) == ("string", True, True, "password")
    assert "default" not in part


def test_what_no_public_source_tells_says_whom_to_ask() -> None:
    parts = settings_schema(JinZhiSettings)["properties"]
    asked = {name for name, part in parts.items() if part.get("ask")}
    assert asked >= {
        "scene_code",
        "delete_task_path",
        "delete_instance_path",
        "instance_path",
        "task_type",
        "priority_map",
        "initiator_type",
        "processor_type",
        "object_scope",
        "status_map",
        "url_types",
        "already_there_codes",
        "already_gone_codes",
        "retry_codes",
    }
    assert "help" not in parts["scene_code"], "whom to ask stands apart"


@pytest.mark.parametrize("class_name", REGISTRY)
def test_a_form_says_to_ask_the_vendor_of_its_own_platform(class_name: str) -> None:
    kind = REGISTRY[class_name]
    parts = kind.describe()["settings"]["properties"].values()
    asked = [part for part in parts if "ask" in part]
    assert {part["ask"]["zh"] for part in asked} == {f"请向{kind.vendor['zh']}确认"}
    assert all(f"ask {kind.vendor['en']}." in part["description"] for part in asked)
    assert ("金智" in json.dumps([*parts], ensure_ascii=False)) is class_name.startswith("JinZhi")


def test_a_code_may_be_a_number_or_a_text_in_the_form() -> None:
    schema = settings_schema(JinZhiSettings)
    assert schema["properties"]["task_type"]["type"] == ["integer", "string"]
    Draft202012Validator(schema).validate({**JINZHI, "app_secret": "x", "task_type": "A", "priority_map": {"1": 5}})


def test_maps_and_code_lists_are_taken_in_part_and_as_numbers() -> None:
    settings = parse(priority_map={1: 9, "3": "low"}, status_map={"draft": "ABORT"}, success_codes=[0, "ok"])
    assert settings.priority_map.very_urgent == 9
    assert (settings.priority_map.urgent, settings.priority_map.normal) == (2, "low")
    assert (settings.status_map.draft, settings.status_map.running) == ("ABORT", "RUNNING")
    assert settings.success_codes == ("0", "ok")


def test_settings_and_secrets_of_a_form_are_told_apart() -> None:
    entered = {**JINZHI, "app_secret": SECRET}
    assert split_secrets(JinZhiSettings, entered) == (JINZHI, {"app_secret": SECRET})


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("https://gateway.school.edu.cn", "https://gateway.school.edu.cn"),
        (" https://gateway.school.edu.cn/ ", "https://gateway.school.edu.cn"),
        ("HTTPS://gateway.school.edu.cn:8443", "https://gateway.school.edu.cn:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://task_center", "http://task_center"),
    ],
)
def test_a_host_is_taken(entered: str, kept: str) -> None:
    assert parse(host=entered).host == kept


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ("gateway.school.edu.cn", "neither https:// nor http://"),
        ("ftp://gateway.school.edu.cn", "neither https:// nor http://"),
        ("javascript:alert(1)", "neither https:// nor http://"),
        ("https://gateway.school.edu.cn/casp-tdc", "nothing may follow"),
        ("https://gateway.school.edu.cn?x=1", "nothing may follow"),
        ("https://gateway.school.edu.cn#top", "nothing may follow"),
        ("https://https://gateway.school.edu.cn", "nothing may follow"),
        ("https:/gateway.school.edu.cn", "it names no host"),
        ("https://网关.edu.cn", "a character that no address has"),
        ("https：//gateway.school.edu.cn", "a character that no address has"),
        ("https://gateway school.edu.cn", "a blank"),
        ("https://gateway.school.edu.cn\n.evil.org", "a blank"),
        ("", "empty"),
        ("https://", "it names no host"),
        ("https://.edu.cn", "it names no host"),
        ("https://" + "a" * 64 + ".edu.cn", "it names no host"),
        ("https://gateway.school.edu.cn:", "its port"),
        ("https://gateway.school.edu.cn:0", "its port"),
        ("https://gateway.school.edu.cn:99999", "its port"),
        ("https://gateway.school.edu.cn:80a", "its port"),
        ("https://[::1", "its brackets"),
    ],
)
def test_a_mistyped_host_is_answered_with_an_example(entered: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(host=entered)
    assert caught.value.field == "host"
    assert str(caught.value).startswith("host: expected https://gateway.school.edu.cn, got ")
    assert words in str(caught.value)


def test_a_password_in_a_host_is_not_repeated() -> None:
    with pytest.raises(ConfigurationError, match="no user name or password") as caught:
        parse(host=f"https://admin:{SECRET.replace('/', '')}@gateway.school.edu.cn")
    assert "sec" not in str(caught.value)


@pytest.mark.parametrize(
    "template",
    [
        "",
        "https://oa.edu.cn/todo/{task_id}",
        "https://oa.edu.cn?s={sess_id}&a={app_id}&n={node_id}",
        "http://m.edu.cn/#/todo/{task_id}/{task_id}",
        "https://oa.edu.cn/首页",
    ],
)
def test_a_link_template_is_taken(template: str) -> None:
    assert parse(pc_todo_url=f" {template} ").pc_todo_url == template


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("https://oa.edu.cn/{taskid}", r"unknown placeholder \{taskid\}: known are \{sess_id\}, \{task_id\}"),
        ("https://oa.edu.cn/{}", r"unknown placeholder \{\}"),
        ("https://oa.edu.cn/{task_id.__class__}", "unknown placeholder"),
        ("https://oa.edu.cn/{task_id", "without its partner"),
        ("https://oa.edu.cn/task_id}", "without its partner"),
        ("https://oa.edu.cn/{{task_id}}", "without its partner"),
        ("oa.edu.cn/{task_id}", "expected a link"),
        ("javascript:{task_id}", "expected a link"),
        ("https://{app_id}.edu.cn/", "expected a link"),
        ("https://oa.edu.cn{task_id}", "expected a link"),
        ("https://oa.edu.cn/a b", "expected a link"),
    ],
)
def test_a_link_template_that_cannot_be_filled_is_refused(template: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^h5_apply_url: .*{words}"):
        parse(h5_apply_url=template)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"token_path": "token"}, "token_path: expected a path"),
        ({"token_path": "https://x.edu.cn/token"}, "token_path: expected a path"),
        ({"task_path": "//evil.org/x"}, "task_path: expected a path"),
        ({"task_path": "/a#b"}, "task_path: expected a path"),
        ({"task_path": "/a b"}, "task_path: expected a path"),
        ({"app_id": "应用"}, "app_id: expected letters"),
        ({"app_id": ""}, "app_id: expected letters"),
        ({"app_id": "a\r\nx: y"}, "app_id: expected letters"),
        ({"scene_code": ""}, "scene_code: Expected"),
        ({"time_format": "yyyy-MM-dd HH:mm:ss"}, "time_format: expected a format such as %Y-%m-%d"),
        ({"time_format": "%Y-%q"}, "time_format: expected .*no directive %q"),
        ({"time_format": "%Y%"}, "time_format: expected .*at its end"),
        ({"time_format": "%%"}, "time_format: expected"),
        ({"time_format": "%Y\n"}, "time_format: expected"),
        ({"time_zone": "Beijing"}, "time_zone: expected a time zone such as Asia/Shanghai"),
        ({"time_zone": "../../etc/passwd"}, "time_zone: expected"),
        ({"time_zone": "Asia"}, "time_zone: expected"),
        ({"time_zone": ""}, "time_zone: expected"),
        ({"priority_map": {"0": 1}}, "priority_map.0: unknown setting: known are 1, 2, 3"),
        ({"priority_map": [1, 2, 3]}, "priority_map: expected an object"),
        ({"priority_map": {"1": None}}, r"priority_map.1: Expected `int \| str`"),
        ({"status_map": {"done": "X"}}, "status_map.done: unknown setting"),
        ({"url_types": {"wx": "WX"}}, "url_types.wx: unknown setting"),
        ({"timeout_s": 0}, "timeout_s: Expected"),
        ({"timeout_s": "10"}, "timeout_s: Expected"),
        ({"timeout_s": True}, "timeout_s: Expected"),
        ({"max_rate_per_s": -1}, "max_rate_per_s: Expected"),
        ({"max_rate_per_s": 1e6 + 1}, "max_rate_per_s: Expected"),
        ({"max_rate_per_s": math.inf}, "max_rate_per_s: Expected"),
        ({"max_concurrency": 0}, "max_concurrency: Expected"),
        ({"max_concurrency": 1.5}, "max_concurrency: Expected"),
        ({"retry_codes": "993"}, "retry_codes: Expected"),
        ({"retry_codes": [True]}, "retry_codes: Expected"),
        ({"retry_codes": ["993"]}, "retry_codes: '993' stands in token_expired_codes as well"),
        ({"already_gone_codes": [0]}, "already_gone_codes: '0' stands in success_codes as well"),
        ({"app_secret": SECRET}, "app_secret: a secret is stored apart"),
    ],
)
def test_what_cannot_be_used_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{words}"):
        parse(**changes)


def test_one_code_may_mean_there_already_and_gone_already() -> None:
    settings = parse(already_there_codes=["7"], already_gone_codes=["7"])
    assert settings.already_there_codes == settings.already_gone_codes == ("7",)


def test_settings_that_are_no_object_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"^settings: expected an object"):
        parse_settings(JinZhiSettings, [])  # type: ignore[arg-type]
