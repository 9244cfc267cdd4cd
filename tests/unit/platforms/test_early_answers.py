"""Answers that come before the request was read, over real sockets: they are read, whatever breaks meanwhile."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from taskbridge.commands import Operation, SaveTask
from taskbridge.errors import NoAnswer
from taskbridge.platforms.client import PlatformClient
from taskbridge.platforms.http import build_http_client, fetch, no_answer_of, timeouts
from taskbridge.platforms.http_answers import OutcomeKind
from tests.unit.platforms.builders import SECRET, TOKEN, Clock, FakeTokens, insert, instance, jinzhi, task
from tests.unit.platforms.test_http_client import OK, fresh_tls, serving, write_certificate

__all__ = ["fresh_tls"]

SMALL, LARGE = b'{"taskId":"1"}', b'{"subject":"' + b"x" * 20_000_000 + b'"}'
PAGE = b"<html><h1>Request Entity Too Large</h1></html>"
WITH_LENGTH = b"HTTP/1.1 %d No\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
WITHOUT_LENGTH = b"HTTP/1.1 %d No\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"


def early(status: int, head: bytes = WITH_LENGTH, *, read: int = 64) -> Callable[[socket.socket], None]:
    """A server that answers after it has read so many bytes, and hangs up on the rest: which resets the connection."""

    def handle(connection: socket.socket) -> None:
        if read:
            connection.recv(read)
        filled = head % ((status, len(PAGE)) if head is WITH_LENGTH else status)
        connection.sendall(filled + PAGE)

    return handle


def early_and_reset(status: int) -> Callable[[socket.socket], None]:
    """As `early`, with the reset sent at once."""

    def handle(connection: socket.socket) -> None:
        early(status)(connection)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return handle


def post(
    client: httpx.Client, port: int, body: bytes, total_s: float = 20.0, scheme: str = "http"
) -> tuple[int, bytes]:
    extensions = {"timeout": timeouts(total_s)}
    url = f"{scheme}://127.0.0.1:{port}/task"
    status, _, answer = fetch(client, httpx.Request("POST", url, content=body, extensions=extensions))
    return status, answer


@pytest.mark.parametrize("status", [400, 401, 403, 413, 429, 500, 503])
@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("server", [early, early_and_reset])
def test_an_answer_that_comes_before_the_body_was_read_is_read(
    status: int, body: bytes, server: Callable[..., Callable[[socket.socket], None]]
) -> None:
    with serving(server(status)) as port, build_http_client(1) as client:
        assert post(client, port, body) == (status, PAGE)


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_an_answer_without_a_length_ends_where_the_connection_is_reset(body: bytes) -> None:
    with serving(early(413, WITHOUT_LENGTH)) as port, build_http_client(1) as client:
        assert post(client, port, body) == (413, PAGE)


def test_an_answer_to_a_request_of_which_nothing_was_read_is_read() -> None:
    with serving(early(503, read=0)) as port, build_http_client(1) as client:
        assert post(client, port, LARGE) == (503, PAGE)


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_a_reset_without_an_answer_is_a_broken_connection(body: bytes) -> None:
    def hang_up(connection: socket.socket) -> None:
        connection.recv(64)

    with serving(hang_up) as port, build_http_client(1) as client, pytest.raises(httpx.HTTPError) as caught:
        post(client, port, body)
    assert no_answer_of(caught.value) is NoAnswer.BROKEN


def test_an_answer_that_was_cut_is_a_broken_connection_also_after_half_a_request() -> None:
    def cut(connection: socket.socket) -> None:
        connection.recv(64)
        connection.sendall(WITH_LENGTH % (413, len(PAGE)) + PAGE[:10])

    with serving(cut) as port, build_http_client(1) as client, pytest.raises(httpx.HTTPError) as caught:
        post(client, port, LARGE)
    assert no_answer_of(caught.value) is NoAnswer.BROKEN


def test_a_server_that_answers_early_and_reads_no_more_is_heard_as_well() -> None:
    # given a server that keeps the connection, so that sending only ends with the time for it
    def hold(connection: socket.socket) -> None:
        connection.recv(64)
        connection.sendall(b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n")
        answered.append(1)
        connection.settimeout(20)
        while len(answered) == 1 and not client.is_closed:
            connection.sendall(b"")

    answered: list[int] = []
    with serving(hold) as port, build_http_client(1) as client:
        status, _ = post(client, port, LARGE, total_s=0.5)
        answered.append(2)
    assert status == 413


def test_a_connection_with_half_a_request_on_it_is_not_used_again() -> None:
    # given a server that says nothing of closing, and forgets what it has not read
    connections: list[int] = []

    def handle(connection: socket.socket) -> None:
        connections.append(1)
        if len(connections) == 1:
            connection.recv(64)
            connection.sendall(b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n")
            return
        while connection.recv(65536):
            connection.sendall(OK)

    with serving(handle) as port, build_http_client(1) as client:
        statuses = [post(client, port, body)[0] for body in (LARGE, SMALL, SMALL)]
    assert statuses == [413, 200, 200]
    assert len(connections) == 2


@pytest.mark.usefixtures("fresh_tls")
@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_an_early_answer_is_read_through_tls_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    path, context = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with serving(early(413), context) as port, build_http_client(1) as client:
        assert post(client, port, body, scheme="https") == (413, PAGE)


def test_what_is_too_large_fails_for_good_at_once() -> None:
    # given a push whose subject no gateway takes
    command = SaveTask(Operation.INSERT_TASK, task(), instance(subject="长" * 5_000_000))
    with serving(early(413)) as port, build_http_client(1) as http:
        platform = jinzhi(host=f"http://127.0.0.1:{port}")
        outcome = (
            PlatformClient(platform, http, FakeTokens(TOKEN), lambda _: (SECRET,), Clock()).execute(command).outcome
        )
    assert (outcome.verdict, outcome.status) == (OutcomeKind.PERMANENT, 413)
    assert outcome.message.startswith("HTTP 413")


def test_an_early_401_is_a_refused_token() -> None:
    with serving(early(401)) as port, build_http_client(1) as http:
        platform = jinzhi(host=f"http://127.0.0.1:{port}")
        client = PlatformClient(platform, http, FakeTokens(TOKEN), lambda _: (SECRET,), Clock())
        outcome = client.execute(insert()).outcome
    assert outcome.status == 401
