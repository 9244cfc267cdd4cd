"""Who may call what: every cell of the matrix of routes and roles, and who the caller is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_api.access import ACCESS, ANYONE, SIGNED_IN, Caller, read_caller
from admin_api.api import Api, Router
from admin_api.problems import Problem
from tests.api import ROLES, ApiClient, build_services

CALLERS = ("", "guest", *ROLES)  # "" has not signed in, a guest has no role
CELLS = [(method, template, role) for method, template in ACCESS for role in CALLERS]


class EndlessCalls:
    """Nobody calls too often."""

    def take(self, route: str, uid: str, per_minute: int) -> None:
        """Count nothing."""


@pytest.fixture(scope="module")
def client() -> ApiClient:
    """An API with every route of the table, each of which answers that it was reached."""
    services = build_services()
    vars(services)["calls"] = EndlessCalls()
    router = Router("every route")
    for method, template in ACCESS:
        add = getattr(router, method.lower())
        add(template, operation_id=f"{method} {template}")(lambda api: {"reached": True})
    return ApiClient(Api(services, [router]))


def wanted_status(method: str, template: str, role: str) -> int:
    """What the contract says, spelled out apart from the code."""
    if template in {"/v1/health", "/v1/schemas/trigger-event"}:
        return 200
    if not role:
        return 401
    if template in {"/v1/openapi.json", "/v1/docs"}:
        return 200
    return 200 if role in allowed_roles(method, template) else 403


def allowed_roles(method: str, template: str) -> set[str]:
    area = template.removeprefix("/v1/").split("/")
    if area[0] in {"platform-types", "platforms", "trigger-rules", "people", "changes"}:
        return {"admin"}
    if area[0] in {"events", "push-logs", "replays", "rejected-events", "skipped-events", "ops"}:
        return {"admin", "ops"}
    if area == ["ai", "late"]:
        return {"admin", "ops"}
    if area == ["search"]:
        return {"admin", "ops", "approver"}
    if area[1] in {"settings", "nodes", "audit", "flips"}:
        return {"admin"}
    if area[1] in {"agreement", "clauses", "jobs"} or area[-1] in {"propose-checks", "documents", "dry-run"}:
        return {"admin", "approver"}
    return {"approver"}


@pytest.mark.parametrize(("method", "template", "role"), CELLS)
def test_each_role_reaches_what_the_contract_gives_it(client: ApiClient, method: str, template: str, role: str) -> None:
    path = template.replace("{", "").replace("}", "")
    answer = client.as_("somebody", role).call(method, path)
    assert answer.status == wanted_status(method, template, role)
    if answer.status == 401:
        assert answer.code == "not_signed_in"
        assert answer.headers["www-authenticate"] == "Bearer"
    if answer.status == 403:
        assert answer.code == "not_allowed"


def test_a_route_that_is_not_in_the_table_cannot_be_registered() -> None:
    router = Router("none")
    router.get("/v1/back-door")(lambda api: api.services)

    with pytest.raises(KeyError):
        router.register(Api(build_services()))


def test_the_table_names_only_roles_that_exist() -> None:
    for access in ACCESS.values():
        assert access.roles
        assert access.roles <= {ANYONE, SIGNED_IN, *ROLES}


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        (["admin", "ops"], {"admin", "ops"}),
        ("[admin ops]", {"admin", "ops"}),
        ("[approver]", {"approver"}),
        ("admin,approver", {"admin", "approver"}),
        ("admin, ops", {"admin", "ops"}),
        ('["ops", "approver"]', {"ops", "approver"}),
        ("ops", {"ops"}),
        ("[administrators]", set()),
        ("anyone signed-in", set()),
        ("", set()),
        (None, set()),
        (7, set()),
    ],
)
def test_groups_are_read_however_the_issuer_writes_them(groups: Any, roles: set[str]) -> None:
    caller = read_caller(request({"sub": "s", "cognito:groups": groups}), "cognito:groups")
    assert caller == Caller("s", frozenset(roles))


@pytest.mark.parametrize(
    ("claims", "uid"),
    [
        ({"sub": "s-1", "custom:uid": "u-1"}, "u-1"),
        ({"sub": "s-1"}, "s-1"),
        ({"sub": "s-1", "custom:uid": ""}, "s-1"),
        ({"sub": 7}, "7"),
    ],
)
def test_the_own_user_is_the_custom_uid_else_the_subject(claims: dict[str, Any], uid: str) -> None:
    caller = read_caller(request(claims), "cognito:groups")
    assert caller is not None
    assert caller.uid == uid


@pytest.mark.parametrize("claims", [None, {}, {"cognito:groups": "[admin]"}, {"sub": ""}, {"sub": "x" * 201}])
def test_a_token_that_names_nobody_is_nobody(claims: dict[str, Any] | None) -> None:
    assert read_caller(request(claims), "cognito:groups") is None


@pytest.mark.parametrize("use", ["access", "refresh", 7])
def test_a_token_that_is_no_id_token_is_refused_and_not_taken_for_another_person(use: Any) -> None:
    with pytest.raises(Problem) as caught:
        read_caller(request({"sub": "s", "token_use": use}), "cognito:groups")
    assert (caught.value.status, caught.value.code) == (401, "not_an_id_token")
    assert read_caller(request({"sub": "s", "token_use": "id"}), "cognito:groups") is not None


@pytest.mark.parametrize("claims", [{"sub": "s"}, {"sub": "s", "custom:uid": ""}])
def test_a_user_of_the_own_pool_without_a_uid_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(Problem) as caught:
        read_caller(request(claims), "cognito:groups", own_pool=True)
    assert (caught.value.status, caught.value.code) == (403, "no_uid")
    named = read_caller(request({**claims, "custom:uid": "u"}), "cognito:groups", own_pool=True)
    assert named is not None
    assert named.uid == "u"
    assert read_caller(request({}), "cognito:groups", own_pool=True) is None


def test_the_claim_of_the_groups_is_a_setting() -> None:
    caller = read_caller(request({"sub": "s", "roles": "ops", "cognito:groups": "[admin]"}), "roles")
    assert caller == Caller("s", frozenset({"ops"}))


@given(st.text())
def test_no_text_of_groups_gives_a_role_that_it_does_not_name(text: str) -> None:
    caller = read_caller(request({"sub": "s", "cognito:groups": text}), "cognito:groups")
    assert caller is not None
    assert all(role in text for role in caller.roles)


def request(claims: dict[str, Any] | None) -> dict[str, Any]:
    return {"requestContext": {"authorizer": {"jwt": {"claims": claims}}} if claims is not None else {}}
