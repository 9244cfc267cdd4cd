"""The API for assistants: a real client of the Model Context Protocol, and the API behind it in this process."""

from __future__ import annotations

import json
from typing import Any

import anyio
import httpx
import pytest

from cli.api import Api
from cli.mcp_server import build_server
from tests.api import ApiClient, build_client, build_services
from tests.functional.aws import Tables


def api_of(client: ApiClient) -> Api:
    """The API as the command asks it, in this process."""

    def answer(request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        body = request.content.decode() or None
        found = client.call(request.method, request.url.raw_path.decode().partition("?")[0], query=query, body=body)
        return httpx.Response(found.status, headers=dict(found.headers), text=found.text)

    transport = httpx.MockTransport(answer)
    return Api(httpx.Client(base_url="https://api.example.edu.cn", transport=transport), lambda _: None)


def ask(client: ApiClient, *calls: tuple[str, dict[str, Any]], may_write: bool = False) -> tuple[list[Any], list[Any]]:
    """(tools, results of the calls), each over the protocol."""

    from mcp import Client  # slow: three seconds of each process that would import it with this file

    async def run() -> tuple[list[Any], list[Any]]:
        async with Client(build_server(api_of(client), may_write=may_write)) as assistant:
            tools = (await assistant.list_tools()).tools
            return tools, [await assistant.call_tool(name, arguments) for name, arguments in calls]

    return anyio.run(run)


@pytest.fixture
def client(moto: Any, moto_tables: Tables) -> ApiClient:
    return build_client(build_services(moto, moto_tables))


def test_an_assistant_sees_what_reads_and_nothing_else_unless_it_may_write(client: ApiClient) -> None:
    reading, _ = ask(client)
    writing, _ = ask(client, may_write=True)
    assert all(tool.annotations.read_only_hint for tool in reading)
    assert {"events-get", "push_logs-list", "ops-summary-get"} <= {tool.name for tool in reading}
    assert {"push_logs-replay", "platforms-delete"} <= {tool.name for tool in writing} - {tool.name for tool in reading}
    assert not any("stream" in tool.name or "openapi" in tool.name for tool in writing)


def test_a_call_is_answered_as_its_caller_may_see_it(client: ApiClient) -> None:
    _, (listed, refused) = ask(client.as_("li", "approver"), ("ai_rules-list", {}), ("platforms-list", {}))
    assert json.loads(listed.content[0].text) == {"items": [], "next_cursor": None}
    assert refused.is_error
    assert "403" in refused.content[0].text


def test_what_would_change_something_is_refused_without_write(client: ApiClient) -> None:
    body = {"name": "all", "targets": ["push:*"]}
    _, (refused,) = ask(client, ("trigger_rules-create", {"body": body}))
    assert refused.is_error
    assert client.get("/v1/trigger-rules").json["items"] == []


def test_with_write_a_rule_is_made(client: ApiClient) -> None:
    body = {"id": "r1", "name": "all", "targets": ["push:*"]}
    _, (made,) = ask(client, ("trigger_rules-create", {"body": body}), may_write=True)
    assert json.loads(made.content[0].text)["id"] == "r1"
    assert [rule["id"] for rule in client.get("/v1/trigger-rules").json["items"]] == ["r1"]


def test_an_id_of_any_kind_finds_what_it_names(client: ApiClient) -> None:
    _, (missing,) = ask(client, ("events-get", {"id": "流程/1 号"}))
    assert missing.is_error
    assert "404" in missing.content[0].text
