"""The deployed stack as AWS tells of it: its outputs, what it is made of, and how each part is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cli.findings import Finding, State, ask

# What each function answers without doing anything: an empty batch, a question for its health or its configuration.
EMPTY_BATCH: Mapping[str, Any] = {"Records": []}
HEALTH: Mapping[str, Any] = {
    "version": "2.0",
    "routeKey": "GET /v1/health",
    "rawPath": "/v1/health",
    "rawQueryString": "",
    "headers": {},
    "requestContext": {
        "requestId": "doctor",
        "stage": "$default",
        "http": {"method": "GET", "path": "/v1/health", "sourceIp": "127.0.0.1"},
    },
    "isBase64Encoded": False,
}
CONFIG: Mapping[str, Any] = {"version": "2.0", "pathParameters": {"proxy": "config.json"}, "headers": {}}
_OTHERS = {"AdminApi": HEALTH, "Console": CONFIG}
_FUNCTION = "FunctionName"
_AT_REST = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
_ROLLED_BACK = "UPDATE_ROLLBACK_COMPLETE"
AGAIN = "deploy the stack again"
ALARMS_A_CALL = 100
_ALARMS = ("Alarm", "CompositeAlarm")
SPARE_WORKERS = 20  # for the API, the console and the clock
READS_A_SECOND = 40  # of Parameter Store, without its higher throughput
HIGH_THROUGHPUT = "/ssm/parameter-store/high-throughput-enabled"


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """A stack of CloudFormation: `resources` are physical ids by type."""

    name: str
    status: str
    outputs: Mapping[str, str]
    resources: Mapping[str, Sequence[str]]

    @property
    def functions(self) -> dict[str, str]:
        """What to invoke, an alias where there is one, by what the outputs call the function."""
        aliases = {arn.split(":")[6]: arn for arn in self.resources.get("AWS::Lambda::Alias", ())}
        return {
            output.removesuffix(_FUNCTION): aliases.get(name, name)
            for output, name in self.outputs.items()
            if output.endswith(_FUNCTION)
        }


def read_outputs(cloudformation: Any, name: str) -> dict[str, str]:
    """The outputs of a stack. Raises as read_stack."""
    return _outputs_of(cloudformation.describe_stacks(StackName=name)["Stacks"][0])


def _outputs_of(stack: Mapping[str, Any]) -> dict[str, str]:
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def read_stack(cloudformation: Any, name: str) -> DeployedStack:
    """Raises ClientError where there is none of that name, BotoCoreError where AWS does not answer."""
    found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    resources: dict[str, list[str]] = {}
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=name):
        for each in page["StackResourceSummaries"]:
            resources.setdefault(each["ResourceType"], []).append(each.get("PhysicalResourceId", ""))
    return DeployedStack(name, found["StackStatus"], _outputs_of(found), resources)


def check_status(stack: DeployedStack) -> Iterator[Finding]:
    """Whether the last deployment went through."""
    if stack.status in _AT_REST:
        yield Finding("stack", stack.name, State.OK)
    elif stack.status == _ROLLED_BACK:
        yield Finding("stack", stack.name, State.LOOK, "the last deployment was rolled back", "its events say why")
    else:
        yield Finding("stack", stack.name, State.WRONG, stack.status, "wait, or look at its events in CloudFormation")


def check_functions(functions: Any, stack: DeployedStack) -> list[Finding]:
    """Each function invoked once, side by side, with what it answers without doing anything."""

    def look(part: tuple[str, str]) -> list[Finding]:
        name, target = part
        return ask("functions", name, lambda: [_invoke(functions, name, target)])

    with ThreadPoolExecutor(len(stack.functions) or 1, thread_name_prefix="doctor") as pool:
        return [finding for found in pool.map(look, stack.functions.items()) for finding in found]


def question_for(name: str) -> Mapping[str, Any]:
    """What to invoke a function with, by its name in the outputs."""
    return _OTHERS.get(name, EMPTY_BATCH)


def answers_well(said: Any) -> bool:
    """Whether a function answers such a question as it should."""
    return isinstance(said, dict) and (said.get("statusCode") == 200 or said == {"batchItemFailures": []})


def _invoke(functions: Any, name: str, target: str) -> Finding:
    answer = functions.invoke(FunctionName=target, Payload=json.dumps(question_for(name)).encode())
    said = json.loads(answer["Payload"].read() or b"null")
    log = f"aws logs tail /aws/lambda/{_bare(target)} --since 10m"
    if answer.get("FunctionError"):
        told = said.get("errorType") if isinstance(said, dict) else None
        return Finding("functions", name, State.WRONG, told or "it fails", log)
    if answers_well(said):
        return Finding("functions", name, State.OK)
    return Finding("functions", name, State.WRONG, "it answers something else than it should", log)


def _bare(target: str) -> str:
    """The name of a function from its name or the ARN of its alias."""
    return target.split(":")[6] if target.startswith("arn:") else target


def check_sources(functions: Any, stack: DeployedStack) -> Iterator[Finding]:
    """Whether each queue that feeds a function may feed it."""
    for uuid in stack.resources.get("AWS::Lambda::EventSourceMapping", ()):
        found = functions.get_event_source_mapping(UUID=uuid)
        name, state = found["EventSourceArn"].split(":")[-1], found["State"]
        if state == "Enabled":
            yield Finding("queues to functions", name, State.OK)
        else:
            do = f"aws lambda update-event-source-mapping --enabled --uuid {uuid}"
            yield Finding("queues to functions", name, State.WRONG, f"it is {state}", do)


def check_rules(events: Any, stack: DeployedStack) -> Iterator[Finding]:
    """Whether the rule of the bus and that of the clock are switched on."""
    found = {
        each["Name"]: each
        for bus in ("default", stack.outputs["EventBusName"])
        for each in events.list_rules(EventBusName=bus, NamePrefix=stack.name)["Rules"]
    }
    for rule in stack.resources.get("AWS::Events::Rule", ()):
        name = rule.rpartition("|")[2]  # on a bus of its own it is called bus|name
        if name not in found:
            yield Finding("rules", name, State.WRONG, "somebody deleted it", AGAIN)
        elif found[name]["State"] == "ENABLED":
            yield Finding("rules", name, State.OK)
        else:
            do = f"aws events enable-rule --name {name} --event-bus-name {found[name]['EventBusName']}"
            yield Finding("rules", name, State.WRONG, "it is switched off", do)


def check_alarms(cloudwatch: Any, stack: DeployedStack) -> Iterator[Finding]:
    """Whether each alarm is there and quiet, and whether anybody would hear it."""
    names = [name for kind in _ALARMS for name in stack.resources.get(f"AWS::CloudWatch::{kind}", ())]
    found: dict[str, Any] = {}
    for start in range(0, len(names), ALARMS_A_CALL):
        some = names[start : start + ALARMS_A_CALL]
        answer = cloudwatch.describe_alarms(AlarmNames=some, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        found |= {
            each["AlarmName"]: each for kind in ("MetricAlarms", "CompositeAlarms") for each in answer.get(kind, [])
        }
    for name in names:
        yield _judge_alarm(_short(name, stack), found.get(name))
    if found and not any(each.get("AlarmActions") for each in found.values()):
        do = "deploy with AlarmTopicArn, the ARN of an SNS topic"
        yield Finding("alarms", "topic", State.LOOK, "nobody is told of alarms", do)


def _short(name: str, stack: DeployedStack) -> str:
    """The logical id of an alarm from the name that CloudFormation made of it."""
    return name.removeprefix(f"{stack.name}-").split("-")[0]


def _judge_alarm(name: str, alarm: Mapping[str, Any] | None) -> Finding:
    if alarm is None:
        return Finding("alarms", name, State.WRONG, "somebody deleted it", AGAIN)
    if alarm["StateValue"] == "ALARM":
        return Finding("alarms", name, State.LOOK, "it is raised", f"docs/operations.md, {name}")
    return Finding("alarms", name, State.OK)


def check_concurrency(functions: Any, stack: DeployedStack) -> Iterator[Finding]:
    """Whether the account lets as many workers run as the queues may start."""
    wanted = _workers(functions, stack) + SPARE_WORKERS
    free = functions.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    if free >= wanted:
        yield Finding("quotas", "concurrency", State.OK, f"{free} at a time, {wanted} may be wanted")
    else:
        do = "ask AWS for more (Service Quotas, Lambda, Concurrent executions), or deploy with lower *Concurrency"
        yield Finding("quotas", "concurrency", State.LOOK, f"{free} at a time, {wanted} may be wanted", do)


def check_parameter_rate(ssm: Any, functions: Any, stack: DeployedStack) -> Iterator[Finding]:
    """Whether as many workers as may start at the same moment can read their secret."""
    workers = _workers(functions, stack)
    is_high = ssm.get_service_setting(SettingId=HIGH_THROUGHPUT)["ServiceSetting"]["SettingValue"] == "true"
    if is_high or workers <= READS_A_SECOND:
        yield Finding("quotas", "Parameter Store", State.OK)
    else:
        found = f"{READS_A_SECOND} reads a second, for up to {workers} workers that start at once"
        do = f"aws ssm update-service-setting --setting-id {HIGH_THROUGHPUT} --setting-value true"
        yield Finding("quotas", "Parameter Store", State.LOOK, found, do)


def _workers(functions: Any, stack: DeployedStack) -> int:
    """How many workers the queues may start at the same time."""
    mappings = [
        functions.get_event_source_mapping(UUID=uuid)
        for uuid in stack.resources.get("AWS::Lambda::EventSourceMapping", ())
    ]
    return sum(int(each.get("ScalingConfig", {}).get("MaximumConcurrency", 0)) for each in mappings)
