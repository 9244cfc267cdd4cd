"""Parameters: each says what it is for, refuses nonsense in words, and has a default that works."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from bundle.questions import ASKED, accepts
from bundle.stages import CONFIG, read_stage
from local.deployment import choose_parameters
from local.settings import read_settings
from taskbridge.budgets import (
    LEAST_RECEIVES,
    LONGEST_PUSH_TIMEOUT_S,
    LONGEST_VISIBILITY_S,
    QUEUE_ATTEMPTS,
    SHORTEST_PUSH_TIMEOUT_S,
    Fleet,
    check_limits,
)
from tests.template.reader import ROOT, Template

ENVIRONMENTS = ("dev", "staging", "prod")
CONSTRAINTS = {"AllowedPattern", "AllowedValues", "MinValue", "MaxValue"}


def test_every_parameter_is_described_grouped_and_constrained_in_words(template: Template) -> None:
    groups = template.body["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(template.parameters)
    for name, parameter in template.parameters.items():
        assert parameter["Description"], name
        assert CONSTRAINTS & set(parameter), name
        assert parameter["ConstraintDescription"].startswith("must be "), name


def test_every_default_meets_its_own_constraint(template: Template) -> None:
    for name, parameter in template.parameters.items():
        assert accepts(parameter, str(parameter["Default"])), name


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_samconfig_sets_only_parameters_that_exist_to_values_that_they_accept(
    template: Template, environment: str
) -> None:
    for name, value in overrides(environment).items():
        assert accepts(template.parameters[name], value), name


def test_the_stack_on_one_machine_sets_only_parameters_that_exist_to_values_that_they_accept(
    template: Template,
) -> None:
    for environment in ({}, {"PUSH_CONCURRENCY": "1", "AI_CONCURRENCY": "1"}):
        for name, value in choose_parameters(read_settings(environment), "127.0.0.1:9000").items():
            assert accepts(template.parameters[name], value), name


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_environments_do_not_share_a_stack_or_metrics(environment: str) -> None:
    others = [other for other in ENVIRONMENTS if other != environment]
    assert overrides(environment)["Environment"] == environment
    assert samconfig()[environment]["global"]["parameters"]["stack_name"] == f"taskbridge-{environment}"
    assert overrides(environment)["MetricsNamespace"] not in [overrides(o)["MetricsNamespace"] for o in others]


@pytest.mark.parametrize("environment", ["default", *ENVIRONMENTS])
def test_sam_is_told_to_run_the_loops_of_the_template(environment: str) -> None:
    assert samconfig()[environment]["global"]["parameters"]["language_extensions"] is True


def test_production_asks_before_it_changes_and_keeps_what_it_has() -> None:
    assert samconfig()["prod"]["deploy"]["parameters"]["confirm_changeset"] is True
    assert overrides("prod")["ProtectTables"] == "true"
    assert overrides("prod")["EnableArchive"] == "true"
    assert int(overrides("prod")["PushConcurrency"]) > int(overrides("staging")["PushConcurrency"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Environment", "Prod"),
        ("Environment", ""),
        ("AlarmTopicArn", "my-topic"),
        ("PushConcurrency", "1"),
        ("SubnetIds", "subnet-1"),
        ("VpcId", "10.0.0.0/8"),
        ("LogRetentionDays", "31"),
        ("MetricsNamespace", "AWS/SQS"),
        ("JwtIssuer", "login.example.edu.cn"),
        ("JwtIssuer", "http://login.example.edu.cn"),
        ("JwtIssuer", "http://localhost.example.edu.cn"),
        ("PlatformHosts", "http://127.0.0.1"),
        ("JwtAudience", "console, phone"),
        ("ConsoleOrigin", "*"),
        ("ConsoleOrigin", "https://console.example.edu.cn/"),
        ("AttachmentHosts", "http://files.example.edu.cn"),
        ("AttachmentHosts", "files.example.edu.cn:"),
        ("AttachmentHosts", "files.example.edu.cn, oa.example.edu.cn"),
    ],
)
def test_nonsense_is_refused(template: Template, name: str, value: str) -> None:
    assert not accepts(template.parameters[name], value)


@pytest.mark.parametrize(
    "value", ["", "https://login.example.edu.cn/realms/campus", "http://127.0.0.1:8080/realms/campus"]
)
def test_issuers_have_https_except_on_one_machine(template: Template, value: str) -> None:
    assert accepts(template.parameters["JwtIssuer"], value)


@pytest.mark.parametrize("value", ["", "127.0.0.1,localhost", "127.0.0.1:9000"])
def test_platforms_on_this_machine_are_named_with_and_without_ports(template: Template, value: str) -> None:
    assert accepts(template.parameters["PlatformHosts"], value)


@pytest.mark.parametrize("value", ["", "127.0.0.1:18080", "files.example.edu.cn,oa.example.edu.cn:8443"])
def test_hosts_of_attachments_are_accepted_with_and_without_ports(template: Template, value: str) -> None:
    assert accepts(template.parameters["AttachmentHosts"], value)


def test_every_stage_can_be_read_and_every_parameter_that_is_asked_for_is_there(template: Template) -> None:
    assert set(ASKED) <= set(template.parameters)
    for environment in ENVIRONMENTS:
        stage = read_stage(environment, CONFIG.read_text())
        assert (stage.stack, stage.parameters["Environment"]) == (f"taskbridge-{environment}", environment)
        assert dict(pair.split("=", 1) for pair in stage.overrides) == overrides(environment)


def test_the_push_function_takes_what_its_budgets_can_do_and_nothing_else(template: Template) -> None:
    timeout, visibility = template.parameters["PushTimeoutSeconds"], template.parameters["PushVisibilitySeconds"]

    assert (timeout["MinValue"], timeout["MaxValue"]) == (SHORTEST_PUSH_TIMEOUT_S, LONGEST_PUSH_TIMEOUT_S)
    assert visibility["MaxValue"] == LONGEST_VISIBILITY_S
    redrive = template.of_type("AWS::SQS::Queue")["PushQueue"]["RedrivePolicy"]
    assert redrive["maxReceiveCount"] >= LEAST_RECEIVES > QUEUE_ATTEMPTS
    check_limits(10.0, 0.0, Fleet(timeout["MinValue"]))  # the default of the form


def samconfig() -> dict[str, Any]:
    return tomllib.loads((ROOT / "samconfig.toml").read_text())


def overrides(environment: str) -> dict[str, str]:
    """Parameters by name, as `sam deploy --config-env` sets them."""
    pairs = samconfig()[environment]["deploy"]["parameters"]["parameter_overrides"]
    return dict(pair.split("=", 1) for pair in pairs)
