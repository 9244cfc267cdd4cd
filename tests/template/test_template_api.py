"""The HTTP API: nobody without a token gets past the gateway, but to health; and who has which user id is fixed."""

from __future__ import annotations

import json
import re

import pytest

from cli.login import COMING_BACK
from tests.template.reader import Template


def test_every_route_wants_a_token_but_health_the_schema_the_files_of_the_console_and_what_a_browser_asks_before(
    template: Template,
) -> None:
    routes = {route["RouteKey"]: route for route in template.of_type("AWS::ApiGatewayV2::Route").values()}
    opened = {key for key, route in routes.items() if route["AuthorizationType"] == "NONE"}
    console = {"GET /", "GET /console", "GET /console/{proxy+}"}
    assert opened == {"GET /v1/health", "GET /v1/schemas/trigger-event", "OPTIONS /v1/{proxy+}", *console}
    for key in console:
        assert routes[key]["Target"] == {"Fn::Sub": "integrations/${ConsoleIntegration}"}
    assert routes["ANY /v1/{proxy+}"]["AuthorizationType"] == "JWT"
    assert routes["ANY /v1/{proxy+}"]["AuthorizerId"] == {"Ref": "ApiAuthorizer"}


def test_tokens_are_of_the_given_issuer_else_of_the_pool_of_the_stack(template: Template) -> None:
    trusted = template.of_type("AWS::ApiGatewayV2::Authorizer")["ApiAuthorizer"]["JwtConfiguration"]
    pool = {"Fn::Sub": "https://${UserPool.ProviderName}"}
    assert trusted["Issuer"] == {"Fn::If": ["OwnPool", pool, {"Ref": "JwtIssuer"}]}
    audience = {"Fn::Split": [",", {"Ref": "JwtAudience"}]}
    assert trusted["Audience"] == {"Fn::If": ["OwnPool", [{"Ref": "UserPoolClient"}], audience]}


def test_a_given_issuer_needs_an_audience(template: Template) -> None:
    # Without one, a token that the same issuer made out for another application would do.
    assert template.body["Rules"]["IssuerNeedsAudience"]["Assertions"]


def test_no_person_can_change_who_he_is(template: Template) -> None:
    client = template.of_type("AWS::Cognito::UserPoolClient")["UserPoolClient"]
    assert not any(name.startswith("custom:") for name in client["WriteAttributes"])
    pool = template.of_type("AWS::Cognito::UserPool")["UserPool"]
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}


def test_the_pool_has_a_group_for_each_role(template: Template) -> None:
    groups = template.of_type("AWS::Cognito::UserPoolGroup").values()
    assert {group["GroupName"] for group in groups} == {"admin", "ops", "approver"}


def test_nothing_of_the_pool_exists_with_an_issuer_of_ones_own(template: Template) -> None:
    kinds = ("AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient", "AWS::Cognito::UserPoolGroup")
    for kind in kinds:
        for logical_id in template.of_type(kind):
            assert template.body["Resources"][logical_id]["Condition"] == "OwnPool"


CONSOLE, PORTAL, HALL = "https://console.test", "https://portal.test", "https://ehall.test:8443"


@pytest.mark.parametrize(
    ("console", "embedding", "allowed"),
    [
        ("", "", None),
        (CONSOLE, "", [CONSOLE]),
        ("", PORTAL, [PORTAL]),
        (CONSOLE, f"{PORTAL} {HALL}", [CONSOLE, PORTAL, HALL]),
    ],
)
def test_only_the_console_and_pages_that_are_named_may_call_from_a_browser(
    template: Template, console: str, embedding: str, allowed: list[str] | None
) -> None:
    from ministack.services.cloudformation import engine  # type: ignore[import-untyped]  # slow

    names = ("HasConsole", "HasPanel", "IsCalledByPages")
    given = {"ConsoleOrigin": {"Value": console}, "EmbeddingOrigins": {"Value": embedding}}
    held = engine._evaluate_conditions(
        {"Conditions": {name: template.body["Conditions"][name] for name in names}}, given
    )
    written = template.of_type("AWS::ApiGatewayV2::Api")["HttpApi"]

    api = engine._resolve_refs({"Cors": written["CorsConfiguration"]}, {}, given, held, {}, "taskbridge", "stack")

    assert (api.get("Cors") or {}).get("AllowOrigins") == allowed
    assert template.body["Resources"]["PreflightRoute"]["Condition"] == "IsCalledByPages"
    assert held["IsCalledByPages"] is (allowed is not None)


def test_the_stage_is_throttled_and_logs_every_call_without_tokens_or_queries(template: Template) -> None:
    stage = template.of_type("AWS::ApiGatewayV2::Stage")["ApiStage"]
    assert {"ThrottlingRateLimit", "ThrottlingBurstLimit"} <= set(stage["DefaultRouteSettings"])
    logged = set(re.findall(r"\$context\.([\w.]+)", stage["AccessLogSettings"]["Format"]))
    assert {"requestId", "status", "path", "httpMethod"} <= logged
    assert not any("header" in name or "query" in name.lower() for name in logged)


def test_a_line_of_the_access_log_is_json_with_and_without_an_error(template: Template) -> None:
    written = template.of_type("AWS::ApiGatewayV2::Stage")["ApiStage"]["AccessLogSettings"]["Format"]
    names = re.findall(r"\$context\.[\w.]+", written)

    # API Gateway quotes messageString by itself, and writes a hyphen for what there is not.
    for quoted, plain in (('"No"', "No"), ("-", "-")):
        line = re.sub(r"\$context\.[\w.]+String\b", quoted, written)
        line = re.sub(r"\$context\.[\w.]+", plain, line)
        assert len(json.loads(line)) == len(names), line


def test_the_function_ends_before_the_gateway_stops_waiting(template: Template) -> None:
    function = template.of_type("AWS::Serverless::Function")["AdminApiFunction"]
    assert (
        function["Timeout"] * 1000
        < template.of_type("AWS::ApiGatewayV2::Integration")["ApiIntegration"]["TimeoutInMillis"]
    )


def test_people_sign_in_by_code_at_addresses_of_the_console_and_on_their_own_machine_only(template: Template) -> None:
    client = template.of_type("AWS::Cognito::UserPoolClient")["UserPoolClient"]
    assert (client["AllowedOAuthFlows"], client["AllowedOAuthScopes"]) == (["code"], ["openid"])
    assert client["GenerateSecret"] is False
    for urls, page in (("CallbackURLs", "signed-in"), ("LogoutURLs", "signed-out")):
        own, elsewhere, *more = client[urls]
        assert more == ([COMING_BACK] if urls == "CallbackURLs" else [])
        assert own == {"Fn::Sub": f"${{HttpApi.ApiEndpoint}}/console/{page}"}
        assert elsewhere["Fn::If"][:2] == ["HasConsole", {"Fn::Sub": f"${{ConsoleOrigin}}/console/{page}"}]


def test_the_console_has_no_layer_and_may_do_nothing_but_log(template: Template) -> None:
    function = template.of_type("AWS::Lambda::Function")["ConsoleFunction"]
    assert "Layers" not in function
    allowed = [statement["Sid"] for owner, statement in template.statements() if owner == "ConsoleRole"]
    assert allowed == ["WriteLogs"]
