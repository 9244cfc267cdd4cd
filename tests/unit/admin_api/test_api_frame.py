"""The frame: what happens to a request before and after its handler."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Annotated, Any

import pytest
from aws_lambda_powertools.event_handler.openapi.params import Query
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from admin_api.api import Api, Router
from admin_api.cursors import Cursors
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.requests import MAX_BODY_BYTES, Wanted
from tests.api import ApiClient, build_client, build_request, build_services


class RuleWanted(Wanted):
    name: Annotated[str, Field(max_length=10)]
    settings: dict[str, Any] = Field(default_factory=dict)


class Numbered(BaseModel):
    number: int


router = Router("what the frame gives to a handler")


@router.get("/v1/platforms/{id}")
def get_platform(api: Api, id: str) -> dict[str, str]:  # noqa: A002  # the name of the parameter
    return {"id": id, "uid": api.caller.uid}


@router.post("/v1/trigger-rules", status_code=201)
def create_rule(api: Api, body: RuleWanted) -> RuleWanted:
    return body


@router.get("/v1/trigger-rules")
def list_rules(
    api: Api, name: Annotated[str, Query()] = "", cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Listed[Numbered]:
    start = int(api.open_cursor(cursor) or 0)
    return api.listed([Numbered(number=number) for number in range(start, start + limit)], str(start + limit))


@router.get("/v1/ai/settings")
def fail(api: Api) -> dict[str, str]:
    raise ZeroDivisionError("secret 4711")


@router.get("/v1/ai/audit")
def answer_wrongly(api: Api) -> Numbered:
    return {"number": "secret 4711"}  # type: ignore[return-value]


@pytest.fixture(scope="module")
def client() -> ApiClient:
    services = build_services()
    key = secrets.token_bytes(32)
    vars(services)["cursors"] = Cursors(lambda: key)
    return build_client(services, router)


def test_a_handler_gets_its_parameters_and_the_caller(client: ApiClient) -> None:
    assert client.get("/v1/platforms/jinzhi").json == {"id": "jinzhi", "uid": "admin"}


@pytest.mark.parametrize("name", ["京-1", "a b", "a\"b'c", "<x>", "{y}", "a?b#c", "100%", "..", "\n"])
def test_an_id_may_hold_anything_but_a_slash(client: ApiClient, name: str) -> None:
    raw = name.replace("%", "%25")  # as API Gateway leaves it
    assert client.get(f"/v1/platforms/{raw}").json["id"] == name


def test_every_answer_protects_itself(client: ApiClient) -> None:
    for answer in (client.get("/v1/platforms/a"), client.get("/nowhere"), client.as_("", "").get("/v1/platforms/a")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "max-age=" in answer.headers["strict-transport-security"]


def test_an_unknown_route_is_not_found_and_another_method_not_allowed(client: ApiClient) -> None:
    assert client.get("/v1/nowhere").code == "not_found"
    answer = client.call("PATCH", "/v1/platforms/a")
    assert (answer.status, answer.headers["allow"]) == (405, "GET")


def test_who_has_not_signed_in_does_not_learn_which_routes_exist(client: ApiClient) -> None:
    nobody = client.as_("", "")
    assert [nobody.get(path).status for path in ("/v1/nowhere", "/v1/platforms/a")] == [401, 401]
    assert nobody.call("PATCH", "/v1/platforms/a").status == 401


def test_a_browser_may_ask_before_it_has_a_token(client: ApiClient) -> None:
    assert client.as_("", "").call("OPTIONS", "/v1/platforms/a").status == 204


def test_the_role_is_checked_before_anything_of_the_request_is_read(client: ApiClient) -> None:
    assert client.as_("o", "ops").post("/v1/trigger-rules", "no json").code == "not_allowed"
    assert client.as_("o", "ops").get("/v1/trigger-rules", limit="many").code == "not_allowed"


def test_what_is_wrong_with_a_request_is_named_and_not_repeated(client: ApiClient) -> None:
    answer = client.post("/v1/trigger-rules", {"name": "secret-that-is-too-long", "extra": 1})
    assert answer.code == "invalid_request"
    assert {(each["in"], each["field"]) for each in answer.json["errors"]} == {("body", "name"), ("body", "extra")}
    assert "secret-that-is-too-long" not in answer.text


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 201}, {"limit": "x"}, {"nmae": "a"}, {"cursor": "x" * 5000}])
def test_a_parameter_that_is_unknown_or_out_of_bounds_is_an_error(client: ApiClient, query: dict[str, Any]) -> None:
    answer = client.get("/v1/trigger-rules", **query)
    assert answer.code == "invalid_request"
    assert answer.json["errors"][0]["in"] == "query"


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", '"x"', "NaN", '{"name": NaN}', '{"name": "\\ud800"}', "[" * 100_000, '{"name":"a"} {}'],
    ids=["empty", "cut", "list", "null", "text", "NaN", "a NaN", "a surrogate", "deep", "two"],
)
def test_a_body_that_is_no_object_is_an_error(client: ApiClient, body: str) -> None:
    assert client.post("/v1/trigger-rules", body).code == "invalid_request"


@given(st.binary(max_size=200))
def test_no_body_is_an_internal_error(client: ApiClient, body: bytes) -> None:
    event = signed_in(build_request("POST", "/v1/trigger-rules", body="x"))
    answer = client.api.resolve({**event, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}, None)
    assert answer["statusCode"] in {201, 422}


def test_a_body_in_base64_is_read(client: ApiClient) -> None:
    event = signed_in(build_request("POST", "/v1/trigger-rules", body="x"))
    body = base64.b64encode(json.dumps({"name": "规则"}).encode()).decode()
    answer = client.api.resolve({**event, "body": body, "isBase64Encoded": True}, None)
    assert json.loads(answer["body"])["name"] == "规则"


def test_a_request_that_is_too_large_is_refused_whole(client: ApiClient) -> None:
    body = json.dumps({"name": "x", "settings": {"a": "x" * MAX_BODY_BYTES}})
    answer = client.post("/v1/trigger-rules", body)
    assert (answer.status, answer.code) == (413, "too_large")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "application/jsonx"]
)
def test_a_body_that_says_it_is_no_json_is_refused(client: ApiClient, kind: str) -> None:
    assert client.post("/v1/trigger-rules", '{"name": "a"}', content_type=kind).code == "unsupported_media_type"


def test_json_may_name_its_charset(client: ApiClient) -> None:
    answer = client.post("/v1/trigger-rules", '{"name": "a"}', content_type="application/json; charset=utf-8")
    assert answer.status == 201


def test_pages_follow_each_other_by_their_cursors(client: ApiClient) -> None:
    first = client.get("/v1/trigger-rules", limit=2).json
    second = client.get("/v1/trigger-rules", limit=3, cursor=first["next_cursor"]).json
    assert [each["number"] for each in first["items"] + second["items"]] == [0, 1, 2, 3, 4]


def test_a_cursor_is_of_no_use_for_another_query_or_another_caller(client: ApiClient) -> None:
    cursor = client.get("/v1/trigger-rules", limit=2).json["next_cursor"]
    assert client.get("/v1/trigger-rules", cursor=cursor, name="a").code == "invalid_cursor"
    assert client.as_("another", "admin").get("/v1/trigger-rules", cursor=cursor).code == "invalid_cursor"
    assert client.get("/v1/trigger-rules", cursor=cursor).status == 200


@pytest.mark.parametrize("path", ["/v1/ai/settings", "/v1/ai/audit"])
def test_a_mistake_of_ours_is_an_error_without_its_text(client: ApiClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status, answer.code) == (500, "internal_error")
    assert "4711" not in answer.text


def test_the_instance_of_a_problem_is_the_id_in_the_access_log(client: ApiClient) -> None:
    event = build_request("GET", "/v1/nowhere")
    body = json.loads(client.api.resolve(event, None)["body"])
    assert body["instance"] == f"urn:taskbridge:request:{event['requestContext']['requestId']}"


def signed_in(event: dict[str, Any]) -> dict[str, Any]:
    claims = {"sub": "admin", "cognito:groups": "[admin]"}
    event["requestContext"]["authorizer"] = {"jwt": {"claims": claims}}
    return event
