"""Clients of packed models: they call what botocore's own call, at the same place, signed for the same region."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult

import botocore
import botocore.session
import pytest
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.loaders import Loader, create_loader
from botocore.parsers import ResponseParserError

from bundle import aws_models as packing
from bundle.aws_models import CALLED, write_models
from bundle.commands import BuildError
from taskbridge import aws_models, lambdas
from taskbridge.aws_http import Answer
from taskbridge.lambdas import Clients
from tests.template.reader import ROOT

REGIONS = ("us-east-1", "cn-north-1", "us-gov-west-1", "eu-central-2")
VARIANTS = ("", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT")
QUEUE = {"QueueUrl": "https://queues.test/1/push.fifo"}
NOT_PACKED = "cloudwatch"
CALLS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "dynamodb": ("put_item", {"TableName": "t", "Item": {"key": {"B": b"1"}}, "ReturnValues": "NONE"}),
    "sqs": ("send_message_batch", {**QUEUE, "Entries": [{"Id": "1", "MessageBody": "m", "MessageGroupId": "S1"}]}),
    "ssm": ("put_parameter", {"Name": "/p", "Value": "v", "Type": "SecureString", "Overwrite": True}),
}
# DynamoDB tells each part of a transaction what became of it, and an item that stood in the way.
REFUSED = {
    "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
    "message": "cancelled",
    "CancellationReasons": [{"Code": "ConditionalCheckFailed", "Item": {"body": {"B": "MQ=="}}}, {"Code": "None"}],
}


JSON = {"Content-Type": "application/x-amz-json-1.0"}


class Sent(NamedTuple):
    """A request, without what differs between two that are the same."""

    url: str
    scope: str
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """Stands in for the transport: takes what a client sends, and answers it."""

    def __init__(self, status: int = 200, answer: bytes = b"{}") -> None:
        self._status = status
        self._answer = answer
        self.sent: list[Sent] = []

    def send(self, _method: str, url: SplitResult, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Answer:
        self._take(url.geturl(), {name.decode(): value.decode() for name, value in headers}, body)
        return Answer(self._status, [], self._answer)

    def _take(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        told = {name.lower(): value for name, value in headers.items()}
        scope = re.search(r"Credential=\w+/\d+/([\w/-]+)", told.pop("authorization"))
        assert scope is not None
        for changing in ("x-amz-date", "amz-sdk-invocation-id"):
            told.pop(changing, None)
        self.sent.append(Sent(url.rstrip("/") + "/", scope[1], told, body))

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        self._take(request.url, {name: str(value) for name, value in request.headers.items()}, request.body)
        return AWSResponse(request.url, self._status, JSON, _Body(self._answer))  # type: ignore[arg-type]  # what is asked of it


class _Body:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return [self._body]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "botocore_data"
    write_models(folder)
    return folder


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Clients]:
    """Makes clients that read the models in a folder, and send by what is given."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "key")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    def clients(folder: Path, wire: Wire | None = None) -> Clients:
        monkeypatch.setattr(aws_models, "PACKED", folder)
        monkeypatch.setattr(lambdas, "AwsTransport", lambda *_: wire or Wire())
        return Clients()

    return clients


@pytest.fixture
def packed(make: Callable[..., Clients], written: Path) -> Callable[..., Clients]:
    """Makes clients as they are made in Lambda, of what the layer carries."""
    return partial(make, written)


@pytest.fixture(scope="module")
def loader() -> Loader:
    """Has what botocore knows: to read it takes most of the time of a client."""
    return create_loader()


@pytest.fixture
def whole(make: Callable[..., Clients], loader: Loader, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Clients]:
    """Makes clients of botocore's own models."""
    monkeypatch.setattr(botocore.session, "create_loader", lambda *_: loader)
    return partial(make, Path("nowhere"))


def operations(client: Any) -> set[str]:
    return set(client.meta.service_model.operation_names)


def sent_by(make: Callable[..., Clients], service: str) -> tuple[Sent, Sent]:
    """What a client sends by itself, and what botocore sends for it."""
    name, request = CALLS[service]
    client = make(wire := Wire()).client(service)
    getattr(client, name)(**request)
    client.direct = None
    getattr(client, name)(**request)
    sent, by_botocore = wire.sent
    return sent, by_botocore


