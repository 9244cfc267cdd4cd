"""An AWS account with one small deployed stack, of which a test takes away, or breaks, what it likes."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

STACK = "taskbridge-test"
PUSH, API, CONSOLE = f"{STACK}-push-task", f"{STACK}-admin-api", f"{STACK}-console"
CLOCK = f"{STACK}-every-minute"
SERVICES = ("sts", "cloudformation", "lambda", "events", "cloudwatch", "ssm")


class Account:
    """All services that the doctor asks, as one client. `answers` are those of the functions."""

    def __init__(self) -> None:
        self.status = "UPDATE_COMPLETE"
        self.outputs = {
            "EventBusName": f"{STACK}-events",
            "ApiUrl": "https://api.example.edu.cn",
            "PushTaskFunctionName": PUSH,
            "AdminApiFunctionName": API,
            "ConsoleFunctionName": CONSOLE,
        }
        self.resources = {
            "AWS::Lambda::EventSourceMapping": ["uuid-1"],
            "AWS::Events::Rule": [f"{STACK}-events|{STACK}-triggers", CLOCK],
            "AWS::CloudWatch::Alarm": [f"{STACK}-PushAgeAlarm-1X"],
            "AWS::CloudWatch::CompositeAlarm": [f"{STACK}-outage"],
        }
        self.answers: dict[str, Any] = {
            PUSH: {"batchItemFailures": []},
            API: {"statusCode": 200},
            CONSOLE: {"statusCode": 200},
        }
        self.fails: dict[str, str] = {}
        self.mapping_state, self.workers, self.free = "Enabled", 10, 1000
        self.rules = {f"{STACK}-triggers": "ENABLED", CLOCK: "ENABLED"}
        self.alarms = [{"AlarmName": f"{STACK}-PushAgeAlarm-1X", "StateValue": "OK", "AlarmActions": ["arn:topic"]}]
        self.composites = [{"AlarmName": f"{STACK}-outage", "StateValue": "OK", "AlarmActions": ["arn:topic"]}]
        self.high_throughput = "false"
        self.date = "Fri, 15 Jan 2027 08:00:00 GMT"  # the terminal's own time
        self.forbidden: set[str] = set()
        self.invoked: list[str] = []

    def get_caller_identity(self) -> Any:
        self._allow("GetCallerIdentity")
        return {"Account": "123456789012", "ResponseMetadata": {"HTTPHeaders": {"date": self.date}}}

    def describe_stacks(self, *, StackName: str) -> Any:  # noqa: N803
        if StackName != STACK:
            problem = {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}
            raise ClientError({"Error": problem}, "DescribeStacks")  # type: ignore[typeddict-item]
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()]
        return {"Stacks": [{"StackStatus": self.status, "Outputs": outputs}]}

    def get_paginator(self, _name: str) -> Account:
        return self

    def paginate(self, **_named: str) -> Iterator[Mapping[str, Any]]:
        for kind, ids in self.resources.items():
            yield {"StackResourceSummaries": [{"ResourceType": kind, "PhysicalResourceId": each} for each in ids]}

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Any:  # noqa: N803
        self._allow("Invoke")
        self.invoked.append(FunctionName)
        name = FunctionName.split(":")[6] if FunctionName.startswith("arn:") else FunctionName
        if name in self.fails:
            said = {"errorType": self.fails[name], "errorMessage": "张三"}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(said).encode())}
        return {"Payload": io.BytesIO(json.dumps(self.answers[name]).encode())}

    def get_event_source_mapping(self, *, UUID: str) -> Any:  # noqa: N803
        arn = f"arn:aws:sqs:cn-north-1:123456789012:{STACK}-push.fifo"
        scaling = {"MaximumConcurrency": self.workers}
        return {"UUID": UUID, "EventSourceArn": arn, "State": self.mapping_state, "ScalingConfig": scaling}

    def get_account_settings(self) -> Any:
        return {"AccountLimit": {"UnreservedConcurrentExecutions": self.free}}

    def list_rules(self, *, EventBusName: str, NamePrefix: str) -> Any:  # noqa: N803
        on_bus = [name for name in self.rules if (name == CLOCK) == (EventBusName == "default")]
        assert NamePrefix == STACK
        return {"Rules": [{"Name": n, "State": self.rules[n], "EventBusName": EventBusName} for n in on_bus]}

    def describe_alarms(self, *, AlarmNames: list[str], AlarmTypes: list[str]) -> Any:  # noqa: N803
        self._allow("DescribeAlarms")
        assert AlarmTypes == ["MetricAlarm", "CompositeAlarm"]
        assert len(AlarmNames) == 2
        return {"MetricAlarms": self.alarms, "CompositeAlarms": self.composites}

    def get_service_setting(self, *, SettingId: str) -> Any:  # noqa: N803
        return {"ServiceSetting": {"SettingId": SettingId, "SettingValue": self.high_throughput}}

    def _allow(self, operation: str) -> None:
        if operation in self.forbidden:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, operation)
