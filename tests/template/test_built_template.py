"""What `make deploy` changes in the built template: gradual rollouts, and regions without user pools."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bundle.rollout import ROLLOUTS, with_rollout
from bundle.user_pools import without_pool
from tests.template.reader import Template, translate

KIND = "Canary10Percent15Minutes"


@pytest.fixture(scope="module")
def rolled(template: Template) -> Template:
    """What SAM makes of the template with a rollout."""
    return translate(Template(with_rollout(template.body, KIND, "a" * 64)))


def aliases(template: Template) -> dict[str, str]:
    """Logical ids of the functions by those of their aliases."""
    return {id_: alias["FunctionName"]["Ref"] for id_, alias in template.of_type("AWS::Lambda::Alias").items()}


def test_every_function_of_ours_gets_an_alias_that_is_shifted_gradually(template: Template, rolled: Template) -> None:
    assert sorted(aliases(rolled).values()) == sorted(template.of_type("AWS::Serverless::Function"))
    for id_ in aliases(rolled):
        assert "CodeDeployLambdaAliasUpdate" in rolled.body["Resources"][id_]["UpdatePolicy"], id_


def test_an_alarm_shifts_a_release_back_and_is_one_that_there_is(rolled: Template) -> None:
    alarms = rolled.of_type("AWS::CloudWatch::Alarm")
    groups = rolled.of_type("AWS::CodeDeploy::DeploymentGroup")
    assert len(groups) == len(aliases(rolled))
    for id_, group in groups.items():
        watched = [each["Name"]["Ref"] for each in group["AlarmConfiguration"]["Alarms"]]
        assert set(watched) <= set(alarms), id_
        assert id_.removesuffix("FunctionDeploymentGroup") + "ErrorsAlarm" in watched
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]


def test_queues_clock_and_gateway_invoke_the_alias_and_nothing_invokes_the_newest_code(rolled: Template) -> None:
    known = set(aliases(rolled))
    invoked: list[Any] = [each["FunctionName"] for each in rolled.of_type("AWS::Lambda::EventSourceMapping").values()]
    invoked += [target["Arn"] for rule in rolled.of_type("AWS::Events::Rule").values() for target in rule["Targets"]]
    invoked += [each["IntegrationUri"] for each in rolled.of_type("AWS::ApiGatewayV2::Integration").values()]
    permitted = [each["FunctionName"] for each in rolled.of_type("AWS::Lambda::Permission").values()]
    of_console = [{"Fn::GetAtt": ["ConsoleFunction", "Arn"]}, {"Ref": "ConsoleFunction"}]
    of_queues = [{"Fn::GetAtt": ["IngestQueue", "Arn"]}]  # the target of the rule of the bus
    for each in [*invoked, *permitted]:
        assert each in (*of_console, *of_queues) or each.get("Ref") in known, each
    for config in rolled.of_type("AWS::Lambda::EventInvokeConfig").values():
        assert config["Qualifier"] == "live"


def test_another_release_is_another_version_also_where_only_parameters_changed(template: Template) -> None:
    first, second = (
        set(translate(Template(with_rollout(template.body, KIND, release * 64))).of_type("AWS::Lambda::Version"))
        for release in "ab"
    )
    assert len(first) == len(second) == len(template.of_type("AWS::Serverless::Function"))
    assert not first & second


def test_without_a_rollout_there_is_no_alias(translated: Template) -> None:
    assert not aliases(translated)


def test_every_kind_of_rollout_is_one_of_codedeploy() -> None:
    assert all(kind.startswith(("Canary10Percent", "Linear10Percent")) for kind in ROLLOUTS)


def test_a_region_without_user_pools_sees_nothing_of_one(template: Template) -> None:
    body = without_pool(template.body)
    assert "AWS::Cognito" not in json.dumps(body, default=str)
    assert "UserPool" not in json.dumps({name: body[name] for name in ("Resources", "Outputs")}, default=str)
    authorizer = body["Resources"]["ApiAuthorizer"]["Properties"]["JwtConfiguration"]
    assert authorizer["Issuer"] == {"Ref": "JwtIssuer"}
    translate(Template(body))
