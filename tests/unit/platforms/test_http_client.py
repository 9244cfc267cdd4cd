"""The HTTP client against real sockets on this machine: what goes over the wire, and what bounds a call."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from taskbridge.platforms.bodies import MAX_BODY_BYTES
from taskbridge.platforms.http import build_http_client, describe_failure, fetch, timeouts, tls_context

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n" + b'{"errcode":"0"}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


@contextmanager
def serving(handle: Callable[[socket.socket], None], context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server for one connection at a time, on a port of its own, which is given. It hangs up at the end."""
    listener = socket.create_server(("127.0.0.1", 0))
    accepted: list[socket.socket] = []

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with closing(connection):
                _handle_one(connection, handle, context, accepted)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in accepted:
            with suppress(OSError):  # it is over
                connection.shutdown(socket.SHUT_RDWR)
        thread.join()


def _handle_one(
    connection: socket.socket,
    handle: Callable[[socket.socket], None],
    context: ssl.SSLContext | None,
    accepted: list[socket.socket],
) -> None:
    connection.settimeout(20)
    # else what is sent after TLS's tickets waits for their acknowledgement, and a reset throws it away unsent
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        if context is None:
            accepted.append(connection)
            handle(connection)
            return
        with context.wrap_socket(connection, server_side=True) as secured:
            accepted.append(secured)
            handle(secured)
    except OSError:
        return  # the client went away, as some of these tests mean it to


def post(client: httpx.Client, url: str, total_s: float = 10.0) -> tuple[int, dict[str, str], bytes]:
    extensions = {"timeout": timeouts(total_s)}
    return fetch(client, httpx.Request("POST", url, content=b'{"taskId":"1"}', extensions=extensions))


def answer_every_request(received: list[bytes]) -> Callable[[socket.socket], None]:
    def handle(connection: socket.socket) -> None:
        while data := connection.recv(65536):
            received.append(data)
            connection.sendall(OK)

    return handle


def test_a_request_goes_out_whole_and_the_connection_is_kept() -> None:
    # given
    received: list[bytes] = []
    accepted: list[int] = []

    def handle(connection: socket.socket) -> None:
        accepted.append(1)
        answer_every_request(received)(connection)

    with serving(handle) as port, build_http_client(2) as client:
        # when
        answers = [post(client, f"http://127.0.0.1:{port}/x") for _ in range(3)]
    # then
    assert [(status, body) for status, _, body in answers] == [(200, b'{"errcode":"0"}')] * 3
    assert answers[0][1]["content-type"] == "application/json"
    assert len(accepted) == 1
    assert len(received) == 3
    assert all(data.startswith(b"POST /x ") and data.endswith(b'{"taskId":"1"}') for data in received)


def test_an_answer_that_trickles_in_is_given_up_as_a_whole() -> None:
    # given a server whose single bytes come well within any timeout of one read
    gone = threading.Event()

    def handle(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(HEAD % 400)
        for _ in range(400):
            if gone.wait(0.01):
                return
            connection.sendall(b"x")

    # when
    with serving(handle) as port, build_http_client(1) as client:
        with pytest.raises(httpx.TimeoutException):
            post(client, f"http://127.0.0.1:{port}/", total_s=0.2)
        gone.set()


def test_headers_that_trickle_in_are_given_up_as_well() -> None:
    gone = threading.Event()

    def handle(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for index in range(400):
            if gone.wait(0.01):
                return
            connection.sendall(b"x-%d: y\r\n" % index)
        connection.sendall(b"Content-Length: 0\r\n\r\n")

    with serving(handle) as port, build_http_client(1) as client:
        with pytest.raises(httpx.TimeoutException):
            post(client, f"http://127.0.0.1:{port}/", total_s=0.2)
        gone.set()


def test_a_body_without_end_is_cut_at_a_mebibyte() -> None:
    def handle(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(HEAD % (64 * MAX_BODY_BYTES))
        while True:
            connection.sendall(b"x" * 65536)

    with serving(handle) as port, build_http_client(1) as client:
        status, _, body = post(client, f"http://127.0.0.1:{port}/")
    assert (status, len(body)) == (200, MAX_BODY_BYTES)


def test_a_server_that_hangs_up_is_told_from_one_that_is_not_there() -> None:
    def hang_up(connection: socket.socket) -> None:
        connection.recv(65536)

    with build_http_client(1) as client:
        with serving(hang_up) as port, pytest.raises(httpx.HTTPError) as hung_up:
            post(client, f"http://127.0.0.1:{port}/")
        with pytest.raises(httpx.HTTPError) as absent:
            post(client, f"http://127.0.0.1:{port}/")
    assert "without a whole answer" in describe_failure(hung_up.value, 10)
    assert describe_failure(absent.value, 10).startswith("cannot connect: ")


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    received: list[bytes] = []
    with serving(answer_every_request(received)) as port, build_http_client(1) as client:
        assert post(client, f"http://127.0.0.1:{port}/")[0] == 200


def test_no_cookie_is_sent_back() -> None:
    received: list[bytes] = []

    def handle(connection: socket.socket) -> None:
        while data := connection.recv(65536):
            received.append(data)
            connection.sendall(OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: route=n1; Path=/\r\n\r\n"))

    with serving(handle) as port, build_http_client(1) as client:
        post(client, f"http://127.0.0.1:{port}/")
        post(client, f"http://127.0.0.1:{port}/")
    assert b"n1" not in received[1]


# TLS


def write_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of 127.0.0.1 that signs itself, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "campus")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path, key_path = folder / "campus.pem", folder / "campus.key"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8
    key_path.write_bytes(key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key_path)
    return path, context


@pytest.fixture
def fresh_tls() -> Iterator[None]:
    """The context of the process is made anew, before and after."""
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()


@pytest.mark.usefixtures("fresh_tls")
def test_a_certificate_of_the_campus_is_trusted_by_the_environment_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    path, context = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    received: list[bytes] = []
    # when
    with serving(answer_every_request(received), context) as port, build_http_client(1) as client:
        answers = [post(client, f"https://127.0.0.1:{port}/")[0] for _ in range(2)]
    # then
    assert answers == [200, 200]
    assert len(received) == 2


@pytest.mark.usefixtures("fresh_tls")
def test_an_unknown_certificate_is_refused_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, context = write_certificate(tmp_path)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    received: list[bytes] = []
    with (
        serving(answer_every_request(received), context) as port,
        build_http_client(1) as client,
        pytest.raises(httpx.ConnectError) as caught,
    ):
        post(client, f"https://127.0.0.1:{port}/")
    assert "certificate verify failed" in describe_failure(caught.value, 10)
    assert received == []


@pytest.mark.usefixtures("fresh_tls")
def test_certificates_are_read_when_the_first_connection_needs_them() -> None:
    build_http_client(1).close()
    assert tls_context().cert_store_stats()["x509_ca"] == 0
    assert tls_context().verify_mode is ssl.CERT_REQUIRED
    assert tls_context().check_hostname


def test_a_call_has_one_time_limit_for_all_its_steps() -> None:
    limits = timeouts(0.000_001)
    time.sleep(0.001)
    with serving(answer_every_request([])) as port, build_http_client(1) as client:
        extensions = {"timeout": {**limits, "connect": 5.0, "pool": 5.0}}
        with pytest.raises(httpx.ReadTimeout, match="whole call is over"):
            fetch(client, httpx.Request("GET", f"http://127.0.0.1:{port}/", extensions=extensions))
