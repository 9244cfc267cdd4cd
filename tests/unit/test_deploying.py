"""What `make deploy` looks at, asks and changes before anything is deployed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from bundle.checklist import walk
from bundle.commands import BuildError
from bundle.deploying import change_built, is_ready, read_yaml, release_of, sam_deploy
from bundle.questions import ask_for_parameters
from bundle.stages import Stage, read_stage
from cli.findings import State
from local.settings import ROOT

STAGE = Stage("dev", "taskbridge-dev", {"Environment": "dev", "PushConcurrency": "2"})
CONFIG = """
[dev.global.parameters]
stack_name = "taskbridge-dev"
[dev.deploy.parameters]
s3_bucket = "bundles"
parameter_overrides = ["Environment=dev", "ConsoleScopes=openid offline_access"]
[dev.rollout.parameters]
kind = "Canary10Percent5Minutes"
[default.build.parameters]
parallel = true
"""


class _Account:
    """An account as the list sees it, and as a session of boto3."""

    region_name: str | None = "ap-southeast-1"
    status: str | None = None  # of the stack; none: there is no stack
    concurrency = 1000
    has_credentials = True

    def client(self, _service: str) -> _Account:
        return self

    def get_caller_identity(self) -> Any:
        if not self.has_credentials:
            raise NoCredentialsError
        return {"Arn": "arn:aws:iam::1:user/li", "Account": "1"}

    def head_bucket(self, *, Bucket: str) -> None:  # noqa: N803
        if Bucket != "bundles":
            raise ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadBucket")

    def describe_stacks(self, *, StackName: str) -> Any:  # noqa: N803
        if self.status is None:
            problem = {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}
            raise ClientError({"Error": problem}, "DescribeStacks")  # type: ignore[typeddict-item]
        return {"Stacks": [{"StackStatus": self.status}]}

    def get_account_settings(self) -> Any:
        return {"AccountLimit": {"ConcurrentExecutions": self.concurrency}}


def states(account: _Account, stage: Stage = STAGE) -> dict[str, State]:
    return {each.name: each.state for each in walk(stage, account.region_name or "", account.client)}


def last(account: _Account, stage: Stage = STAGE) -> tuple[str, State, str]:
    *_, found = walk(stage, account.region_name or "", account.client)
    return found.name, found.state, found.found + found.do


def test_an_empty_account_with_region_and_credentials_is_ready() -> None:
    points = ["region", "credentials", "bucket", "stack", "concurrency"]
    assert states(_Account()) == dict.fromkeys(points, State.OK)


def test_without_a_region_nothing_else_is_asked() -> None:
    account = _Account()
    account.region_name = None
    name, state, told = last(account)
    assert (name, state, len(states(account))) == ("region", State.WRONG, 1)
    assert "AWS_REGION" in told


def test_without_credentials_it_ends_there() -> None:
    account = _Account()
    account.has_credentials = False
    name, state, told = last(account)
    assert (name, state) == ("credentials", State.SILENT)
    assert "AWS_PROFILE" in told


def test_in_aws_china_the_issuer_of_the_campus_is_wanted_as_there_are_no_user_pools() -> None:
    account = _Account()
    account.region_name = "cn-north-1"
    name, state, told = last(account)
    assert (name, state) == ("region", State.WRONG)
    assert "JwtIssuer" in told

    with_issuer = STAGE.having({"JwtIssuer": "https://sso.example.edu.cn"})
    assert states(account, with_issuer)["region"] is State.LOOK
    assert states(account, with_issuer)["concurrency"] is State.OK


def test_a_bucket_that_is_not_there_is_wrong() -> None:
    assert last(_Account(), replace(STAGE, bucket="other"))[:2] == ("bucket", State.WRONG)
    assert states(_Account(), replace(STAGE, bucket="bundles"))["bucket"] is State.OK


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("ROLLBACK_COMPLETE", "delete-stack"),
        ("UPDATE_IN_PROGRESS", "wait"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
    ],
)
def test_a_stack_that_cannot_be_updated_is_told_with_what_mends_it(status: str, told: str) -> None:
    account = _Account()
    account.status = status
    name, state, said = last(account)
    assert (name, state) == ("stack", State.WRONG)
    assert told in said


def test_a_new_account_that_lets_few_functions_run_is_said_and_hinders_nobody() -> None:
    account, said = _Account(), list[str]()
    account.concurrency, account.status = 10, "UPDATE_COMPLETE"
    assert is_ready(STAGE, account, said.append)
    assert "lets 10 functions run at once" in "\n".join(said)


def test_what_is_wrong_stops_the_deployment() -> None:
    account = _Account()
    account.region_name = None
    assert not is_ready(STAGE, account, lambda _: None)


# the stage


def test_a_stage_is_read_with_bucket_rollout_and_parameters() -> None:
    stage = read_stage("dev", CONFIG)
    parameters = {"Environment": "dev", "ConsoleScopes": "openid offline_access"}
    assert stage == Stage("dev", "taskbridge-dev", parameters, "bundles", "Canary10Percent5Minutes")


@pytest.mark.parametrize(
    ("name", "config", "told"),
    [("prod", CONFIG, "no stage 'prod', but dev"), ("dev", CONFIG.replace("Canary", "Coffee"), "rollout of dev")],
)
def test_a_stage_that_is_none_is_refused(name: str, config: str, told: str) -> None:
    with pytest.raises(BuildError, match=told):
        read_stage(name, config)


# the questions


def answering(*lines: str) -> tuple[dict[str, str], list[str]]:
    """What is answered with these lines, and then empty ones, and what was asked."""
    asked: list[str] = []
    given: Iterator[str] = iter(lines)

    def ask(question: str) -> str:
        asked.append(question)
        return next(given, "")

    declared = read_yaml((ROOT / "template.yaml").read_text())["Parameters"]
    return ask_for_parameters(declared, STAGE.parameters, ask, asked.append), asked


def test_an_empty_line_keeps_what_the_stage_or_the_template_has() -> None:
    answers, asked = answering()
    assert (answers["PushConcurrency"], answers["ProtectTables"], answers["AlarmTopicArn"]) == ("2", "false", "")
    assert "JwtAudience" not in answers  # nobody is asked for whom tokens are that nobody issues
    assert "PushConcurrency [2]: " in asked


def test_nonsense_is_asked_for_again_in_the_words_of_the_template() -> None:
    answers, asked = answering("my-topic", "arn:aws:sns:ap-southeast-1:123456789012:alarms")
    assert answers["AlarmTopicArn"].endswith(":alarms")
    assert any("must be the ARN of an SNS topic" in each for each in asked)


def test_an_issuer_of_the_campus_needs_an_audience() -> None:
    answers, _ = answering("", "https://sso.example.edu.cn", "taskbridge-console")
    assert answers["JwtAudience"] == "taskbridge-console"


# what is run


def test_a_pipeline_is_not_asked_whether_it_means_the_change_set() -> None:
    assert "--no-confirm-changeset" in sam_deploy("sam", STAGE, asked=False)
    assert "--no-confirm-changeset" not in sam_deploy("sam", STAGE, asked=True)
    assert sam_deploy("sam", STAGE, asked=False)[-2:] == STAGE.overrides


# what was built


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """What `sam build` leaves, as far as it matters here."""
    (tmp_path / "PushTaskFunction").mkdir()
    (tmp_path / "PushTaskFunction" / "app.py").write_text("version = 1")
    (tmp_path / "template.yaml").write_text((ROOT / "template.yaml").read_text())
    return tmp_path


def test_what_was_built_is_left_alone_without_a_rollout(built: Path) -> None:
    change_built(built / "template.yaml", STAGE, "ap-southeast-1")
    assert (built / "template.yaml").read_text() == (ROOT / "template.yaml").read_text()


def test_a_rollout_and_a_region_of_china_are_written_into_what_was_built(built: Path) -> None:
    change_built(built / "template.yaml", replace(STAGE, rollout="Canary10Percent5Minutes"), "cn-north-1")
    resources = read_yaml((built / "template.yaml").read_text())["Resources"]
    assert resources["PushTaskFunction"]["Properties"]["AutoPublishAlias"] == "live"
    assert "UserPool" not in resources
    assert "Fn::ForEach::Queues" in resources  # its loops are still SAM's to run


def test_another_release_is_other_code_or_other_parameters(built: Path) -> None:
    first = release_of(built, STAGE)
    assert release_of(built, STAGE) == first
    assert release_of(built, STAGE.having({"PushConcurrency": "3"})) != first
    (built / "PushTaskFunction" / "app.py").write_text("version = 2")
    assert release_of(built, STAGE) != first
