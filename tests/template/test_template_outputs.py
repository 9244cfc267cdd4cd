"""Outputs: whoever works with a deployed stack finds its names there, and guesses none."""

from __future__ import annotations

from tests.template.reader import Template


def test_every_queue_table_and_function_is_an_output(template: Template) -> None:
    expected = {f"{name}Url": name for name in template.of_type("AWS::SQS::Queue")}
    for kind in ("AWS::DynamoDB::Table", "AWS::Serverless::Function"):
        expected |= {f"{name}Name": name for name in template.of_type(kind)}
    outputs = template.body["Outputs"]
    assert {output: outputs[output]["Value"] for output in expected} == {
        output: {"Ref": name} for output, name in expected.items()
    }


def test_bus_and_secrets_are_outputs(template: Template) -> None:
    outputs = template.body["Outputs"]
    assert outputs["EventBusName"]["Value"] == {"Ref": "EventBus"}
    assert outputs["ParameterPrefix"]["Value"] == template.globals["Environment"]["Variables"]["PARAMETER_PREFIX"]


def test_the_api_and_the_people_who_use_it_are_outputs(template: Template) -> None:
    outputs = template.body["Outputs"]
    assert outputs["ApiUrl"]["Value"] == {"Fn::GetAtt": ["HttpApi", "ApiEndpoint"]}
    for name in ("UserPoolId", "UserPoolClientId"):
        assert outputs[name]["Condition"] == "OwnPool"


def test_every_name_starts_with_the_name_of_the_stack(template: Template) -> None:
    for kind, key in (
        ("AWS::SQS::Queue", "QueueName"),
        ("AWS::DynamoDB::Table", "TableName"),
        ("AWS::Serverless::Function", "FunctionName"),
        ("AWS::Serverless::LayerVersion", "LayerName"),
        ("AWS::Events::EventBus", "Name"),
        ("AWS::Events::Rule", "Name"),
        ("AWS::ApiGatewayV2::Api", "Name"),
        ("AWS::Cognito::UserPool", "UserPoolName"),
    ):
        for logical_id, properties in template.of_type(kind).items():
            assert properties[key]["Fn::Sub"].startswith("${AWS::StackName}-"), logical_id
