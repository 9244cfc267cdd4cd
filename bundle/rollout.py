"""A release that is shifted to gradually, written into the built template: aliases, and what shifts back. Pure.

A gradual rollout needs an alias, and SAM makes one or makes none: no condition chooses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ALIAS = "live"
# As CodeDeploy calls them.
ROLLOUTS = (
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
)
_FUNCTION = "AWS::Serverless::Function"
# Beside the errors of the function itself, which may be few where what it does is wrong.
_MORE_ALARMS: Mapping[str, tuple[str, ...]] = {
    "AdminApiFunction": ("ApiErrorsAlarm",),
    "PushTaskFunction": ("FailedTasksAlarm", "BreakerOpenAlarm"),
    "AiAnalyzeFunction": ("FailedAnalysesAlarm",),
}


def with_rollout(template: Mapping[str, Any], kind: str, release: str) -> dict[str, Any]:
    """The template with an alias for each function, to which a release is shifted as `kind` says.

    An alarm shifts it back. `release` names code and parameters: another one is another version of each function, which
    SAM would make for a change of code alone.
    """
    functions = [id_ for id_, each in template["Resources"].items() if _type_of(each) == _FUNCTION]
    resources = {id_: _invoked_by_alias(each, functions) for id_, each in template["Resources"].items()}
    for id_ in functions:
        alarms = [id_.removesuffix("Function") + "ErrorsAlarm", *_MORE_ALARMS.get(id_, ())]
        more = {
            "AutoPublishAlias": ALIAS,
            "AutoPublishCodeSha256": release,
            "DeploymentPreference": {"Type": kind, "Alarms": [{"Ref": alarm} for alarm in alarms]},
        }
        resources[id_] = resources[id_] | {"Properties": {**resources[id_]["Properties"], **more}}
    return {**template, "Resources": resources}


def _type_of(resource: Any) -> str:
    """Empty for a loop, of which the template has some."""
    return str(resource.get("Type", "")) if isinstance(resource, Mapping) else ""


def _invoked_by_alias(resource: Any, functions: list[str]) -> Any:
    """What the gateway invokes, and may invoke, is the alias."""
    places = {"AWS::ApiGatewayV2::Integration": "IntegrationUri", "AWS::Lambda::Permission": "FunctionName"}
    name = places.get(_type_of(resource))
    if name is None:
        return resource
    match resource["Properties"][name]:
        case {"Ref": str(function)} | {"Fn::GetAtt": [str(function), "Arn"]} if function in functions:
            return {**resource, "Properties": {**resource["Properties"], name: {"Ref": f"{function}.Alias"}}}
    return resource
