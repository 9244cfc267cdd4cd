"""The HTTP API through the gateway of a running stack: tokens, roles, and what gets past neither."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import httpx
import pytest

from tests.stack.harness import RunningStack


class Gateway:
    """Calls the API with the token of a person, or with any other."""

    def __init__(self, stack: RunningStack) -> None:
        self.tokens: dict[str, str] = stack.outputs["tokens"]
        self._http = httpx.Client(base_url=stack.outputs["ApiUrl"], trust_env=False, timeout=60)

    def get(self, path: str, person: str = "", *, token: str = "") -> httpx.Response:
        token = token or self.tokens.get(person, "")
        return self._http.get(path, headers={"authorization": f"Bearer {token}"} if token else {})

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def gateway(stack: RunningStack) -> Iterator[Gateway]:
    """The API of the stack that tests share."""
    made = Gateway(stack)
    yield made
    made.close()


def with_claims(token: str, **claims: object) -> str:
    """The token with other claims, and the signature of the old ones."""
    header, payload, signature = token.split(".")
    known = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    forged = base64.urlsafe_b64encode(json.dumps({**known, **claims}).encode()).rstrip(b"=").decode()
    return f"{header}.{forged}.{signature}"


def test_anyone_sees_that_every_table_and_queue_answers(gateway: Gateway) -> None:
    answer = gateway.get("/v1/health")
    assert answer.status_code == 200
    report = answer.json()
    assert report["status"] == "ok", report
    assert {*report["tables"].values(), *report["queues"].values()} == {"ok"}


@pytest.mark.parametrize("person", ["admin", "ops", "approver-1", "approver-2"])
def test_every_person_gets_the_description_with_a_token_that_is_ready(gateway: Gateway, person: str) -> None:
    answer = gateway.get("/v1/openapi.json", person)
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")


def test_tokens_carry_the_role_and_the_user_id(gateway: Gateway) -> None:
    for person, role in {"admin": "admin", "ops": "ops", "approver-1": "approver", "approver-2": "approver"}.items():
        payload = gateway.tokens[person].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert (claims["custom:uid"], claims["cognito:groups"]) == (person, [role])


def test_without_a_token_only_health_answers(gateway: Gateway) -> None:
    for path in ("/v1/openapi.json", "/v1/docs", "/v1/platforms", "/v1/ai/tasks", "/v1/nowhere"):
        assert gateway.get(path).status_code == 401, path


def test_a_tampered_token_is_refused(gateway: Gateway) -> None:
    token = gateway.tokens["ops"]
    forged = with_claims(token, **{"cognito:groups": ["admin"]})
    for each in (forged, token[:-8] + "AAAAAAAA", token.rsplit(".", 1)[0] + ".", "no.to.ken", "nonsense"):
        assert gateway.get("/v1/openapi.json", token=each).status_code == 401


def test_a_role_that_is_not_enough_is_refused(gateway: Gateway) -> None:
    refused = [("ops", "/v1/platforms"), ("approver-1", "/v1/push-logs"), ("admin", "/v1/ai/tasks")]
    for person, path in refused:
        answer = gateway.get(path, person)
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json"), path
        assert answer.json()["code"] == "not_allowed"


def test_answers_protect_themselves_behind_the_gateway_too(gateway: Gateway) -> None:
    headers = gateway.get("/v1/health").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
