"""How the functions call AWS, over real sockets."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, SSLError

from taskbridge.aws_calls import MADE_HERE
from taskbridge.lambdas import TRIES, Clients
from tests.unit.platforms.test_http_client import serving, write_certificate

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 17\r\n\r\n" + b'{"TableNames":[]}'
BUSY = b"HTTP/1.1 400 No\r\nContent-Length: 42\r\n\r\n" + b'{"__type":"x#ResourceNotFoundException"}  '


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A client of DynamoDB at a port of this machine."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")

    def build(port: int, scheme: str = "http") -> Any:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"{scheme}://127.0.0.1:{port}")
        return Clients().client("dynamodb")

    return build


class Server:
    """Gives one answer after the other on each connection; an empty one hangs up."""

    def __init__(self, *answers: bytes) -> None:
        self.left = list(answers)
        self.asked: list[bytes] = []
        self.connections = 0
        self._last: socket.socket | None = None

    def __call__(self, connection: socket.socket) -> None:
        self.connections += 1
        self._last = connection
        while request := connection.recv(65536):
            self.asked.append(request)
            answer = self.left.pop(0) if self.left else OK
            if not answer:
                return
            connection.sendall(answer)

    def hang_up(self) -> None:
        """Else it waits: a client keeps its connection until somebody collects it as garbage."""
        with suppress(OSError):
            if self._last:
                self._last.shutdown(socket.SHUT_RDWR)


@contextmanager
def served_by(server: Server, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Its port, for as long as it serves."""
    with serving(server, context) as port:
        try:
            yield port
        finally:
            server.hang_up()


def test_calls_name_botocore_and_nothing_that_is_put_together_for_each(client: Callable[..., Any]) -> None:
    with served_by(server := Server()) as port:
        client(port).list_tables()
    (agent,) = re.findall(rb"User-Agent: (.*)\r\n", server.asked[0])
    # Powertools, where another test imported it, adds its own name to every client of the process.
    assert agent.decode().split(" PT/")[0] == f"Botocore/{botocore.__version__}"


def test_calls_share_a_connection_and_are_signed_for_their_host(client: Callable[..., Any]) -> None:
    with served_by(server := Server()) as port:
        dynamodb = client(port)
        answers = [dynamodb.list_tables()["TableNames"] for _ in range(3)]
    assert answers == [[], [], []]
    assert server.connections == 1
    for request in server.asked:
        assert request.startswith(b"POST / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % port)
        assert re.search(rb"Authorization: AWS4-HMAC-SHA256 .*SignedHeaders=[a-z0-9;-]*host;", request)
        assert request.endswith(b"{}")


def test_a_process_may_make_several_clients_of_a_service(client: Callable[..., Any]) -> None:
    with serving(server := Server()) as port:
        client(port)
        clients = Clients()
        assert [clients.client("dynamodb").list_tables()["TableNames"] for _ in range(2)] == [[], []]
    assert len(server.asked) == 2


@pytest.mark.parametrize(("service", "tries"), [("dynamodb", TRIES - MADE_HERE), ("sqs", TRIES), ("ssm", TRIES)])
def test_calls_are_repeated_by_the_rules_of_botocore_s_standard_mode(
    client: Callable[..., Any], service: str, tries: int
) -> None:
    client(1)
    told = Clients().client(service).meta.config.retries
    assert told == {"mode": "standard", "total_max_attempts": tries}


def test_a_connection_that_breaks_is_tried_again_by_botocore(client: Callable[..., Any]) -> None:
    with served_by(server := Server(b"", OK)) as port:
        assert client(port).list_tables()["TableNames"] == []
    assert server.connections == 2


def test_one_that_always_breaks_ends_as_botocore_ends_it(
    client: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with served_by(Server(*[b""] * 4)) as port, pytest.raises(ConnectionClosedError):
        client(port).list_tables()


def test_an_error_of_aws_is_told_as_one(client: Callable[..., Any]) -> None:
    with served_by(Server(BUSY)) as port, pytest.raises(ClientError) as caught:
        client(port).list_tables()
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_certificates_are_those_that_aws_clients_trust_and_not_a_campus_s(
    client: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a server whose certificate only a campus trusts
    path, context = write_certificate(tmp_path)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    assert isinstance(context, ssl.SSLContext)
    with served_by(server := Server(), context) as port:
        with pytest.raises(SSLError, match="certificate verify failed"):
            client(port, "https").list_tables()
        # when that is named for AWS
        monkeypatch.setenv("AWS_CA_BUNDLE", str(path))
        assert client(port, "https").list_tables()["TableNames"] == []
    assert len(server.asked) == 1
