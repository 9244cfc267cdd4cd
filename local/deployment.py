"""Deploys template.yaml onto the emulator, by CloudFormation, when it or what it deploys has changed."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from bundle.console_files import SOURCES as CONSOLE_SOURCES
from local.bundles import LAYER, Bundle, digest_of, pack_bundles
from local.console_address import console_origin
from local.emulator import Aws
from local.errors import StackError
from local.settings import LOOPBACK, ROOT, STACK_NAME, StackSettings
from local.steps import Steps, Told
from local.template import TEMPLATE, read_template

BUCKET = f"{STACK_NAME}-bundles"
_SOURCES = (
    TEMPLATE,
    ROOT / "local" / "template.py",
    ROOT / "functions",
    ROOT / "layers" / "common",
    ROOT / "requirements" / "layer.txt",
    ROOT / "requirements" / "ai_analyze.txt",
    ROOT / "requirements" / "admin_api.txt",
    ROOT / "bundle",
    *CONSOLE_SOURCES,
    Path(__file__),
)
_DIGEST_TAG = "taskbridge:content"
_DEPLOYED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
_USABLE = _DEPLOYED | {"UPDATE_ROLLBACK_COMPLETE"}
_DEPLOY_TIMEOUT_S = 180.0
_POLL_S = 0.2
# A message is hidden from other workers for longer than its function may run: CloudFormation refuses less.
_TIMEOUT_OF_PUSHES_S = 20
_VISIBILITY_OF_PUSHES_S = 30
# A real model may take minutes for one answer.
_TIMEOUT_OF_ANALYSES_S = 330
_AI_TRACK_CONCURRENCY = 2
# Who watches a stream holds a process for up to 20 s.
_API_CONCURRENCY = 8


def deploy(aws: Aws, settings: StackSettings, attachment_hosts: str, steps: Steps) -> dict[str, str]:
    """Bring the deployed stack to what stands in the repository. Returns the outputs of the stack.

    A stack whose content is today's is left alone. Tables, queues and what they hold survive an update.
    """
    parameters, processes = choose_parameters(settings, attachment_hosts), _processes(settings)
    digest = digest_of(_SOURCES, json.dumps([parameters, processes]))
    status, deployed = _describe(aws)
    if status in _DEPLOYED and deployed == digest:
        return read_outputs(aws)
    template = read_template(parameters)
    names = sorted(_function_folders(template).values())
    with steps.step("Packing the functions", len(names) + 1) as told:
        bundles = pack_bundles(names, settings.state_dir, told)
        _upload(aws, bundles)
    if status and status not in _USABLE:
        _remove_unfinished(aws, status)
        status = ""
    bounded = bound_concurrency(place_bundles(template, bundles), processes)
    body = json.dumps(spell_out_numbers(bounded, parameters), default=str)
    with steps.step("Deploying template.yaml", len(template["Resources"])) as told:
        _apply(aws, body, parameters, digest, told, update=bool(status))
    return read_outputs(aws)


def place_bundles(template: Mapping[str, Any], bundles: Mapping[str, Bundle]) -> dict[str, Any]:
    """The template with its folders replaced by the packed bundles in the bucket, as `sam deploy` does it."""
    folders = _function_folders(template)
    resources = {}
    for logical_id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if logical_id in folders:
            properties = properties | _code(resource["Type"], bundles[folders[logical_id]])
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            properties = properties | {"ContentUri": _uri(bundles[LAYER])}
        resources[logical_id] = resource | ({"Properties": properties} if properties else {})
    return {**template, "Resources": resources}


def bound_concurrency(template: Mapping[str, Any], processes: Mapping[str, int]) -> dict[str, Any]:
    """The template with so many processes for each of these functions, by logical id.

    The emulator bounds them by the reserved concurrency alone, and starts one for each event without.
    """
    resources = dict(template["Resources"])
    for logical_id, count in processes.items():
        properties = resources[logical_id]["Properties"] | {"ReservedConcurrentExecutions": count}
        resources[logical_id] = resources[logical_id] | {"Properties": properties}
    return {**template, "Resources": resources}


def spell_out_numbers(template: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """The template with each reference to a number replaced by that number.

    Parameters are text, and CloudFormation makes numbers of them where a resource wants numbers. The emulator
    does not for the concurrency of an event source, and compares text with numbers then.
    """
    numbers = {
        name: int(parameters.get(name, declared["Default"]))
        for name, declared in template["Parameters"].items()
        if declared["Type"] == "Number"
    }

    def spell_out(part: Any) -> Any:
        if isinstance(part, dict):
            if len(part) == 1 and part.get("Ref") in numbers:
                return numbers[part["Ref"]]
            return {key: spell_out(value) for key, value in part.items()}
        return [spell_out(each) for each in part] if isinstance(part, list) else part

    return {**template, "Resources": spell_out(template["Resources"])}


def _processes(settings: StackSettings) -> dict[str, int]:
    """How many processes a function may have, by logical id."""
    return {
        "EventRouterFunction": settings.router_concurrency,
        "PushTaskFunction": settings.push_concurrency,
        "AiTrackFunction": _AI_TRACK_CONCURRENCY,
        "AiAnalyzeFunction": settings.ai_concurrency,
    }


def choose_parameters(settings: StackSettings, attachment_hosts: str) -> dict[str, str]:
    """What differs from the cloud, besides what the template has for one machine. The emulator has no archive."""
    return {
        "Environment": "local",
        "Place": "OneMachine",
        "PushConcurrency": str(max(2, settings.push_concurrency)),
        "RouterConcurrency": str(max(2, settings.router_concurrency)),
        "AiConcurrency": str(max(2, settings.ai_concurrency)),
        "AiTrackConcurrency": str(_AI_TRACK_CONCURRENCY),
        "ApiReservedConcurrency": str(_API_CONCURRENCY),
        "PushTimeoutSeconds": str(_TIMEOUT_OF_PUSHES_S),
        "PushVisibilitySeconds": str(_VISIBILITY_OF_PUSHES_S),
        "AnalysisTimeoutSeconds": str(_TIMEOUT_OF_ANALYSES_S),
        "AttachmentHosts": attachment_hosts,
        "PlatformHosts": f"{LOOPBACK},localhost",
        "SignInOrigin": settings.endpoint_url,
        "ConsoleOrigin": console_origin(settings),
        "EnableArchive": "false",
    }


def read_outputs(aws: Aws) -> dict[str, str]:
    """The outputs of the deployed stack, by name."""
    stack = aws.cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _function_folders(template: Mapping[str, Any]) -> dict[str, str]:
    """Folder under functions/ by logical id: the first part of the handler's name."""
    return {
        logical_id: resource["Properties"]["Handler"].split(".")[0]
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] in ("AWS::Serverless::Function", "AWS::Lambda::Function")
    }


