"""Connections that are kept: what is read as an answer, and which connection is used again."""

from __future__ import annotations

import socket
from collections.abc import Callable

import httpx
import pytest

from taskbridge.answer_parsing import MOST_WITHOUT_BODY
from taskbridge.platforms.http import build_http_client, fetch, timeouts
from tests.unit.platforms.test_http_client import serving

BODY = b'{"errcode":"0"}'
LENGTH = b"Content-Length: %d\r\n\r\n" % len(BODY)


def ask(client: httpx.Client, port: int, **headers: str) -> tuple[int, bytes]:
    extensions = {"timeout": timeouts(10.0)}
    request = httpx.Request("POST", f"http://127.0.0.1:{port}/", headers=headers, content=b"{}", extensions=extensions)
    status, _, body = fetch(client, request)
    return status, body


def answering(*answers: bytes, connections: list[int] | None = None) -> Callable[[socket.socket], None]:
    """A server that gives one answer after the other, the last for good; an empty one hangs up."""
    left = list(answers)

    def handle(connection: socket.socket) -> None:
        if connections is not None:
            connections.append(1)
        while connection.recv(65536):
            answer = left.pop(0) if len(left) > 1 else left[0]
            if not answer:
                return
            connection.sendall(answer)

    return handle


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n" + LENGTH + BODY,
        b"HTTP/1.1 200\n" + LENGTH.replace(b"\r", b"") + BODY,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\n" + LENGTH + BODY,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"
        + BODY[:5]
        + b"\r\na;x=1\r\n"
        + BODY[5:]
        + b"\r\n0\r\nX-Trailer: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n" + BODY + b"\r\n0\r\n\r\n",
    ],
    ids=["length", "bare lines", "interim", "chunks", "length and chunks"],
)
def test_an_answer_is_read_however_it_is_framed(answer: bytes) -> None:
    with serving(answering(answer)) as port, build_http_client(1) as client:
        assert [ask(client, port) for _ in range(2)] == [(200, BODY)] * 2


@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/1.1"])
def test_an_answer_without_a_length_ends_with_its_connection(version: bytes) -> None:
    def handle(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(version + b" 200 OK\r\n\r\n" + BODY)

    with serving(handle) as port, build_http_client(1) as client:
        assert [ask(client, port) for _ in range(2)] == [(200, BODY)] * 2


def test_what_follows_an_answer_is_never_the_answer_of_the_next_call() -> None:
    # given a server, or somebody between, that sends a second answer along with the first
    connections: list[int] = []
    whole = b"HTTP/1.1 200 OK\r\n" + LENGTH + BODY
    smuggled = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
    with serving(answering(whole + smuggled, whole, connections=connections)) as port, build_http_client(1) as client:
        assert [ask(client, port) for _ in range(2)] == [(200, BODY)] * 2
    assert len(connections) == 2


def test_a_connection_that_the_server_closes_is_not_used_again() -> None:
    connections: list[int] = []
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + LENGTH + BODY
    with serving(answering(closing, connections=connections)) as port, build_http_client(1) as client:
        assert [ask(client, port)[0] for _ in range(2)] == [200, 200]
    assert len(connections) == 2


@pytest.mark.parametrize(
    "endless",
    [b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * (MOST_WITHOUT_BODY // 3), b"HTTP/1.1 100 Continue\r\n\r\n" * 9000],
    ids=["headers", "interim answers"],
)
def test_a_head_without_end_is_given_up(endless: bytes) -> None:
    with (
        serving(answering(endless)) as port,
        build_http_client(1) as client,
        pytest.raises(httpx.RemoteProtocolError, match="head is too large"),
    ):
        ask(client, port)


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"]
)
def test_what_is_no_http_is_told_so(answer: bytes) -> None:
    with (
        serving(answering(answer)) as port,
        build_http_client(1) as client,
        pytest.raises(httpx.RemoteProtocolError, match="no HTTP"),
    ):
        ask(client, port)


@pytest.mark.parametrize("value", ["a\r\nx-admin: 1", "a\nb", "a\rb", "a\0b"])
def test_a_header_of_more_than_one_line_is_not_sent(value: str) -> None:
    with (
        serving(answering(b"")) as port,
        build_http_client(1) as client,
        pytest.raises(httpx.LocalProtocolError, match="line break"),
    ):
        ask(client, port, accesstoken=value)
