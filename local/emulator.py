"""The AWS emulator of the stack (MiniStack): how it is started, and clients for it."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import boto3
import httpx
from botocore.client import BaseClient
from botocore.config import Config

from local.errors import StackError
from local.processes import Service, find_running, is_free, start, stop, wait_until_ready
from local.settings import LOOPBACK, REGION, ROOT, StackSettings

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient
    from types_boto3_ssm import SSMClient

C = TypeVar("C")

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 60.0
# Without one of these files a stack that is started again has no API, functions, people, queues or tables.
_SAVED = ("apigateway", "cloudformation", "cognito", "dynamodb", "eventbridge", "lambda", "sqs", "ssm")
# What makes a client talk to the emulator, and to nobody else.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_SESSION_TOKEN": "",
    "AWS_EC2_METADATA_DISABLED": "true",
    "NO_PROXY": f"{LOOPBACK},localhost",
    "no_proxy": f"{LOOPBACK},localhost",
}
# The emulator's environment reaches the functions. Nothing of a real AWS account may.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


def emulator_service(settings: StackSettings) -> Service:
    """MiniStack on the loopback address, which saves what it holds when it is asked to stop."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return Service(
        name="aws",
        module="local.emulator_process",
        arguments=(),
        environment=kept
        | CREDENTIALS
        | {
            "PYTHONPATH": str(ROOT),
            "GATEWAY_PORT": str(settings.aws_port),
            "BIND_HOST": LOOPBACK,
            "MINISTACK_HOST": LOOPBACK,
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(settings.state_dir / "aws"),
            "S3_PERSIST": "0",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            "TMPDIR": str(settings.state_dir / "tmp"),
            "AWS_DEFAULT_REGION": REGION,
        }
        | ({"AWS_ENDPOINT_URL": settings.functions_endpoint} if settings.functions_endpoint else {}),
        state_dir=settings.state_dir,
    )


def start_emulator(settings: StackSettings) -> bool:
    """Start the emulator and wait until it answers. False where it runs already."""
    service = emulator_service(settings)
    is_running = find_running(service) is not None
    old_port = at_its_port(settings).aws_port
    if is_running and old_port != settings.aws_port:
        raise StackError(
            f"The stack in {settings.state_dir} is running on port {old_port}. Stop it first (make down), "
            f"or choose another STATE_DIR for a second stack on port {settings.aws_port}."
        )
    if is_running:
        wait_until_ready(service, lambda: is_healthy(settings), START_TIMEOUT_S)
        return False
    if not is_free(settings.aws_port):
        raise StackError(
            f"Port {settings.aws_port} is taken by another program. "
            f"Stop that program, or choose another port: AWS_PORT={settings.aws_port + 1}"
        )
    _move_state(settings, old_port)
    # Unpacked functions of a run that was cut off; the emulator removes them only when it ends by itself.
    shutil.rmtree(settings.state_dir / "tmp", ignore_errors=True)
    (settings.state_dir / "tmp").mkdir(parents=True)
    _port_file(settings).write_text(str(settings.aws_port))
    start(service)
    wait_until_ready(service, lambda: is_healthy(settings), START_TIMEOUT_S)
    return True


def at_its_port(settings: StackSettings) -> StackSettings:
    """The settings with the port that the emulator of this state directory was started on last."""
    try:
        return replace(settings, aws_port=int(_port_file(settings).read_text()))
    except (FileNotFoundError, ValueError):
        return settings


def stop_emulator(settings: StackSettings) -> bool:
    """Stop the emulator and make sure that it saved what it held. False where it did not run."""
    service = emulator_service(settings)
    before = _saved_at(settings)
    if not stop(service, STOP_TIMEOUT_S):
        return False
    after = _saved_at(settings)
    unsaved = [name for name in _SAVED if after[name] <= before[name]]
    if unsaved:
        raise StackError(
            f"The AWS emulator stopped without saving {', '.join(unsaved)}: what happened there since "
            f"the last clean stop is lost. Its log says why: {service.log_file}"
        )
    return True


def emulator_pid(settings: StackSettings) -> int | None:
    """The process id of the running emulator."""
    return find_running(emulator_service(settings))


def is_healthy(settings: StackSettings) -> bool:
    """Whether the emulator answers and is ready."""
    try:
        answer = httpx.get(f"{settings.endpoint_url}/_ministack/ready", timeout=2, trust_env=False)
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK


def _move_state(settings: StackSettings, old_port: int) -> None:
    """Saved queue addresses hold the port that they were made on; what starts on another port takes them along."""
    if old_port == settings.aws_port:
        return
    for file in (settings.state_dir / "aws").glob("*.json"):
        saved = file.read_text()
        moved = saved.replace(f"127.0.0.1:{old_port}/", f"127.0.0.1:{settings.aws_port}/")
        if moved != saved:
            file.write_text(moved)


def _port_file(settings: StackSettings) -> Path:
    return settings.state_dir / "aws.port"


def _saved_at(settings: StackSettings) -> dict[str, int]:
    """When each service's state was last written, in nanoseconds; 0: never."""
    files = {name: settings.state_dir / "aws" / f"{name}.json" for name in _SAVED}
    return {name: file.stat().st_mtime_ns if file.exists() else 0 for name, file in files.items()}


class _Client(Generic[C]):
    """A client of a service, made when it is first asked for and kept."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __get__(self, aws: Aws, _owner: type[Aws]) -> C:
        return cast(C, aws.client(self._service))


class Aws:
    """Clients of the emulator's services, made when first used. A context manager: closed at its end."""

    cloudformation: _Client[CloudFormationClient] = _Client("cloudformation")
    dynamodb: _Client[DynamoDBClient] = _Client("dynamodb")
    events: _Client[EventBridgeClient] = _Client("events")
    functions: _Client[LambdaClient] = _Client("lambda")
    gateway: _Client[Any] = _Client("apigatewayv2")
    people: _Client[CognitoIdentityProviderClient] = _Client("cognito-idp")
    s3: _Client[S3Client] = _Client("s3")
    sqs: _Client[SQSClient] = _Client("sqs")
    ssm: _Client[SSMClient] = _Client("ssm")

    def __init__(self, endpoint_url: str, region: str) -> None:
        self.endpoint_url = endpoint_url
        self._clients: dict[str, BaseClient] = {}
        self._session = boto3.session.Session(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=region,
        )
        self._config = Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"max_attempts": 3, "mode": "standard"},
            proxies={},  # an empty mapping, so that no proxy of the environment stands before the loopback
            s3={"addressing_style": "path"},
        )

    def __enter__(self) -> Aws:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections: an emulator that stops waits for them."""
        for client in self._clients.values():
            client.close()

    def client(self, service: str) -> BaseClient:
        """The client of a service, by its name in boto3."""
        if service not in self._clients:
            make: Any = self._session.client
            self._clients[service] = make(service, endpoint_url=self.endpoint_url, config=self._config)
        return self._clients[service]
