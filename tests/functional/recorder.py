"""Which calls to AWS each function makes: seen where botocore sends them, while the tests run the functions' code.

A call is of the function whose code is on the stack, whoever called that. So nothing has to be told to the recorder,
and what a test does by itself is not recorded.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import botocore.handlers
import pytest
from botocore.model import OperationModel

from admin_api.wiring import QUEUES
from tests.template.reader import ROOT, Template, as_list, load_template

FUNCTIONS = str(ROOT / "functions") + os.sep
OF_TESTS = frozenset({"CreateTable"})  # tables come into being when they are first used
SAME_GRANT = {
    "SendMessageBatch": "SendMessage",
    "DeleteMessageBatch": "DeleteMessage",
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}
_TABLE = re.compile(r"test-\d+-([\w-]+)")


class Grant(NamedTuple):
    """A function may do `action`, such as dynamodb:GetItem, to `resource`: a logical id, or a kind of parameters."""

    function: str
    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.function}: {self.action} {self.resource}"


@contextmanager
def recording(calls: set[Grant]) -> Iterator[None]:
    """Add every call that the code of a function makes from now on, in any thread, as the grant that it needs."""

    def record(model: OperationModel, params: Mapping[str, Any], **_: Any) -> None:
        function = _function_of(sys._getframe(1))
        if function and model.name not in OF_TESTS:
            body = params["body"]
            request = json.loads(body) if isinstance(body, bytes) else {}
            calls.update(_needed(function, model.service_model.service_name, model.name, request))

    with pytest.MonkeyPatch.context() as patched:
        heard = [*botocore.handlers.BUILTIN_HANDLERS, ("before-call", record)]
        patched.setattr(botocore.handlers, "BUILTIN_HANDLERS", heard)
        yield


@cache
def granted() -> frozenset[Grant]:
    """What the roles of template.yaml allow, one by one."""
    return frozenset(
        Grant(_name_of(role.removesuffix("Role")), action, _resource(resource))
        for role, statement in load_template().allowed()
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    )


def proven() -> dict[str, set[Grant]]:
    """The calls that a test is known to make, by the test: file and name. Each grant of a function stands at one."""
    kept: dict[str, dict[str, list[str]]] = json.loads((Path(__file__).parent / "calls.json").read_text())
    return {
        test: {Grant(function, *call.split(" ")) for function, calls in made.items() for call in calls}
        for test, made in kept.items()
    }


def implied(template: Template) -> set[Grant]:
    """Grants of which the code makes no call: Lambda itself uses them."""
    found: set[Grant] = set()
    functions = template.of_type("AWS::Serverless::Function") | template.of_type("AWS::Lambda::Function")
    for name, function in functions.items():
        own = name.removesuffix("Function")
        found |= {Grant(_name_of(own), action, f"{own}LogGroup") for action in _WRITE_LOGS}
        found |= {Grant(_name_of(own), *each) for each in _RUN}
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                queue = event["Properties"]["Queue"]["Fn::GetAtt"][0]
                found |= {Grant(_name_of(own), action, queue) for action in _CONSUME}
    return found


_WRITE_LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")
_RUN = (
    ("xray:PutTraceSegments", "*"),
    ("xray:PutTelemetryRecords", "*"),
    ("sqs:SendMessage", "InvocationDeadLetterQueue"),
)
_CONSUME = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def _function_of(frame: FrameType | None) -> str:
    """The function whose code called, at any distance."""
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(FUNCTIONS):
            return path.removeprefix(FUNCTIONS).partition(os.sep)[0]
        frame = frame.f_back
    return ""


def _needed(function: str, service: str, operation: str, request: Mapping[str, Any]) -> Iterator[Grant]:
    """The grants that a call needs; none where it asks for something that is not of the deployment."""
    kinds = {"dynamodb": _of_tables, "sqs": _of_queues, "ssm": _of_parameters}
    for action, resource in kinds.get(service, _of_anything)(operation, request):
        if resource:
            yield Grant(function, f"{service}:{action}", resource)


def _of_tables(operation: str, request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    match operation:
        case "TransactWriteItems":  # is allowed write by write
            for each in request["TransactItems"]:
                yield from ((f"{kind}Item", _table(item["TableName"])) for kind, item in each.items())
        case "BatchGetItem" | "BatchWriteItem":
            yield from ((operation, _table(name)) for name in request["RequestItems"])
        case "BatchExecuteStatement":  # is allowed statement by statement
            for each in request["Statements"]:
                verb, name = each["Statement"].split()[0], each["Statement"].split('"')[1]
                yield f"PartiQL{verb.title()}", _table(name)
        case _:
            index = f"/{request['IndexName']}" if "IndexName" in request else ""
            table = _table(request["TableName"])
            yield operation, table and f"{table}{index}"


def _of_anything(operation: str, _request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Of a service that knows no resource that a grant could be bound to."""
    yield operation, "*"


def _table(name: str) -> str:
    found = _TABLE.fullmatch(name)
    return _tables()[found[1]] if found else ""


@cache
def _tables() -> dict[str, str]:
    """Logical ids of the tables by what their names have of their own."""
    return {own: logical_id for logical_id, own in load_template().table_names().items()}


def _of_queues(operation: str, request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    url = request.get("QueueUrl") or request["SourceArn"]
    yield SAME_GRANT.get(operation, operation), _queue(url)


def _queue(url: str) -> str:
    """The queue by the variable that a function knows it by, or by the name that tests of the API give it."""
    known = {os.environ[name]: name for name in QUEUES.values() if name in os.environ}
    name = re.split(r"[/:]", url)[-1].removesuffix(".fifo").partition("-")[2]
    variable = known.get(url) or QUEUES.get(name, "")
    return str(_variables()[variable]["Ref"]) if variable else ""


@cache
def _variables() -> Mapping[str, Any]:
    """What all functions read from their environment, as the template has it."""
    variables: Mapping[str, Any] = load_template().globals["Environment"]["Variables"]
    return variables


def _of_parameters(operation: str, request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    names = request.get("Names") or [request.get("Name") or request.get("Path", "")]
    for name in names:
        yield operation, next((kind for kind in ("platforms", "tokens", "cursor-key") if f"/{kind}" in name), "")


def _resource(resource: Any) -> str:
    """A logical id, with the name of an index; of parameters their kind; else what stands there."""
    if "Fn::GetAtt" in resource:
        return str(resource["Fn::GetAtt"][0])
    if "Fn::Sub" in resource:
        text = str(resource["Fn::Sub"])
        index = re.fullmatch(r"\$\{(\w+)\.Arn\}/index/(\w+)", text)
        return f"{index[1]}/{index[2]}" if index else text.rpartition("${Environment}/")[2].removesuffix("/*")
    return str(resource)


def _name_of(role: str) -> str:
    """AiTrack is ai_track."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", role).lower()
