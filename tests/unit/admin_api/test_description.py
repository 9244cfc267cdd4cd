"""The description of the API: complete, valid, and readable without a script."""

from __future__ import annotations

import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from admin_api.access import ACCESS
from admin_api.areas import register_all
from admin_api.description import VERSION, operations
from admin_api.health import KEPT_S
from admin_api.routes import health
from taskbridge.errors import StoreError
from tests.api import ApiClient, build_client, build_services

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def client() -> ApiClient:
    return build_client(build_services(), register_all)


@pytest.fixture(scope="module")
def description(client: ApiClient) -> dict[str, Any]:
    answer = client.as_("o", "ops").get("/v1/openapi.json")
    assert answer.status == 200
    found: dict[str, Any] = answer.json
    return found


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
        is_open = path == "/v1/health"
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
        return build_client(services, health.register).as_("", "")


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
