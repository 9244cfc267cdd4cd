"""Reads template.yaml the way CloudFormation does, as far as the checks need it."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

from samtranslator.translator.transform import transform  # type: ignore[import-untyped]

from local.template import read_template

ROOT = Path(__file__).resolve().parents[2]

Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Template:
    """A template with intrinsic functions in their long form, such as {"Ref": "PushQueue"}."""

    body: Mapping[str, Any]

    @property
    def parameters(self) -> Properties:
        return cast(Properties, self.body["Parameters"])

    @property
    def globals(self) -> Properties:
        return cast(Properties, self.body["Globals"]["Function"])

    def of_type(self, resource_type: str) -> dict[str, Properties]:
        """Properties by logical id."""
        return {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.body["Resources"].items()
            if resource["Type"] == resource_type
        }

    def table_names(self) -> dict[str, str]:
        """What the name of each table has of its own, such as push-logs, by logical id."""
        return {
            logical_id: table["TableName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
            for logical_id, table in self.of_type("AWS::DynamoDB::Table").items()
        }

    def default(self, value: Any) -> Any:
        """A value with the default of the parameter that it refers to, if it does."""
        if isinstance(value, dict) and value.get("Ref") in self.parameters:
            return self.parameters[value["Ref"]]["Default"]
        return value

    def statements(self) -> Iterator[tuple[str, Properties]]:
        """Every policy statement with the logical id of what it belongs to, both branches of each condition."""
        for kind in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::SQS::QueuePolicy"):
            for logical_id, properties in self.of_type(kind).items():
                documents = [policy["PolicyDocument"] for policy in properties.get("Policies", ())]
                if "PolicyDocument" in properties:
                    documents.append(properties["PolicyDocument"])
                for document in documents:
                    for statement in document["Statement"]:
                        yield from ((logical_id, branch) for branch in branches(statement))

    def allowed(self) -> Iterator[tuple[str, Properties]]:
        """Every policy statement with the logical id of a role that it holds for: its own, and of what it carries."""
        statements = list(self.statements())
        for role, properties in self.of_type("AWS::IAM::Role").items():
            policies = {role, *(policy["Ref"] for policy in properties["ManagedPolicyArns"])}
            yield from ((role, statement) for owner, statement in statements if owner in policies)


@cache
def load_template(**parameters: str) -> Template:
    """template.yaml with its loops run, and what its maps have for these parameters: one object for all."""
    return Template(read_template(parameters))


def translate(template: Template) -> Template:
    """What SAM makes of it: resources of CloudFormation only."""
    body = copy.deepcopy(dict(template.body))
    for resource in body["Resources"].values():
        for key in ("CodeUri", "ContentUri"):
            if key in resource.get("Properties", {}):
                resource["Properties"][key] = "s3://bucket/key"
    no_managed_policies = SimpleNamespace(load=dict)
    with patch.dict(os.environ, AWS_DEFAULT_REGION="us-east-1"):
        return Template(transform(body, {}, no_managed_policies))


def branches(value: Any) -> list[Any]:
    """The value, or what each side of an `Fn::If` would make of it, without `AWS::NoValue`."""
    if isinstance(value, dict) and "Fn::If" in value:
        return [branch for side in value["Fn::If"][1:] for branch in branches(side)]
    return [] if value == {"Ref": "AWS::NoValue"} else [value]


def arn_of(value: Any) -> str:
    """Logical id of a resource whose ARN this is: {"Fn::GetAtt": [id, "Arn"]}."""
    logical_id, attribute = value["Fn::GetAtt"]
    assert attribute == "Arn"
    return str(logical_id)


def as_list(value: Any) -> list[Any]:
    """Policies write a single action or resource without brackets."""
    return value if isinstance(value, list) else [value]
