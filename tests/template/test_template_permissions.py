"""Permissions: each function may do what it does, and nothing to things that are not its own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.reader import Template, as_list

# These know no resource that a statement could be bound to; template.yaml says why at each.
UNBOUND_STATEMENTS = frozenset({"WriteTraces", "ManageNetworkInterfaces", "SeeAges"})


def test_no_statement_allows_a_wildcard_action(translated: Template) -> None:
    for logical_id, statement in translated.statements():
        if statement["Effect"] == "Deny":
            continue
        for action in as_list(statement["Action"]):
            assert "*" not in action, f"{logical_id}: {action}"


def test_no_statement_allows_every_resource_but_those_that_must(translated: Template) -> None:
    for logical_id, statement in translated.statements():
        if "*" in as_list(statement["Resource"]):
            assert statement["Sid"] in UNBOUND_STATEMENTS, f"{logical_id}: {statement['Sid']}"


def test_a_wildcard_in_a_resource_only_follows_the_path_of_a_parameter(translated: Template) -> None:
    for logical_id, statement in translated.statements():
        for resource in as_list(statement["Resource"]):
            text = resource.get("Fn::Sub", "") if isinstance(resource, dict) else ""
            if "*" in text:
                assert text.endswith("/*"), f"{logical_id}: {text}"
                assert ":parameter/taskbridge/${Environment}/" in text, f"{logical_id}: {text}"


def test_every_function_may_use_the_key_of_what_is_stored_where_there_is_one(translated: Template) -> None:
    users = {role for role, statement in translated.allowed() if statement["Sid"] == "UseOwnKey"}
    assert users == set(translated.of_type("AWS::IAM::Role"))
    [statement] = [each for _, each in translated.statements() if each["Sid"] == "UseOwnKey"]
    assert statement["Resource"] == {"Ref": "KmsKeyArn"}


def test_no_role_carries_a_policy_that_is_not_in_the_template(translated: Template) -> None:
    # SAM adds managed policies of AWS to the roles that it makes, with more than is needed.
    roles = translated.of_type("AWS::IAM::Role")
    functions = ("EventRouter", "PushTask", "AiTrack", "AiAnalyze", "AdminApi", "Reconciler", "Console")
    assert set(roles) == {f"{name}Role" for name in functions}
    for role in roles.values():
        assert {policy["Ref"] for policy in role["ManagedPolicyArns"]} <= set(
            translated.of_type("AWS::IAM::ManagedPolicy")
        )


def test_every_statement_has_a_name(translated: Template) -> None:
    for logical_id, statement in translated.statements():
        assert statement.get("Sid"), logical_id


def test_a_function_writes_only_to_its_own_log_group(translated: Template) -> None:
    for logical_id, statement in translated.statements():
        if "logs:PutLogEvents" in as_list(statement["Action"]):
            own = logical_id.removesuffix("Role") + "LogGroup"
            assert statement["Resource"] == {"Fn::GetAtt": [own, "Arn"]}


def test_only_the_functions_that_call_platforms_and_the_api_read_secrets(translated: Template) -> None:
    readers = {
        logical_id
        for logical_id, statement in translated.allowed()
        if any(action.startswith("ssm:") for action in as_list(statement["Action"]))
    }
    assert readers == {"PushTaskRole", "AiAnalyzeRole", "AdminApiRole"}


def test_only_the_api_writes_secrets(translated: Template) -> None:
    for logical_id, statement in translated.statements():
        if "ssm:PutParameter" in as_list(statement["Action"]):
            assert logical_id == "AdminApiRole" or statement["Resource"]["Fn::Sub"].endswith("/tokens/*")


def test_no_function_scans_a_table(translated: Template) -> None:
    forbidden = {"dynamodb:Scan", "dynamodb:PartiQLDelete", "dynamodb:PartiQLSelect"}
    for logical_id, statement in translated.statements():
        assert forbidden.isdisjoint(as_list(statement["Action"])), logical_id


def test_nothing_is_deleted_but_forms_and_answers_of_deleted_tasks_and_what_a_person_deletes(
    translated: Template,
) -> None:
    deleting = {
        (logical_id, resource["Fn::GetAtt"][0])
        for logical_id, statement in translated.allowed()
        if "dynamodb:DeleteItem" in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }
    assert deleting == {
        ("AiTrackRole", "AiFormTable"),
        ("AiTrackRole", "AiAnswerTable"),
        ("AdminApiRole", "ConfigurationTable"),
        ("AdminApiRole", "AiRuleTable"),
        # What is stored of a person who is erased.
        ("AdminApiRole", "AiTaskTable"),
        ("AdminApiRole", "AiPersonTable"),
        ("AdminApiRole", "AiAnswerTable"),
        ("AdminApiRole", "AiRuleVersionTable"),
        ("AdminApiRole", "ChangeTable"),
        ("AdminApiRole", "JobTable"),
    }


@pytest.mark.parametrize(
    ("table", "keys"), [("ChangeTable", "own-rule#*"), ("AiRuleVersionTable", "user#*"), ("JobTable", "ai#*")]
)
def test_of_what_is_shared_only_a_persons_own_may_be_deleted(translated: Template, table: str, keys: str) -> None:
    [statement] = [
        statement
        for _, statement in translated.statements()
        if {"Fn::GetAtt": [table, "Arn"]} in as_list(statement["Resource"])
        and "dynamodb:DeleteItem" in as_list(statement["Action"])
    ]
    assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [keys]}}


def test_the_trail_of_changes_is_only_added_to_but_for_own_rules_of_who_is_erased(translated: Template) -> None:
    assert grants_on("ChangeTable", translated) == [
        ("AdminApiRole", ["dynamodb:DescribeTable"], None),
        ("AdminApiRole", ["dynamodb:PutItem"], None),
        (
            "AdminApiRole",
            ["dynamodb:DeleteItem"],
            {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["own-rule#*"]}},
        ),
        ("AdminApiRole", ["dynamodb:Query", "dynamodb:BatchGetItem"], None),
    ]


def test_the_audit_log_is_only_added_to_but_for_words_that_are_erased_or_deleted(translated: Template) -> None:
    assert grants_on("AiAuditTable", translated) == [
        (
            "AiTrackRole",
            ["dynamodb:UpdateItem"],
            {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["task_id", "entry", "detail"]}},
        ),
        ("AiTrackRole", ["dynamodb:Query"], None),
        ("AiAnalyzeRole", ["dynamodb:PutItem"], None),
        ("AdminApiRole", ["dynamodb:DescribeTable"], None),
        (
            "AdminApiRole",
            ["dynamodb:UpdateItem"],
            {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["task_id", "entry", "uid", "detail"]}},
        ),
        ("AdminApiRole", ["dynamodb:Query", "dynamodb:BatchGetItem"], None),
    ]


def grants_on(table: str, template: Template) -> list[tuple[str, list[str], Any]]:
    """Who may do what with a table, under which condition."""
    resource = {"Fn::GetAtt": [table, "Arn"]}
    return [
        (logical_id, as_list(statement["Action"]), statement.get("Condition"))
        for logical_id, statement in template.allowed()
        if resource in as_list(statement["Resource"])
    ]


def test_every_event_source_can_be_consumed_by_its_function(template: Template) -> None:
    needed = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    statements = list(template.allowed())
    for function in template.of_type("AWS::Serverless::Function").values():
        role = function["Role"]["Fn::GetAtt"][0]
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                queue = event["Properties"]["Queue"]
                assert any(
                    owner == role
                    and queue in as_list(statement["Resource"])
                    and needed <= {*as_list(statement["Action"])}
                    for owner, statement in statements
                )
