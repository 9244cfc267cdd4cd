"""The HTTP API in this process: requests as API Gateway sends them, without a gateway."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest
from aws_lambda_powertools.event_handler.openapi import dependant

from admin_api.api import Api, Router
from admin_api.app import AREAS
from admin_api.stores import TABLES
from admin_api.wiring import QUEUES, Services
from tests.functional.aws import REGION, Tables, template

ROLES = ("admin", "ops", "approver")
MOST_PAGES = 60  # so that a list without an end fails
_requests = count(1)


class NamedTables(Mapping[str, str]):
    """The tables of a test by the names of the API: each is created when it is first used."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._logical_ids = {own: logical_id for logical_id, own in template().table_names().items()}

    def __getitem__(self, name: str) -> str:
        return str(getattr(self._tables, self._logical_ids[name]))

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The code of a problem."""
        assert self.headers["content-type"] == "application/problem+json", self.text
        return str(self.json["code"])


class ApiClient:
    """Calls the API as somebody: `uid` with one role, or nobody (`role` is empty)."""

    def __init__(self, api: Api, uid: str = "admin", role: str = "admin") -> None:
        self.api = api
        self.uid = uid
        self.role = role

    def as_(self, uid: str, role: str = "approver") -> ApiClient:
        return ApiClient(self.api, uid, role)

    def get(self, path: str, **query: Any) -> Answer:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.call("POST", path, body=body, headers=headers)

    def put(self, path: str, body: Any = None) -> Answer:
        return self.call("PUT", path, body=body)

    def delete(self, path: str, **query: Any) -> Answer:
        return self.call("DELETE", path, query=query)

    def walk(self, path: str, limit: int, **query: Any) -> list[dict[str, Any]]:
        """All rows of a list, page by page."""
        found: list[dict[str, Any]] = []
        cursor = None
        for _ in range(MOST_PAGES):
            answer = self.get(path, limit=limit, cursor=cursor, **query)
            assert answer.status == 200, answer.text
            found += answer.json["items"]
            cursor = answer.json["next_cursor"]
            if cursor is None:
                return found
        raise AssertionError("the list does not end")

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """`body` is sent as JSON, text as it is. Underscores in names of headers stand for hyphens."""
        event = build_request(method, path, query=query, body=body, headers=headers)
        if self.role:
            claims = {"sub": f"sub-{self.uid}", "custom:uid": self.uid, "cognito:groups": f"[{self.role}]"}
            event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": []}}
        answer = self.api.resolve(event, None)
        return Answer(answer["statusCode"], answer["headers"], answer["body"])


def build_request(
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A request of API Gateway in payload format 2.0, from nobody."""
    wanted = {name: str(value) for name, value in (query or {}).items() if value is not None}
    sent = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": urlencode(wanted),
        "headers": {"content-type": "application/json", **sent} if body is not None else sent,
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "127.0.0.1"},
            "stage": "$default",
            "requestId": f"request-{next(_requests)}",
        },
        "isBase64Encoded": False,
    }
    if wanted:
        event["queryStringParameters"] = wanted
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    return event


def build_services(
    dynamodb: Any = None, tables: Tables | None = None, *, sqs: Any = None, ssm: Any = None, **changed: Any
) -> Services:
    """Services on the emulator's clients of a test; what a test does not give must not be used by what it calls."""
    wanted: dict[str, Any] = {
        "dynamodb": dynamodb,
        "sqs": sqs,
        "ssm": ssm,
        "tables": NamedTables(tables) if tables else {name: name for name in TABLES},
        "queues": {name: f"https://queues.invalid/{name}" for name in QUEUES},
        "environment": "test",
        "prefix": f"/taskbridge/{tables.prefix}" if tables else "/taskbridge/test",
        "region": REGION,
        **changed,
    }
    return Services(**wanted)


def build_client(services: Services, *areas: Router) -> ApiClient:
    """A client, signed in as an admin, of an API with all routes, or with those of some areas."""
    return ApiClient(Api(services, areas or AREAS))


def share_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Powertools makes of the signature of a handler is made once, and not for the API of each test anew."""
    make, made = dependant.get_dependant, dict[tuple[Any, ...], Any]()

    def get_shared(*, path: str, call: Any, name: str | None = None, **more: Any) -> Any:
        key = (path, call, name, more.get("is_dependency"))
        if key not in made:
            made[key] = make(path=path, call=call, name=name, **more)
        return made[key]

    monkeypatch.setattr(dependant, "get_dependant", get_shared)
