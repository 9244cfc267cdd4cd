"""The description of the API: complete, valid, and readable without a script."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from admin_api import health
from admin_api.access import ACCESS
from admin_api.api import VERSION
from admin_api.description import operations
from admin_api.health import KEPT_S
from admin_api.problem_codes import CODES
from admin_api.words import ai, everywhere, push, setup
from taskbridge.errors import StoreError
from tests.api import ApiClient, build_client, build_services

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def client() -> ApiClient:
    return build_client(build_services())


@pytest.fixture(scope="module")
def description(client: ApiClient) -> dict[str, Any]:
    answer = client.as_("o", "ops").get("/v1/openapi.json")
    assert answer.status == 200
    found: dict[str, Any] = answer.json
    return found


def test_each_word_stands_in_one_area() -> None:
    lines = [line for area in (setup, push, ai, everywhere) for line in area.TABLE.strip().splitlines()]
    names = [line.partition(" |")[0] for line in lines]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_the_version_is_that_of_the_project(description: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert description["info"]["version"] == VERSION == project["version"]


def test_it_is_openapi_3_1_and_describes_every_route_of_the_table_and_no_other(
    client: ApiClient, description: dict[str, Any]
) -> None:
    assert description["openapi"].startswith("3.1")
    described = {(method, path) for method, path, _ in operations(description)}
    assert described == set(ACCESS)


def test_every_reference_leads_somewhere(client: ApiClient, description: dict[str, Any]) -> None:
    text = client.get("/v1/openapi.json").text
    wanted = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert wanted <= set(description["components"]["schemas"])


def test_operations_have_names_of_their_own_and_a_summary(description: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(description)]
    assert len(names) == len(set(names))
    for method, path, operation in operations(description):
        assert operation.get("summary"), f"{method} {path}"


def test_who_may_call_is_described(description: dict[str, Any]) -> None:
    for method, path, operation in operations(description):
        assert operation["x-roles"] == sorted(ACCESS[method, path].roles)
        is_open = path in {"/v1/health", "/v1/schemas/trigger-event"}
        assert operation["security"] == ([] if is_open else [{"token": []}])
        assert is_open == ({"401", "403"}.isdisjoint(operation["responses"]))


def test_every_refusal_is_a_problem(description: dict[str, Any]) -> None:
    for method, path, operation in operations(description):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert "application/problem+json" in answer["content"], f"{method} {path} {status}"


def test_every_parameter_of_a_path_is_described(description: dict[str, Any]) -> None:
    for method, path, operation in operations(description):
        described = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
        assert described == set(re.findall(r"\{(\w+)\}", path)), f"{method} {path}"


def test_every_operation_tells_what_its_handler_does(description: dict[str, Any]) -> None:
    for method, path, operation in operations(description):
        assert operation.get("description"), f"{method} {path}"


def test_operations_are_named_by_noun_and_verb(description: dict[str, Any]) -> None:
    names = {(method, path): operation["operationId"] for method, path, operation in operations(description)}
    assert names["GET", "/v1/push-logs"] == "push_logs.list"
    assert names["GET", "/v1/push-logs/{id}"] == "push_logs.get"
    assert names["POST", "/v1/push-logs/{id}/replay"] == "push_logs.replay"
    assert names["POST", "/v1/platforms"] == "platforms.create"
    assert names["PUT", "/v1/ai/rules/{app_id}/{node_id}"] == "ai_rules.update"
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", name) for name in names.values())


def fields(description: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    schemas = description["components"]["schemas"].items()
    return [(f"{name}.{field}", part) for name, each in schemas for field, part in each.get("properties", {}).items()]


def test_every_field_and_every_parameter_says_what_it_means(description: dict[str, Any]) -> None:
    silent = [name for name, part in fields(description) if not part.get("description")]
    for method, path, operation in operations(description):
        silent += [
            f"{method} {path} {each['name']}" for each in operation.get("parameters", ()) if not each.get("description")
        ]
    assert silent == []


def test_fields_that_hold_one_value_have_an_example_and_so_have_bodies(description: dict[str, Any]) -> None:
    scalars = [
        (name, part)
        for name, part in fields(description)
        if part.get("type") in {"string", "integer", "number", "boolean"}
    ]
    shown = [name for name, part in scalars if "examples" in part]
    assert len(shown) / len(scalars) > 0.9, sorted({name for name, _ in scalars} - set(shown))
    for method, path, operation in operations(description):
        if "requestBody" in operation:
            assert "example" in operation["requestBody"]["content"]["application/json"], f"{method} {path}"


def test_an_enum_stands_once_and_has_a_name(description: dict[str, Any]) -> None:
    named = [frozenset(each["enum"]) for each in description["components"]["schemas"].values() if "enum" in each]
    assert len(named) == len(set(named))
    everywhere = json.dumps(description)
    assert everywhere.count('"enum": [') == len(named)


def test_two_enums_that_would_have_one_name_are_told_apart(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    of_ai, of_push = schemas["Job"]["properties"]["status"]["$ref"], schemas["JobStatus"]["enum"]
    assert "failed" in schemas[of_ai.rpartition("/")[2]]["enum"]
    assert "failed" not in of_push


def test_an_example_of_an_enum_is_one_of_its_values(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    for name, part in fields(description):
        values = schemas.get(part.get("$ref", "").rpartition("/")[2], {}).get("enum")
        assert values is None or set(part.get("examples", ())) <= set(values), name


def test_it_is_the_same_each_time_that_it_is_made() -> None:
    texts = [build_client(build_services()).get("/v1/openapi.json").text for _ in range(2)]
    assert texts[0] == texts[1]


def test_the_codes_of_problems_are_those_of_the_code_and_of_the_page() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "functions" / "admin_api").rglob("*.py"))
    calls = r"(?:Problem\(\s*\d+,|conflict\(|code=)\s*\"([a-z_]+)\""
    raised = set(re.findall(calls, source)) | {"invalid_request"}
    assert raised == set(CODES)
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", page, flags=re.MULTILINE) == sorted(CODES.items())


class Elements(HTMLParser):
    """Names, targets and texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: set[str] = set()
        self.targets: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.names.add(tag)
        self.links |= {str(given["href"])} if "href" in given else set()
        self.targets |= {f"#{given['id']}"} if "id" in given else set()


