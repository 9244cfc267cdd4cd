"""What the measurements run against: the AWS emulator and the task center, each in a process and on a port of its own.

What they use of the processor is therefore never counted. Both are gone, with all they hold, when the measurement ends.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from bench.background import in_background
from bench.lone_loop import STACK
from bench.work import PLATFORM
from local.emulator import CREDENTIALS, Aws, emulator_service, is_healthy
from local.processes import free_port
from local.settings import LOOPBACK, REGION, ROOT, JinZhiAccount, read_settings
from local.simulators import SimulatorClient
from local.template import read_template
from taskbridge.tables.configuration import PlatformConfig
from taskbridge.tables.configuration_models import Configurator

ACCOUNT = JinZhiAccount("taskbridge-bench", "only-for-this-machine", "taskbridge")
_TABLE = "AWS::DynamoDB::Table"


def memory_mb(template: Mapping[str, Any], logical_id: str) -> int:
    """The memory of a function."""
    return int(template["Resources"][logical_id]["Properties"]["MemorySize"])


def table_schemas(template: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What the template says of each table, by its name in a stack that is called STACK."""
    tables = [each["Properties"] for each in template["Resources"].values() if each["Type"] == _TABLE]
    return {table["TableName"]["Fn::Sub"].replace("${AWS::StackName}", STACK): table for table in tables}


def function_environment(template: Mapping[str, Any], queues: Mapping[str, str], service: str) -> dict[str, str]:
    """The environment that the template gives a function; `queues` are addresses by logical id."""
    defaults = {key: str(parameter.get("Default", "")) for key, parameter in template["Parameters"].items()}
    known = {"AWS::StackName": STACK} | defaults | dict(queues)

    def resolve(value: Any) -> str:
        if not isinstance(value, dict):
            return str(value)
        (function, argument), *_ = value.items()
        if function == "Ref":
            return str(known.get(argument, argument))  # by its logical id, what no measured function uses
        if function == "Fn::Sub":
            for name, text in known.items():
                argument = argument.replace(f"${{{name}}}", text)
            return str(argument)
        return ""  # Fn::If: of what only the other token store has

    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    return {name: resolve(value) for name, value in variables.items()} | {"POWERTOOLS_SERVICE_NAME": service}


@contextmanager
def task_center() -> Iterator[SimulatorClient]:
    """A running simulator of the task center."""
    account = (
        *("--app-id", ACCOUNT.app_id),
        *("--app-secret", ACCOUNT.app_secret),
        *("--scene-code", ACCOUNT.scene_code),
    )
    url = f"http://{LOOPBACK}:{(port := free_port())}"
    command = [sys.executable, "-m", "local.jinzhi_simulator", "--port", str(port), *account]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with in_background("the task center", command, environment) as program, SimulatorClient(url) as client:
        program.wait_until(client.is_healthy)
        yield client


@dataclass(frozen=True, slots=True)
class Cloud:
    """The emulator with the template's tables and push queue, and one configured platform."""

    aws: Aws
    template: Mapping[str, Any]
    queues: Mapping[str, str]

    @contextmanager
    def as_function(self, service: str) -> Iterator[None]:
        """The environment of a function, for as long as it lasts."""
        wanted = function_environment(self.template, self.queues, service)
        own = {"AWS_ENDPOINT_URL": self.aws.endpoint_url, "AWS_DEFAULT_REGION": REGION, "PLATFORM_HOSTS": LOOPBACK}
        with patch.dict(os.environ, CREDENTIALS | wanted | own):
            yield


@contextmanager
def cloud(host: str) -> Iterator[Cloud]:
    """A running emulator whose platform is the task center at `host`."""
    with tempfile.TemporaryDirectory(prefix="taskbridge-bench-") as folder:
        settings = read_settings({"STATE_DIR": folder, "AWS_PORT": str(free_port()), "JINZHI_HOST": host})
        (settings.state_dir / "tmp").mkdir()
        service = emulator_service(settings)
        environment = {**service.environment, "PERSIST_STATE": "0"}
        with in_background("the AWS emulator", service.command, environment) as program:
            program.wait_until(lambda: is_healthy(settings))
            with Aws(settings.endpoint_url, REGION) as aws:
                template = read_template()
                made = Cloud(aws, template, _create(aws, template))
                _configure(made, host)
                yield made


def _create(aws: Aws, template: Mapping[str, Any]) -> dict[str, str]:
    """Make tables and push queue as the template describes them; returns the queue's address by its logical id."""
    for name, schema in table_schemas(template).items():
        kept = {key: schema[key] for key in ("AttributeDefinitions", "KeySchema", "BillingMode")}
        indexes = schema.get("GlobalSecondaryIndexes")
        more: Any = kept | ({"GlobalSecondaryIndexes": indexes} if indexes else {})
        aws.dynamodb.create_table(TableName=name, **more)
    queue = template["Resources"]["PushQueue"]["Properties"]
    attributes: Any = {key: str(queue[key]) for key in ("DeduplicationScope", "FifoThroughputLimit")}
    answer = aws.sqs.create_queue(QueueName="push.fifo", Attributes=attributes | {"FifoQueue": "true"})
    return {"PushQueue": answer["QueueUrl"]}


def _configure(made: Cloud, host: str) -> None:
    with made.as_function("bench"):
        prefix = os.environ["PARAMETER_PREFIX"]
        configurator = Configurator(f"{STACK}-configuration", REGION, made.aws.endpoint_url)
        settings = platform_settings(host)
        configurator.save_platform(PlatformConfig(PLATFORM, "金智", "JinZhiTaskCenter", True, 0, settings))
    secret = f"{prefix}/platforms/{PLATFORM}/app_secret"
    made.aws.ssm.put_parameter(Name=secret, Value=ACCOUNT.app_secret, Type="SecureString")


def platform_settings(host: str) -> dict[str, Any]:
    """The settings of the platform at `host`: ten calls at a time, no limit of the rate."""
    return {
        "host": host,
        "app_id": ACCOUNT.app_id,
        "scene_code": ACCOUNT.scene_code,
        "pc_todo_url": "https://process.example.edu.cn/todo/{sess_id}/{task_id}",
        "pc_apply_url": "https://process.example.edu.cn/apply/{sess_id}",
        "max_concurrency": 10,
    }