def _code(kind: str, bundle: Bundle) -> dict[str, Any]:
    """Where the code of a function is, as its kind of resource says it."""
    if kind == "AWS::Lambda::Function":
        return {"Code": {"S3Bucket": BUCKET, "S3Key": bundle.key}}
    return {"CodeUri": _uri(bundle)}


def _uri(bundle: Bundle) -> str:
    return f"s3://{BUCKET}/{bundle.key}"


def _upload(aws: Aws, bundles: Mapping[str, Bundle]) -> None:
    taken = (aws.s3.exceptions.BucketAlreadyOwnedByYou, aws.s3.exceptions.BucketAlreadyExists)
    with contextlib.suppress(*taken):
        aws.s3.create_bucket(Bucket=BUCKET)
    for bundle in bundles.values():
        aws.s3.put_object(Bucket=BUCKET, Key=bundle.key, Body=bundle.file.read_bytes())


def _describe(aws: Aws) -> tuple[str, str]:
    """Status and content digest of the deployed stack, both empty where there is none."""
    try:
        stacks = aws.cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return "", ""
        raise
    if not stacks or stacks[0]["StackStatus"] == "DELETE_COMPLETE":
        return "", ""
    tags = {tag["Key"]: tag["Value"] for tag in stacks[0].get("Tags", [])}
    return stacks[0]["StackStatus"], tags.get(_DIGEST_TAG, "")


def _remove_unfinished(aws: Aws, status: str) -> None:
    """Remove what a first deployment that failed, or was cut off, left behind: it holds nothing yet."""
    if not status.startswith(("CREATE_", "ROLLBACK_", "DELETE_")):
        raise StackError(
            f"The deployed stack is in state {status} and can neither be used nor updated. "
            "Remove the state directory to begin anew."
        )
    aws.cloudformation.delete_stack(StackName=STACK_NAME)
    _wait(aws, frozenset({""}), lambda: None)


def _apply(aws: Aws, body: str, parameters: Mapping[str, str], digest: str, told: Told, *, update: bool) -> None:
    # Through the bucket: CloudFormation takes at most 51,200 bytes of template in a request.
    key = f"template-{digest}.json"
    aws.s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode())
    call = aws.cloudformation.update_stack if update else aws.cloudformation.create_stack
    call(
        StackName=STACK_NAME,
        TemplateURL=f"{aws.endpoint_url}/{BUCKET}/{key}",
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        Tags=[{"Key": _DIGEST_TAG, "Value": digest}],
    )
    status = _wait(aws, _DEPLOYED, lambda: told(_count_made(aws), ""))
    if status not in _DEPLOYED:
        raise StackError(f"template.yaml could not be deployed ({status}): {_first_failure(aws)}")


def _wait(aws: Aws, wanted: frozenset[str], look: Callable[[], None]) -> str:
    """The status in which the stack came to rest; until then there is a `look` at it again and again."""
    deadline = time.monotonic() + _DEPLOY_TIMEOUT_S
    while True:
        status, _ = _describe(aws)
        if status in wanted or (status and not status.endswith("_IN_PROGRESS")):
            return status
        if time.monotonic() > deadline:
            raise StackError(f"CloudFormation has been in state {status} for {_DEPLOY_TIMEOUT_S:.0f} s.")
        look()
        time.sleep(_POLL_S)


def _count_made(aws: Aws) -> int:
    """How many of the resources are as they are to be."""
    pages = aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK_NAME)
    resources = [each for page in pages for each in page["StackResourceSummaries"]]
    return sum(each["ResourceStatus"] in _DEPLOYED for each in resources)


def _first_failure(aws: Aws) -> str:
    """Which resource failed first, and why."""
    events = aws.cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    failures = [event for event in events if event.get("ResourceStatus", "").endswith("_FAILED")]
    if not failures:
        return "no resource says why"
    first = min(failures, key=lambda event: event["Timestamp"])
    return f"{first.get('LogicalResourceId')}: {first.get('ResourceStatusReason', 'no reason given')}"
