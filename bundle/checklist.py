"""What has to be so before `make deploy` changes anything: credentials, region, bucket, stack, concurrency."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from bundle.stages import Stage
from cli.findings import Finding, State, ask

CHINA = "cn-"
LEAST_CONCURRENCY = 100  # a new account may have 10, which one queue alone would use up
_MENDED_BY_DELETING = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS"})

Open = Callable[[str], Any]


def walk(stage: Stage, region: str, open_aws: Open) -> Iterator[Finding]:
    """Each point of the list. Those after the first that is wrong are left out: they would say the same."""
    points: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("region", lambda: check_region(stage, region)),
        ("credentials", lambda: _check_credentials(open_aws)),
        ("bucket", lambda: _check_bucket(stage, open_aws)),
        ("stack", lambda: _check_stack(stage, open_aws)),
        ("concurrency", lambda: _check_concurrency(open_aws)),
    )
    for name, look in points:
        findings = ask("before", name, look)
        yield from findings
        if any(each.state in {State.WRONG, State.SILENT} for each in findings):
            return


def check_region(stage: Stage, region: str) -> Iterator[Finding]:
    """Whether a region is named, and what a stage has to bring in AWS China."""
    if not region:
        yield Finding("before", "region", State.WRONG, "none is named", "export AWS_REGION=ap-southeast-1, or another")
    elif region.startswith(CHINA) and not stage.parameters.get("JwtIssuer"):
        do = 'set JwtIssuer and JwtAudience of the campus ("AWS China" in docs/operations.md), or answer with GUIDED=1'
        yield Finding("before", "region", State.WRONG, f"{region} has no user pools", do)
    elif region.startswith(CHINA):
        found = f"{region}: no user pool; API Gateway answers after the ICP filing"
        yield Finding("before", "region", State.LOOK, found)
    else:
        yield Finding("before", "region", State.OK, region)


def _check_credentials(open_aws: Open) -> Iterator[Finding]:
    who = open_aws("sts").get_caller_identity()
    yield Finding("before", "credentials", State.OK, f"{who['Arn']} in account {who['Account']}")


def _check_bucket(stage: Stage, open_aws: Open) -> Iterator[Finding]:
    if not stage.bucket:
        yield Finding("before", "bucket", State.OK, "SAM's own, made where it is missing")
        return
    open_aws("s3").head_bucket(Bucket=stage.bucket)
    yield Finding("before", "bucket", State.OK, stage.bucket)


def _check_stack(stage: Stage, open_aws: Open) -> Iterator[Finding]:
    try:
        status = open_aws("cloudformation").describe_stacks(StackName=stage.stack)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        yield Finding("before", "stack", State.OK, f"{stage.stack} is made anew")
        return
    if status in _MENDED_BY_DELETING:
        do = f"it holds nothing: aws cloudformation delete-stack --stack-name {stage.stack}"
        yield Finding("before", "stack", State.WRONG, f"{stage.stack} is in {status}", do)
    elif status.endswith("_IN_PROGRESS"):
        yield Finding("before", "stack", State.WRONG, f"{stage.stack} is in {status}", "wait until that has ended")
    elif status == "UPDATE_ROLLBACK_FAILED":
        do = f'"Roll back" in docs/operations.md: continue-update-rollback --stack-name {stage.stack}'
        yield Finding("before", "stack", State.WRONG, f"{stage.stack} is in {status}", do)
    else:
        yield Finding("before", "stack", State.OK, f"{stage.stack} is updated")


def _check_concurrency(open_aws: Open) -> Iterator[Finding]:
    limit = open_aws("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    if limit < LEAST_CONCURRENCY:
        do = "ask AWS for 1000: Service Quotas, AWS Lambda, Concurrent executions"
        yield Finding("before", "concurrency", State.LOOK, f"the account lets {limit} functions run at once", do)
    else:
        yield Finding("before", "concurrency", State.OK, f"{limit} functions at once")