def test_the_page_shows_every_route_and_runs_and_fetches_nothing(
    client: ApiClient, description: dict[str, Any]
) -> None:
    # when
    answer = client.as_("a", "approver").get("/v1/docs")
    page = Elements()
    page.feed(answer.text)

    # then
    assert answer.headers["content-type"].startswith("text/html")
    assert "script" not in page.names
    assert page.links <= page.targets
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for method, path, _ in operations(description):
        assert f"<code>{method} {path}</code>" in answer.text


class Described:
    """Tables and queues, some of which do not answer."""

    def __init__(self, *silent: str) -> None:
        self.silent = set(silent)
        self.asked = 0

    def answer(self, **request: str) -> dict[str, Any]:
        (name,) = request.values()
        self.asked += 1
        if any(name.endswith(each) for each in self.silent):
            raise StoreError("no answer")
        return {}

    def client(self, now: list[float]) -> ApiClient:
        services = build_services(
            SimpleNamespace(describe_table=self.answer),
            sqs=SimpleNamespace(get_queue_attributes=self.answer),
            clock=lambda: now[0],
        )
        return build_client(services, health.router).as_("", "")


def test_health_says_which_table_or_queue_is_silent() -> None:
    report = Described("/push", "ai-rules").client([0.0]).get("/v1/health").json
    assert (report["status"], report["version"]) == ("degraded", VERSION)
    assert {name for name, state in report["tables"].items() if state != "ok"} == {"ai-rules"}
    assert {name for name, state in report["queues"].items() if state != "ok"} == {"push"}


def test_health_is_ok_where_everything_answers() -> None:
    assert Described().client([0.0]).get("/v1/health").json["status"] == "ok"


def test_anyone_may_ask_for_the_health_and_nobody_wears_the_tables_out_by_it() -> None:
    # given
    now, stores = [0.0], Described()
    client = stores.client(now)

    # when
    for _ in range(100):
        client.get("/v1/health")
    once = stores.asked
    now[0] = KEPT_S
    client.get("/v1/health")

    # then
    assert stores.asked == 2 * once


def test_the_form_of_trigger_events_is_open_to_anyone() -> None:
    answer = build_client(build_services()).as_("", "").get("/v1/schemas/trigger-event")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json == json.loads((ROOT / "docs" / "trigger-event.schema.json").read_text(encoding="utf-8"))