def test_what_is_packed_is_what_the_code_calls() -> None:
    session = botocore.session.Session()
    files = [file for folder in ("functions", "layers") for file in (ROOT / folder).rglob("*.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    named = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    made = {
        str(node.args[0].value)
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "client"
        if node.args and isinstance(node.args[0], ast.Constant)
    }

    assert made == {*CALLED, NOT_PACKED}
    for service, packed in CALLED.items():
        known = session.get_service_model(service).operation_names
        assert {name for name in known if xform_name(name) in named} == set(packed), service


@pytest.mark.parametrize("service", CALLED)
def test_a_client_of_packed_models_knows_its_operations_alone(service: str, packed: Callable[..., Clients]) -> None:
    assert operations(packed().client(service)) == set(CALLED[service])


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("region", REGIONS)
def test_it_calls_the_same_place_with_the_same_and_signs_for_the_same_region(
    region: str,
    variant: str,
    packed: Callable[..., Clients],
    whole: Callable[..., Clients],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    if variant:
        monkeypatch.setenv(variant, "true")

    for service in CALLED:
        sent, by_botocore = sent_by(packed, service)
        assert (sent, by_botocore) == sent_by(whole, service), service
        assert sent.scope == f"{region}/{service}/aws4_request"
        assert sent[:2] == by_botocore[:2], service


def test_china_is_called_in_china(packed: Callable[..., Clients], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    assert sent_by(packed, "ssm")[0].url == "https://ssm.cn-north-1.amazonaws.com.cn/"


def test_an_endpoint_of_the_environment_is_called(
    packed: Callable[..., Clients], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert sent_by(packed, "dynamodb")[0].url == "http://127.0.0.1:4566/"


def test_failures_are_told_with_all_that_aws_says_of_them(
    packed: Callable[..., Clients], whole: Callable[..., Clients]
) -> None:
    def told(make: Callable[..., Clients]) -> dict[str, Any]:
        client = make(Wire(400, json.dumps(REFUSED).encode())).client("dynamodb")
        client.direct = None  # botocore reads it, by the models
        with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
            client.transact_write_items(TransactItems=[])
        assert isinstance(caught.value, ClientError)
        return dict(caught.value.response)

    ours = told(packed)
    assert ours["CancellationReasons"][0]["Item"] == {"body": {"B": b"1"}}
    assert ours == told(whole)


def test_an_operation_that_is_not_packed_is_made_all_the_same_and_that_is_said(
    packed: Callable[..., Clients], caplog: pytest.LogCaptureFixture
) -> None:
    wire = Wire(answer=b'{"TableNames": ["t"]}')
    client = packed(wire).client("dynamodb")

    assert client.list_tables()["TableNames"] == client.list_tables()["TableNames"] == ["t"]

    assert [each.url for each in wire.sent] == ["https://dynamodb.us-east-1.amazonaws.com/"] * 2
    assert caplog.messages == ["list_tables of dynamodb is not packed: it belongs into bundle/aws_models.py"]


def test_what_no_client_has_no_client_of_packed_models_has(packed: Callable[..., Clients]) -> None:
    client = packed().client("dynamodb")
    assert not hasattr(client, "make_coffee")
    assert not hasattr(client, "_coffee")


def test_a_service_that_is_not_packed_is_known_as_botocore_knows_it(
    packed: Callable[..., Clients], whole: Callable[..., Clients], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-northwest-1")

    def sent(make: Callable[..., Clients]) -> Sent:
        client = make(
            wire := Wire(answer=b"<GetMetricDataResponse><GetMetricDataResult/></GetMetricDataResponse>")
        ).client(NOT_PACKED)
        assert "PutMetricData" in operations(client)
        with suppress(ResponseParserError):  # it may speak CBOR
            client.get_metric_data(MetricDataQueries=[], StartTime=1.0, EndTime=2.0)
        return wire.sent[0]

    assert sent(packed) == sent(whole)


@pytest.mark.parametrize("version", ["1.34.162", "2.0.0"])
def test_a_botocore_that_this_was_not_made_for_reads_its_own(
    version: str, packed: Callable[..., Clients], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(botocore, "__version__", version)
    assert "ListTables" in operations(packed().client("dynamodb"))


def test_models_of_ones_own_come_before_those_that_are_packed(
    packed: Callable[..., Clients], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    assert "ListTables" in operations(packed().client("dynamodb"))


def test_an_operation_that_there_is_not_cannot_be_packed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(packing, "CALLED", {"dynamodb": ("GetItem", "MakeCoffee")})
    with pytest.raises(BuildError, match="botocore knows no MakeCoffee of dynamodb"):
        write_models(tmp_path / "models")


def test_a_protocol_that_the_runtime_may_not_speak_is_not_packed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(packing, "CALLED", {"iam": ("GetUser",)})
    with pytest.raises(BuildError, match="iam speaks query"):
        write_models(tmp_path / "models")


def test_the_licence_of_what_is_packed_goes_with_it(written: Path) -> None:
    assert "Apache License" in (written / "LICENSE.txt").read_text()
    assert "Amazon.com" in (written / "NOTICE").read_text()
